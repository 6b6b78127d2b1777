"""Saved payment methods, and the mandates by which loans are charged to them."""

from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.collecting import facts, queries
from api.collecting.tables import AutopayRow, PaymentMethodRow
from api.customers import service as customers
from api.db.base import new_id
from api.loans import queries as loans
from api.messages import withdrawing
from api.pagination import PageRequest
from api.versions import check_version
from api.work import Work
from contracts.base import Page
from contracts.collecting import Autopay, NewAutopay, NewPaymentMethod, PaymentMethod
from domain.errors import DomainError, ErrorCode

MethodStatus = Literal["active", "removed"]
MandateStatus = Literal["active", "cancelled"]


async def save_method(work: Work, customer_id: UUID, new: NewPaymentMethod) -> PaymentMethod:
    """Keep a gateway's token of a method with the customer's consent.

    Raises `NOT_FOUND`, `INVALID_DATE` for a consent in the future.
    """
    customer = await customers.lock(work, customer_id)
    clock = await clock_for(work, customer.test_clock_id)
    row = PaymentMethodRow(
        id=new_id(),
        customer_id=customer_id,
        gateway=new.gateway,
        token_ct=await customers.encrypt(work, customer_id, new.token, "payment_methods.token"),
        gateway_customer_ct=await customers.encrypt(
            work, customer_id, new.gateway_customer, "payment_methods.gateway_customer"
        ),
        brand=new.brand,
        last4_ct=await customers.encrypt(work, customer_id, new.last4, "payment_methods.last4"),
        status="active",
        consent_source=new.consent_source,
        consented_at=_agreed(clock, new.consented_at),
        created_at=clock.now,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    audit(work, "payment_method.saved", "customer", customer_id, {"payment_method": str(row.id)})
    return await _method(work, row)


async def get_method(work: Work, method_id: UUID) -> PaymentMethod:
    """A saved method; raises `NOT_FOUND`."""
    return await _method(work, await _row(work, method_id))


async def list_methods(work: Work, customer_id: UUID, page: PageRequest) -> Page[PaymentMethod]:
    """A customer's methods in the order they were saved; raises `NOT_FOUND`."""
    await customers.get(work, customer_id)
    rows = await queries.methods_of(work, customer_id, page.after_id(), page.limit + 1)
    cut, cursor = page.cut(rows, [row.id for row in rows])
    return Page(items=[await _method(work, row) for row in cut], next_cursor=cursor)


async def remove_method(work: Work, method_id: UUID, seen: int) -> PaymentMethod:
    """Forget a method: its token goes, and so do the mandates that charge it.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `METHOD_NOT_ACTIVE`.
    """
    found = await _row(work, method_id)
    mandates = await queries.autopay_by_method(work, method_id)
    for loan_id in sorted(mandate.loan_id for mandate in mandates):
        await loans.book_of(work, loan_id, lock=True)
    row = await queries.method(work, method_id, lock=True)
    if row is None:
        raise _no_such_method()
    check_version(seen, row.version)
    if row.status != "active":
        raise _not_active()
    customer = await customers.get(work, found.customer_id)
    clock = await clock_for(work, customer.test_clock_id)
    row.status = "removed"
    row.token_ct = None
    row.version += 1
    audit(
        work,
        "payment_method.removed",
        "customer",
        row.customer_id,
        {"payment_method": str(row.id)},
    )
    for mandate in mandates:
        await _cancel(work, clock, mandate)
    return await _method(work, row)


async def start_autopay(work: Work, loan_id: UUID, new: NewAutopay) -> Autopay:
    """Agree that the coming instalments of a loan are charged on their due dates.

    Instalments whose reminders were decided already are planned at once, and the reminders that
    still wait are taken back.

    Raises `NOT_FOUND`, `LOAN_NOT_ACTIVE`, `METHOD_NOT_ACTIVE`, `AUTOPAY_ALREADY_ACTIVE`,
    `INVALID_DATE`.
    """
    book = await loans.book_of(work, loan_id, lock=True)
    loan = book.loan
    if loan.lifecycle != "active":
        raise DomainError(
            ErrorCode.LOAN_NOT_ACTIVE,
            f"The loan is {loan.lifecycle}; autopay starts while it is active.",
            {"lifecycle": loan.lifecycle},
        )
    method = await _row(work, new.payment_method_id)
    parties = {party.customer_id for party in await loans.parties(work, loan_id)}
    if method.customer_id not in parties:
        raise _no_such_method()
    if method.status != "active":
        raise _not_active()
    if await queries.active_autopay(work, loan_id) is not None:
        raise DomainError(
            ErrorCode.AUTOPAY_ALREADY_ACTIVE, "The loan is on autopay; cancel that first."
        )
    clock = await clock_for(work, loan.test_clock_id)
    row = AutopayRow(
        id=new_id(),
        loan_id=loan_id,
        payment_method_id=method.id,
        status="active",
        agreed_at=_agreed(clock, new.agreed_at),
        created_by=work.principal.user_id,
        version=1,
    )
    work.session.add(row)
    await work.session.flush()
    audit(work, "autopay.started", "loan", loan_id, {"payment_method": str(method.id)})
    today = clock.today(book.creditor.zone)
    coming = [
        each
        for each in await loans.instalments(work, loan_id)
        if each.met_on is None and each.due_on >= today and each.number <= loan.reminded_through
    ]
    await withdrawing.reminders(work, loan_id, [each.number for each in coming], "autopay")
    for each in coming:
        await facts.plan_instalment(work, book, clock, each.number, each.due_on)
    return _mandate(row)


async def get_autopay(work: Work, loan_id: UUID) -> Autopay:
    """The last mandate of a loan; raises `NOT_FOUND` when it never had one."""
    await loans.book_of(work, loan_id)
    row = await queries.latest_autopay(work, loan_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "The loan was never on autopay.")
    return _mandate(row)


async def cancel_autopay(work: Work, loan_id: UUID, seen: int) -> Autopay:
    """End a mandate: nothing that is not under way is charged any more.

    Raises `NOT_FOUND`, `PRECONDITION_FAILED`, `AUTOPAY_NOT_ACTIVE`.
    """
    book = await loans.book_of(work, loan_id, lock=True)
    row = await queries.active_autopay(work, loan_id)
    if row is None:
        raise DomainError(ErrorCode.AUTOPAY_NOT_ACTIVE, "The loan is not on autopay.")
    check_version(seen, row.version)
    await _cancel(work, await clock_for(work, book.loan.test_clock_id), row)
    return _mandate(row)


async def stop_autopay_of(work: Work, clock: Clock, loan_id: UUID, customer_id: UUID) -> None:
    """End the mandate of a locked loan if it charges what is this person's; else nothing."""
    row = await queries.active_autopay(work, loan_id)
    if row is not None and (await _row(work, row.payment_method_id)).customer_id == customer_id:
        await _cancel(work, clock, row)


async def _cancel(work: Work, clock: Clock, row: AutopayRow) -> None:
    row.status = "cancelled"
    row.cancelled_at = clock.now
    row.version += 1
    audit(work, "autopay.cancelled", "loan", row.loan_id, {"autopay": str(row.id)})
    await work.session.flush()
    await facts.look_again(work, row.loan_id)


def _agreed(clock: Clock, at: datetime | None) -> datetime:
    if at is not None and at > clock.now:
        raise DomainError(
            ErrorCode.INVALID_DATE, "A consent is not given in the future.", {"field": "at"}
        )
    return clock.now if at is None else at


async def _row(work: Work, method_id: UUID) -> PaymentMethodRow:
    row = await queries.method(work, method_id)
    if row is None:
        raise _no_such_method()
    return row


def _no_such_method() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such payment method.")


def _not_active() -> DomainError:
    return DomainError(ErrorCode.METHOD_NOT_ACTIVE, "The payment method was removed.")


async def _method(work: Work, row: PaymentMethodRow) -> PaymentMethod:
    return PaymentMethod(
        id=row.id,
        customer_id=row.customer_id,
        gateway=row.gateway,
        brand=row.brand,
        last4=await customers.decrypt(work, row.customer_id, row.last4_ct, "payment_methods.last4"),
        status=cast("MethodStatus", row.status),
        consent_source=row.consent_source,
        consented_at=row.consented_at,
        version=row.version,
    )


def _mandate(row: AutopayRow) -> Autopay:
    return Autopay(
        id=row.id,
        loan_id=row.loan_id,
        payment_method_id=row.payment_method_id,
        status=cast("MandateStatus", row.status),
        agreed_at=row.agreed_at,
        cancelled_at=row.cancelled_at,
        version=row.version,
    )
