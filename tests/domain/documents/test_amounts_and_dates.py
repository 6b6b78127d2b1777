"""Amounts and dates as banks write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.documents.amounts import DecimalMark, mark_of, read_amount
from domain.documents.dates import DayOrder, OrderRead, order_of, read_date
from domain.documents.statement import THRESHOLD

CENTS = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50-", "-1234.50"),
        ("(12.00)", "-12.00"),
        ("EUR 7,5", "7.5"),
        ("1'000.00 CR", "1000.00"),
        ("£3.10 DR", "-3.10"),
        ("12,34,567.00", "1234567.00"),
        ("1 234,56", "1234.56"),
        ("\u22124.00", "-4.00"),
        ("+7.00", "7.00"),
        (".50", "0.50"),
        ("100", "100"),
        ("US$ 1,200.00", "1200.00"),
        ("٣٤.٥٠", "34.50"),
    ],
)
def test_an_amount_is_read_to_the_cent(text: str, value: str) -> None:
    read = read_amount(text)
    assert read is not None
    assert read.value == Decimal(value)
    assert read.confidence >= THRESHOLD


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "1.2.3", "12..0", "1,23,4", "(12.00", "12.00)", "-5 CR", "=1+1", "1e9", "NaN"),
        *("9" * 60, "Infinity", "12.00 and 13.00", "2028-03-01"),
    ],
)
def test_what_is_no_amount_is_none(text: str) -> None:
    assert read_amount(text) is None


def test_a_lone_separator_before_three_digits_needs_the_others() -> None:
    alone = read_amount("1.234")
    assert alone is not None
    assert alone.confidence < THRESHOLD
    by_comma = read_amount("1.234", DecimalMark.COMMA)
    by_point = read_amount("1.234", DecimalMark.POINT)
    assert by_comma is not None
    assert by_point is not None
    assert (by_comma.value, by_point.value) == (Decimal(1234), Decimal("1.234"))
    assert by_comma.confidence >= THRESHOLD


def test_an_amount_against_the_habit_of_the_others_is_in_doubt() -> None:
    read = read_amount("12,50", DecimalMark.POINT)
    assert read is not None
    assert read.confidence < THRESHOLD


def test_the_mark_is_that_of_most() -> None:
    assert mark_of(["1.234,50", "2,10", "x", "1.000"]) is DecimalMark.COMMA
    assert mark_of(["1,234.50"]) is DecimalMark.POINT
    assert mark_of(["1.000", "200"]) is None


@given(CENTS, st.sampled_from(DecimalMark), st.booleans(), st.booleans())
def test_every_amount_comes_back_as_it_was_written(
    cents: int, mark: DecimalMark, grouped: bool, behind: bool
) -> None:
    value = Decimal(cents) / 100
    text = f"{abs(value):,.2f}" if grouped else f"{abs(value):.2f}"
    if mark is DecimalMark.COMMA:
        text = text.translate({ord(","): ".", ord("."): ","})
    if value < 0:
        text = f"{text}-" if behind else f"-{text}"
    read = read_amount(text, mark)
    assert read is not None
    assert read.value == value


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    read_amount(text)
    read_date(text)
    mark_of([text])
    order_of([text])


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("2028-03-01", date(2028, 3, 1)),
        ("2028-03-01 10:11:12", date(2028, 3, 1)),
        ("20280301", date(2028, 3, 1)),
        ("13/02/2028", date(2028, 2, 13)),
        ("02-13-28", date(2028, 2, 13)),
        ("3 Mar 2028", date(2028, 3, 3)),
        ("Mar 3, 2028", date(2028, 3, 3)),
        ("3. März 2028", date(2028, 3, 3)),
        ("3 de enero de 2028", date(2028, 1, 3)),
        ("03-Déc-28", date(2028, 12, 3)),
        ("29.02.2028", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read(text: str, on: date) -> None:
    read = read_date(text)
    assert read is not None
    assert read.on == on
    assert read.confidence >= THRESHOLD


@pytest.mark.parametrize("text", ["30/02/2028", "29.02.2027", "2028-13-01", "00/00/2028", "1234"])
def test_a_day_that_never_was_is_none(text: str) -> None:
    assert read_date(text) is None


def test_the_order_is_what_the_other_dates_tell() -> None:
    assert order_of(["01/02/2028", "13/02/2028"]) == OrderRead(DayOrder.DAY_FIRST, 0.99)
    assert order_of(["01/02/2028", "02/13/2028"]) == OrderRead(DayOrder.MONTH_FIRST, 0.99)
    assert order_of(["13/02/2028", "02/13/2028"]) is None
    assert order_of(["01/02/2028"]) is None
    # As months these run on; as days they would jump.
    by_running = order_of(["01/02/2028", "01/11/2028", "02/01/2028"])
    assert by_running is not None
    assert by_running.order is DayOrder.MONTH_FIRST
    ambiguous = read_date("01/02/2028")
    assert ambiguous is not None
    assert ambiguous.confidence < THRESHOLD
