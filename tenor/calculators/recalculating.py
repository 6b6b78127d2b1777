"""Cases of loans whose schedules follow what was paid, and of pay-off in the middle of one."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import Field

from contracts.base import Amount
from domain.lending.outstanding import PrincipalPaid, schedule_as_outstanding
from domain.lending.payoff import payoff
from domain.lending.prepayment import ExcessStrategy, Received, schedule_as_paid
from domain.lending.schedule import Instalment, build_schedule, schedule_dates
from domain.lending.terms import Terms
from domain.lending.waterfall import Owed
from domain.money import ZERO, quantize
from tenor.calculators.checks import refused
from tenor.calculators.lines import Figures
from tenor.calculators.quoting import CasePart, ScheduleInputs, figures, terms_of, wanted

_MOST_PAYMENTS: Final = 2000
_THIRTY_DAYS_OF_365: Final = Fraction(30, 365)


class _Payment(CasePart):
    date: date
    amount: Annotated[Amount, Field(gt=0)]


class _Split(CasePart):
    date: date
    principal_part: Annotated[Amount, Field(ge=0)]
    interest_part: Annotated[Amount, Field(ge=0)] = ZERO


class _PrepaymentInputs(ScheduleInputs):
    payments: Annotated[tuple[_Payment, ...], Field(max_length=_MOST_PAYMENTS)] = ()
    excess_strategy: ExcessStrategy = ExcessStrategy.REDUCE_INSTALMENT
    annuity_periodic_rate: Literal["annual*30/365"] | None = None


class _OverdueInputs(ScheduleInputs):
    payments: Annotated[tuple[_Split, ...], Field(max_length=_MOST_PAYMENTS)] = ()
    as_of: date


class PayoffInterest(StrEnum):
    """Up to when a pay-off asks for interest."""

    TO_PAYOFF_DATE = "to_payoff_date"
    """What is earned by the day."""
    TO_PERIOD_END = "to_period_end"
    """All of the running period."""


class _PayoffInputs(ScheduleInputs):
    payments: Annotated[tuple[_Payment, ...], Field(max_length=_MOST_PAYMENTS)] = ()
    payoff_date: date
    payoff_interest: PayoffInterest = PayoffInterest.TO_PAYOFF_DATE


class _Prepayment(CasePart):
    inputs: _PrepaymentInputs


class _Overdue(CasePart):
    inputs: _OverdueInputs


class _Payoff(CasePart):
    inputs: _PayoffInputs


def answer_prepayment(asked: Figures) -> Figures:
    """A case in which payments come early, late, or are more than was asked for."""
    inputs = _Prepayment.model_validate(asked).inputs
    terms, dates = _agreed(inputs)
    rows = schedule_as_paid(
        terms,
        dates,
        [Received(payment.date, payment.amount) for payment in inputs.payments],
        inputs.excess_strategy,
        annuity_year_part=_THIRTY_DAYS_OF_365 if inputs.annuity_periodic_rate else None,
    )
    return wanted(asked, figures(rows, terms.currency))


def answer_overdue(asked: Figures) -> Figures:
    """A case whose interest runs on what is really outstanding until a day."""
    inputs = _Overdue.model_validate(asked).inputs
    terms, dates = _agreed(inputs)
    rows = schedule_as_outstanding(
        terms,
        dates,
        inputs.instalment_amount or build_schedule(terms, dates)[0].total,
        [PrincipalPaid(payment.date, payment.principal_part) for payment in inputs.payments],
        inputs.as_of,
    )
    return wanted(asked, figures(rows, terms.currency))


def answer_payoff(asked: Figures) -> Figures:
    """A case that asks what closes a loan on a day."""
    inputs = _Payoff.model_validate(asked).inputs
    terms, dates = _agreed(inputs)
    on = inputs.payoff_date
    if not terms.disbursed_on <= on:
        raise refused("A loan is paid off after its disbursement.", "inputs.payoff_date")
    schedule = build_schedule(terms, dates)
    until = on
    if inputs.payoff_interest is PayoffInterest.TO_PERIOD_END:
        until = next((row.due_on for row in schedule if row.from_on < on <= row.due_on), on)
    paid = sum((payment.amount for payment in inputs.payments if payment.date <= on), ZERO)
    due = payoff(_unpaid(schedule, paid), schedule, until, terms.currency)
    told = {"principal": due.principal, "interest": due.interest, "total": due.total}
    return wanted(
        asked,
        {
            "payoff": {
                name: format(quantize(amount, terms.currency), "f") for name, amount in told.items()
            }
        },
    )


def _agreed(inputs: ScheduleInputs) -> tuple[Terms, tuple[date, ...]]:
    terms = terms_of(inputs)
    return terms, inputs.due_dates or schedule_dates(terms)


def _unpaid(schedule: tuple[Instalment, ...], paid: Decimal) -> list[Owed]:
    """What is left of each instalment: the oldest is paid first, interest before principal."""
    owed: list[Owed] = []
    for row in schedule:
        interest = min(paid, row.interest)
        principal = min(paid - interest, row.principal)
        paid -= interest + principal
        if interest + principal < row.total:
            owed.append(
                Owed(
                    row.number,
                    row.due_on,
                    interest=row.interest - interest,
                    principal=row.principal - principal,
                )
            )
    return owed
