"""Teams, portfolios, leases and business hours; priority and risk of cases, pauses of clocks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what assigns cases, and what says which comes first."""
    op.create_table(
        "teams",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("skills", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "creditor_ids", sa.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")),
    )
    op.create_table(
        "caseworkers",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("skills", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("away_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_caseworkers_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_caseworkers_team_id_teams")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_caseworkers")),
    )
    op.create_index(op.f("ix_caseworkers_team_id"), "caseworkers", ["team_id"])
    op.create_table(
        "portfolio_customers",
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
            name=op.f("fk_portfolio_customers_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["caseworkers.user_id"],
            name=op.f("fk_portfolio_customers_user_id_caseworkers"),
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_portfolio_customers")),
    )
    op.create_index(op.f("ix_portfolio_customers_user_id"), "portfolio_customers", ["user_id"])
    op.execute("grant select, insert, update on teams, caseworkers to tenor_api")
    op.execute("grant select, insert, update, delete on portfolio_customers to tenor_api")
    op.add_column("creditors", sa.Column("business_hours", postgresql.JSONB(), nullable=True))
    _cases()
    _mend_guesses()
    op.create_table(
        "sla_pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("waiting_on", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_sla_pauses_case_id_recovery_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_pauses")),
    )
    op.create_index(op.f("ix_sla_pauses_case_id"), "sla_pauses", ["case_id"])
    op.create_index(
        "uq_sla_pauses_open",
        "sla_pauses",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.execute("grant select, insert, update on sla_pauses to tenor_api")
    op.create_table(
        "risk_scores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("card_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("parts", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_risk_scores_customer_id_customers")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["recovery_cases.id"], name=op.f("fk_risk_scores_case_id_recovery_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_scores")),
    )
    op.create_index("ix_risk_scores_customer_id_id", "risk_scores", ["customer_id", "id"])
    op.execute(
        "create trigger append_only before update or delete or truncate on risk_scores "
        "for each statement execute function refuse_change()"
    )
    op.execute("grant select, insert on risk_scores to tenor_api")


def _mend_guesses() -> None:
    """What a reply may be about stands in one word, or not at all: a pointer cannot be empty."""
    op.execute(
        "update tasks set payload = payload - 'may_be' "
        "where kind in ('reply', 'call') and payload->>'may_be' = ''"
    )
    op.execute(
        "update tasks set payload = "
        "jsonb_set(payload, '{may_be}', to_jsonb(replace(payload->>'may_be', ' ', '/'))) "
        "where kind in ('reply', 'call') and payload->>'may_be' like '% %'"
    )


def _cases() -> None:
    for column in (
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_because", sa.String(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "priority_parts",
            postgresql.JSONB(),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("risk_score", sa.Integer(), nullable=True),
        sa.Column("risk_level", sa.String(), nullable=True),
        sa.Column("leased_by", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pinned_note_id", sa.Uuid(), nullable=True),
    ):
        op.add_column("recovery_cases", column)
    op.create_foreign_key(
        op.f("fk_recovery_cases_team_id_teams"), "recovery_cases", "teams", ["team_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_recovery_cases_leased_by_users"), "recovery_cases", "users", ["leased_by"], ["id"]
    )
    op.create_index(
        "ix_recovery_cases_priority",
        "recovery_cases",
        [sa.text("priority desc"), "number"],
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_recovery_cases_assignee_id",
        "recovery_cases",
        ["assignee_id"],
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("risk_scores")
    op.drop_table("sla_pauses")
    op.drop_index("ix_recovery_cases_assignee_id", "recovery_cases")
    op.drop_index("ix_recovery_cases_priority", "recovery_cases")
    for name in (
        "pinned_note_id",
        "rests_until",
        "leased_until",
        "leased_by",
        "risk_level",
        "risk_score",
        "priority_parts",
        "priority",
        "assigned_because",
        "team_id",
    ):
        op.drop_column("recovery_cases", name)
    op.drop_column("creditors", "business_hours")
    op.drop_table("portfolio_customers")
    op.drop_table("caseworkers")
    op.drop_table("teams")
