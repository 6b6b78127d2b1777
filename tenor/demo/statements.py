"""Bank statements for the demo, the tests and the examples: invented, and true to the cent."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, assert_never

import typst

from tenor.demo.people import Paper
from tenor.portfolio.chance import whole

_PERIOD: Final = timedelta(days=30)
_PHOTO: Final = b"\x89PNG\r\n\x1a\n"
_CENT: Final = Decimal("0.01")
_FEWEST_PURCHASES, _MOST_PURCHASES = 14, 30
_SHOPS: Final = (
    "CARD PAYMENT GREENLEAF MARKET",
    "CARD PAYMENT CITY TRANSIT",
    "CARD PAYMENT CORNER BAKERY",
    "CARD PAYMENT NORTHSIDE FUEL",
    "DIRECT DEBIT BRIGHT POWER AND GAS",
    "CARD PAYMENT PHARMACY 24",
    "TRANSFER TO SAVINGS",
    "DIRECT DEBIT BLUE MOBILE",
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement on an account; money in is positive."""

    on: date
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement as a bank draws it up."""

    bank: str
    account: str
    currency: str
    opening: Decimal
    movements: tuple[Movement, ...]

    @property
    def closing(self) -> Decimal:
        """The balance after the last movement."""
        return self.opening + sum((each.amount for each in self.movements), Decimal(0))

    def balances(self) -> tuple[Decimal, ...]:
        """The balance after each movement."""
        running, found = self.opening, []
        for each in self.movements:
            running += each.amount
            found.append(running)
        return tuple(found)


def statement_of(
    seed: int, person: int, first: date, currency: str, *, purchases: int | None = None
) -> BankStatement:
    """The account of one person in the thirty days from `first` on; the same call, the same money.

    Args:
        seed: Of the whole run.
        person: The figure in the person's number.
        first: The first day.
        currency: One with two decimals.
        purchases: How many; by chance when null.
    """

    def cents(lowest: int, highest: int, what: str, number: int = 0) -> Decimal:
        return whole(seed, lowest, highest, person, first, what, number) * _CENT

    wage = cents(180_000, 420_000, "wage")
    count = purchases or whole(
        seed, _FEWEST_PURCHASES, _MOST_PURCHASES, person, first, "purchases", 0
    )
    found = [
        Movement(first + timedelta(days=1), "STANDING ORDER RENT", -cents(60_000, 120_000, "rent")),
        Movement(
            first + timedelta(days=whole(seed, 0, 5, person, first, "payday", 0)),
            "SALARY HARBOR WORKS LTD",
            wage,
        ),
    ]
    for number in range(count):
        day = first + timedelta(days=whole(seed, 0, 29, person, first, "day", number))
        shop = _SHOPS[whole(seed, 0, len(_SHOPS) - 1, person, first, "shop", number)]
        found.append(Movement(day, shop, -cents(199, 9_999, "price", number)))
    found.sort(key=lambda each: (each.on, each.description, each.amount))
    return BankStatement(
        bank="Example Bank",
        account=f"{person:010d}",
        currency=currency,
        opening=cents(5_000, 250_000, "opening"),
        movements=tuple(found),
    )


def paper_of(seed: int, person: int, day: date, currency: str, paper: Paper) -> bytes:
    """The file that a person sends on a day, about the thirty days before."""
    told = statement_of(seed, person, day - _PERIOD, currency)
    match paper:
        case Paper.PDF:
            return as_pdf(told)
        case Paper.CSV:
            return as_csv(told, delimiter=";")
        case Paper.SMUDGED:
            first, *others = told.movements
            wrong = replace(first, amount=first.amount + _CENT)
            # The balances are those of the true amounts.
            return as_csv(told, printed=(wrong, *others))
        case Paper.PHOTO:
            return _PHOTO + person.to_bytes(8, "big") + bytes(64)
        case _:
            assert_never(paper)


def as_csv(
    statement: BankStatement,
    *,
    delimiter: str = ",",
    decimal_mark: str = ".",
    printed: Sequence[Movement] | None = None,
) -> bytes:
    """The statement as a bank's CSV file, balances above and below the table.

    `printed` replaces the movements in print, beside the balances of the true ones.
    """
    out = io.StringIO(newline="")
    write = csv.writer(out, delimiter=delimiter)

    def written(amount: Decimal) -> str:
        return f"{amount:.2f}".replace(".", decimal_mark)

    write.writerow([statement.bank, f"Account {statement.account}", statement.currency])
    write.writerow(["Opening balance", written(statement.opening)])
    write.writerow(["Date", "Description", "Amount", "Balance"])
    shown = statement.movements if printed is None else printed
    for each, balance in zip(shown, statement.balances(), strict=True):
        write.writerow(
            [each.on.isoformat(), each.description, written(each.amount), written(balance)]
        )
    write.writerow(["Closing balance", written(statement.closing)])
    return out.getvalue().encode()


_LAYOUT: Final = """
#let s = json(bytes(sys.inputs.statement))
#set document(title: "Bank statement", date: none)
#set page(paper: "a4", margin: (x: 18mm, y: 20mm), numbering: "1 / 1")
#set text(size: 9pt)
#grid(columns: (1fr, auto), text(size: 18pt, weight: "bold")[#s.bank],
  align(right)[Account #s.account \\ Currency #s.currency])
#v(6mm)
*Statement of account* #h(1fr) #s.first to #s.last
#v(2mm)
Opening balance #h(1fr) #s.opening
#v(2mm)
#table(
  columns: (22mm, 1fr, 24mm, 24mm, 26mm), stroke: 0.5pt, inset: 4pt,
  align: (left, left, right, right, right),
  table.header([*Date*], [*Description*], [*Paid out*], [*Paid in*], [*Balance*]),
  ..s.rows.flatten())
#v(2mm)
Closing balance #h(1fr) #s.closing
"""


def as_pdf(statement: BankStatement) -> bytes:
    """The statement as a bank's PDF file: a ruled table over as many pages as it needs."""
    days = [each.on for each in statement.movements]
    told = {
        "bank": statement.bank,
        "account": statement.account,
        "currency": statement.currency,
        "first": min(days).isoformat() if days else "",
        "last": max(days).isoformat() if days else "",
        "opening": _grouped(statement.opening),
        "closing": _grouped(statement.closing),
        "rows": _rows(statement),
    }
    made = typst.compile(
        _LAYOUT.encode(),
        format="pdf",
        sys_inputs={"statement": json.dumps(told)},
        ignore_system_fonts=True,
    )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


def _rows(statement: BankStatement) -> Sequence[Sequence[str]]:
    return [
        [
            f"{each.on:%d %b %Y}",
            each.description,
            _grouped(-each.amount) if each.amount < 0 else "",
            _grouped(each.amount) if each.amount >= 0 else "",
            _grouped(balance),
        ]
        for each, balance in zip(statement.movements, statement.balances(), strict=True)
    ]


def _grouped(amount: Decimal) -> str:
    return f"{amount:,.2f}"
