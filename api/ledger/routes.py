"""The journal over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime

from api.deps import OnceDep, WorkDep
from api.ledger import periods, provisions, reading
from api.ledger.queries import Wanted
from api.pagination import PageQuery
from contracts.base import Code, Currency, Page
from contracts.ledger import (
    BookOf,
    LedgerAccount,
    LedgerEntry,
    Period,
    PeriodDetail,
    Provision,
    SignOffPeriod,
)
from contracts.payments import JournalEntry, TrialBalance
from domain.books.periods import month_named
from domain.lending.ledger import Account

router = APIRouter(tags=["ledger"])


@router.get(
    "/loans/{loan_id}/journal",
    summary="A loan's journal",
    description="Balanced entries in the order they were booked; debits are positive. What "
    "accrues day by day is booked for the whole book and does not show here.",
)
async def get_loan_journal(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[JournalEntry]:
    """List the entries of a loan."""
    return await reading.loan_journal(work, loan_id, page)


@router.get(
    "/ledger/trial-balance",
    summary="The balance of every account",
    description="Per currency and account number, over everything or over one creditor's book, "
    "test clock or product. `as_of` counts what is valued on a day or before it; `known_at` and "
    "`known_on` leave out what was booked after an instant or a book day. `balanced` says that "
    "every currency sums to zero.",
)
async def get_trial_balance(  # noqa: PLR0917 - FastAPI fills one parameter per filter, by name
    work: WorkDep,
    creditor_id: Annotated[UUID | None, Query()] = None,
    test_clock_id: Annotated[UUID | None, Query()] = None,
    product: Annotated[Code | None, Query()] = None,
    currency: Annotated[Currency | None, Query()] = None,
    as_of: Annotated[date | None, Query()] = None,
    known_at: Annotated[AwareDatetime | None, Query()] = None,
    known_on: Annotated[date | None, Query()] = None,
) -> TrialBalance:
    """Sum all accounts."""
    wanted = Wanted(
        creditor_id=creditor_id,
        test_clock_id=test_clock_id,
        product=product,
        currency=currency,
        as_of=as_of,
        known_at=known_at,
        known_on=known_on,
    )
    return await reading.trial_balance(work, wanted)


CreditorQuery = Annotated[UUID, Query(description="Whose book")]
ClockQuery = Annotated[UUID | None, Query(description="The book on a test clock, not the live one")]
PeriodPath = Annotated[str, Path(max_length=7, examples=["2028-02"])]


@router.get(
    "/ledger/accounts",
    summary="The chart of accounts",
    description="Roles of the journal with number, name and class: the default chart, or that of "
    "a product (`code` or `code@version`).",
)
async def list_ledger_accounts(
    work: WorkDep,
    page: PageQuery,
    product: Annotated[
        str | None, Query(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}(@[0-9]{1,9})?$")
    ] = None,
) -> Page[LedgerAccount]:
    """List accounts by role."""
    return await reading.accounts(work, product, page)


@router.get(
    "/ledger/entries",
    summary="The general ledger",
    description="Entries of a creditor's book by booking day, narrowed by account, month, product, "
    "loan or currency. Each entry is shown whole.",
)
async def list_ledger_entries(  # noqa: PLR0917 - FastAPI fills one parameter per filter, by name
    work: WorkDep,
    page: PageQuery,
    creditor_id: CreditorQuery,
    test_clock_id: ClockQuery = None,
    account: Account | None = None,
    period: Annotated[str | None, Query(max_length=7, examples=["2028-02"])] = None,
    product: Annotated[Code | None, Query()] = None,
    loan_id: UUID | None = None,
    currency: Annotated[Currency | None, Query()] = None,
) -> Page[LedgerEntry]:
    """List entries."""
    month = None if period is None else month_named(period)
    wanted = Wanted(
        creditor_id=creditor_id,
        test_clock_id=test_clock_id,
        account=None if account is None else account.value,
        product=product,
        loan_id=loan_id,
        currency=currency,
        booked_from=None if month is None else month.first,
        known_on=None if month is None else month.last,
    )
    return await reading.general_ledger(work, wanted, page)


@router.get(
    "/ledger/provisions",
    summary="What was set aside for losses",
    description="By product version and bucket, at the end of the last closed day or of `as_of`. "
    "The allowances sum to the account `loss_allowance` as of that day, and the suspended interest "
    "to `suspended_interest`. Products without `provisioning` terms have none.",
)
async def list_provisions(  # noqa: PLR0917 - FastAPI fills one parameter per filter, by name
    work: WorkDep,
    page: PageQuery,
    creditor_id: CreditorQuery,
    test_clock_id: ClockQuery = None,
    as_of: Annotated[date | None, Query()] = None,
    product: Annotated[Code | None, Query()] = None,
) -> Page[Provision]:
    """List provisions."""
    of = BookOf(creditor_id=creditor_id, test_clock_id=test_clock_id)
    return await provisions.provisions(work, of, as_of, product, page)


@router.get("/ledger/periods", summary="Months whose totals were taken")
async def list_periods(
    work: WorkDep, page: PageQuery, creditor_id: CreditorQuery, test_clock_id: ClockQuery = None
) -> Page[Period]:
    """List the months of a book that were closed or wait to be signed off, by month."""
    of = BookOf(creditor_id=creditor_id, test_clock_id=test_clock_id)
    return await periods.list_periods(work, of, page)


@router.get("/ledger/periods/{period}", summary="A month with its trial balance and tie-out")
async def get_period(
    period: PeriodPath, work: WorkDep, creditor_id: CreditorQuery, test_clock_id: ClockQuery = None
) -> PeriodDetail:
    """Show the signed snapshot of a month, or the newest one that waits."""
    of = BookOf(creditor_id=creditor_id, test_clock_id=test_clock_id)
    return await periods.get_period(work, period, of)


@router.post(
    "/ledger/periods/{period}/close",
    status_code=201,
    response_model=PeriodDetail,
    summary="Take the totals of a month and tie them out",
    description="Needs the days of the month closed and the months before it signed off. Nothing "
    "is closed until a second person signs the snapshot in the answer off.",
)
async def close_period(period: PeriodPath, book: BookOf, work: WorkDep, once: OnceDep) -> Response:
    """Take a snapshot."""
    return await once.run(work, book, lambda: periods.close_period(work, period, book))


@router.post(
    "/ledger/periods/{period}/sign-off",
    status_code=201,
    response_model=PeriodDetail,
    summary="Close a month for good",
    description="By somebody other than who took the snapshot. Afterwards nothing is booked into "
    "the month: corrections are booked in the open one, at their own value date.",
)
async def sign_off_period(
    period: PeriodPath, wish: SignOffPeriod, work: WorkDep, once: OnceDep
) -> Response:
    """Sign a snapshot off."""
    return await once.run(work, wish, lambda: periods.sign_off(work, period, wish))
