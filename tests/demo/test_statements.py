"""Invented statements: the same call gives the same money, and the papers are what they are."""

from datetime import date
from decimal import Decimal

from activities.documents.pool import ReaderPool
from tenor.demo.people import Paper
from tenor.demo.statements import paper_of, statement_of

DAY = date(2028, 2, 11)


def test_the_same_call_gives_the_same_statement() -> None:
    told = statement_of(1, 1001, DAY, "USD")
    assert told == statement_of(1, 1001, DAY, "USD")
    assert told != statement_of(1, 1002, DAY, "USD")
    assert told.closing == told.balances()[-1]
    assert sum((each.amount for each in told.movements), Decimal(0)) == told.closing - told.opening
    assert [each.on for each in told.movements] == sorted(each.on for each in told.movements)


async def test_each_paper_ends_as_it_should() -> None:
    ends: dict[Paper, object] = {}
    async with ReaderPool() as readers:
        for paper in Paper:
            result = await readers.read(paper_of(1, 1001, DAY, "EUR", paper))
            ends[paper] = result.rejection or result.reasons
    assert ends == {
        Paper.PDF: [],
        Paper.CSV: [],
        Paper.SMUDGED: ["cross-check-failed"],
        Paper.PHOTO: "wrong-type",
    }
