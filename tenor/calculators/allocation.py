"""Cases of allocation: a schedule, a rule and events; what each event paid and what is left."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from contracts.base import Amount, Currency, Wire
from domain.lending.replay import (
    Account,
    Applied,
    Charge,
    ChargeOff,
    CreditRefund,
    Event,
    Line,
    Planned,
    Receipt,
    replay,
)
from domain.lending.waterfall import Component, FutureRule, Processing, Waterfall
from domain.money import quantize
from tenor.calculators.checks import (
    MOST_EVENTS,
    check_amount,
    check_counts,
    check_due_dates,
    refused,
)
from tenor.calculators.lines import Figures, UnsupportedError, fill, objects


def _whole(order: tuple[Component, ...]) -> tuple[Component, ...]:
    """An order that forgot a component would leave it unpaid for ever."""
    if set(order) != set(Component):
        raise ValueError("an order names each of the four components once")
    return order


Order = Annotated[tuple[Component, ...], Field(min_length=4, max_length=4), AfterValidator(_whole)]
Key = Annotated[str, Field(min_length=1, max_length=64)]


class _Loose(Wire):
    """A part of a case; remarks beside what is read here do not matter."""

    model_config = {"extra": "ignore"}


class _Instalment(_Loose):
    due: date
    from_: Annotated[date, Field(alias="from")]
    principal: Amount
    interest: Amount


class _Orders(_Loose):
    past_due: Order
    due: Order
    in_advance: Order


class _Sequential(_Loose):
    type: Literal["sequential"]
    order: Order


class _DueThenAdvance(_Loose):
    type: Literal["due_then_advance"]
    due_order: Order
    advance_order: Order


class _Bucketed(_Loose):
    type: Literal["bucketed"]
    processing: Processing
    order: _Orders


_Strategy = Annotated[_Sequential | _DueThenAdvance | _Bucketed, Field(discriminator="type")]


class _Inputs(_Loose):
    currency: Currency = "EUR"
    instalments: Annotated[tuple[_Instalment, ...], Field(min_length=1, max_length=600)]
    strategy: _Strategy


class _Payment(_Loose):
    type: Literal["payment"]
    id: Key
    date: date
    amount: Amount
    future_rule: FutureRule | None = None


class _Charge(_Loose):
    type: Literal["charge"]
    kind: Literal["fee", "penalty"]
    entered_on: date
    due: date
    amount: Amount


class _Undo(_Loose):
    type: Literal["undo"]
    ref: Key


class _ChargeOff(_Loose):
    type: Literal["charge_off"]
    id: Key
    date: date


class _CreditRefund(_Loose):
    type: Literal["credit_refund"]
    id: Key
    date: date
    amount: Amount


_Event = Annotated[
    _Payment | _Charge | _Undo | _ChargeOff | _CreditRefund, Field(discriminator="type")
]


class _Check(_Loose):
    after: Annotated[int, Field(ge=0)]


class _Case(_Loose):
    inputs: _Inputs
    events: Annotated[tuple[_Event, ...], Field(max_length=MOST_EVENTS)] = ()
    checks: tuple[_Check, ...] = ()


def answer_allocation(asked: Figures) -> Figures:
    """Fill in the checks of a case of allocation."""
    case = _Case.model_validate(asked)
    _check_case(case)
    told = objects(asked.get("checks"))
    checks = [
        fill(given, _figures(case, check.after))
        for given, check in zip(told, case.checks, strict=True)
    ]
    return dict(asked) | {"checks": checks}


def _check_case(case: _Case) -> None:
    currency = case.inputs.currency
    for at, row in enumerate(case.inputs.instalments):
        place = f"inputs.instalments.{at}"
        check_amount(row.principal, currency, f"{place}.principal", may_be_zero=True)
        check_amount(row.interest, currency, f"{place}.interest", may_be_zero=True)
        if row.due < row.from_:
            raise refused("A period ends on or after its first day.", f"{place}.due")
    check_due_dates([row.due for row in case.inputs.instalments])
    keys: set[str] = set()
    for at, event in enumerate(case.events):
        if isinstance(event, _Payment | _Charge | _CreditRefund):
            check_amount(event.amount, currency, f"events.{at}.amount")
        if isinstance(event, _Payment | _ChargeOff | _CreditRefund):
            if event.id in keys:
                raise refused("Each event has an id of its own.", f"events.{at}.id")
            keys.add(event.id)
    check_counts([check.after for check in case.checks], len(case.events))


def waterfall_of(strategy: _Sequential | _DueThenAdvance | _Bucketed) -> Waterfall:
    """The product term that a strategy of a case is."""
    match strategy:
        case _Sequential(order=order):
            return Waterfall(due=order, in_advance=order)
        case _DueThenAdvance(due_order=due, advance_order=in_advance):
            return Waterfall(due=due, in_advance=in_advance, charges_fall_due=True)
        case _Bucketed(order=order, processing=processing):
            return Waterfall(
                past_due=order.past_due,
                due=order.due,
                in_advance=order.in_advance,
                processing=processing,
            )


def _figures(case: _Case, count: int) -> Figures:
    """Everything that can be asked after so many events."""
    account, keys = _account(case, count)
    currency = case.inputs.currency
    shown = {applied.key: _transaction(applied, currency) for applied in account.applied}
    undone = {
        event.ref: at for at, event in enumerate(case.events[:count]) if isinstance(event, _Undo)
    }
    for key, at in undone.items():
        before, _ = _account(case, at)
        last = [_transaction(one, currency) for one in before.applied if one.key == key]
        if not last:
            raise UnsupportedError("An undo names an event that was not there.", f"events.{at}.ref")
        shown[key] = {**last[0], "reversed": True}
    return {
        "transactions": [shown[key] for key in keys],
        "instalments": [_instalment(line, currency) for line in account.lines],
        "outstanding": format(quantize(account.outstanding, currency), "f"),
        "overpaid": format(quantize(account.credit, currency), "f"),
    }


def _account(case: _Case, count: int) -> tuple[Account, list[str]]:
    """The account after the first events, and the keys of all of them in the order of dates."""
    told = case.events[:count]
    undone = {
        event.ref: at for at, event in enumerate(case.events[:count]) if isinstance(event, _Undo)
    }
    live: list[Event] = []
    dated: list[tuple[date, str]] = []
    for event in told:
        match event:
            case _Charge(kind=kind, amount=amount, due=due, entered_on=entered_on):
                live.append(Charge(Component(kind), amount, due, entered_on))
            case _Payment(id=key, date=on, amount=amount, future_rule=future):
                dated.append((on, key))
                if key not in undone:
                    live.append(Receipt(key, on, amount, future))
            case _CreditRefund(id=key, date=on, amount=amount):
                dated.append((on, key))
                if key not in undone:
                    live.append(CreditRefund(key, on, amount))
            case _ChargeOff(id=key, date=on):
                dated.append((on, key))
                if key not in undone:
                    live.append(ChargeOff(key, on))
            case _Undo():
                pass
    plan = [
        Planned(number, row.from_, row.due, row.principal, row.interest)
        for number, row in enumerate(case.inputs.instalments, start=1)
    ]
    account = replay(
        plan,
        live,
        waterfall_of(case.inputs.strategy),
        case.inputs.currency,
        charges_by_date=isinstance(case.inputs.strategy, _Bucketed),
    )
    return account, [key for _, key in sorted(dated, key=lambda pair: pair[0])]


def _transaction(applied: Applied, currency: str) -> dict[str, object]:
    figures = {
        "amount": applied.amount,
        "principal": applied.of(Component.PRINCIPAL),
        "interest": applied.of(Component.INTEREST),
        "fees": applied.of(Component.FEE),
        "penalties": applied.of(Component.PENALTY),
        "principal_balance_after": applied.principal_after,
    }
    told = {name: format(quantize(amount, currency), "f") for name, amount in figures.items()}
    return {"id": applied.key, **told}


def _instalment(line: Line, currency: str) -> dict[str, object]:
    figures = {
        "principal": line.asked.principal,
        "interest": line.asked.interest,
        "fees": line.asked.fee,
        "penalties": line.asked.penalty,
        "total": line.asked.total,
        "paid": line.paid,
        "paid_in_advance": line.paid_in_advance,
        "paid_late": line.paid_late,
        "outstanding": line.owed.total,
    }
    told = {name: format(quantize(amount, currency), "f") for name, amount in figures.items()}
    return {"due": line.asked.due_on.isoformat(), **told}
