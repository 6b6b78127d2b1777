"""The terms of a product that shape its schedules."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Amount, Wire

DayCountName = Literal[
    "30/360",
    "30E/360",
    "actual/360",
    "actual/364",
    "actual/365",
    "actual/actual",
    "actual/actual-feb29",
    "period",
    "unit-period-360",
]
"""Which part of a year a period is; docs/loan-mathematics.md has the formula of each."""


class FrequencyTerms(Wire):
    """An instalment every so many days, weeks, months or halves of a month."""

    unit: Literal["days", "weeks", "months", "semimonths"]
    every: int = Field(ge=1, le=366)


FrequencyName = (
    Literal["weekly", "fortnightly", "semimonthly", "monthly", "quarterly", "yearly"]
    | FrequencyTerms
)
"""How often an instalment falls due: `fortnightly` every two weeks, `semimonthly` twice a month on
days fifteen apart (the 1st and the 16th, the 15th and the 30th)."""


class ScheduleTerms(Wire):
    """What a schedule does beyond rate, day count and frequency; every default changes nothing."""

    amortisation: Literal["equal_instalment", "equal_principal"] = "equal_instalment"
    """Equal instalments (annuity, EMI), or equal principal with falling interest. Interest only
    with a balloon at the end: a `principal_grace` of all instalments but the last."""
    principal_grace: int = Field(default=0, ge=0, le=599)
    """So many first instalments ask for interest alone."""
    interest_grace: int = Field(default=0, ge=0, le=599)
    """The interest of so many first instalments falls due with the one after them. It is
    earned in its own periods all the same: a payoff meanwhile asks for it."""
    balloon_percent: Amount = Decimal(0)
    """The part of the principal that falls due with the last instalment, on top of it."""
    down_payment_percent: Amount = Decimal(0)
    """The part of the principal that is paid back on the day of the disbursement, as instalment 1.
    """
    instalment_multiple: Amount | None = None
    """Instalments are rounded to multiples of this amount; the last one takes the rest."""
    instalment_smoothing: bool = False
    """Spread the last instalment's residue over the others where that makes it smaller."""
    flat_interest: Literal["independent", "residual"] = "independent"
    """Flat interest is rounded for each instalment, or in total, the last one taking the rest."""
    rounding: Literal["half-even", "half-up"] = "half-even"
    """What becomes of an exact half of a minor unit."""
    month_end: Literal["clamp", "roll_forward", "last_day"] = "clamp"
    """A due day that a month does not have: its last day, the 1st of the next month, or (for loans
    begun on a month's last day) last days for ever; the original day comes back."""
    business_days: Literal["none", "following", "modified_following", "preceding"] = "none"
    """Where a due date goes that is no business day."""
    early_payment: Literal["next_instalments", "reduce_instalment", "reduce_term"] = (
        "next_instalments"
    )
    """What money does that is more than what is due and the running instalment: pay instalments to
    come as the allocation says, or repay principal at once, which makes the instalments to come
    lower, or fewer. Not with flat interest or a grace on interest."""
    interest: Literal["on_schedule", "daily"] = "on_schedule"
    """On which balance interest is earned. `on_schedule`: on the one that was planned; who pays an
    instalment early or late owes the same interest. `daily`: on the principal really outstanding,
    day by day (US simple interest): who pays early owes less, who pays late more. Instalments
    stay as high as agreed and the last one takes the difference; what of one is interest is
    known when it is paid. Unpaid interest is carried and bears none itself. Not with flat interest,
    a grace on interest, or an `early_payment` that plans anew."""
    weekend: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=6)] = [5, 6]
    """The days of the week without business, Monday being 0."""
    holidays: Annotated[list[date], Field(max_length=2000)] = []
    """The other days without business."""
