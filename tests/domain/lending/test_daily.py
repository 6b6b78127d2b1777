"""Interest by the day in servicing, held against the calculator of US simple interest."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import MONTHLY
from domain.daycount import DayCount
from domain.lending.daily import Daily
from domain.lending.payoff import Payoff, earned_by, payoff
from domain.lending.rounding import Rounding
from domain.lending.schedule import Instalment, build_schedule
from domain.lending.simple_interest import Payment, SimpleInterest
from domain.lending.terms import (
    Amortisation,
    InterestBasis,
    InterestMethod,
    ScheduleOptions,
    Terms,
)
from domain.lending.waterfall import WATERFALLS, Component, Owed, Preset, after
from domain.money import ZERO

DAY = timedelta(days=1)
START = date(2028, 1, 5)
DAILY = Daily(WATERFALLS[Preset.INTEREST_FIRST], "USD", Rounding.HALF_UP)


def terms(
    principal: str = "10000.00",
    rate: str = "12",
    instalments: int = 12,
    options: ScheduleOptions | None = None,
) -> Terms:
    return Terms(
        principal=Decimal(principal),
        currency="USD",
        annual_rate_percent=Decimal(rate),
        instalments=instalments,
        frequency=MONTHLY,
        interest_method=InterestMethod.DECLINING_BALANCE,
        day_count=DayCount.ACTUAL_365,
        disbursed_on=START,
        first_due_on=date(2028, 2, 5),
        rounding=Rounding.HALF_UP,
        options=replace(options or ScheduleOptions(), interest=InterestBasis.DAILY),
    )


class Loan:
    """A loan that is told money and days in their order."""

    def __init__(self, agreed: Terms, rules: Daily = DAILY) -> None:
        self.rules = rules
        self.rows: tuple[Instalment, ...] = build_schedule(agreed)
        self.owed: list[Owed] = [
            Owed(row.number, row.due_on, principal=row.principal, interest=row.interest)
            for row in self.rows
        ]

    def _replan(self, changed: Sequence[Instalment]) -> None:
        new = {row.number: row for row in changed}
        for place, (row, left) in enumerate(zip(self.rows, self.owed, strict=True)):
            now = new.get(row.number, row)
            self.owed[place] = replace(
                left,
                principal=left.principal + now.principal - row.principal,
                interest=left.interest + now.interest - row.interest,
            )
            assert self.owed[place].principal >= 0 <= self.owed[place].interest
        self.rows = tuple(new.get(row.number, row) for row in self.rows)

    def pay(self, amount: Decimal, on: date) -> tuple[Decimal, Decimal, Decimal]:
        """Interest and principal paid, and what is left over."""
        settled = self.rules.settle(self.rows, self.owed, amount, on)
        self._replan(settled.replanned)
        self.owed = list(after(self.owed, settled.split.allocations))
        parts = settled.split.allocations
        interest, principal = (
            sum((part.amount for part in parts if part.component is component), ZERO)
            for component in (Component.INTEREST, Component.PRINCIPAL)
        )
        return interest, principal, settled.split.unapplied

    def open_day(self, on: date) -> None:
        self._replan(self.rules.as_of(self.rows, self.owed, on))

    def payoff(self, on: date) -> Decimal:
        return self.quote(on).total

    def quote(self, on: date) -> Payoff:
        asked = Loan.__new__(Loan)
        asked.rules, asked.rows, asked.owed = self.rules, self.rows, list(self.owed)
        asked.open_day(on)
        return payoff(asked.owed, asked.rows, on, "USD")

    def principal_left(self) -> Decimal:
        return sum((row.principal for row in self.owed), ZERO)

    def unpaid_by(self, on: date) -> Decimal:
        return sum((row.principal + row.interest for row in self.owed if row.due_on <= on), ZERO)


def test_a_loan_paid_in_time_is_paid_as_planned() -> None:
    loan = Loan(terms())
    planned = loan.rows
    for row in planned:
        assert loan.pay(row.total, row.due_on) == (row.interest, row.principal, ZERO)
        assert loan.rows == planned
    assert loan.principal_left() == 0


def test_who_pays_early_pays_less_and_is_not_asked_for_more_on_the_due_date() -> None:
    loan = Loan(terms())
    planned = loan.rows
    total = planned[0].total
    interest, principal, _ = loan.pay(total, date(2028, 1, 15))
    assert interest == Decimal("32.88")  # 10,000 × 12 % × 10 / 365
    assert principal == total - interest
    assert loan.unpaid_by(planned[0].due_on) == 0
    assert loan.rows[1].total == planned[1].total  # the instalment stays, its split follows
    rest = [row.total for row in loan.rows]
    assert rest[:-1] == [row.total for row in planned[:-1]]
    assert rest[-1] < planned[-1].total


def test_who_pays_late_pays_more_and_his_instalment_is_met_by_its_amount() -> None:
    loan = Loan(terms())
    planned = loan.rows
    late_on = planned[0].due_on + 10 * DAY
    loan.open_day(planned[0].due_on + DAY)
    interest, _, _ = loan.pay(planned[0].total, late_on)
    assert interest == Decimal("134.79")  # 10,000 × 12 % × 41 / 365
    assert loan.unpaid_by(planned[0].due_on) == 0
    assert loan.rows[-1].total > planned[-1].total


amounts = st.decimals("0.01", "2500.00", places=2)
gaps = st.integers(0, 60)


@settings(deadline=None)
@given(
    st.lists(st.tuples(gaps, amounts), max_size=14),
    st.sampled_from(["0", "3.5", "12", "36.5", "199"]),
    st.sampled_from(list(Amortisation)),
    st.integers(0, 5),
    st.data(),
)
def test_it_pays_to_the_cent_what_simple_interest_pays(
    payments: list[tuple[int, Decimal]],
    rate: str,
    amortisation: Amortisation,
    grace: int,
    data: st.DataObject,
) -> None:
    agreed = terms(
        rate=rate,
        options=ScheduleOptions(amortisation=amortisation, principal_grace=grace),
    )
    loan = Loan(agreed)
    last = loan.rows[-1].due_on + 100 * DAY
    made: list[Payment] = []
    on = START
    for gap, amount in payments:
        on += gap * DAY
        if on > last or amount > loan.payoff(on):
            break
        if data.draw(st.booleans()):
            loan.open_day(on)
        made.append(Payment(on, amount=amount))
        expected = SimpleInterest(
            agreed.principal, "USD", agreed.annual_rate_percent, DayCount.ACTUAL_365, START
        ).paid(made)[-1]
        interest, principal, rest = loan.pay(amount, on)
        assert (interest, principal) == (expected.interest, expected.principal)
        assert rest == 0
        assert sum((row.principal for row in loan.rows), ZERO) == agreed.principal
        final = max(on, loan.rows[-1].due_on)
        assert sum((row.interest for row in loan.rows), ZERO) == earned_by(loan.rows, final, "USD")
        if not loan.principal_left():
            break


def published(case_id: str) -> tuple[dict[str, Any], Loan, list[Payment]]:
    """A published case of US simple interest, and a loan to live it."""
    path = Path(__file__).parents[2] / "cases/schedules.json"
    case = next(one for one in json.loads(path.read_text())["cases"] if one["id"] == case_id)
    asked = case["inputs"]
    dates = [date.fromisoformat(one["date"]) for one in asked["payments"]]
    agreed = replace(
        terms(asked["principal"], asked["annual_rate_percent"], len(dates)),
        disbursed_on=date.fromisoformat(asked["disbursement_date"]),
        first_due_on=dates[0],
        day_count=DayCount(asked["day_count"]),
    )
    payments = [
        Payment(on, Decimal(one["amount"]))
        if "amount" in one
        else Payment(
            on, principal=None if one["principal"] == "rest" else Decimal(one["principal"])
        )
        for on, one in zip(dates, asked["payments"], strict=True)
    ]
    return case, Loan(agreed), payments


@pytest.mark.parametrize(
    "case_id",
    ["SCH-141-us-principal-plus", "SCH-144-us-interest-only", "SCH-151-us-skipped-months"],
)
def test_the_published_figures_are_what_a_loan_pays(case_id: str) -> None:
    case, loan, payments = published(case_id)
    expected = case["expected"]
    paid: dict[date, tuple[Decimal, Decimal]] = {}
    over = ZERO
    for one in payments:
        loan.open_day(one.on)
        quote = loan.quote(one.on)
        amount = one.amount
        if amount is None:
            part = quote.principal if one.principal is None else one.principal
            amount = quote.interest + part
        interest, principal, rest = loan.pay(amount, one.on)
        paid[one.on] = interest, principal
        over += rest
    for row in expected["selected_rows"]:
        told = Decimal(row["interest"]), Decimal(row["principal"])
        assert paid[date.fromisoformat(row["due_date"])] == told
    totals = expected["totals"]
    assert sum((part for part, _ in paid.values()), ZERO) == Decimal(totals["interest"])
    assert sum((part for _, part in paid.values()), over) == Decimal(totals["principal"])
    for year, told_of_year in expected.get("year_totals", {}).items():
        of_year = [part for on, (part, _) in paid.items() if on.year == int(year)]
        assert sum(of_year, ZERO) == Decimal(told_of_year["interest"])
    assert loan.principal_left() == 0
