"""Cases of the yearly cost of credit: dated flows under Regulation Z, timed ones under the EU's."""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Final

from pydantic import Field

from contracts.base import Amount
from domain.lending.apr import (
    Flow,
    Measure,
    TimedFlow,
    UnitPeriod,
    effective_rate,
    eu_aprc,
    us_actuarial,
)
from tenor.calculators.checks import refused
from tenor.calculators.lines import Figures
from tenor.calculators.quoting import CasePart, wanted

_MOST_FLOWS: Final = 1200
_DECIMALS: Final = 6
"""Shown where the case does not say how many."""
_FACTOR: Final = re.compile(r"\d{1,9}(\.\d{1,9})?(/[1-9]\d{0,8})?")


class Method(StrEnum):
    """By which law the cost is found."""

    US_ACTUARIAL = "us_actuarial"
    EU_APRC = "eu_aprc"


class _Flow(CasePart):
    amount: Annotated[Amount, Field(gt=0)]
    on: Annotated[date | None, Field(alias="date")] = None
    t: str | None = None
    first_t: str | None = None
    step: str | None = None
    count: Annotated[int, Field(ge=1, le=_MOST_FLOWS)] = 1


class _Unit(CasePart):
    measure: Annotated[Measure, Field(alias="type")]
    every: Annotated[int, Field(ge=1, le=366)] = 1


_Flows = Annotated[tuple[_Flow, ...], Field(min_length=1, max_length=_MOST_FLOWS)]


class _Inputs(CasePart):
    advances: _Flows | None = None
    drawdowns: _Flows | None = None
    payments: _Flows
    unit_period: _Unit | None = None


class _Expected(CasePart):
    decimals: Annotated[int | None, Field(ge=0, le=12)] = None


class _Case(CasePart):
    method: Method
    inputs: _Inputs
    expected: _Expected = _Expected()


def answer_cost(asked: Figures) -> Figures:
    """Fill in the rate of a case, in percent a year."""
    case = _Case.model_validate(asked)
    inputs = case.inputs
    name = "advances" if inputs.advances is not None else "drawdowns"
    lent = inputs.advances or inputs.drawdowns
    if lent is None:
        raise refused("Say what is lent: `advances` or `drawdowns`.", "inputs.advances")
    if case.method is Method.US_ACTUARIAL:
        told = inputs.unit_period
        unit = None if told is None else UnitPeriod(told.measure, told.every)
        rate = us_actuarial(_dated(lent, name), _dated(inputs.payments, "payments"), unit)
    elif all(flow.on is not None for flow in (*lent, *inputs.payments)):
        rate = eu_aprc(_dated(lent, name), _dated(inputs.payments, "payments"))
    else:
        rate = effective_rate(_timed(lent, name), _timed(inputs.payments, "payments"))
    decimals = _DECIMALS if case.expected.decimals is None else case.expected.decimals
    shown = format(rate.quantize(Decimal(1).scaleb(-decimals)), "f")
    return wanted(asked, {"apr_percent": shown, "decimals": decimals})


def _dated(flows: tuple[_Flow, ...], name: str) -> list[Flow]:
    found: list[Flow] = []
    for at, flow in enumerate(flows):
        if flow.on is None:
            raise refused("Each amount has a `date`.", f"inputs.{name}.{at}.date")
        found.append(Flow(flow.on, flow.amount))
    return found


def _timed(flows: tuple[_Flow, ...], name: str) -> list[TimedFlow]:
    """Flows at `t` years, or `count` of them from `first_t` on, a `step` apart."""
    found: list[TimedFlow] = []
    for at, flow in enumerate(flows):
        place = f"inputs.{name}.{at}"
        if flow.t is not None:
            found.append(TimedFlow(_years(flow.t, f"{place}.t"), flow.amount))
            continue
        if flow.first_t is None or flow.step is None:
            raise refused("Say `t`, or `first_t`, `step` and `count`.", f"{place}.t")
        first = _years(flow.first_t, f"{place}.first_t")
        step = _years(flow.step, f"{place}.step")
        found += [TimedFlow(first + step * number, flow.amount) for number in range(flow.count)]
    if len(found) > _MOST_FLOWS:
        raise refused(f"There are at most {_MOST_FLOWS} amounts.", f"inputs.{name}")
    return found


def _years(text: str, place: str) -> Fraction:
    """A time as the cases write it, a sum of products of fractions: `34/365+7*1/12`."""
    total = Fraction(0)
    for term in text.split("+"):
        product = Fraction(1)
        for factor in term.split("*"):
            if not _FACTOR.fullmatch(factor.strip()):
                raise refused("A time is a sum of products: 34/365+7*1/12.", place)
            product *= Fraction(factor.strip()) if "." not in factor else _decimal(factor.strip())
        total += product
    return total


def _decimal(factor: str) -> Fraction:
    numerator, _, denominator = factor.partition("/")
    return Fraction(Decimal(numerator)) / int(denominator or 1)
