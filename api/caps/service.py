"""What a loan may cost: asked before it is made or planned anew, kept with it, read at charges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete, select

from api.caps import packs
from api.caps.tables import LoanCapRow
from api.work import Work
from domain.lending.apr import Flow, eu_aprc
from domain.lending.caps import Cost, Limit, Measure, Plan, check_plan, limits_of
from domain.money import ZERO


class PlannedRow(Protocol):
    """A row of a schedule, planned or in service."""

    @property
    def from_on(self) -> date:
        """The day its period begins after."""

    @property
    def due_on(self) -> date:
        """The day it falls due."""

    @property
    def principal(self) -> Decimal:
        """Of the instalment."""

    @property
    def interest(self) -> Decimal:
        """Of the instalment."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A loan as it is planned.

    Attributes:
        country: Of the creditor.
        currency: Of the loan.
        principal: What is lent.
        rows: The schedule.
        fees: What each row asks for besides, in the same order.
    """

    country: str
    currency: str
    principal: Decimal
    rows: Sequence[PlannedRow]
    fees: Sequence[Decimal]

    @property
    def cost(self) -> Cost:
        """What it costs when everything is paid on its day."""
        return Cost(
            principal=self.principal,
            currency=self.currency,
            interest=sum((row.interest for row in self.rows), ZERO),
            fees=sum(self.fees, ZERO),
            penalties=ZERO,
        )


def limits(planned: Planned, kept: Sequence[Limit] = ()) -> tuple[Limit, ...]:
    """The limits that hold for a planned loan; none for most countries and sorts of credit.

    The rules of `kept` limits hold on, whatever sort of credit the loan would be now.
    """
    found = packs.of_country(planned.country)
    if not found:
        return ()
    yearly, days = _yearly_percent(planned), _days(planned)
    rules = {limit.rule for limit in kept}
    caps = [
        cap for pack in found for cap in pack.caps if pack.holds(yearly, days) or cap.rule in rules
    ]
    return limits_of(caps, _plan(planned))


def allowed(planned: Planned) -> tuple[Limit, ...]:
    """The limits of a loan that is about to be made, within which its plan stays.

    Raises `CAP_EXCEEDED`.
    """
    held = limits(planned)
    check(planned, held, planned.cost, [fee for fee in planned.fees if fee])
    return held


def check(
    planned: Planned, held: Sequence[Limit], cost: Cost, charges: Sequence[Decimal] = ()
) -> None:
    """Refuse a plan that costs more than its limits allow; raises `CAP_EXCEEDED`."""
    asks_yearly = any(limit.measure is Measure.YEARLY_COST for limit in held)
    check_plan(held, cost, _yearly_percent(planned) if asks_yearly else ZERO, charges)


async def keep(work: Work, loan_id: UUID, held: Sequence[Limit]) -> None:
    """Keep the limits of a loan in the place of those it had."""
    await work.session.execute(delete(LoanCapRow).where(LoanCapRow.loan_id == loan_id))
    work.session.add_all(
        LoanCapRow(
            loan_id=loan_id,
            rule=limit.rule,
            measure=limit.measure.value,
            source=limit.source,
            most=limit.most,
        )
        for limit in held
    )
    await work.session.flush()


async def of_loan(work: Work, loan_id: UUID) -> tuple[Limit, ...]:
    """The limits that a loan keeps, by rule."""
    rows = await work.session.scalars(
        select(LoanCapRow).where(LoanCapRow.loan_id == loan_id).order_by(LoanCapRow.rule)
    )
    return tuple(Limit(row.rule, Measure(row.measure), row.source, row.most) for row in rows)


def _plan(planned: Planned) -> Plan:
    start = planned.rows[0].from_on
    return Plan(
        principal=planned.principal,
        credit_days=sum((row.principal * (row.due_on - start).days for row in planned.rows), ZERO),
        currency=planned.currency,
    )


def _days(planned: Planned) -> int:
    return (planned.rows[-1].due_on - planned.rows[0].from_on).days


def _yearly_percent(planned: Planned) -> Decimal:
    lent = [Flow(planned.rows[0].from_on, planned.principal)]
    paid = [
        Flow(row.due_on, total)
        for row, fee in zip(planned.rows, planned.fees, strict=True)
        if (total := row.principal + row.interest + fee) > ZERO
    ]
    return eu_aprc(lent, paid)
