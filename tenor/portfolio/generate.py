"""Makes the example portfolio: the same seed gives the same file, byte for byte.

Run `python -m tenor.portfolio.generate > examples/portfolio.csv` to make it again.

Nobody in it exists. E-mail addresses end in `.example` (RFC 2606). Phone numbers come from the
ranges that a country keeps free for fiction: 555-0100 to 555-0199 in North America, 07700 900000
to 900999 in Britain (Ofcom), 0171 39200 00 to 99 in Germany (Bundesnetzagentur). India and Japan
keep none free, so the people there have British numbers.
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TextIO

from tenor.portfolio.chance import chance, pick, weighted, whole
from tenor.portfolio.rows import COLUMNS

LOANS: Final = 200
"""How many loans the example has."""
CAST: Final = 20
"""The first customers: one loan each, reachable by every medium, so that each way of behaving
can be played by one of them in a run of any size."""
STARTS_ON: Final = date(2028, 2, 1)
"""The last day on which a loan of the file was disbursed."""
SEED: Final = 1

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where customers live, and whose they are."""

    country: str
    region: str
    zone: str
    phone: str
    """What a number begins with; two or three digits follow."""
    digits: int
    products: tuple[tuple[str, int], ...]
    names: str


@dataclass(frozen=True, slots=True)
class _Offer:
    """What people borrow on a product: amounts are multiples of the step."""

    currency: str
    low: int
    high: int
    step: int
    instalments: tuple[int, ...]
    days_between: int


_OFFERS: Final = {
    "us-personal": _Offer("USD", 12, 120, 100, (6, 9, 12, 18, 24), 30),
    "us-fortnightly": _Offer("USD", 6, 40, 100, (4, 6, 8, 13), 14),
    "gb-personal": _Offer("GBP", 10, 90, 100, (6, 10, 12, 24), 30),
    "gb-weekly": _Offer("GBP", 4, 20, 50, (8, 12, 16, 20), 7),
    "de-personal": _Offer("EUR", 10, 110, 100, (6, 12, 18, 24), 30),
    "de-flat": _Offer("EUR", 4, 30, 100, (3, 4, 6, 12), 30),
    "in-personal": _Offer("INR", 8, 90, 5000, (6, 12, 18), 30),
    "in-weekly": _Offer("INR", 4, 40, 1000, (10, 12, 25), 7),
    "jp-personal": _Offer("JPY", 10, 120, 10000, (3, 6, 12, 24), 30),
}

_US = (("us-personal", 9), ("us-fortnightly", 1))
_GB = (("gb-personal", 9), ("gb-weekly", 1))
_DE = (("de-personal", 2), ("de-flat", 1))
_IN = (("in-personal", 9), ("in-weekly", 1))
_JP = (("jp-personal", 1),)
_FICTION_GB = "+447700900"

_PLACES: Final = (
    (_Place("US", "US-NY", "America/New_York", "+121255501", 2, _US, "US"), 16),
    (_Place("US", "US-IL", "America/Chicago", "+131255501", 2, _US, "US"), 13),
    (_Place("US", "US-CO", "America/Denver", "+130355501", 2, _US, "US"), 6),
    (_Place("US", "US-AZ", "America/Phoenix", "+160255501", 2, _US, "US"), 6),
    (_Place("US", "US-CA", "America/Los_Angeles", "+131055501", 2, _US, "US"), 12),
    (_Place("GB", "GB-ENG", "Europe/London", _FICTION_GB, 3, _GB, "GB"), 18),
    (_Place("DE", "DE-BE", "Europe/Berlin", "+4917139200", 2, _DE, "DE"), 13),
    (_Place("IN", "IN-MH", "Asia/Kolkata", _FICTION_GB, 3, _IN, "IN"), 9),
    (_Place("JP", "JP-13", "Asia/Tokyo", _FICTION_GB, 3, _JP, "JP"), 7),
)
_CAST_PLACES: Final = (0, 5, 1, 6, 4, 0, 5, 2, 3, 8, 5, 1, 7, 4, 6, 0, 8, 7, 5, 2)
"""Where the first customers live, as places in `_PLACES`."""

_FIRST_NAMES: Final = {
    "US": "Avery Blake Carmen Dana Elliot Frankie Gloria Harper Irene Jordan Kelsey Logan Marcus "
    "Nadia Owen Paula Quinn Rosa Sidney Taylor",
    "GB": "Alfie Bronwen Callum Delyth Euan Freya Gareth Hattie Imogen Jamal Kirsty Lorcan Morag "
    "Nigel Orla Priya Rhys Saoirse Tamsin Winston",
    "DE": "Anja Bernd Carla Detlef Elif Frieda Gerrit Heike Ingo Jette Kemal Lotte Malte Nele Ole "
    "Petra Ralf Svenja Tarek Uschi",
    "IN": "Aarav Bhavna Chetan Divya Eshan Farida Gopal Harini Ishaan Jyoti Kabir Lakshmi Manoj "
    "Nandini Omkar Pallavi Rohan Sunita Tanvi Vikram",
    "JP": "Akane Daichi Emi Fumio Hana Itsuki Jun Kaori Makoto Nao Osamu Rei Sakura Takumi Yuto",
}
_LAST_NAMES: Final = {
    "US": "Applewood Birchfield Castellan Driftwood Eastlake Fairhaven Greenleaf Hollowell "
    "Ironwood Juniper Kestrel Larkspur Maplethorpe Northgate Oakhurst",
    "GB": "Ashcombe Brackenbury Cloverdale Dunmoor Elderkin Foxglove Greystoke Heatherley "
    "Inglewhite Kingfisher Longmeadow Merryweather Netherby Otterbourne Penhallow",
    "DE": "Ahornberg Birkenfeld Distelkamp Eichwald Fichtenau Ginsterberg Haselbach Immergruen "
    "Kieferling Lindental Mohnfeld Nussbaumer Quellenhof Rosenhag Sonntal",
    "IN": "Ambalwala Banyankar Chandanpur Deepnagar Gulmohar Himadri Jamunkar Kamalkunj Mogralal "
    "Neemrana Parijatkar Rainkumar Sandalwala Tulsidham Vanarajan",
    "JP": "Aokawa Fujimori Hanazono Kirishima Matsuyama Momokawa Shiraishi Sugimori Tsukino "
    "Umehara",
}

_BAD_ROWS: Final = (
    # After so many good rows, a copy of the last one with a reference of its own and one mistake.
    (9, {"currency": "XQZ"}),
    (41, {"first_due_on": "2028-02-30"}),
    (77, {"principal": "-2500"}),
    (104, {"product": "jp-personal", "currency": "JPY", "principal": "250000.50"}),
    (133, {"name": ""}),
    (168, {"zone": "Mars/Olympus_Mons"}),
)


def portfolio_rows(loans: int = LOANS, seed: int = SEED) -> Iterator[Row]:
    """The rows of a portfolio with so many good loans, and six that are wrong in one way each."""
    made = 0
    wrong = dict(_BAD_ROWS)
    customers = _Customers(seed)
    for number, (person, how_many) in enumerate(customers.all(), start=1):
        for nth in range(1, how_many + 1):
            if made == loans:
                return
            made += 1
            row = person | _loan(seed, number, nth, made, customers.place(number))
            yield row
            if made in wrong:
                bad = f"{made:03}-X"
                yield row | {"customer_ref": f"C-{bad}", "loan_ref": f"L-{bad}"} | wrong[made]


class _Customers:
    """The people, one after another; numbers are given out so that nobody shares one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._given: dict[str, int] = {}

    def place(self, number: int) -> _Place:
        if number <= CAST:
            return _PLACES[_CAST_PLACES[number - 1]][0]
        return weighted(self._seed, _PLACES, number, "place")

    def all(self) -> Iterator[tuple[Row, int]]:
        number = 0
        while True:
            number += 1
            yield self._person(number), self._loans(number)

    def _loans(self, number: int) -> int:
        if number <= CAST:
            return 1
        return weighted(self._seed, ((1, 82), (2, 15), (3, 3)), number, "loans")

    def _person(self, number: int) -> Row:
        seed, place = self._seed, self.place(number)
        first = pick(seed, _FIRST_NAMES[place.names].split(), number, "first name")
        last = pick(seed, _LAST_NAMES[place.names].split(), number, "last name")
        ordinary = number > CAST
        return {
            "customer_ref": f"C-{number:04}",
            "name": f"{first} {last}",
            "country": place.country,
            "region": place.region,
            "zone": "" if ordinary and self._rarely(number, "zone", 2) else place.zone,
            "language": "en",
            "email": f"{first}.{last}.{number}@mail.example".lower(),
            "phone": self._phone(place),
            "sms_consent": self._consent(number, "sms", 2),
            "email_consent": self._consent(number, "email", 2),
        }

    def _phone(self, place: _Place) -> str:
        given = self._given.get(place.phone, 0)
        self._given[place.phone] = given + 1
        return f"{place.phone}{given:0{place.digits}}"

    def _consent(self, number: int, medium: str, percent: int) -> str:
        if number > CAST and self._rarely(number, f"{medium} refused", percent):
            return "no"
        return "yes"

    def _rarely(self, number: int, what: str, percent: int) -> bool:
        return chance(self._seed, number, what) * 100 < percent


def _loan(seed: int, customer: int, nth: int, made: int, place: _Place) -> Row:
    about = (customer, nth)
    product = weighted(seed, place.products, *about, "product")
    offer = _OFFERS[product]
    amount = whole(seed, offer.low, offer.high, *about, "principal") * offer.step
    disbursed_on = STARTS_ON - timedelta(days=whole(seed, 0, 7, *about, "disbursed"))
    return {
        "loan_ref": f"L-{made:04}",
        "product": product,
        "principal": str(amount),
        "currency": offer.currency,
        "instalments": str(pick(seed, offer.instalments, *about, "instalments")),
        "annual_rate_percent": "",
        "disbursed_on": disbursed_on.isoformat(),
        "first_due_on": _first_due(seed, customer, nth, offer).isoformat(),
    }


_MONTHLY: Final = 30
_MONTH_ENDS: Final = (date(2028, 2, 29), date(2028, 3, 30), date(2028, 3, 31))
_AT_THE_END: Final = 0.15
"""The share of monthly loans that are counted from one of them."""


def _first_due(seed: int, customer: int, nth: int, offer: _Offer) -> date:
    """A day of the coming period; some months are counted from a 29th, 30th or 31st."""
    soonest, latest = 4, offer.days_between + 3
    if customer <= CAST:
        # The cast begins early, so that a short run shows something too.
        latest = min(latest, 12)
    elif offer.days_between == _MONTHLY and chance(seed, customer, nth, "month end") < _AT_THE_END:
        return pick(seed, _MONTH_ENDS, customer, nth, "which month end")
    return STARTS_ON + timedelta(days=whole(seed, soonest, latest, customer, nth, "first due"))


def write_portfolio(out: TextIO, rows: Iterator[Row]) -> None:
    """Write rows as CSV with a line of column names."""
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


if __name__ == "__main__":
    write_portfolio(sys.stdout, portfolio_rows())
