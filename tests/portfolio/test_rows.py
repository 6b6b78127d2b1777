"""What the cells of a portfolio may say, and how a mistake is told."""

from datetime import date
from decimal import Decimal

import pytest

from tenor.portfolio.rows import PortfolioRow, RowProblem, read_row
from tests.portfolio.examples import GOOD


def problems(**changes: str) -> tuple[RowProblem, ...]:
    found = read_row(7, GOOD | changes)
    assert not isinstance(found, PortfolioRow)
    return found


def test_a_good_row_is_read_whole() -> None:
    row = read_row(7, GOOD)
    assert isinstance(row, PortfolioRow)
    assert row.row == 7
    assert row.loan.principal == Decimal("1200.50")
    assert row.loan.first_due_on == date(2028, 2, 29)
    assert (row.customer.sms_consent, row.customer.email_consent) == (True, False)


def test_what_may_be_empty_may_be_empty() -> None:
    empty = dict.fromkeys(
        (
            "zone",
            "language",
            "email",
            "phone",
            "sms_consent",
            "annual_rate_percent",
            "disbursed_on",
        ),
        " ",
    )
    row = read_row(2, GOOD | empty)
    assert isinstance(row, PortfolioRow)
    assert row.customer.zone is None
    assert row.customer.language == "en"
    assert row.customer.sms_consent is None
    assert row.loan.annual_rate_percent is None


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("customer_ref", ""),
        ("customer_ref", "x" * 65),
        ("customer_ref", "tab\tbed"),
        ("name", ""),
        ("name", "bell\a"),
        ("country", "usa"),
        ("zone", "Mars/Olympus_Mons"),
        ("zone", "Europe"),
        ("zone", "../etc/passwd"),
        ("language", "english"),
        ("email", "ada at mail"),
        ("phone", "312 555 0100"),
        ("phone", "+1"),
        ("sms_consent", "maybe"),
        ("loan_ref", ""),
        ("product", "Us Personal"),
        ("principal", "-2500"),
        ("principal", "0"),
        ("principal", "12.345"),
        ("principal", "1,200"),
        ("principal", "1e3"),
        ("principal", "1_000"),
        ("principal", "NaN"),
        ("principal", "--5"),
        ("principal", "9" * 400),
        ("currency", "XQZ"),
        ("currency", "usd"),
        ("instalments", "0"),
        ("instalments", "601"),
        ("instalments", "9" * 5000),
        ("instalments", "²"),
        ("instalments", "2.5"),
        ("annual_rate_percent", "-1"),
        ("annual_rate_percent", "1001"),
        ("first_due_on", "2028-02-30"),
        ("first_due_on", "20280301"),
        ("first_due_on", "2028-W10-1"),
        ("first_due_on", "01/03/2028"),
        ("disbursed_on", "2027-02-29"),
        ("disbursed_on", "2028-03-01"),
    ],
)
def test_a_mistake_names_its_row_and_column_and_never_repeats_the_cell(
    column: str, cell: str
) -> None:
    found = problems(**{column: cell})
    blamed = "first_due_on" if column == "disbursed_on" and cell > "2028" else column
    assert {problem.column for problem in found} == {blamed}
    assert all(problem.row == 7 for problem in found)
    if len(cell) > 4:
        assert all(cell not in problem.problem for problem in found)


def test_decimals_are_those_of_the_currency() -> None:
    (problem,) = problems(currency="JPY")
    assert (problem.column, "JPY has 0 decimals" in problem.problem) == ("principal", True)
    assert isinstance(read_row(2, GOOD | {"currency": "KWD", "principal": "1.125"}), PortfolioRow)


def test_every_mistake_of_a_row_is_told_at_once() -> None:
    found = problems(name="", currency="XQZ", principal="-1", first_due_on="never")
    assert [problem.column for problem in found] == [
        "name",
        "currency",
        "principal",
        "first_due_on",
    ]


def test_a_person_does_not_show_in_logs() -> None:
    row = read_row(7, GOOD)
    assert isinstance(row, PortfolioRow)
    shown = repr(row)
    assert not any(GOOD[column] in shown for column in ("name", "email", "phone"))
