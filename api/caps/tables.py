"""The limits that the law sets on what a loan may cost."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base


class LoanCapRow(Base):
    """One cap as it holds for one loan; replaced when the loan's schedule is planned anew.

    Loans without rows are not capped, which is most of them.
    """

    __tablename__ = "loan_caps"

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str]
    source: Mapped[str]
    most: Mapped[Decimal] = mapped_column(Numeric(20, 6))
    """Money, or percent where the yearly cost is measured."""
