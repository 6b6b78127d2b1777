"""Imports: in order, once, and with every refusal told by row."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2
import pytest

from tenor.client import LogInData, RestClient, RestError
from tenor.portfolio.importing import ImportReport, Outcome, import_portfolio
from tenor.portfolio.reading import Portfolio, parse_portfolio
from tests.portfolio.examples import GOOD
from tests.portfolio.fake_api import FakeApi, answer, problem, sent
from tests.portfolio.test_reading import csv

NOW = datetime(2028, 2, 1, tzinfo=UTC).isoformat()


class Books:
    """Keeps customers and loans as the API would: once per key, references unique."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.api.on("POST", "/customers", self._customer)
        self.api.on("GET", "/customers", self._find)
        self.api.on("POST", "/loans", self._loan)
        self.by_key: dict[str, dict[str, object]] = {}
        self.customers: list[dict[str, object]] = []
        self.loans: list[dict[str, object]] = []
        self.refuse: dict[str, httpx2.Response] = {}

    def _customer(self, request: httpx2.Request) -> httpx2.Response:
        key, new = request.headers["Idempotency-Key"], sent(request)
        if key in self.by_key:
            return answer(self.by_key[key], 201, **{"Idempotent-Replayed": "true"})
        if new["external_ref"] in {each["external_ref"] for each in self.customers}:
            return problem(409, "conflict")
        made = {
            "id": str(uuid4()),
            "number": f"CU-{1001 + len(self.customers)}",
            "zone": None,
            "email": None,
            "phone": None,
            "address": None,
            "born_on": None,
            "test_clock_id": None,
            "opted_out": [],
            "created_at": NOW,
            "version": 1,
        } | {name: value for name, value in new.items() if name != "consents"}
        self.customers.append(made)
        self.by_key[key] = made
        return answer(made, 201)

    def _find(self, request: httpx2.Request) -> httpx2.Response:
        ref = request.url.params["external_ref"]
        return answer({"items": [each for each in self.customers if each["external_ref"] == ref]})

    def _loan(self, request: httpx2.Request) -> httpx2.Response:
        key, new = request.headers["Idempotency-Key"], sent(request)
        ref = str(new["external_ref"])
        if ref in self.refuse:
            return self.refuse[ref]
        if key in self.by_key:
            return answer(self.by_key[key], 201, **{"Idempotent-Replayed": "true"})
        for twin in self.loans:
            if twin["external_ref"] == ref:
                self.api.on("GET", f"/loans/{twin['id']}", lambda _, found=twin: answer(found))
                return problem(409, "conflict", facts={"loan_id": twin["id"]})
        zero = dict.fromkeys(("principal", "interest", "fee", "penalty", "total"), "0")
        made: dict[str, object] = {
            "id": str(uuid4()),
            "number": f"LN-{1001 + len(self.loans)}",
            "customer_id": new["customer_id"],
            "creditor_id": str(uuid4()),
            "product": new["product"],
            "product_version": 1,
            "currency": new["currency"],
            "principal": new["principal"],
            "annual_rate_percent": "9.5",
            "instalment_count": new["instalments"],
            "lifecycle": "active",
            "closed_reason": None,
            "bucket": "current",
            "past_due_days": 0,
            "overdue": "0",
            "outstanding": zero,
            "credit": "0",
            "applied_at": NOW,
            "disbursed_on": "2028-01-31",
            "closed_on": None,
            "external_ref": ref,
            "test_clock_id": None,
            "workflow_id": "loan:x",
            "version": 1,
            "schedule": [],
            "parties": [],
            "history": [],
        }
        self.loans.append(made)
        self.by_key[key] = made
        return answer(made, 201)

    async def take(
        self, portfolio: Portfolio, clock_id: UUID | None = None, limit: int | None = None
    ) -> ImportReport:
        who = LogInData("admin@mail.example", "secret")
        async with RestClient("http://api.example", who, transport=self.api.transport()) as client:
            return await import_portfolio(client, portfolio, test_clock_id=clock_id, limit=limit)


def loan(ref: str, **changes: str) -> dict[str, str]:
    return GOOD | {"loan_ref": ref} | changes


THREE = (loan("L-1"), loan("L-2"), loan("L-3", customer_ref="C-2"))


async def test_rows_are_entered_in_order_and_a_customer_once() -> None:
    books = Books()
    report = await books.take(parse_portfolio(csv(*THREE)))
    assert [each["external_ref"] for each in books.customers] == ["C-1", "C-2"]
    assert [each.loan.number for each in report.loans] == ["LN-1001", "LN-1002", "LN-1003"]
    assert report.count(Outcome.ENTERED) == 3
    assert [each.customer.number for each in report.loans] == ["CU-1001", "CU-1001", "CU-1002"]


async def test_what_was_said_of_consent_goes_along_and_what_was_not_does_not() -> None:
    books = Books()
    clock_id = uuid4()
    await books.take(parse_portfolio(csv(loan("L-1", email_consent=""))), clock_id)
    body = sent(books.api.asked("/customers")[0])
    assert body["consents"] == [
        {"medium": "sms", "purpose": "any", "granted": True, "source": "portfolio import"}
    ]
    assert body["test_clock_id"] == str(clock_id)


async def test_a_second_import_of_the_file_changes_nothing() -> None:
    books, portfolio = Books(), parse_portfolio(csv(*THREE))
    await books.take(portfolio)
    again = await books.take(portfolio)
    assert (len(books.customers), len(books.loans)) == (2, 3)
    assert again.count(Outcome.ALREADY_THERE) == 3


async def test_neither_does_one_whose_keys_are_forgotten() -> None:
    books, portfolio = Books(), parse_portfolio(csv(*THREE))
    await books.take(portfolio)
    books.by_key.clear()
    again = await books.take(portfolio)
    assert (len(books.customers), len(books.loans)) == (2, 3)
    assert again.count(Outcome.ALREADY_THERE) == 3


async def test_a_reference_that_is_somebody_else_s_is_a_refused_row() -> None:
    books = Books()
    await books.take(parse_portfolio(csv(loan("L-1"))))
    other = await books.take(parse_portfolio(csv(loan("L-1", customer_ref="C-9"))))
    assert [(each.row, each.column) for each in other.problems] == [(2, "loan_ref")]
    elsewhere = await books.take(parse_portfolio(csv(loan("L-1"))), uuid4())
    assert [(each.row, each.column) for each in elsewhere.problems] == [(2, "customer_ref")]


async def test_what_the_api_refuses_is_told_by_row_and_stops_nothing() -> None:
    books = Books()
    books.refuse = {
        "L-1": problem(404, "not-found"),
        "L-2": problem(422, "invalid-terms", facts={"field": "principal"}),
        "L-4": problem(
            422,
            "invalid-request",
            errors=[{"at": ["body", "first_due_on"], "message": "is wrong", "type": "x"}],
        ),
    }
    rows = (*THREE, loan("L-4"), loan("L-5", principal="0"), loan("L-6"))
    report = await books.take(parse_portfolio(csv(*rows)))
    assert [(each.row, each.column) for each in report.problems] == [
        (2, "product"),
        (3, "principal"),
        (5, "first_due_on"),
        (6, "principal"),
    ]
    assert [each.row for each in report.loans] == [4, 7]
    assert report.rows_refused == 4


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_what_is_not_about_the_row_ends_the_import(status: int) -> None:
    books = Books()
    books.refuse = {"L-1": problem(status, "forbidden")}
    with pytest.raises(RestError):
        await books.take(parse_portfolio(csv(*THREE)))


async def test_a_limit_counts_loans_and_still_tells_every_bad_row() -> None:
    rows = (loan("L-0", principal="0"), *THREE, loan("L-9", principal="-1"))
    report = await Books().take(parse_portfolio(csv(*rows)), limit=2)
    assert [each.row for each in report.loans] == [3, 4]
    assert [each.row for each in report.problems] == [2, 6]
