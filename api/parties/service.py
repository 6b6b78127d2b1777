"""Use cases over the parties of a loan: adding one, other terms, calling a guarantor, leaving."""

from datetime import date
from uuid import UUID

from api.audit.service import record
from api.clock import clock_for
from api.customers import service as customers
from api.loans import queries as loans
from api.loans.parties import party_of, row_of, rule_of, shown
from api.loans.queries import Book
from api.loans.tables import LoanPartyRow
from api.pagination import PageRequest
from api.parties import queries
from api.parties.tables import PaymentPayerRow
from api.payments import service as payments
from api.versions import check_version
from api.wakes import service as wakes
from api.work import Work
from contracts.base import Page
from contracts.loan_parties import CallGuarantor, EditParty, EndParty, Payer, PaymentPayer
from contracts.loans import NewParty
from contracts.loans import Party as WireParty
from contracts.names import WakeKind
from domain.errors import DomainError, ErrorCode
from domain.ids import case_workflow_id
from domain.lending import parties as rules


async def list_parties(work: Work, loan_id: UUID, page: PageRequest) -> Page[WireParty]:
    """Parties of a loan, those who left too; a customer sees himself. Raises `NOT_FOUND`."""
    today = await _today(work, await loans.book_of(work, loan_id))
    rows = await queries.page(work, loan_id, page.after_id(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=[shown(row, today) for row in cut], next_cursor=cursor)


async def get_party(work: Work, loan_id: UUID, party_id: UUID) -> WireParty:
    """One party of a loan; raises `NOT_FOUND`."""
    today = await _today(work, await loans.book_of(work, loan_id))
    return shown(_found(await queries.one(work, loan_id, party_id)), today)


async def add_party(work: Work, loan_id: UUID, new: NewParty) -> WireParty:
    """Put somebody on a loan, from today on or an earlier day.

    Raises `NOT_FOUND`, `INVALID_PARTY`, `INVALID_DATE`, `LOAN_NOT_ACTIVE` for a loan that has
    ended.
    """
    customer = await customers.lock(work, new.customer_id)
    book = await loans.book_of(work, loan_id, lock=True)
    today = await _today(work, book)
    if book.loan.lifecycle not in {"applied", "approved", "active"}:
        raise DomainError(
            ErrorCode.LOAN_NOT_ACTIVE,
            f"The loan is {book.loan.lifecycle}; nobody joins it any more.",
            {"lifecycle": book.loan.lifecycle},
        )
    if customer.test_clock_id != book.loan.test_clock_id:
        raise DomainError(
            ErrorCode.INVALID_PARTY,
            "All parties of a loan live on the clock of its customer.",
            {"field": "customer_id"},
        )
    party = party_of(new, new.from_on or today)
    there = [rule_of(row) for row in await queries.current(work, [loan_id])]
    rules.added(there, party, today)
    row = row_of(loan_id, party)
    work.session.add(row)
    await work.session.flush()
    _tell(work, row, "added")
    await _plan_again(work, loan_id)
    return shown(row, today)


async def edit_party(
    work: Work, loan_id: UUID, party_id: UUID, change: EditParty, seen: int
) -> WireParty:
    """Agree on another liability with a co-borrower.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `INVALID_PARTY`, `ILLEGAL_TRANSITION` for one who
    left.
    """
    row, today = await _held(work, loan_id, party_id, seen)
    if row.until_on is not None:
        rules.ended(rule_of(row), today)
    row.liability, row.share_percent = change.liability, change.share_percent
    others = [
        rule_of(each)
        for each in await queries.current(work, [loan_id])
        if each.customer_id != row.customer_id
    ]
    rules.check_all([*others, rule_of(row)], today)
    row.version += 1
    await work.session.flush()
    _tell(work, row, "changed")
    await _plan_again(work, loan_id)
    return shown(row, today)


async def call_guarantor(
    work: Work, loan_id: UUID, party_id: UUID, command: CallGuarantor, seen: int
) -> WireParty:
    """Note that a guarantor was given notice of the default: he may be asked to pay from then on.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `INVALID_PARTY`, `ILLEGAL_TRANSITION`,
    `INVALID_DATE`, and `NOTHING_OWED` while nothing of the loan is overdue.
    """
    row, today = await _held(work, loan_id, party_id, seen)
    found = rules.called(rule_of(row), command.notice_on, today)
    loan = (await loans.book_of(work, loan_id)).loan
    if loan.next_unmet_due_on is None or loan.next_unmet_due_on >= today:
        raise DomainError(
            ErrorCode.NOTHING_OWED, "A guarantor is called once something is overdue."
        )
    row.called_on, row.evidence_ref = found.called_on, command.evidence_ref
    row.version += 1
    await work.session.flush()
    _tell(work, row, "called", {"on": command.notice_on.isoformat()})
    return shown(row, today)


async def end_party(
    work: Work, loan_id: UUID, party_id: UUID, command: EndParty, seen: int
) -> WireParty:
    """Let somebody leave a loan today; what was said and done with him stays on record.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `INVALID_PARTY`, `ILLEGAL_TRANSITION`.
    """
    row, today = await _held(work, loan_id, party_id, seen)
    row.until_on = rules.ended(rule_of(row), today).until_on
    row.version += 1
    await work.session.flush()
    _tell(work, row, "left", {"reason": command.reason})
    await _plan_again(work, loan_id)
    return shown(row, today)


# -- who paid ----------------------------------------------------------------------------------


async def record_payer(work: Work, payment_id: UUID, payer: Payer) -> PaymentPayer:
    """Record which party of its loan a payment came from; what was recorded before gives way.

    Raises `NOT_FOUND`, and `INVALID_PARTY` for somebody who was never on that loan.
    """
    payment = await payments.one(work, payment_id)
    ever = await queries.page(work, payment.loan_id, None, _ALL)
    if payer.customer_id not in {row.customer_id for row in ever}:
        raise DomainError(
            ErrorCode.INVALID_PARTY,
            "The payer is a party of the loan.",
            {"field": "customer_id"},
        )
    row = PaymentPayerRow(
        payment_id=payment_id,
        customer_id=payer.customer_id,
        recorded_at=work.now,
        recorded_by=work.principal.actor,
    )
    await queries.keep_payer(work, row)
    record(work, "payment.payer_recorded", "payment", payment_id, {"by": str(payer.customer_id)})
    return _payer(row)


async def get_payer(work: Work, payment_id: UUID) -> PaymentPayer:
    """Who paid, as recorded; raises `NOT_FOUND`, also while nothing is recorded."""
    await payments.one(work, payment_id)
    row = await queries.payer(work, payment_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "Nobody recorded who paid this.")
    return _payer(row)


_ALL = 1000
"""More parties than a loan can have had."""


def _payer(row: PaymentPayerRow) -> PaymentPayer:
    return PaymentPayer(
        payment_id=row.payment_id, customer_id=row.customer_id, recorded_at=row.recorded_at
    )


# -- parts -------------------------------------------------------------------------------------


async def _held(work: Work, loan_id: UUID, party_id: UUID, seen: int) -> tuple[LoanPartyRow, date]:
    """A party at the version seen, its loan locked."""
    book = await loans.book_of(work, loan_id, lock=True)
    row = _found(await queries.one(work, loan_id, party_id))
    check_version(seen, row.version)
    return row, await _today(work, book)


def _found(row: LoanPartyRow | None) -> LoanPartyRow:
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such party on this loan.")
    return row


async def _today(work: Work, book: Book) -> date:
    return (await clock_for(work, book.loan.test_clock_id)).today(book.creditor.zone)


async def _plan_again(work: Work, loan_id: UUID) -> None:
    """The case of a loan plans again: whom it is asked of may be another."""
    loan = (await loans.book_of(work, loan_id)).loan
    if loan.case_id is not None:
        await wakes.raise_wake(
            work, case_workflow_id(loan.case_id), WakeKind.CASE, loan.test_clock_id
        )


def _tell(work: Work, row: LoanPartyRow, what: str, facts: dict[str, str] | None = None) -> None:
    record(
        work,
        f"loan.party_{what}",
        "loan",
        row.loan_id,
        {
            "party_id": str(row.id),
            "customer_id": str(row.customer_id),
            "role": row.role,
            "liability": row.liability,
        }
        | (facts or {}),
    )
