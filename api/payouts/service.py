"""Payouts from order to settlement: claimed before the bank is called, posted once it has paid.

The loan is active from the order on; the money lies on payout clearing until the bank has moved
it. What the bank refuses stays there, and a manager is asked to order it anew or to take the
loan back.
"""

from datetime import timedelta
from typing import Final, Literal, assert_never, cast
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.customers import service as customers
from api.db.base import new_id
from api.ledger import service as ledger
from api.loans import queries as loans
from api.loans.queries import Book
from api.pagination import PageRequest
from api.payouts import queries
from api.payouts.tables import PayoutRow
from api.tasks import service as tasks
from api.versions import check_version
from api.wakes import service as wakes
from api.work import Work
from contracts.base import Page
from contracts.collecting import Payout, PayOutTo
from contracts.money_work import BankOrder, BankOutcome, MoneyAction, MoneyPlan, PayoutClaim
from contracts.names import Role, WakeKind
from domain.errors import DomainError, ErrorCode
from domain.ids import payout_workflow_id
from domain.lending.ledger import payout_settled_entry
from domain.money import quantize

CHECK_AFTER: Final = timedelta(hours=1)
"""How long after a bank has taken a transfer it is asked what became of it."""
MEND_WITHIN: Final = timedelta(days=1)

_ACCOUNT: Final = "payouts.account"
_HOLDER: Final = "payouts.holder"
_LONGEST_CODE: Final = 64

Status = Literal["ordered", "sending", "settled", "failed"]


async def order(work: Work, book: Book, clock: Clock, to: PayOutTo) -> None:
    """Order the principal of a locked loan to be paid out; its workflow does it."""
    loan = book.loan
    row = PayoutRow(
        id=new_id(),
        number=await queries.next_number(work),
        loan_id=loan.id,
        customer_id=loan.customer_id,
        test_clock_id=loan.test_clock_id,
        status="ordered",
        amount=loan.principal,
        currency=loan.currency,
        account_ct=await customers.encrypt(work, loan.customer_id, to.account, _ACCOUNT),
        holder_ct=await customers.encrypt(work, loan.customer_id, to.holder, _HOLDER),
        attempt_id=new_id(),
        created_at=clock.now,
        tries=0,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    audit(work, "payout.ordered", "loan", loan.id, {"payout": str(row.id)})
    await _wake(work, row)


async def retry(work: Work, payout_id: UUID, to: PayOutTo, seen: int) -> Payout:
    """Order a payout that failed anew, to the account given now.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `PAYOUT_NOT_FAILED`.
    """
    _, _, row = await _hold(work, payout_id)
    check_version(seen, row.version)
    if row.status != "failed":
        raise DomainError(
            ErrorCode.PAYOUT_NOT_FAILED, f"The payout is {row.status}.", {"status": row.status}
        )
    row.status = "ordered"
    row.attempt_id = new_id()
    row.account_ct = await customers.encrypt(work, row.customer_id, to.account, _ACCOUNT)
    row.holder_ct = await customers.encrypt(work, row.customer_id, to.holder, _HOLDER)
    row.failure_code = None
    row.bank_reference = None
    row.version += 1
    audit(work, "payout.ordered_again", "loan", row.loan_id, {"payout": str(row.id)})
    await work.session.flush()
    await _wake(work, row)
    return shown(row)


async def get_payout(work: Work, payout_id: UUID) -> Payout:
    """A payout and where it stands; raises `NOT_FOUND`."""
    row = await queries.payout(work, payout_id)
    if row is None:
        raise _no_such_payout()
    return shown(row)


async def list_payouts(work: Work, loan_id: UUID, page: PageRequest) -> Page[Payout]:
    """The payouts of a loan by number; raises `NOT_FOUND`."""
    await loans.book_of(work, loan_id)
    rows = await queries.of_loan(work, loan_id, page.after_number(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.number for row in rows])
    return Page(items=[shown(row) for row in cut], next_cursor=cursor)


async def plan(work: Work, payout_id: UUID) -> MoneyPlan:
    """Decide what a payout does next; its wake stays unsettled while something is due."""
    book, clock, row = await _hold(work, payout_id)
    return await _plan(work, book, clock, row)


async def claim(work: Work, payout_id: UUID) -> PayoutClaim:
    """Claim the transfer that is due now; raises `NOT_FOUND`."""
    book, clock, row = await _hold(work, payout_id)
    order_: BankOrder | None = None
    if _is_due(row, clock):
        repeat = row.status == "sending"
        if not repeat:
            row.status = "sending"
            row.tries += 1
            row.claimed_at = work.now
            audit(
                work,
                "payout.sent",
                "loan",
                row.loan_id,
                {"payout": str(row.id), "attempt": str(row.attempt_id)},
            )
        order_ = BankOrder(
            attempt_id=row.attempt_id,
            repeat=repeat,
            amount=quantize(row.amount, row.currency),
            currency=row.currency,
            account=await customers.decrypt(work, row.customer_id, row.account_ct, _ACCOUNT) or "",
            holder=await customers.decrypt(work, row.customer_id, row.holder_ct, _HOLDER) or "",
            remittance=f"LN-{book.loan.number}",
        )
        await work.session.flush()
    return PayoutClaim(plan=await _plan(work, book, clock, row), order=order_)


async def record_outcome(work: Work, payout_id: UUID, said: BankOutcome) -> MoneyPlan:
    """Take in what the bank said of a transfer, once; answers what follows.

    Raises `NOT_FOUND`.
    """
    book, clock, row = await _hold(work, payout_id)
    if row.status == "sending" and said.attempt_id == row.attempt_id:
        row.bank_reference = said.bank_reference or row.bank_reference
        match said.outcome:
            case "settled":
                await _settled(work, book, clock, row)
            case "pending":
                row.check_at = clock.now + CHECK_AFTER
            case "refused":
                await _refused(work, book, clock, row, (said.code or "refused")[:_LONGEST_CODE])
            case _:
                assert_never(said.outcome)
        await work.session.flush()
    return await _plan(work, book, clock, row)


async def _settled(work: Work, book: Book, clock: Clock, row: PayoutRow) -> None:
    row.status = "settled"
    row.settled_at = clock.now
    row.check_at = None
    row.version += 1
    today = clock.today(book.creditor.zone)
    await ledger.post(
        work,
        ledger.Posting.of_loan(
            book.loan,
            payout_settled_entry(row.amount),
            value_on=today,
            booked_on=today,
            natural_key=f"payout:{row.attempt_id}",
        ),
    )
    audit(work, "payout.settled", "loan", row.loan_id, {"payout": str(row.id)})


async def _refused(work: Work, book: Book, clock: Clock, row: PayoutRow, code: str) -> None:
    row.status = "failed"
    row.failure_code = code
    row.check_at = None
    row.version += 1
    audit(work, "payout.failed", "loan", row.loan_id, {"payout": str(row.id), "code": code})
    await tasks.open_task(
        work,
        clock,
        natural_key=f"payout:{row.attempt_id}",
        kind="payout",
        title=f"Payout of LN-{book.loan.number} was refused ({code}): mend it or take it back",
        role=Role.MANAGER,
        due_at=clock.now + MEND_WITHIN,
        loan_id=row.loan_id,
        customer_id=row.customer_id,
    )


async def _hold(work: Work, payout_id: UUID) -> tuple[Book, Clock, PayoutRow]:
    found = await queries.payout(work, payout_id)
    if found is None:
        raise _no_such_payout()
    book = await loans.book_of(work, found.loan_id, lock=True)
    row = await queries.payout(work, payout_id, lock=True)
    if row is None:
        raise _no_such_payout()
    return book, await clock_for(work, row.test_clock_id), row


def _is_due(row: PayoutRow, clock: Clock) -> bool:
    if row.status == "ordered":
        return True
    return row.status == "sending" and (row.check_at is None or row.check_at <= clock.now)


async def _plan(work: Work, book: Book, clock: Clock, row: PayoutRow) -> MoneyPlan:
    number = f"PO-{row.number}"
    is_open = row.status in {"ordered", "sending"}
    due = _is_due(row, clock)
    action: MoneyAction = "pay_out" if due else "wait" if is_open else "end"
    at = clock.now if due else row.check_at
    if not due:
        await wakes.settle(work, payout_workflow_id(row.id), at)
    title = {
        "pay_out": f"Pay out {row.currency} (try {max(1, row.tries)})",
        "wait": "the bank settles",
        "end": row.status,
    }[action]
    return MoneyPlan(
        id=row.id,
        number=number,
        open=is_open,
        status=row.status,
        action=action,
        title=title,
        due=due,
        at=at,
        clock_id=row.test_clock_id,
        line=f"{number} · LN-{book.loan.number} · {title}",
    )


async def _wake(work: Work, row: PayoutRow) -> None:
    await wakes.raise_wake(work, payout_workflow_id(row.id), WakeKind.PAYOUT, row.test_clock_id)


def _no_such_payout() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such payout.")


def shown(row: PayoutRow) -> Payout:
    """A payout as it goes over the wire."""
    return Payout(
        id=row.id,
        number=f"PO-{row.number}",
        loan_id=row.loan_id,
        status=cast("Status", row.status),
        amount=quantize(row.amount, row.currency),
        currency=row.currency,
        bank_reference=row.bank_reference,
        failure_code=row.failure_code,
        created_at=row.created_at,
        settled_at=row.settled_at,
        workflow_id=payout_workflow_id(row.id),
        version=row.version,
    )
