"""The yearly cost of credit on the wire, for the calculator."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Amount, Wire


class CostFlow(Wire):
    """Money that changes hands on a day."""

    on: date
    amount: Amount


class CostUnit(Wire):
    """A unit-period: so many months, halves of one, or days."""

    measure: Literal["months", "semimonths", "days"]
    every: Annotated[int, Field(ge=1, le=366)]


class CostRequest(Wire):
    """What is lent and paid back, and when; `unit_period` is found where it is not given."""

    advances: Annotated[list[CostFlow], Field(min_length=1, max_length=1000)]
    payments: Annotated[list[CostFlow], Field(min_length=1, max_length=1000)]
    unit_period: CostUnit | None = None


class Cost(Wire):
    """Rates in percent a year, rounded to six decimals."""

    us_actuarial: str
    eu_aprc: str
    unit_period: CostUnit
