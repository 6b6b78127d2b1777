"""Views of the worklist that people save, and indexes of what dashboards and the ledger look for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("filters", JSONB(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "scope = 'personal' and owner_id is not null and team_id is null "
            "or scope = 'team' and owner_id is null and team_id is not null",
            name=op.f("ck_saved_views_scope"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_saved_views_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_saved_views_team_id_teams")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(op.f("ix_saved_views_owner_id"), "saved_views", ["owner_id"])
    op.create_index(op.f("ix_saved_views_team_id"), "saved_views", ["team_id"])
    op.execute("grant select, insert, update, delete on saved_views to tenor_api")
    # Rows are appended day by day, so that a summary of blocks finds a day and costs no insert.
    op.create_index(
        "ix_transactions_booked_on", "transactions", ["booked_on"], postgresql_using="brin"
    )
    op.create_index(
        "ix_contact_decisions_withheld",
        "contact_decisions",
        ["decided_at"],
        postgresql_where=sa.text("outcome <> 'allow'"),
    )
    op.create_index(
        "ix_contact_decisions_decided_at",
        "contact_decisions",
        ["decided_at"],
        postgresql_using="brin",
    )
    op.create_index("ix_messages_sent_at", "messages", ["sent_at"], postgresql_using="brin")
    op.create_index("ix_audit_at", "audit", ["at"], postgresql_using="brin")
    op.create_index(op.f("ix_promises_due_on"), "promises", ["due_on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_promises_due_on"), "promises")
    op.drop_index("ix_audit_at", "audit")
    op.drop_index("ix_messages_sent_at", "messages")
    op.drop_index("ix_contact_decisions_decided_at", "contact_decisions")
    op.drop_index("ix_contact_decisions_withheld", "contact_decisions")
    op.drop_index("ix_transactions_booked_on", "transactions")
    op.drop_table("saved_views")
