"""Tasks with a follow-up and a story, debt assessments, service clients of integrators."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW = ("debt_assessments", "debt_assessment_versions", "task_events")
APPEND_ONLY = ("debt_assessment_versions", "task_events")


def _guards_and_grants() -> None:
    """What the serving role may do with the new tables; those of a story are never changed."""
    for table in NEW:
        op.execute(f"grant select, insert, update, delete on {table} to tenor_api")
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
        op.execute(f"revoke update, delete, truncate on {table} from tenor_api")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "debt_assessments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_debt_assessments_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debt_assessments")),
    )
    op.create_index(
        op.f("ix_debt_assessments_customer_id"), "debt_assessments", ["customer_id"], unique=False
    )
    op.create_table(
        "debt_assessment_versions",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("assessment_ct", sa.LargeBinary(), nullable=False),
        sa.Column("plan_ct", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["debt_assessments.id"],
            name=op.f("fk_debt_assessment_versions_assessment_id_debt_assessments"),
        ),
        sa.PrimaryKeyConstraint(
            "assessment_id", "version", name=op.f("pk_debt_assessment_versions")
        ),
    )
    op.create_table(
        "task_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_events_task_id_tasks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_events")),
        sa.UniqueConstraint("task_id", "step", name=op.f("uq_task_events_task_id_step")),
    )
    op.add_column(
        "clients", sa.Column("name", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("clients", sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clients", sa.Column("previous_digest", sa.LargeBinary(), nullable=True))
    op.add_column("clients", sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "clients", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("tasks", sa.Column("creditor_id", sa.Uuid(), nullable=True))
    op.add_column("tasks", sa.Column("assignee_id", sa.Uuid(), nullable=True))
    op.add_column(
        "tasks", sa.Column("created_by", sa.String(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "tasks",
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column(
        "tasks",
        sa.Column(
            "result",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
    )
    op.add_column("tasks", sa.Column("note_ct", sa.LargeBinary(), nullable=True))
    op.add_column("tasks", sa.Column("result_note_ct", sa.LargeBinary(), nullable=True))
    op.add_column(
        "tasks", sa.Column("watched", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "tasks",
        sa.Column(
            "remind_minutes",
            sa.ARRAY(sa.Integer()),
            server_default=sa.text("'{}'::integer[]"),
            nullable=False,
        ),
    )
    op.add_column("tasks", sa.Column("escalate_minutes", sa.Integer(), nullable=True))
    op.add_column(
        "tasks", sa.Column("escalations", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("tasks", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tasks", sa.Column("next_action", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "tasks", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False)
    )
    op.create_index(op.f("ix_tasks_assignee_id"), "tasks", ["assignee_id"], unique=False)
    op.create_index("ix_tasks_customer_id_kind", "tasks", ["customer_id", "kind"], unique=False)
    op.create_foreign_key(
        op.f("fk_tasks_creditor_id_creditors"), "tasks", "creditors", ["creditor_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_tasks_assignee_id_users"), "tasks", "users", ["assignee_id"], ["id"]
    )
    _guards_and_grants()


def downgrade() -> None:
    """Take the change back."""
    op.drop_constraint(op.f("fk_tasks_assignee_id_users"), "tasks", type_="foreignkey")
    op.drop_constraint(op.f("fk_tasks_creditor_id_creditors"), "tasks", type_="foreignkey")
    op.drop_index("ix_tasks_customer_id_kind", table_name="tasks")
    op.drop_index(op.f("ix_tasks_assignee_id"), table_name="tasks")
    op.drop_column("tasks", "version")
    op.drop_column("tasks", "next_at")
    op.drop_column("tasks", "next_action")
    op.drop_column("tasks", "reminded_at")
    op.drop_column("tasks", "escalations")
    op.drop_column("tasks", "escalate_minutes")
    op.drop_column("tasks", "remind_minutes")
    op.drop_column("tasks", "watched")
    op.drop_column("tasks", "result_note_ct")
    op.drop_column("tasks", "note_ct")
    op.drop_column("tasks", "result")
    op.drop_column("tasks", "payload")
    op.drop_column("tasks", "created_by")
    op.drop_column("tasks", "assignee_id")
    op.drop_column("tasks", "creditor_id")
    op.drop_column("clients", "version")
    op.drop_column("clients", "previous_until")
    op.drop_column("clients", "previous_digest")
    op.drop_column("clients", "rotated_at")
    op.drop_column("clients", "name")
    op.drop_table("task_events")
    op.drop_table("debt_assessment_versions")
    op.drop_index(op.f("ix_debt_assessments_customer_id"), table_name="debt_assessments")
    op.drop_table("debt_assessments")
