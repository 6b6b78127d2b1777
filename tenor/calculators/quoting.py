"""Cases of schedules: the terms of a loan; its rows, totals and daily interest."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.base import Amount, Currency, Wire
from domain.calendar import Frequency, MonthEnd, Unit
from domain.daycount import DayCount
from domain.lending.payoff import accrual, accrued_interest
from domain.lending.rounding import Rounding
from domain.lending.schedule import Instalment, build_schedule, schedule_dates
from domain.lending.terms import (
    Amortisation,
    FlatRest,
    InterestMethod,
    ScheduleOptions,
    Terms,
)
from domain.lending.tranches import (
    Drawn,
    Happenings,
    InterestPause,
    RateChange,
    Tranche,
    schedule_as_it_went,
)
from domain.money import ZERO, exponent, quantize
from tenor.calculators.lines import Figures, UnsupportedError, fill

DAY: Final = timedelta(days=1)


class CasePart(Wire):
    """A part of a case; remarks beside what is read here do not matter."""

    model_config = {"extra": "ignore"}


class Every(CasePart):
    """A frequency: every so many units."""

    unit: Unit
    every: Annotated[int, Field(ge=1, le=366)]


class _Rounding(CasePart):
    decimals: int
    mode: Rounding


class _Disbursement(CasePart):
    type: Literal["disbursement"]
    date: date
    amount: Amount


class _RateChange(CasePart):
    type: Literal["rate_change"]
    first_day: date
    annual_rate_percent: Amount


class _Pause(CasePart):
    type: Literal["interest_pause"]
    from_: Annotated[date, Field(alias="from")]
    to: date


_Event = Annotated[_Disbursement | _RateChange | _Pause, Field(discriminator="type")]


class ScheduleInputs(CasePart):
    """The terms of a loan, as the published cases spell them."""

    currency: Currency = "EUR"
    principal: Amount
    annual_rate_percent: Amount
    interest_method: InterestMethod = InterestMethod.DECLINING_BALANCE
    amortisation: Amortisation | Literal["fixed_instalment"] = Amortisation.EQUAL_INSTALMENT
    n_instalments: Annotated[int, Field(ge=1, le=600)] | None = None
    frequency: Every
    day_count: DayCount
    disbursement_date: date
    first_due_date: date | None = None
    due_dates: Annotated[tuple[date, ...], Field(min_length=1, max_length=600)] | None = None
    rounding: _Rounding
    instalment_multiple: Amount | None = None
    instalment_smoothing: bool = False
    principal_grace: int = 0
    interest_grace: int = 0
    down_payment_percent: Amount = ZERO
    balloon_percent: Amount = ZERO
    instalment_amount: Amount | None = None
    schedule_start: date | None = None
    events: Annotated[tuple[_Event, ...], Field(max_length=200)] = ()
    flat_last_interest: FlatRest = FlatRest.RESIDUAL
    due_date_rule: MonthEnd = MonthEnd.CLAMP


_PLAIN: Final = frozenset({"standard", "daily_accrual"})
_WITH_EVENTS: Final = frozenset(
    {"events", "moved_due_dates", "flat_disbursements", "fixed_instalment_disbursements"}
)
"""Kinds of cases on which something happens, or whose instalment is agreed."""


class _Case(CasePart):
    inputs: ScheduleInputs


_OF_SCHEDULES: Final = _PLAIN | _WITH_EVENTS
"""The kinds of cases that are answered."""


def answer_schedule(asked: Figures) -> Figures:
    """Fill in the expected figures of a case of a schedule."""
    kind = asked.get("kind", "standard")
    if kind not in _OF_SCHEDULES:
        raise UnsupportedError("No product of Tenor is calculated in this way.", "kind")
    case = _Case.model_validate(asked)
    terms = terms_of(case.inputs)
    dates = case.inputs.due_dates or schedule_dates(terms)
    if kind in _WITH_EVENTS:
        drawn = schedule_as_it_went(
            terms,
            dates,
            _happenings(case.inputs.events),
            start=case.inputs.schedule_start,
            instalment=case.inputs.instalment_amount,
        )
        found = figures([row.instalment for row in drawn], terms.currency, drawn)
    else:
        schedule = build_schedule(terms, dates)
        found = figures(schedule, terms.currency) | {"daily": _daily(schedule[0], terms.currency)}
    return wanted(asked, found)


def wanted(asked: Figures, found: Figures) -> Figures:
    """The case with what it asks for filled in; raises `UnsupportedError` if it asks nothing."""
    expected = asked.get("expected")
    if not isinstance(expected, dict):
        raise UnsupportedError("A case says in `expected` which figures it asks for.", "expected")
    return dict(asked) | {"expected": fill(expected, found)}


def terms_of(inputs: ScheduleInputs) -> Terms:
    """The terms of a product that a case's inputs are."""
    if inputs.rounding.decimals != exponent(inputs.currency):
        raise UnsupportedError(
            f"{inputs.currency} is rounded to {exponent(inputs.currency)} decimals.",
            "inputs.rounding.decimals",
        )
    dates = inputs.due_dates
    first = inputs.first_due_date or (dates[0] if dates else None)
    count = inputs.n_instalments or (len(dates) if dates else None)
    if first is None or count is None or (dates is not None and len(dates) != count):
        raise UnsupportedError(
            "Say `due_dates`, or `n_instalments` and `first_due_date`.", "inputs.due_dates"
        )
    return Terms(
        principal=_money(inputs.principal, inputs.currency),
        currency=inputs.currency,
        annual_rate_percent=inputs.annual_rate_percent,
        instalments=count,
        frequency=Frequency(inputs.frequency.unit, inputs.frequency.every),
        interest_method=inputs.interest_method,
        day_count=inputs.day_count,
        disbursed_on=inputs.disbursement_date,
        first_due_on=first,
        rounding=inputs.rounding.mode,
        options=ScheduleOptions(
            amortisation=(
                Amortisation.EQUAL_INSTALMENT
                if inputs.amortisation == "fixed_instalment"
                else inputs.amortisation
            ),
            principal_grace=inputs.principal_grace,
            interest_grace=inputs.interest_grace,
            balloon_percent=inputs.balloon_percent,
            down_payment_percent=inputs.down_payment_percent,
            instalment_multiple=inputs.instalment_multiple,
            instalment_smoothing=inputs.instalment_smoothing,
            flat_rest=inputs.flat_last_interest,
            month_end=inputs.due_date_rule,
        ),
    )


def _money(amount: Decimal, currency: str) -> Decimal:
    """An amount with its currency's decimals, where that changes nothing."""
    kept = quantize(amount, currency)
    return kept if kept == amount else amount


def _happenings(events: Sequence[_Disbursement | _RateChange | _Pause]) -> Happenings:
    tranches: list[Tranche] = []
    rates: list[RateChange] = []
    pauses: list[InterestPause] = []
    for event in events:
        match event:
            case _Disbursement(date=on, amount=amount):
                tranches.append(Tranche(on, amount))
            case _RateChange(first_day=first_day, annual_rate_percent=rate):
                rates.append(RateChange(first_day, rate))
            case _Pause(from_=first, to=last):
                pauses.append(InterestPause(first, last))
    return Happenings(tuple(tranches), tuple(rates), tuple(pauses))


def figures(
    schedule: Sequence[Instalment], currency: str, drawn: Sequence[Drawn] = ()
) -> dict[str, object]:
    """Everything that can be asked of rows; `drawn` has the balances where money went out later."""

    def text(amount: Decimal) -> str:
        return format(quantize(amount, currency), "f")

    balance = sum((row.principal for row in schedule), ZERO)
    rows: list[dict[str, object]] = []
    for number, row in enumerate(schedule):
        balance -= row.principal
        rows.append(
            {
                "n": row.number,
                "due_date": row.due_on.isoformat(),
                "principal": text(row.principal),
                "interest": text(row.interest),
                "fees": text(ZERO),
                "penalties": text(ZERO),
                "total": text(row.total),
                "balance_after": text(drawn[number].balance_after if drawn else balance),
            }
        )
    return {
        "rows": rows,
        "selected_rows": rows,
        "totals": _totals(schedule, text),
        "year_totals": {
            str(year): _totals([row for row in schedule if row.due_on.year == year], text)
            for year in sorted({row.due_on.year for row in schedule})
        },
        "first_instalment": text(_regular(schedule)[0].total),
        "last_instalment": text(schedule[-1].total),
    }


def _regular(schedule: Sequence[Instalment]) -> Sequence[Instalment]:
    """The rows without a down payment, which falls due where its period begins."""
    return [row for row in schedule if row.due_on > row.from_on]


def _totals(schedule: Sequence[Instalment], text: Callable[[Decimal], str]) -> Mapping[str, str]:
    return {
        "principal": text(sum((row.principal for row in schedule), ZERO)),
        "interest": text(sum((row.interest for row in schedule), ZERO)),
        "total": text(sum((row.total for row in schedule), ZERO)),
    }


def _daily(row: Instalment, currency: str) -> list[dict[str, object]]:
    """The interest of the days of a period before its last: entries that add up."""
    ends = [row.from_on + DAY * number for number in range((row.due_on - row.from_on).days)]
    return [
        {
            "day": number,
            "date": on.isoformat(),
            "accrual": format(accrual(row, on - DAY, on, currency), "f"),
            "accrued_to_date": format(accrued_interest(row, on, currency), "f"),
        }
        for number, on in enumerate(ends[1:], start=1)
    ]
