"""In-app notifications of customers and of staff."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(customer_id is null) <> (user_id is null)",
            name=op.f("ck_notifications_one_reader"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_notifications_{column}_{table}"),
                ondelete="CASCADE" if table == "users" else None,
            )
            for column, table in (
                ("customer_id", "customers"),
                ("user_id", "users"),
                ("message_id", "messages"),
                ("task_id", "tasks"),
                ("case_id", "recovery_cases"),
                ("loan_id", "loans"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_notifications_natural_key")),
    )
    op.create_index("ix_notifications_customer_id_id", "notifications", ["customer_id", "id"])
    op.create_index("ix_notifications_user_id_id", "notifications", ["user_id", "id"])
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["customer_id", "user_id"],
        postgresql_where=sa.text("read_at is null"),
    )
    op.execute("grant select, insert, update, delete on notifications to tenor_api")


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("notifications")
