"""A loan's instalments as the domain sees them, and balances kept true to them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Final, Protocol

from pydantic import TypeAdapter

from contracts.loans import Balances
from domain.lending.schedule import Bearing, Instalment, Stretch
from domain.lending.waterfall import Allocation, Component, Owed
from domain.money import ZERO, quantize

_KEPT: Final[TypeAdapter[list[dict[str, str]]]] = TypeAdapter(list[dict[str, str]])


class InstalmentState(Protocol):
    """An instalment, as a row of its table or read for a moment; see `InstalmentRow`."""

    number: int
    from_on: date
    due_on: date
    principal: Decimal
    interest: Decimal
    fee: Decimal
    penalty: Decimal
    principal_paid: Decimal
    interest_paid: Decimal
    interest_rebated: Decimal
    fee_paid: Decimal
    penalty_paid: Decimal
    principal_relieved: Decimal
    interest_relieved: Decimal
    fee_relieved: Decimal
    penalty_relieved: Decimal
    met_on: date | None


class PlannedState(InstalmentState, Protocol):
    """An instalment that also tells where its interest is earned; see `InstalmentRow`."""

    earning: list[dict[str, str]] | None
    agreed: Decimal | None


class LoanState(Protocol):
    """The balances of a loan; see `LoanRow`."""

    principal_outstanding: Decimal
    interest_outstanding: Decimal
    fee_outstanding: Decimal
    penalty_outstanding: Decimal
    next_unmet_due_on: date | None


def owed(row: InstalmentState) -> Owed:
    """What is still unpaid of an instalment."""
    return Owed(
        number=row.number,
        due_on=row.due_on,
        penalty=row.penalty - row.penalty_paid - row.penalty_relieved,
        fee=row.fee - row.fee_paid - row.fee_relieved,
        interest=row.interest - row.interest_rebated - row.interest_paid - row.interest_relieved,
        principal=row.principal - row.principal_paid - row.principal_relieved,
    )


def counts_as_late(row: InstalmentState) -> Decimal:
    """What of an instalment makes it late when unpaid: everything but penalties."""
    left = owed(row)
    return left.principal + left.interest + left.fee


def scheduled(row: PlannedState) -> Instalment:
    """An instalment as it was scheduled."""
    return Instalment(
        row.number,
        row.from_on,
        row.due_on,
        row.principal,
        row.interest,
        earning_told(row.earning),
        row.agreed,
    )


def earning_told(kept: object) -> tuple[Stretch, ...]:
    """Where an instalment's interest is earned, from what was kept of it (`earning_kept`)."""
    return () if kept is None else tuple(_stretch(part) for part in _KEPT.validate_python(kept))


def earning_kept(instalment: Instalment) -> list[dict[str, str]] | None:
    """Where an instalment's interest is earned, as it is kept; None: evenly over its period."""
    return [
        {
            "from_on": stretch.from_on.isoformat(),
            "until_on": stretch.until_on.isoformat(),
            "interest": str(stretch.interest),
        }
        | _borne(stretch.bearing)
        for stretch in instalment.earning
    ] or None


def _borne(bearing: Bearing | None) -> dict[str, str]:
    """What interest is earned on, in whole numbers over one denominator, as SQL reads them."""
    if bearing is None:
        return {}
    over = lcm(bearing.rate.denominator, bearing.carried.denominator)
    return {
        "balance": str(bearing.balance),
        "rate": str((bearing.rate * over).numerator),
        "carried": str((bearing.carried * over).numerator),
        "over": str(over),
        "known": str(bearing.known).lower(),
    }


def _stretch(kept: dict[str, str]) -> Stretch:
    bearing = None
    if "over" in kept:
        over = int(kept["over"])
        bearing = Bearing(
            balance=int(kept["balance"]),
            rate=Fraction(int(kept["rate"]), over),
            carried=Fraction(int(kept["carried"]), over),
            known=kept["known"] == "true",
        )
    return Stretch(
        date.fromisoformat(kept["from_on"]),
        date.fromisoformat(kept["until_on"]),
        Decimal(kept["interest"]),
        bearing,
    )


def plan_as(rows: Sequence[PlannedState], planned: Sequence[Instalment]) -> None:
    """Put another plan on the instalments that it names."""
    new = {row.number: row for row in planned}
    for row in rows:
        found = new.get(row.number)
        if found is not None:
            row.principal, row.interest = found.principal, found.interest
            row.earning = earning_kept(found)


def pay(row: InstalmentState, component: Component, amount: Decimal) -> None:
    """Add to (or, below zero, take from) what was paid of a component."""
    match component:
        case Component.PRINCIPAL:
            row.principal_paid += amount
        case Component.INTEREST:
            row.interest_paid += amount
        case Component.FEE:
            row.fee_paid += amount
        case Component.PENALTY:
            row.penalty_paid += amount


def relieve(row: InstalmentState, component: Component, amount: Decimal) -> None:
    """Add to (or, below zero, take from) what of a component was met without money."""
    match component:
        case Component.PRINCIPAL:
            row.principal_relieved += amount
        case Component.INTEREST:
            row.interest_relieved += amount
        case Component.FEE:
            row.fee_relieved += amount
        case Component.PENALTY:
            row.penalty_relieved += amount


def apply(rows: Sequence[InstalmentState], allocations: Sequence[Allocation]) -> None:
    """Put allocations on their instalments."""
    by_number = {row.number: row for row in rows}
    for part in allocations:
        pay(by_number[part.instalment], part.component, part.amount)


def refresh(loan: LoanState, rows: Sequence[InstalmentState], on: date) -> None:
    """Set the loan's balances and which instalments are met, from *all* its instalments.

    Instalments that are met and wholly paid may be left out: they add nothing.
    An instalment that is met now and was not before is met `on` that day.
    """
    total = sum_owed(rows)
    loan.principal_outstanding = total.principal
    loan.interest_outstanding = total.interest
    loan.fee_outstanding = total.fee
    loan.penalty_outstanding = total.penalty
    unmet: list[date] = []
    for row in rows:
        if counts_as_late(row) > 0:
            row.met_on = None
            unmet.append(row.due_on)
        elif row.met_on is None:
            row.met_on = on
    loan.next_unmet_due_on = min(unmet, default=None)


def owed_in_all(loan: LoanState) -> Owed:
    """What is still unpaid of a loan, from the balances it keeps."""
    return Owed(
        number=0,
        due_on=date.min,
        penalty=loan.penalty_outstanding,
        fee=loan.fee_outstanding,
        interest=loan.interest_outstanding,
        principal=loan.principal_outstanding,
    )


def sum_owed(rows: Sequence[InstalmentState]) -> Owed:
    """What is unpaid of several instalments together."""
    return together([owed(row) for row in rows])


def together(parts: Sequence[Owed]) -> Owed:
    """Several instalments' balances as one."""
    return Owed(
        number=0,
        due_on=date.min,
        penalty=sum((part.penalty for part in parts), ZERO),
        fee=sum((part.fee for part in parts), ZERO),
        interest=sum((part.interest for part in parts), ZERO),
        principal=sum((part.principal for part in parts), ZERO),
    )


def shown(total: Owed, currency: str) -> Balances:
    """Balances for an answer, at the currency's decimals."""
    return Balances(
        principal=quantize(total.principal, currency),
        interest=quantize(total.interest, currency),
        fee=quantize(total.fee, currency),
        penalty=quantize(total.penalty, currency),
        total=quantize(total.total, currency),
    )
