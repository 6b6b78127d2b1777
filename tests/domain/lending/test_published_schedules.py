"""Published schedules and accruals, to the cent; what is not covered is counted by reason."""

from collections import Counter
from decimal import Decimal

import pytest

from domain.calendar import Frequency, Unit
from domain.daycount import DayCount
from domain.lending.payoff import accrual, accrued_interest, payoff
from domain.lending.rounding import Rounding
from domain.lending.schedule import Instalment, build_schedule, schedule_dates
from domain.lending.terms import InterestMethod, Terms
from domain.lending.waterfall import Owed
from tests.domain.lending.published import Case, amount, cases, day

COVERED = "covered"
ALL = cases("schedules")

OPTIONS = {
    "down_payment_percent": "down payment",
    "principal_grace": "grace on principal",
    "due_date_rule": "month-end rule",
}


def day_count(case: Case) -> str:
    """A `period` of whole months is the same n/12 as under 30/360."""
    inputs = case.inputs
    if inputs["day_count"] == "period" and inputs["frequency"]["unit"] == "months":
        return DayCount.THIRTY_360.value
    return str(inputs["day_count"])


def standing(case: Case) -> str:
    """`covered`, or the one term for which the present engine has no option."""
    inputs = case.inputs
    if case.data["kind"] == "daily_accrual":
        return COVERED
    if case.data["kind"] != "standard":
        return str(case.data["kind"])
    for option, reason in OPTIONS.items():
        if option in inputs:
            return reason
    if inputs["amortisation"] != "equal_instalment":
        return "amortisation"
    if inputs["instalment_multiple"] != "0.01":
        return "whole-unit instalments"
    if day_count(case) not in set(DayCount):
        return "day count"
    return COVERED


def terms_of(case: Case) -> Terms:
    inputs = case.inputs
    assert inputs["rounding"] == {"decimals": 2, "mode": "half-even"}
    return Terms(
        principal=Decimal(inputs["principal"]),
        currency="EUR",
        annual_rate_percent=Decimal(inputs["annual_rate_percent"]),
        instalments=inputs.get("n_instalments", len(inputs["due_dates"])),
        frequency=Frequency(Unit(inputs["frequency"]["unit"]), inputs["frequency"]["every"]),
        interest_method=InterestMethod(inputs.get("interest_method", "declining_balance")),
        day_count=DayCount(day_count(case)),
        disbursed_on=day(inputs["disbursement_date"]),
        first_due_on=day(inputs["due_dates"][0]),
        rounding=Rounding(inputs["rounding"]["mode"]),
        instalment_smoothing=inputs.get("instalment_smoothing", False),
    )


def test_every_case_is_covered_or_counted() -> None:
    assert Counter(standing(case) for case in ALL) == {
        COVERED: 14,
        "day count": 11,
        "down payment": 6,
        "whole-unit instalments": 2,
        "amortisation": 1,
        "grace on principal": 1,
        "month-end rule": 1,
        "events": 8,
        "prepayment": 3,
        "flat_disbursements": 3,
        "us_simple_interest": 3,
        "overdue": 2,
        "unrounded_schedule": 2,
        "restructure": 2,
        "moved_due_dates": 1,
        "fixed_instalment_disbursements": 1,
        "payoff_quote": 1,
    }


SCHEDULES = [c for c in ALL if standing(c) == COVERED and c.data["kind"] == "standard"]
ACCRUALS = [c for c in ALL if standing(c) == COVERED and c.data["kind"] == "daily_accrual"]


@pytest.mark.parametrize("case", SCHEDULES, ids=lambda case: case.id)
def test_schedule(case: Case) -> None:
    terms = terms_of(case)
    assert [on.isoformat() for on in schedule_dates(terms)] == case.inputs["due_dates"]
    balance = terms.principal
    rows = []
    for row in build_schedule(terms):
        balance -= row.principal
        rows.append(
            {
                "n": row.number,
                "due_date": row.due_on.isoformat(),
                "principal": str(row.principal),
                "interest": str(row.interest),
                "fees": "0.00",
                "penalties": "0.00",
                "total": str(row.total),
                "balance_after": f"{balance:.2f}",
            }
        )
    expected = case.data["expected"]
    assert rows == expected["rows"]
    assert sum(Decimal(row["interest"]) for row in rows) == Decimal(expected["totals"]["interest"])


@pytest.mark.parametrize("case", ACCRUALS, ids=lambda case: case.id)
def test_daily_accrual(case: Case) -> None:
    (row,) = build_schedule(terms_of(case))
    yesterday = row.from_on
    for expected in case.data["expected"]["daily"]:
        on = day(expected["date"])
        assert accrual(row, yesterday, on, "EUR") == amount(expected["accrual"])
        assert accrued_interest(row, on, "EUR") == amount(expected["accrued_to_date"])
        yesterday = on


def test_smoothing_is_what_some_cases_need() -> None:
    """The cases marked so fail without it; they are among the covered ones."""
    sensitive = [
        c for c in SCHEDULES if "instalment_smoothing" in (c.data.get("sensitive_to") or ())
    ]
    assert [case.id[:7] for case in sensitive] == ["SCH-006", "SCH-012"]
    for case in sensitive:
        plain = Terms(
            **{
                name: getattr(terms_of(case), name)
                for name in Terms.__slots__
                if name != "instalment_smoothing"
            }
        )
        rows = [str(row.total) for row in build_schedule(plain)]
        assert rows != [row["total"] for row in case.data["expected"]["rows"]]


def test_our_payoff_at_the_end_of_the_period_is_the_published_one() -> None:
    """The source bills the whole running period; we do on its last day."""
    (case,) = (c for c in ALL if c.data["kind"] == "payoff_quote")
    schedule: tuple[Instalment, ...] = build_schedule(terms_of(case))
    assert str(schedule[0].total) == case.inputs["payments"][0]["amount"]
    owed = [
        Owed(row.number, row.due_on, interest=row.interest, principal=row.principal)
        for row in schedule[1:]
    ]
    due = payoff(owed, schedule, schedule[1].due_on, "EUR")
    published = case.data["expected"]["payoff"]
    assert (str(due.principal), str(due.interest), str(due.total)) == (
        published["principal"],
        published["interest"],
        published["total"],
    )
