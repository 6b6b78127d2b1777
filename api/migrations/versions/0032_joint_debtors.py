"""A case may stand in for another one, whose debtor is protected, on a loan of both."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a loan be in the case of a joint debtor beside that of its borrower."""
    op.add_column("case_loans", sa.Column("for_case_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_case_loans_for_case_id_recovery_cases"),
        "case_loans",
        "recovery_cases",
        ["for_case_id"],
        ["id"],
    )
    op.create_index(op.f("ix_case_loans_for_case_id"), "case_loans", ["for_case_id"])


def downgrade() -> None:
    """A loan is in the case of its borrower alone."""
    op.drop_index(op.f("ix_case_loans_for_case_id"), "case_loans")
    op.drop_constraint(
        op.f("fk_case_loans_for_case_id_recovery_cases"), "case_loans", type_="foreignkey"
    )
    op.drop_column("case_loans", "for_case_id")
