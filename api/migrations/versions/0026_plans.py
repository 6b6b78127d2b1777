"""Arrangements, settlements and moratoria of recovery cases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TABLES = (
    "arrangements",
    "arrangement_parts",
    "settlements",
    "moratoria",
    "moratorium_pauses",
)


def _money(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Numeric(20, 3), nullable=nullable)


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def upgrade() -> None:
    _arrangements()
    _settlements()
    _moratoria()
    for table in _TABLES:
        op.execute(f"grant select, insert, update on {table} to tenor_api")


def _arrangements() -> None:
    op.create_table(
        "arrangements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        _reference("arrangements", "case_id", "recovery_cases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrangements")),
    )
    op.create_index(op.f("ix_arrangements_case_id"), "arrangements", ["case_id"])
    op.create_index(
        "uq_arrangements_standing",
        "arrangements",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("status in ('proposed', 'open')"),
    )
    op.create_table(
        "arrangement_parts",
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _money("amount"),
        sa.Column("status", sa.String(), nullable=False),
        _money("received"),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        _reference("arrangement_parts", "arrangement_id", "arrangements"),
        sa.PrimaryKeyConstraint("arrangement_id", "number", name=op.f("pk_arrangement_parts")),
    )


def _settlements() -> None:
    op.create_table(
        "settlements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("loan_ids", postgresql.JSONB(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        _money("amount"),
        _money("owed"),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("pay_by", sa.Date(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.String(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        _money("received"),
        _money("forgiven", nullable=True),
        sa.Column("change_ids", postgresql.JSONB(), nullable=False),
        _reference("settlements", "case_id", "recovery_cases"),
        _reference("settlements", "proposal_id", "case_proposals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index(op.f("ix_settlements_case_id"), "settlements", ["case_id"])
    op.create_index(
        "uq_settlements_standing",
        "settlements",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("status in ('proposed', 'offered', 'accepted')"),
    )


def _moratoria() -> None:
    op.create_table(
        "moratoria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("reference_ct", sa.LargeBinary(), nullable=True),
        sa.Column("treatment_ended_on", sa.Date(), nullable=True),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        _reference("moratoria", "hold_id", "holds"),
        _reference("moratoria", "case_id", "recovery_cases"),
        _reference("moratoria", "customer_id", "customers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moratoria")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_moratoria_hold_id")),
    )
    op.create_index(op.f("ix_moratoria_customer_id"), "moratoria", ["customer_id"])
    op.create_table(
        "moratorium_pauses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("moratorium_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("lifted", sa.Boolean(), nullable=False),
        _reference("moratorium_pauses", "moratorium_id", "moratoria"),
        _reference("moratorium_pauses", "loan_id", "loans"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moratorium_pauses")),
    )
    op.create_index(
        op.f("ix_moratorium_pauses_moratorium_id"), "moratorium_pauses", ["moratorium_id"]
    )


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
