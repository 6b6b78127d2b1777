"""Cases of delinquency: instalments, payments and pauses; how late the loan is on a day."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Amount, Currency, Wire
from domain.errors import DomainError
from domain.lending.arrears import (
    BucketStep,
    Ladder,
    Pause,
    Unpaid,
    assess,
    next_due_on,
    overdue_by_bucket,
)
from domain.lending.waterfall import Owed, Preset, after, allocate
from domain.money import quantize
from tenor.calculators.checks import (
    MOST_EVENTS,
    check_amount,
    check_counts,
    check_due_dates,
    refused,
)
from tenor.calculators.lines import Figures, fill, objects


class _Loose(Wire):
    """A part of a case; remarks beside what is read here do not matter."""

    model_config = {"extra": "ignore"}


class _Instalment(_Loose):
    due: date
    amount: Amount


class _Bucket(_Loose):
    name: str
    min: Annotated[int, Field(ge=1)]


class _Inputs(_Loose):
    currency: Currency = "EUR"
    instalments: Annotated[tuple[_Instalment, ...], Field(min_length=1, max_length=600)]
    grace_days: Annotated[int, Field(ge=0, le=365)]
    buckets: tuple[_Bucket, ...] = ()
    next_payment_due_rule: Literal["next_unpaid_on_or_after_today"] = (
        "next_unpaid_on_or_after_today"
    )


class _Payment(_Loose):
    type: Literal["payment"]
    date: date
    amount: Amount


class _Pause(_Loose):
    type: Literal["pause"]
    start: date
    end: date


class _Resume(_Loose):
    type: Literal["resume"]
    date: date


_Event = Annotated[_Payment | _Pause | _Resume, Field(discriminator="type")]


class _Check(_Loose):
    after: Annotated[int, Field(ge=0)]
    date: date


class _Case(_Loose):
    inputs: _Inputs
    events: Annotated[tuple[_Event, ...], Field(max_length=MOST_EVENTS)] = ()
    checks: tuple[_Check, ...] = ()


_NONE = "NO_DELINQUENCY"
"""The bucket of a loan that is not late."""


def answer_delinquency(asked: Figures) -> Figures:
    """Fill in the checks of a case of delinquency."""
    case = _Case.model_validate(asked)
    _check_case(case)
    checks = [
        fill(given, _figures(case, check))
        for given, check in zip(objects(asked.get("checks")), case.checks, strict=True)
    ]
    return dict(asked) | {"checks": checks}


def _ladder(inputs: _Inputs) -> Ladder:
    steps = [BucketStep(_NONE, 0), *(BucketStep(row.name, row.min) for row in inputs.buckets)]
    try:
        return Ladder("case", tuple(steps))
    except DomainError as error:
        raise DomainError(error.code, error.detail, {"field": "inputs.buckets"}) from None


def _check_case(case: _Case) -> None:
    currency = case.inputs.currency
    _ladder(case.inputs)
    for at, row in enumerate(case.inputs.instalments):
        check_amount(row.amount, currency, f"inputs.instalments.{at}.amount", may_be_zero=True)
    check_due_dates([row.due for row in case.inputs.instalments])
    for at, event in enumerate(case.events):
        if isinstance(event, _Payment):
            check_amount(event.amount, currency, f"events.{at}.amount")
        elif isinstance(event, _Pause) and event.end < event.start:
            raise refused("A pause ends on or after its first day.", f"events.{at}.end")
    check_counts([check.after for check in case.checks], len(case.events))


def _figures(case: _Case, check: _Check) -> Figures:
    grace, currency = case.inputs.grace_days, case.inputs.currency
    ladder = _ladder(case.inputs)
    told = case.events[: check.after]
    unpaid, pauses = _unpaid(case, told), _pauses(told)
    found = assess(unpaid, check.date, grace, pauses, ladder)
    by_bucket = overdue_by_bucket(unpaid, check.date, grace, pauses, ladder)
    next_due = next_due_on(unpaid, check.date)
    return {
        "loan": {
            "classification": found.bucket,
            "overdue_amount": format(quantize(found.overdue_amount, currency), "f"),
            "delinquent_date": _text(found.delinquent_since),
            "delinquent_days": found.delinquent_days,
            "past_due_days": found.past_due_days,
        },
        "instalment_level": {
            name: format(quantize(amount, currency), "f") for name, amount in by_bucket.items()
        },
        "next_payment_due": _text(next_due),
    }


def _text(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def _unpaid(case: _Case, told: tuple[_Payment | _Pause | _Resume, ...]) -> list[Unpaid]:
    owed: tuple[Owed, ...] = tuple(
        Owed(number, row.due, principal=row.amount)
        for number, row in enumerate(case.inputs.instalments, start=1)
    )
    payments = [event for event in told if isinstance(event, _Payment)]
    for payment in sorted(payments, key=lambda payment: payment.date):
        split = allocate(
            owed,
            payment.amount,
            Preset.PENALTY_FEE_INTEREST_PRINCIPAL,
            payment.date,
            case.inputs.currency,
        )
        owed = after(owed, split.allocations)
    return [(row.due_on, row.total) for row in owed]


def _pauses(told: tuple[_Payment | _Pause | _Resume, ...]) -> list[Pause]:
    """The pauses as they are in the end: a resumption ends the one that contains it."""
    pauses: list[Pause] = []
    for event in told:
        match event:
            case _Pause(start=start, end=end):
                pauses.append(Pause(start, end))
            case _Resume(date=on):
                pauses = [
                    Pause(pause.start, on) if pause.start <= on <= pause.end else pause
                    for pause in pauses
                ]
            case _Payment():
                pass
    return pauses
