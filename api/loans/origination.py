"""From wish to money: application, decision, disbursement; and loans agreed elsewhere.

Books are held before a loan is locked, so that no day of the book is closed while a loan enters.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from api.arrears import closing
from api.audit.service import record as audit
from api.caps import service as caps
from api.caps.service import Planned
from api.clock import Clock, clock_for
from api.creditors import service as creditors
from api.creditors.tables import CreditorRow
from api.customers import service as customers
from api.customers.tables import CustomerRow
from api.loans import lifecycle, queries, reading
from api.loans.balances import refresh
from api.loans.parties import party_of, row_of
from api.loans.planned import planned_row
from api.loans.tables import LOAN_NUMBERS, InstalmentRow, LoanRow
from api.payments.recording import Movement, record
from api.payouts import service as payouts
from api.products import service as products
from api.products.tables import ProductRow
from api.products.terms import product_terms
from api.security.access import visible_customer
from api.versions import check_version
from api.work import Work
from contracts.loans import (
    ApproveLoan,
    DisburseLoan,
    LoanApplication,
    LoanDetail,
    NewLoan,
    RejectLoan,
    WithdrawLoan,
)
from contracts.names import Role
from domain.errors import DomainError, ErrorCode
from domain.lending import parties as rules
from domain.lending.ledger import Account, disbursement_entry, origination_fee_entry
from domain.lending.loan import ClosedReason, Command, Lifecycle
from domain.lending.parties import Liability, Party, PartyRole
from domain.lending.schedule import build_schedule
from domain.lending.waterfall import Allocation, Component
from domain.money import ZERO, exponent, positive


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a new loan stands on."""

    customer: CustomerRow
    product: ProductRow
    creditor: CreditorRow
    clock: Clock

    @property
    def today(self) -> date:
        """The creditor's business date."""
        return self.clock.today(self.creditor.zone)


async def _ground(work: Work, customer_id: UUID, product: str, currency: str) -> _Ground:
    exponent(currency)
    customer = await customers.lock(work, customer_id)
    version = await products.product_for_new_loan(work, product, currency)
    creditor = await creditors.by_id(work, version.creditor_id)
    return _Ground(customer, version, creditor, await clock_for(work, customer.test_clock_id))


async def create_loan(work: Work, new: NewLoan) -> LoanDetail:
    """Enter a loan that is already agreed: disbursed, on the books, active.

    Raises `NOT_FOUND` (customer, product), `CURRENCY_MISMATCH`, `INVALID_TERMS`, `INVALID_DATE`,
    `CONFLICT` (external reference), `CAP_EXCEEDED`, and the refusals of amounts.
    """
    ground = await _ground(work, new.customer_id, new.product, new.currency)
    await _refuse_known_reference(work, ground.creditor.id, new.external_ref)
    loan = await _new_row(
        work,
        ground,
        principal=new.principal,
        instalments=new.instalments,
        rate=new.annual_rate_percent,
        reference=new.external_ref,
    )
    loan.lifecycle = Lifecycle.APPROVED.value
    loan.decided_at = ground.clock.now
    loan.decided_by = work.principal.user_id
    await _add_parties(work, loan, new, min(new.disbursed_on or ground.today, ground.today))
    await _activate(
        work,
        loan,
        ground,
        disbursed_on=new.disbursed_on or ground.today,
        first_due_on=new.first_due_on,
    )
    return await reading.detail(work, loan.id)


async def apply_for_loan(work: Work, new: LoanApplication) -> LoanDetail:
    """Take an application; a customer may apply for himself only.

    Raises what `create_loan` raises.
    """
    only = visible_customer(work.principal)
    if only is not None and only != new.customer_id:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such customer.")
    ground = await _ground(work, new.customer_id, new.product, new.currency)
    await _refuse_known_reference(work, ground.creditor.id, new.external_ref)
    product_terms(ground.product).check_size(positive(new.principal, new.currency), new.instalments)
    loan = await _new_row(
        work,
        ground,
        principal=new.principal,
        instalments=new.instalments,
        rate=None,
        reference=new.external_ref,
    )
    work.session.add(row_of(loan.id, _primary(loan, ground.today)))
    audit(work, "loan.apply", "loan", loan.id, {"principal": str(loan.principal)})
    await lifecycle.wake(work, loan.id, loan.test_clock_id)
    return await reading.detail(work, loan.id)


async def approve_loan(work: Work, loan_id: UUID, offer: ApproveLoan, seen: int) -> LoanDetail:
    """Approve an application, for at most what was asked; never one's own.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, `OWN_APPLICATION`,
    `INVALID_TERMS`.
    """
    book = await _decidable(work, loan_id, seen)
    loan = book.loan
    clock = await clock_for(work, loan.test_clock_id)
    if offer.principal is not None:
        principal = positive(offer.principal, loan.currency)
        if principal > loan.principal:
            raise DomainError(
                ErrorCode.INVALID_TERMS,
                "No more can be approved than was applied for.",
                {"field": "principal"},
            )
        product_terms(book.product).check_size(principal, loan.instalment_count)
        loan.principal = principal
    lifecycle.move(work, loan, Command.APPROVE, {"principal": str(loan.principal)})
    _decided(work, loan, clock)
    await lifecycle.wake(work, loan.id, loan.test_clock_id)
    return await reading.detail(work, loan_id)


async def reject_loan(work: Work, loan_id: UUID, why: RejectLoan, seen: int) -> LoanDetail:
    """Reject an application with a reason code; raises what `approve_loan` raises."""
    book = await _decidable(work, loan_id, seen)
    clock = await clock_for(work, book.loan.test_clock_id)
    lifecycle.move(work, book.loan, Command.REJECT, {"reason": why.reason})
    _decided(work, book.loan, clock)
    await lifecycle.wake(work, loan_id, book.loan.test_clock_id)
    return await reading.detail(work, loan_id)


async def withdraw_loan(work: Work, loan_id: UUID, _: WithdrawLoan, seen: int) -> LoanDetail:
    """The applicant no longer wants the loan: possible until the money has left.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, and `FORBIDDEN` for another
    party of the loan.
    """
    book = await queries.book_of(work, loan_id, lock=True)
    if visible_customer(work.principal) not in {None, book.loan.customer_id}:
        raise DomainError(ErrorCode.FORBIDDEN, "Only the loan's customer withdraws from it.")
    check_version(seen, book.loan.version)
    clock = await clock_for(work, book.loan.test_clock_id)
    lifecycle.move(work, book.loan, Command.WITHDRAW)
    book.loan.closed_reason = ClosedReason.WITHDRAWN.value
    book.loan.closed_on = clock.today(book.creditor.zone)
    await lifecycle.wake(work, loan_id, book.loan.test_clock_id)
    return await reading.detail(work, loan_id)


async def disburse_loan(work: Work, loan_id: UUID, order: DisburseLoan, seen: int) -> LoanDetail:
    """Pay out an approved loan today: the schedule is fixed and servicing begins.

    With a `payout` the bank is ordered to send the money; the loan is active from the order on.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `ILLEGAL_TRANSITION`, `INVALID_TERMS`,
    `CAP_EXCEEDED`.
    """
    book = await queries.book_of(work, loan_id)
    customer = await customers.lock(work, book.loan.customer_id)
    clock = await clock_for(work, book.loan.test_clock_id)
    ground = _Ground(customer, book.product, book.creditor, clock)
    await closing.enter_book(work, clock, book.creditor, loan_id)
    book = await queries.book_of(work, loan_id, lock=True)
    check_version(seen, book.loan.version)
    await _activate(
        work,
        book.loan,
        ground,
        disbursed_on=ground.today,
        first_due_on=order.first_due_on,
        reference=order.reference,
        paid_from=Account.CASH if order.payout is None else Account.PAYOUT_CLEARING,
    )
    if order.payout is not None:
        await payouts.order(work, book, clock, order.payout)
    return await reading.detail(work, loan_id)


async def _decidable(work: Work, loan_id: UUID, seen: int) -> queries.Book:
    book = await queries.book_of(work, loan_id, lock=True)
    check_version(seen, book.loan.version)
    who = work.principal
    own = book.loan.applied_by is not None and book.loan.applied_by == who.user_id
    if who.role is not Role.SERVICE and (own or who.customer_id == book.loan.customer_id):
        raise DomainError(
            ErrorCode.OWN_APPLICATION, "Who applied for a loan does not decide on it."
        )
    return book


def _decided(work: Work, loan: LoanRow, clock: Clock) -> None:
    loan.decided_at = clock.now
    loan.decided_by = work.principal.user_id


async def _refuse_known_reference(work: Work, creditor_id: UUID, reference: str | None) -> None:
    if reference is None:
        return
    known = await work.session.scalar(
        select(LoanRow.id).where(
            LoanRow.creditor_id == creditor_id, LoanRow.external_ref == reference
        )
    )
    if known is not None:
        raise DomainError(
            ErrorCode.CONFLICT,
            "The creditor already has a loan with this external reference.",
            {"loan_id": str(known)},
        )


async def _new_row(
    work: Work,
    ground: _Ground,
    *,
    principal: Decimal,
    instalments: int,
    rate: Decimal | None,
    reference: str | None,
) -> LoanRow:
    number = await work.session.scalar(select(LOAN_NUMBERS.next_value()))
    loan = LoanRow(
        number=number,
        customer_id=ground.customer.id,
        creditor_id=ground.creditor.id,
        product_id=ground.product.id,
        test_clock_id=ground.customer.test_clock_id,
        currency=ground.product.currency,
        principal=positive(principal, ground.product.currency),
        annual_rate_percent=ground.product.annual_rate_percent if rate is None else rate,
        instalment_count=instalments,
        external_ref=reference,
        lifecycle=Lifecycle.APPLIED.value,
        applied_at=ground.clock.now,
        applied_by=work.principal.user_id,
        bucket="current",
        written_off=ZERO,
        recovered=ZERO,
    )
    work.session.add(loan)
    await work.session.flush()
    return loan


async def _add_parties(work: Work, loan: LoanRow, new: NewLoan, on: date) -> None:
    """Put the primary and the others on a new loan, from the day it begins."""
    found: tuple[Party, ...] = (_primary(loan, on),)
    for wanted in new.parties:
        customer = await customers.lock(work, wanted.customer_id)
        if customer.test_clock_id != loan.test_clock_id:
            raise DomainError(
                ErrorCode.INVALID_PARTY,
                "All parties of a loan live on the clock of its customer.",
                {"field": "customer_id"},
            )
        found = rules.added(found, party_of(wanted, on), on)
    work.session.add_all(row_of(loan.id, party) for party in found)


def _primary(loan: LoanRow, on: date) -> Party:
    return Party(loan.customer_id, PartyRole.PRIMARY, Liability.FULL, on)


async def _activate(
    work: Work,
    loan: LoanRow,
    ground: _Ground,
    *,
    disbursed_on: date,
    first_due_on: date,
    reference: str | None = None,
    paid_from: Account = Account.CASH,
) -> None:
    """Fix the schedule, move the money, enter the book, catch up with its closed days."""
    if disbursed_on > ground.today:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            f"Money cannot have left after today, {ground.today}.",
            {"field": "disbursed_on"},
        )
    lifecycle.move(work, loan, Command.DISBURSE, {"on": disbursed_on.isoformat()})
    schedule = build_schedule(
        product_terms(ground.product).loan_terms(
            principal=loan.principal,
            instalments=loan.instalment_count,
            disbursed_on=disbursed_on,
            first_due_on=first_due_on,
            annual_rate_percent=loan.annual_rate_percent,
        )
    )
    planned = Planned(
        country=ground.creditor.country,
        currency=loan.currency,
        principal=loan.principal,
        rows=schedule,
        fees=[ground.product.origination_fee, *[ZERO] * (len(schedule) - 1)],
    )
    limits = caps.allowed(planned)
    book = await closing.enter_book(work, ground.clock, ground.creditor, loan.id)
    rows = [planned_row(loan.id, row) for row in schedule]
    work.session.add_all(rows)
    loan.disbursed_on = disbursed_on
    refresh(loan, rows, disbursed_on)
    await record(
        work,
        loan,
        Movement(
            kind="disbursement",
            amount=loan.principal,
            value_on=disbursed_on,
            booked_on=ground.today,
            entry=disbursement_entry(loan.principal, paid_from),
            reference=reference,
        ),
    )
    await _charge_origination_fee(work, loan, ground, rows, disbursed_on)
    await caps.keep(work, loan.id, limits)
    await closing.catch_up(work, book, ground.creditor, loan, disbursed_on)
    await lifecycle.wake(work, loan.id, loan.test_clock_id)


async def _charge_origination_fee(
    work: Work, loan: LoanRow, ground: _Ground, rows: list[InstalmentRow], on: date
) -> None:
    fee = ground.product.origination_fee
    if fee == 0:
        return
    rows[0].fee = fee
    refresh(loan, rows, on)
    await record(
        work,
        loan,
        Movement(
            kind="origination_fee",
            amount=fee,
            value_on=on,
            booked_on=ground.today,
            entry=origination_fee_entry(fee),
            allocations=(Allocation(1, Component.FEE, fee),),
        ),
    )
