"""Complaints with their clocks, story and redress; the holds that follow from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create sequence complaint_numbers start 1001")
    op.execute("grant usage, select on sequence complaint_numbers to tenor_api")
    op.create_table(
        "complaints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("creditor_id", sa.Uuid(), nullable=False),
        sa.Column("test_clock_id", sa.Uuid(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("causes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("root_cause", sa.String(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("acknowledge_by", sa.Date(), nullable=False),
        sa.Column("summary_by", sa.Date(), nullable=True),
        sa.Column("respond_by", sa.Date(), nullable=False),
        sa.Column("acknowledged_on", sa.Date(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("refer_by", sa.Date(), nullable=True),
        sa.Column("referred_on", sa.Date(), nullable=True),
        sa.Column("referred_to", sa.String(), nullable=True),
        sa.Column("text_ct", sa.LargeBinary(), nullable=True),
        sa.Column("answer_ct", sa.LargeBinary(), nullable=True),
        sa.Column("acknowledge_task_id", sa.Uuid(), nullable=True),
        sa.Column("respond_task_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('received', 'acknowledged', 'investigating', 'resolved', 'referred')",
            name=op.f("ck_complaints_state"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_complaints_{column}_{table}")
            )
            for column, table in (
                ("customer_id", "customers"),
                ("creditor_id", "creditors"),
                ("test_clock_id", "test_clocks"),
                ("loan_id", "loans"),
                ("case_id", "recovery_cases"),
                ("payment_id", "transactions"),
                ("message_id", "messages"),
                ("owner_id", "users"),
                ("acknowledge_task_id", "tasks"),
                ("respond_task_id", "tasks"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("number", name=op.f("uq_complaints_number")),
    )
    op.create_index("ix_complaints_customer_id_state", "complaints", ["customer_id", "state"])
    op.create_index(op.f("ix_complaints_owner_id"), "complaints", ["owner_id"])
    op.create_index(op.f("ix_complaints_loan_id"), "complaints", ["loan_id"])
    op.create_index(
        "ix_complaints_open",
        "complaints",
        ["respond_by"],
        postgresql_where=sa.text("state in ('received', 'acknowledged', 'investigating')"),
    )
    op.execute("grant select, insert, update on complaints to tenor_api")
    op.create_table(
        "complaint_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("note_ct", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaints.id"],
            name=op.f("fk_complaint_events_complaint_id_complaints"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_events")),
    )
    op.create_index(op.f("ix_complaint_events_complaint_id"), "complaint_events", ["complaint_id"])
    op.create_table(
        "complaint_redress",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["loan_changes.id"],
            name=op.f("fk_complaint_redress_change_id_loan_changes"),
        ),
        sa.ForeignKeyConstraint(
            ["complaint_id"],
            ["complaints.id"],
            name=op.f("fk_complaint_redress_complaint_id_complaints"),
        ),
        sa.ForeignKeyConstraint(
            ["loan_id"], ["loans.id"], name=op.f("fk_complaint_redress_loan_id_loans")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_complaint_redress")),
    )
    op.create_index(
        op.f("ix_complaint_redress_complaint_id"), "complaint_redress", ["complaint_id"]
    )
    for table in ("complaint_events", "complaint_redress"):
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
        op.execute(f"grant select, insert on {table} to tenor_api")
    op.add_column("holds", sa.Column("complaint_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_holds_complaint_id_complaints"), "holds", "complaints", ["complaint_id"], ["id"]
    )
    op.create_index(op.f("ix_holds_complaint_id"), "holds", ["complaint_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_holds_complaint_id"), "holds")
    op.drop_constraint(op.f("fk_holds_complaint_id_complaints"), "holds")
    op.drop_column("holds", "complaint_id")
    op.drop_table("complaint_redress")
    op.drop_table("complaint_events")
    op.drop_table("complaints")
    op.execute("drop sequence complaint_numbers")
