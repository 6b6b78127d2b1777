"""Tables become movements, and a statement is believed only when it adds up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.headings import Column, columns_of
from domain.documents.reading import read_statement
from domain.documents.review import Addition, Correction, Review, reviewed
from domain.documents.statement import (
    CheckOutcome,
    Figure,
    Line,
    Origin,
    ReviewReason,
    Statement,
    cross_check,
    judge,
)
from domain.documents.tables import Cell, Place, Table, TextLine
from domain.errors import DomainError, ErrorCode


def table(*rows: Sequence[str]) -> Table:
    return Table(
        tuple(
            tuple(
                Cell(text, Place(row=number, column=column))
                for column, text in enumerate(row, start=1)
            )
            for number, row in enumerate(rows, start=1)
        )
    )


def amounts(statement: Statement) -> list[str]:
    return [f"{line.amount}" for line in statement.lines]


HEADING = ("Date", "Description", "Amount", "Balance")
MARCH = table(
    HEADING,
    ("2028-03-01", "Salary", "1,200.00", "1,300.00"),
    ("2028-03-04", "Rent", "-700.00", "600.00"),
)


TWO_SIDES = "date description debit credit balance"


@pytest.mark.parametrize(
    ("headings", "roles"),
    [
        ("Buchungstag|Verwendungszweck|Betrag (EUR)|Saldo", "date description amount balance"),
        ("Fecha|Concepto|Cargo|Abono|Saldo", TWO_SIDES),
        ("Date|Libellé|Débit|Crédit|Solde", TWO_SIDES),
        ("Data|Descrizione|Dare|Avere", "date description debit credit"),
        ("Txn Date|Narration|Withdrawal Amt.|Deposit Amt.|Closing Balance", TWO_SIDES),
        ("Datum|Omschrijving|Af|Bij", "date description debit credit"),
        ("तारीख|विवरण|नामे|जमा|शेष", TWO_SIDES),
        (
            "Posting date|Value date|Details|Paid out £|Paid in £|Balance £",
            "date - description debit credit balance",
        ),
    ],
)
def test_columns_are_known_by_their_headings(headings: str, roles: str) -> None:
    found = columns_of(headings.split("|"))
    assert found is not None
    by_place = {place: column.value for column, place in found.at.items()}
    assert [by_place.get(place, "-") for place in range(found.width)] == roles.split()


@pytest.mark.parametrize("headings", [["Name", "Address"], ["Date", "Name"], [], ["", "1", "2"]])
def test_what_is_no_heading_is_none(headings: list[str]) -> None:
    assert columns_of(headings) is None


def test_the_currency_stands_in_a_heading_or_above() -> None:
    assert (
        read_statement([table(("Date", "Amount (EUR)"), ("2028-03-01", "1,00"))]).currency == "EUR"
    )
    above = TextLine("Account in GBP", Place(page=1))
    assert read_statement([MARCH], [above]).currency == "GBP"
    both = TextLine("Rates of USD and GBP", Place(page=1))
    assert read_statement([MARCH], [both]).currency is None


def test_a_statement_that_adds_up_is_accepted() -> None:
    found = read_statement([MARCH], [TextLine("Opening balance 100.00", Place(page=1))])
    assert amounts(found) == ["1200.00", "-700.00"]
    assert found.lines[0].on == date(2028, 3, 1)
    assert found.lines[1].cells[0].column is Column.DATE
    judgement = judge(found)
    assert judgement.accepted
    assert judgement.check.outcome is CheckOutcome.PASSED
    assert judgement.check.difference == 0


def test_balances_stand_in_rows_text_or_follow_from_the_running_one() -> None:
    rows = table(
        HEADING,
        ("", "Balance brought forward", "", "100.00"),
        ("2028-03-01", "Salary", "1,200.00", ""),
        ("", "Closing balance", "", "1,300.00"),
    )
    found = read_statement([rows])
    assert found.opening is not None
    assert found.closing is not None
    assert (found.opening.amount, found.closing.amount) == (Decimal(100), Decimal(1300))
    assert len(found.lines) == 1
    derived = read_statement([MARCH])
    assert derived.opening is not None
    assert derived.opening.origin is Origin.DERIVED
    assert derived.opening.amount == Decimal(100)


def test_debit_and_credit_columns_and_directions_give_the_sign() -> None:
    two = table(
        ("Date", "Details", "Money out", "Money in"),
        ("2028-03-01", "Rent", "700.00", ""),
        ("2028-03-02", "Salary", "0.00", "1,200.00"),
    )
    assert amounts(read_statement([two])) == ["-700.00", "1200.00"]
    word = table(
        ("Date", "Details", "Amount", "Dr/Cr"),
        ("2028-03-01", "Rent", "700.00", "DR"),
        ("2028-03-02", "Salary", "1,200.00", "CR"),
    )
    assert amounts(read_statement([word])) == ["-700.00", "1200.00"]
    balance = table(
        HEADING,
        ("", "Opening balance", "", "800.00"),
        ("2028-03-01", "Rent", "700.00", "100.00"),
        ("2028-03-02", "Salary", "1,200.00", "1,300.00"),
    )
    found = read_statement([balance])
    assert amounts(found) == ["-700.00", "1200.00"]
    assert judge(found).accepted


def test_the_newest_may_come_first() -> None:
    newest_first = table(HEADING, *[[c.text for c in row] for row in reversed(MARCH.rows[1:])])
    found = read_statement([newest_first])
    assert found.lines[0].on == date(2028, 3, 4)
    assert judge(found).accepted


def test_continued_descriptions_repeated_headings_totals_and_further_pages() -> None:
    first = table(
        HEADING,
        ("2028-03-01", "Transfer from", "1,200.00", "1,300.00"),
        ("", "Harbor Works Ltd", "", ""),
    )
    second = table(
        HEADING, ("2028-03-04", "Rent", "-700.00", "600.00"), ("", "Total", "500.00", "")
    )
    third = table(("2028-03-05", "Fee", "-1.00", "599.00"))
    unlike = table(("Terms", "and conditions"))
    found = read_statement([first, second, third, unlike])
    assert [line.description for line in found.lines] == [
        *("Transfer from Harbor Works Ltd", "Rent", "Fee")
    ]
    assert [line.number for line in found.lines] == [1, 2, 3]
    assert judge(found).accepted


def test_a_date_printed_once_for_a_day_counts_for_its_lines() -> None:
    rows = table(
        HEADING,
        ("2028-03-01", "Salary", "1,200.00", "1,300.00"),
        ("", "Rent", "-700.00", "600.00"),
    )
    found = read_statement([rows])
    assert [line.on for line in found.lines] == [date(2028, 3, 1)] * 2
    assert judge(found).accepted


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("2028-03-04", "Rent", "-700.01", "600.00"), ReviewReason.CROSS_CHECK_FAILED),
        (("2028-03-04", "Rent", "-7OO.00", "600.00"), ReviewReason.LOW_CONFIDENCE),
        (("31.02.2028", "Rent", "-700.00", "600.00"), ReviewReason.LOW_CONFIDENCE),
        (("2028-03-04", "Rent", "-700.00", "6OO.00"), ReviewReason.LOW_CONFIDENCE),
    ],
)
def test_one_doubtful_cell_sends_it_to_a_person(row: Sequence[str], reason: ReviewReason) -> None:
    rows = [[cell.text for cell in each] for each in MARCH.rows]
    judgement = judge(read_statement([table(*rows[:2], row)]))
    assert not judgement.accepted
    assert reason in judgement.reasons


def test_what_cannot_be_added_up_goes_to_a_person() -> None:
    found = read_statement([table(("Date", "Amount"), ("2028-03-01", "1.00"))])
    assert judge(found).reasons == (ReviewReason.NO_BALANCES,)
    assert judge(read_statement([])).reasons == (ReviewReason.NO_TABLE,)
    assert judge(read_statement([table(HEADING)])).reasons == (ReviewReason.NO_LINES,)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    cents = st.integers(-(10**9), 10**9)
    opening = Decimal(draw(cents)) / 100
    running = opening
    lines: list[Line] = []
    for number, step in enumerate(draw(st.lists(cents, min_size=1, max_size=30)), start=1):
        amount = Decimal(step) / 100
        running += amount
        on = date(2028, 3, 1) + timedelta(days=number // 3)
        lines.append(Line(number, on, "x", amount, running, None, "", 0.99))
    figures = [Figure(each, None, "", None, 0.99) for each in (opening, running)]
    return Statement("USD", figures[0], figures[1], tuple(lines))


@given(statements())
def test_a_true_statement_passes_whichever_way_it_is_printed(statement: Statement) -> None:
    assert judge(statement).accepted
    spread = len({line.on for line in statement.lines}) > 1
    if spread:
        assert judge(replace(statement, lines=statement.lines[::-1])).accepted


@given(statements(), st.data())
def test_no_wrong_amount_passes(statement: Statement, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(statement.lines) - 1))
    wrong = data.draw(st.integers(-(10**6), 10**6).filter(bool))
    line = statement.lines[place]
    assert line.amount is not None
    changed = replace(line, amount=line.amount + Decimal(wrong) / 100)
    lines = (*statement.lines[:place], changed, *statement.lines[place + 1 :])
    assert cross_check(replace(statement, lines=lines)).outcome is CheckOutcome.FAILED


@given(statements(), st.data())
def test_a_missing_line_is_noticed_and_put_back_by_a_person(
    statement: Statement, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(statement.lines) - 1))
    gone = statement.lines[place]
    assert gone.amount is not None
    assert gone.on is not None
    rest = tuple(
        replace(line, number=number, balance=None)
        for number, line in enumerate(statement.lines[:place] + statement.lines[place + 1 :], 1)
    )
    without = replace(statement, lines=rest)
    if gone.amount != 0:
        with pytest.raises(DomainError) as caught:
            reviewed(without, Review())
        assert caught.value.code is ErrorCode.STATEMENT_NOT_BALANCED
        assert Decimal(str(caught.value.facts["difference"])) == gone.amount
    put_back = Addition(place, gone.on, "x", gone.amount, None)
    whole = reviewed(without, Review(additions=[put_back]))
    assert [line.number for line in whole.lines] == list(range(1, len(statement.lines) + 1))
    assert whole.lines[place].origin is Origin.ADDED
    assert judge(whole).accepted


def test_a_review_corrects_removes_and_confirms() -> None:
    wrong = read_statement(
        [
            table(
                HEADING,
                ("2028-03-01", "Salary", "1,200.00", "1,300.00"),
                ("2028-03-04", "Rent", "-70.00", "600.00"),
                ("2028-03-05", "Page 1 of 2", "5.00", ""),
            )
        ],
        [TextLine("Closing balance 600.00", Place(page=1))],
    )
    assert not judge(wrong).accepted
    review = Review([Correction(2, amount=Decimal("-700.00")), Correction(3, remove=True)])
    right = reviewed(wrong, review)
    assert amounts(right) == ["1200.00", "-700.00"]
    assert [line.origin for line in right.lines] == [Origin.READ, Origin.CORRECTED]
    assert {line.confidence for line in right.lines} == {1.0}
    assert judge(right).accepted


@pytest.mark.parametrize(
    "review",
    [
        Review([Correction(9)]),
        Review([Correction(1), Correction(1)]),
        Review(additions=[Addition(9, date(2028, 3, 1), "", Decimal(1), None)]),
        Review([Correction(1, on=None)]),
        Review([Correction(1, amount=None)]),
    ],
)
def test_a_review_of_what_is_not_there_is_refused(review: Review) -> None:
    with pytest.raises(DomainError) as caught:
        reviewed(read_statement([MARCH]), review)
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_a_person_may_say_that_a_balance_is_not_told() -> None:
    found = replace(
        read_statement([MARCH]), closing=Figure(Decimal(1), None, "Closing 1", None, 0.5)
    )
    with pytest.raises(DomainError):
        reviewed(found, Review())
    assert reviewed(found, Review(closing=None)).closing is None
    assert reviewed(found, Review(closing=Decimal(600))).closing is not None
