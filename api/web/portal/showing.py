"""What every page of the portal shows, and what a customer owes, put together from his loans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from fastapi import Response

from api.loans import service as loans
from api.loans.queries import LoanFilter
from api.pagination import PageRequest
from api.web.visits import Visit
from api.work import Work
from contracts.loans import Instalment, LoanDetail, Outstanding

ALL: Final = PageRequest(100, None)


@dataclass(frozen=True, slots=True)
class Debt:
    """A loan that is not over, as its borrower sees it."""

    loan: LoanDetail
    owed: Outstanding

    @property
    def overdue(self) -> Decimal:
        """What should have been paid by now, fees included."""
        return self.owed.overdue.total

    @property
    def charges(self) -> Decimal:
        """Fees and penalties that are unpaid."""
        return self.owed.outstanding.fee + self.owed.outstanding.penalty

    @property
    def awaited(self) -> Decimal:
        """What is announced, not here yet, and still in what is owed."""
        return self.owed.awaited.reported + self.owed.awaited.pending

    @property
    def late(self) -> Sequence[Instalment]:
        """The instalments that are past their day."""
        return [
            row
            for row in self.loan.schedule
            if row.outstanding > 0 and row.due_on < self.owed.as_of
        ]

    @property
    def coming(self) -> Instalment | None:
        """The next instalment that is not late."""
        unpaid = [row for row in self.loan.schedule if row.outstanding > 0]
        return next((row for row in unpaid if row.due_on >= self.owed.as_of), None)


@dataclass(frozen=True, slots=True)
class Total:
    """What is owed in one currency."""

    currency: str
    owed: Decimal
    overdue: Decimal


async def debts(work: Work, customer_id: UUID) -> Sequence[Debt]:
    """The loans of a customer that are being repaid, the most overdue first."""
    found = await loans.list_loans(work, LoanFilter(customer_id), ALL)
    active = [await debt(work, each.id) for each in found.items if each.lifecycle == "active"]
    return sorted(active, key=lambda each: -each.loan.past_due_days)


async def debt(work: Work, loan_id: UUID) -> Debt:
    """One loan; raises `NOT_FOUND` alike for a foreign and a missing one."""
    return Debt(await loans.detail(work, loan_id), await loans.outstanding(work, loan_id, None))


def totals(found: Sequence[Debt]) -> Sequence[Total]:
    """Sums by currency; no sum goes over several."""

    def of(currency: str) -> Sequence[Debt]:
        return [each for each in found if each.loan.currency == currency]

    currencies = sorted({each.loan.currency for each in found})
    return [
        Total(
            currency,
            sum(
                (d.owed.outstanding.total for d in found if d.loan.currency == currency), Decimal()
            ),
            sum((d.overdue for d in found if d.loan.currency == currency), Decimal()),
        )
        for currency in currencies
    ]


def page(visit: Visit, template: str, shown: Mapping[str, object], status: int = 200) -> Response:
    """A page of the portal."""
    return visit.pages.page(
        f"portal/{template}",
        {"visit": visit, "site": visit.site, "csrf": visit.csrf, **shown},
        status,
    )
