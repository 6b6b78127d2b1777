"""Enters a portfolio over REST, in the order of its rows, each row once however often it is run."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from contracts.base import Page
from contracts.loans import LoanDetail, NewLoan
from contracts.parties import ConsentTerms, Customer, NewCustomer
from domain.errors import ErrorCode
from tenor.client import RestClient, RestError
from tenor.portfolio.reading import Portfolio
from tenor.portfolio.rows import CustomerData, LoanData, PortfolioRow, RowProblem

_NOWHERE = "-"


class Outcome(StrEnum):
    """What became of a row that was well written."""

    ENTERED = "entered"
    ALREADY_THERE = "already there"


@dataclass(frozen=True, slots=True)
class EnteredLoan:
    """A row that is in the books now."""

    row: int
    outcome: Outcome
    customer: Customer
    loan: LoanDetail


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        loans: The loans of the file that are in the books, in the order of their rows.
        problems: Why the other rows are not, in the order of their rows.
    """

    loans: tuple[EnteredLoan, ...]
    problems: tuple[RowProblem, ...]

    @property
    def rows_refused(self) -> int:
        """How many rows are not in the books."""
        return len({problem.row for problem in self.problems})

    def count(self, outcome: Outcome) -> int:
        """How many rows came out so."""
        return sum(1 for loan in self.loans if loan.outcome is outcome)


async def import_portfolio(
    client: RestClient,
    portfolio: Portfolio,
    *,
    test_clock_id: UUID | None = None,
    limit: int | None = None,
    on_row: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Enter the customers and loans of a portfolio.

    One row follows another, so that the human numbers of customers and loans do not depend on
    timing. A row that the API refuses is reported and does not stop the others.

    Args:
        client: Who enters them: an administrator or a manager.
        portfolio: The file as read.
        test_clock_id: The sandbox clock on which the customers live.
        limit: The most loans to enter; None: all.
        on_row: Told how many rows are done, after each.

    Raises:
        RestError: The API is gone, or does not let this user in.
    """
    importer = _Importer(client, portfolio.fingerprint, test_clock_id)
    loans: list[EnteredLoan] = []
    problems = list(portfolio.problems)
    for done, row in enumerate(portfolio.rows, start=1):
        if limit is not None and len(loans) >= limit:
            break
        entered = await importer.enter(row)
        if isinstance(entered, EnteredLoan):
            loans.append(entered)
        else:
            problems.extend(entered)
        on_row(done)
    return ImportReport(tuple(loans), tuple(sorted(problems, key=lambda problem: problem.row)))


class _Importer:
    """Enters rows; a customer of several rows is entered with the first of them."""

    def __init__(self, client: RestClient, fingerprint: str, clock_id: UUID | None) -> None:
        self._client = client
        self._clock_id = clock_id
        self._key = f"import:{fingerprint}:{clock_id or 'live'}"
        self._customers: dict[str, Customer] = {}

    async def enter(self, row: PortfolioRow) -> EnteredLoan | tuple[RowProblem, ...]:
        try:
            customer = await self._customer(row)
        except RestError as error:
            return _problems(row.row, error, "customer_ref")
        try:
            return await self._loan(row, customer)
        except RestError as error:
            return _problems(row.row, error, "loan_ref")

    async def _customer(self, row: PortfolioRow) -> Customer:
        data = row.customer
        known = self._customers.get(data.ref)
        if known is not None:
            return known
        key = f"{self._key}:{row.row}:customer"
        try:
            entered = await self._client.post("/customers", Customer, self._new(data), key)
        except RestError as error:
            if error.code != ErrorCode.CONFLICT.value:
                raise
            entered = await self._known(data, error)
        self._customers[data.ref] = entered
        return entered

    async def _known(self, data: CustomerData, refused: RestError) -> Customer:
        """The customer who has this reference already; another clock's is not ours."""
        found = await self._client.get("/customers", Page[Customer], {"external_ref": data.ref})
        for customer in found.items:
            if customer.test_clock_id == self._clock_id:
                return customer
        raise refused

    async def _loan(self, row: PortfolioRow, customer: Customer) -> EnteredLoan:
        key = f"{self._key}:{row.row}:loan"
        new = _new_loan(row.loan, customer.id)
        try:
            posted = await self._client.post_once("/loans", LoanDetail, new, key)
        except RestError as error:
            twin = error.facts.get("loan_id")
            if error.code != ErrorCode.CONFLICT.value or not isinstance(twin, str):
                raise
            there = await self._client.get(f"/loans/{UUID(twin)}", LoanDetail)
            if there.customer_id != customer.id:
                raise
            return EnteredLoan(row.row, Outcome.ALREADY_THERE, customer, there)
        outcome = Outcome.ALREADY_THERE if posted.replayed else Outcome.ENTERED
        return EnteredLoan(row.row, outcome, customer, posted.value)

    def _new(self, data: CustomerData) -> NewCustomer:
        said = {"sms": data.sms_consent, "email": data.email_consent}
        return NewCustomer(
            name=data.name,
            country=data.country,
            region=data.region,
            zone=data.zone,
            language=data.language,
            email=data.email,
            phone=data.phone,
            external_ref=data.ref,
            test_clock_id=self._clock_id,
            consents=[
                ConsentTerms.model_validate(
                    {"medium": medium, "granted": granted, "source": "portfolio import"}
                )
                for medium, granted in said.items()
                if granted is not None
            ],
        )


def _new_loan(data: LoanData, customer_id: UUID) -> NewLoan:
    return NewLoan(
        customer_id=customer_id,
        product=data.product,
        principal=data.principal,
        currency=data.currency,
        instalments=data.instalments,
        annual_rate_percent=data.annual_rate_percent,
        disbursed_on=data.disbursed_on,
        first_due_on=data.first_due_on,
        external_ref=data.ref,
    )


_OF_THE_ROW = 400
_NOT_OF_THE_ROW = frozenset({401, 403, 429})


def _problems(row: int, error: RestError, column: str) -> tuple[RowProblem, ...]:
    """What the API has against a row; raises the error itself when it is not about the row."""
    server_side = 500
    if not _OF_THE_ROW <= error.status < server_side or error.status in _NOT_OF_THE_ROW:
        raise error
    if error.fields:
        return tuple(
            RowProblem(row, fault.at.removeprefix("body.") or _NOWHERE, fault.message)
            for fault in error.fields
        )
    if error.code == ErrorCode.NOT_FOUND.value and column == "loan_ref":
        return (RowProblem(row, "product", "There is no such product."),)
    field = error.facts.get("field")
    return (RowProblem(row, field if isinstance(field, str) else column, error.detail),)
