"""Strategies written by staff, assigned to books and products; proposals a manager decides on."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "strategy_lives",
        sa.Column("strategy_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("notation", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.String(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["strategy_id"],
            ["strategies.id"],
            name=op.f("fk_strategy_lives_strategy_id_strategies"),
        ),
        sa.PrimaryKeyConstraint("strategy_id", name=op.f("pk_strategy_lives")),
    )
    op.execute("grant select, insert, update on strategy_lives to tenor_api")
    op.create_table(
        "strategy_assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("product_code", sa.String(), nullable=True),
        sa.Column("strategy", sa.String(), nullable=True),
        sa.Column("assigned_by", sa.String(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["creditor_id"],
            ["creditors.id"],
            name=op.f("fk_strategy_assignments_creditor_id_creditors"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_assignments")),
        sa.UniqueConstraint("sequence", name=op.f("uq_strategy_assignments_sequence")),
    )
    op.create_index(
        "ix_strategy_assignments_creditor_id_product_code_sequence",
        "strategy_assignments",
        ["creditor_id", "product_code", "sequence"],
    )
    op.execute(
        "create trigger append_only before update or delete or truncate on strategy_assignments "
        "for each statement execute function refuse_change()"
    )
    op.execute("grant select, insert on strategy_assignments to tenor_api")
    op.create_table(
        "case_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("percent", sa.Numeric(6, 3), nullable=True),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(20, 3), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["recovery_cases.id"],
            name=op.f("fk_case_proposals_case_id_recovery_cases"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_case_proposals_decided_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_proposals")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_case_proposals_natural_key")),
    )
    op.create_index(op.f("ix_case_proposals_case_id"), "case_proposals", ["case_id"])
    op.execute("grant select, insert, update on case_proposals to tenor_api")


def downgrade() -> None:
    op.drop_table("case_proposals")
    op.drop_table("strategy_assignments")
    op.drop_table("strategy_lives")
