"""Whole portfolio files: good, contradictory, and hostile."""

import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest

from tenor.portfolio.books import read_books
from tenor.portfolio.generate import CAST, LOANS, STARTS_ON
from tenor.portfolio.reading import PortfolioError, parse_portfolio, read_portfolio
from tenor.portfolio.rows import COLUMNS
from tests.portfolio.examples import GOOD

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def csv(*rows: dict[str, str]) -> bytes:
    lines = [",".join(COLUMNS)]
    lines += [",".join(f'"{row.get(column, "")}"' for column in COLUMNS) for row in rows]
    return "\n".join(lines).encode()


def test_rows_are_numbered_as_in_a_spreadsheet_and_bad_ones_stop_nothing() -> None:
    second = GOOD | {"loan_ref": "L-2"}
    found = parse_portfolio(csv(GOOD, GOOD | {"loan_ref": "L-9", "principal": "-1"}, second))
    assert [row.row for row in found.rows] == [2, 4]
    assert [(each.row, each.column) for each in found.problems] == [(3, "principal")]
    assert found.rows_refused == 1


def test_a_loan_stands_once_and_a_customer_is_told_the_same_everywhere() -> None:
    moved = GOOD | {"loan_ref": "L-2", "zone": "America/New_York"}
    found = parse_portfolio(csv(GOOD, GOOD, moved))
    assert [(each.row, each.column) for each in found.problems] == [
        (3, "loan_ref"),
        (4, "customer_ref"),
    ]
    assert "row 2" in found.problems[1].problem


def test_a_refused_row_is_nobody_s_twin() -> None:
    found = parse_portfolio(csv(GOOD | {"principal": "0"}, GOOD))
    assert [row.row for row in found.rows] == [3]


def test_a_byte_order_mark_and_quoted_line_ends_do_no_harm() -> None:
    quoted = csv(GOOD | {"annual_rate_percent": "\n"}, GOOD | {"loan_ref": "L-2"})
    found = parse_portfolio(b"\xef\xbb\xbf" + quoted.replace(b"\n", b"\r\n"))
    assert [row.row for row in found.rows] == [2, 3]


def test_a_row_with_too_many_cells_is_refused() -> None:
    found = parse_portfolio(csv(GOOD) + b",surplus")
    assert [each.row for each in found.problems] == [2]


def test_a_short_row_lacks_what_it_lacks() -> None:
    found = parse_portfolio(csv() + b"\nC-1,Ada Example,US\n")
    assert {each.column for each in found.problems} == {
        "loan_ref",
        "product",
        "principal",
        "currency",
        "instalments",
        "first_due_on",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\x00",
        b"name,country\nAda,US\n",
        csv(GOOD).replace(b"name", b"name,name", 1),
        csv(GOOD).replace(b"language", b"tongue", 1),
        csv() + b'\n"never closed',
        csv() + b"\nx" + b"y" * 200_000,
        b"Ada Example,ada@mail.example\n",
    ],
)
def test_what_is_no_portfolio_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(PortfolioError) as refused:
        parse_portfolio(content)
    assert "Ada" not in str(refused.value)


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(PortfolioError, match="cannot be read"):
        read_portfolio(tmp_path / "missing.csv")
    with pytest.raises(PortfolioError, match="cannot be read"):
        read_portfolio(tmp_path)


def test_the_fingerprint_is_of_the_content() -> None:
    assert parse_portfolio(csv(GOOD)).fingerprint == parse_portfolio(csv(GOOD)).fingerprint
    assert parse_portfolio(csv(GOOD)).fingerprint != parse_portfolio(csv()).fingerprint


# -- the example -------------------------------------------------------------------------------


def test_the_example_is_what_its_generator_makes() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tenor.portfolio.generate"], capture_output=True, check=True
    )
    assert made.stdout == (EXAMPLES / "portfolio.csv").read_bytes()


def test_the_example_has_200_good_loans_and_six_rows_wrong_in_one_way_each() -> None:
    example = read_portfolio(EXAMPLES / "portfolio.csv")
    assert len(example.rows) == LOANS == 200
    assert [each.column for each in example.problems] == [
        "currency",
        "first_due_on",
        "principal",
        "principal",
        "name",
        "zone",
    ]


def test_the_example_is_varied() -> None:
    rows = read_portfolio(EXAMPLES / "portfolio.csv").rows
    assert len({row.loan.currency for row in rows}) >= 4
    assert len({row.customer.zone for row in rows} - {None}) >= 5
    assert {29, 30, 31} <= {row.loan.first_due_on.day for row in rows}
    assert len({row.customer.ref for row in rows}) < len(rows)
    assert all(
        row.loan.disbursed_on is not None and row.loan.disbursed_on <= STARTS_ON for row in rows
    )


def test_the_cast_of_the_example_comes_first_with_a_loan_each_and_can_be_reached() -> None:
    cast = read_portfolio(EXAMPLES / "portfolio.csv").rows[:CAST]
    assert len({row.customer.ref for row in cast}) == CAST
    assert all(
        row.customer.zone and row.customer.phone and row.customer.sms_consent for row in cast
    )


def test_nobody_in_the_example_can_be_written_to_by_mistake() -> None:
    fiction = (
        *(f"+1{area}55501" for area in (212, 312, 303, 602, 310)),
        "+447700900",
        "+4917139200",
    )
    rows = read_portfolio(EXAMPLES / "portfolio.csv").rows
    people = {row.customer.ref: row.customer for row in rows}.values()
    for person in people:
        assert person.email is not None
        assert person.email.endswith(".example")
        assert person.phone is not None
        assert person.phone.startswith(fiction)
        # Ofcom's range for fiction is the one that the library does not know.
        known = phonenumbers.is_valid_number(phonenumbers.parse(person.phone))
        assert known or person.phone.startswith("+447700900")
    assert len({person.phone for person in people}) == len(people)


def test_the_example_and_its_books_fit_together() -> None:
    books = read_books(EXAMPLES / "books.toml")
    products = {product.code: product for product in books.products}
    codes = {creditor.code for creditor in books.creditors}
    assert {product.creditor for product in books.products} <= codes
    for row in read_portfolio(EXAMPLES / "portfolio.csv").rows:
        product = products[row.loan.product]
        assert product.currency == row.loan.currency
        assert product.min_principal <= row.loan.principal <= product.max_principal
        assert row.loan.instalments <= product.max_instalments


def test_books_that_cannot_be_read_are_refused_in_words(tmp_path: Path) -> None:
    for text in ("= 1", "creditors = []", 'creditors = [{ code = "A B" }]'):
        file = tmp_path / "books.toml"
        file.write_text(text)
        with pytest.raises(PortfolioError):
            read_books(file)
    with pytest.raises(PortfolioError, match="cannot be read"):
        read_books(tmp_path / "missing.toml")
