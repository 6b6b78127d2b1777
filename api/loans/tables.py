"""Loans, their parties and their instalments."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Sequence, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from api.db.base import Base, Key, Money, Number, Rate
from domain.money import ZERO

LOAN_NUMBERS = Sequence("loan_numbers", start=1001, metadata=Base.metadata)


class LoanRow(Base):
    """A loan. Balances change only together with a journal entry, in the same transaction.

    `next_unmet_due_on` is the due date of the oldest instalment not yet met: days past due
    follow from it and the business date, so nothing needs to be written while a loan ages
    inside its bucket. `closed_through` is the last day closed when the loan entered its book;
    later days are closed with the whole book.
    """

    __tablename__ = "loans"
    __table_args__ = (
        Index("ix_loans_book", "creditor_id", "test_clock_id", "lifecycle", "next_unmet_due_on"),
        Index("ix_loans_section", "creditor_id", "test_clock_id", "id"),
        Index(
            "uq_loans_external_ref",
            "creditor_id",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref is not null"),
        ),
        CheckConstraint(
            "principal_outstanding >= 0 and interest_outstanding >= 0 and fee_outstanding >= 0 "
            "and penalty_outstanding >= 0 and credit >= 0",
            name="balances_not_negative",
        ),
        CheckConstraint("recovered between 0 and written_off", name="recovered_within_written_off"),
    )

    id: Mapped[Key]
    number: Mapped[Number]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    creditor_id: Mapped[UUID] = mapped_column(ForeignKey("creditors.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    test_clock_id: Mapped[UUID | None] = mapped_column(ForeignKey("test_clocks.id"))
    currency: Mapped[str]
    principal: Mapped[Money]
    annual_rate_percent: Mapped[Rate]
    instalment_count: Mapped[int]
    external_ref: Mapped[str | None]

    lifecycle: Mapped[str]
    closed_reason: Mapped[str | None]
    applied_at: Mapped[datetime]
    applied_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    approval_asked_at: Mapped[datetime | None]
    disbursed_on: Mapped[date | None]
    closed_on: Mapped[date | None]

    principal_outstanding: Mapped[Money] = mapped_column(default=ZERO)
    interest_outstanding: Mapped[Money] = mapped_column(default=ZERO)
    fee_outstanding: Mapped[Money] = mapped_column(default=ZERO)
    penalty_outstanding: Mapped[Money] = mapped_column(default=ZERO)
    credit: Mapped[Money] = mapped_column(default=ZERO)
    written_off: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    """Owed, but taken out of the book balance so far; recoveries come off in `recovered`."""
    recovered: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    """Of what was written off, what was paid since."""
    charged_off_on: Mapped[date | None]
    allowance: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    """What the end of the last day has set aside for its loss, in the books."""
    suspended_interest: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    """What the end of the last day has kept out of income of its interest."""

    next_unmet_due_on: Mapped[date | None]
    bucket: Mapped[str] = mapped_column(default="current")
    closed_through: Mapped[date | None]
    reminded_through: Mapped[int] = mapped_column(default=0)
    """Number of the last instalment whose reminders were decided."""
    case_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("recovery_cases.id", use_alter=True), index=True
    )
    version: Mapped[int] = mapped_column(default=1)


class LoanPartyRow(Base):
    """A person on a loan, with role and liability; one who left stays, with the day he did.

    `until_on` is null while he is a party: nobody leaves on a day to come.
    """

    __tablename__ = "loan_parties"
    __table_args__ = (
        Index(
            "uq_loan_parties_current",
            "loan_id",
            "customer_id",
            unique=True,
            postgresql_where=text("until_on is null"),
        ),
        Index(
            "uq_loan_parties_primary",
            "loan_id",
            unique=True,
            postgresql_where=text("role = 'primary' and until_on is null"),
        ),
        CheckConstraint("role <> 'authorised_third_party' or liability = 'none'", name="owes"),
    )

    id: Mapped[Key]
    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    role: Mapped[str]
    liability: Mapped[str]
    share_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    called_on: Mapped[date | None]
    evidence_ref: Mapped[str | None]
    """What shows that a guarantor was given notice; nothing personal."""
    version: Mapped[int] = mapped_column(default=1)


class InstalmentRow(Base):
    """One row of a schedule and what was paid of it; `met_on` once only penalties are open.

    A penalty alone never makes an instalment late (16 CFR 444.4: no fee on a fee). `interest` is
    what was scheduled, `earning` tells where interest is earned, unless evenly over the period
    (from_on, due_on]: accrual is a function of dates alone. Where interest is earned by the day
    (`agreed` is given), both change with what is really paid, never for days that were closed.
    `interest_rebated` is the part that an early payoff gave back. The `*_relieved` parts were met
    without the borrower's money: waived, forgiven, or paid by a goodwill credit.
    """

    __tablename__ = "instalments"
    __table_args__ = (
        Index("ix_instalments_unmet", "due_on", "loan_id", postgresql_where=text("met_on is null")),
        Index("ix_instalments_earning", "loan_id", postgresql_where=text("earning is not null")),
        CheckConstraint(
            "principal_paid >= 0 and principal_relieved >= 0 "
            "and principal_paid + principal_relieved <= principal "
            "and interest_paid >= 0 and interest_rebated >= 0 and interest_relieved >= 0 "
            "and interest_paid + interest_rebated + interest_relieved <= interest "
            "and fee_paid >= 0 and fee_relieved >= 0 and fee_paid + fee_relieved <= fee "
            "and penalty_paid >= 0 and penalty_relieved >= 0 "
            "and penalty_paid + penalty_relieved <= penalty",
            name="paid_within_due",
        ),
    )

    loan_id: Mapped[UUID] = mapped_column(ForeignKey("loans.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    from_on: Mapped[date]
    due_on: Mapped[date]
    principal: Mapped[Money]
    interest: Mapped[Money]
    fee: Mapped[Money] = mapped_column(default=ZERO)
    penalty: Mapped[Money] = mapped_column(default=ZERO)
    principal_paid: Mapped[Money] = mapped_column(default=ZERO)
    interest_paid: Mapped[Money] = mapped_column(default=ZERO)
    interest_rebated: Mapped[Money] = mapped_column(default=ZERO)
    fee_paid: Mapped[Money] = mapped_column(default=ZERO)
    penalty_paid: Mapped[Money] = mapped_column(default=ZERO)
    principal_relieved: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    interest_relieved: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    fee_relieved: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    penalty_relieved: Mapped[Money] = mapped_column(default=ZERO, server_default=text("0"))
    met_on: Mapped[date | None]
    earning: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))
    agreed: Mapped[Money | None]
    """The amount agreed for it, where interest is earned by the day; else null."""
