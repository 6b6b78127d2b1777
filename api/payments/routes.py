"""Payments over HTTP."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import (
    AskerDep,
    DryRun,
    IfMatch,
    OnceRequired,
    OnceUnlessDryRun,
    ServicesDep,
    WorkDep,
)
from api.loans import service as loans
from api.pagination import PageQuery
from api.payments import service
from api.payments.asking import Ask
from api.payments.batch import post_batch
from api.work import Work
from contracts.base import Page
from contracts.payments import (
    BatchResults,
    ClearPayment,
    NewCollection,
    NewPayment,
    NewReport,
    OverdueItem,
    Payment,
    PaymentBatch,
    PaymentPreview,
    PaymentStatus,
    ReturnPayment,
    ReversePayment,
)

router = APIRouter(tags=["payments"])

OK: Final = 200

PREVIEW: Final[dict[int | str, dict[str, object]]] = {
    200: {"model": PaymentPreview, "description": "With `dry_run`: what would move."}
}


def _tagged(response: Response, payment: Payment) -> Payment:
    response.headers["ETag"] = f'"{payment.version}"'
    return payment


def _previewed(preview: PaymentPreview) -> Response:
    return Response(preview.model_dump_json(), media_type="application/json")


@router.get("/payments/overdue", summary="Loans with something overdue")
async def list_overdue(work: WorkDep, page: PageQuery) -> Page[OverdueItem]:
    """List active loans with an unpaid instalment behind them, by number."""
    return await loans.list_overdue(work, page)


@router.post(
    "/loans/{loan_id}/payments",
    status_code=201,
    response_model=Payment,
    responses=PREVIEW,
    summary="Post a payment",
)
async def post_payment(  # noqa: PLR0917 - what a route asks for
    loan_id: UUID,
    new: NewPayment,
    once: OnceUnlessDryRun,
    asker: AskerDep,
    kit: ServicesDep,
    dry_run: DryRun = False,
) -> Response:
    """Post money to a loan; the answer shows what it paid. The loan closes when nothing is owed.

    A payment dated before something else on the loan (a payment, a late fee, a change of bucket)
    is put in its place: what came after it is allocated again in the order of value dates, late
    fees and arrears that followed are corrected, and `correction` in the answer lists all of it.
    With `dry_run=true` nothing is written and the answer is a preview (status 200).
    """
    if dry_run:
        async with kit.room.begin(asker.principal, asker.request_id) as work:
            return _previewed(await service.preview_payment(work, loan_id, new))
    return await kit.posting.post(Ask(asker.principal, asker.request_id, loan_id, new, once))


@router.post(
    "/collections",
    status_code=201,
    response_model=Payment,
    summary="Post a payment, the loan named in the body",
)
async def post_collection(new: NewCollection, once: OnceRequired, work: WorkDep) -> Response:
    """The same as posting to a loan, for callers who name the loan in the body."""
    return await once.run(work, new, lambda: _collect(work, new))


async def _collect(work: Work, new: NewCollection) -> Payment:
    payment = NewPayment.model_validate(new.model_dump(exclude={"loan_id"}))
    return await service.post_payment(work, new.loan_id, payment)


@router.post(
    "/payments/batch",
    response_model=BatchResults,
    summary="Post a batch of payments",
)
async def post_payment_batch(
    batch: PaymentBatch, once: OnceRequired, asker: AskerDep, kit: ServicesDep
) -> Response:
    """Post up to 1,000 payments, each on its own loan or several on one, in their order.

    One that cannot be posted has a problem in its result and fails no other. The same batch under
    the same key gets the same answer; a payment's own `key` is the Idempotency-Key it would carry
    alone, so that it is posted once whichever way it comes.
    """
    return await post_batch(kit.posting, batch, once, asker)


@router.get("/payments", summary="Payments, by status")
async def list_payments(
    work: WorkDep, page: PageQuery, status: PaymentStatus | None = None
) -> Page[Payment]:
    """List payments in the order they were posted or announced; those in one status, if named.

    `status=pending` and `status=reported` are the money that is still awaited.
    """
    return await service.list_payments(work, page, status=status)


@router.get("/payments/{payment_id}", summary="A payment")
async def get_payment(payment_id: UUID, work: WorkDep, response: Response) -> Payment:
    """Show a payment as it stands; the ETag is for the steps of its life."""
    return _tagged(response, await service.one(work, payment_id))


@router.get("/loans/{loan_id}/payments", summary="A loan's payments")
async def list_loan_payments(
    loan_id: UUID, work: WorkDep, page: PageQuery, status: PaymentStatus | None = None
) -> Page[Payment]:
    """List the payments of a loan in the order they were posted or announced, all of them.

    Reversed ones are included, and those whose money is not there yet; `status` narrows the list.
    """
    return await service.list_payments(work, page, loan_id=loan_id, status=status)


@router.get("/customers/{customer_id}/payments", summary="A customer's payments")
async def list_customer_payments(
    customer_id: UUID, work: WorkDep, page: PageQuery, status: PaymentStatus | None = None
) -> Page[Payment]:
    """List the payments on a customer's loans in the order they were posted or announced."""
    return await service.list_payments(work, page, customer_id=customer_id, status=status)


@router.post(
    "/loans/{loan_id}/payments/report",
    status_code=201,
    response_model=Payment,
    summary="Report a payment",
)
async def report_payment(
    loan_id: UUID, told: NewReport, once: OnceRequired, work: WorkDep
) -> Response:
    """Say that a payment was made: it moves no balance, and reminders wait for it some days.

    A borrower does so for his own loans. The same amount with the same reference, reported again,
    is the same payment. When the money comes it becomes that payment; when it does not, the
    report expires and reminders go on.
    """
    return await once.run(work, told, lambda: service.report(work, loan_id, told))


@router.post(
    "/payments/{payment_id}/clear", response_model=Payment, summary="The money of a payment came"
)
async def clear_payment(
    payment_id: UUID, how: ClearPayment, seen: IfMatch, once: OnceRequired, work: WorkDep
) -> Response:
    """Post the money of a payment that was reported or pending; one that counts already is final.

    It may be late: a report that expired is cleared all the same. On a loan that has ended, the
    money is kept as the customer's credit and a refund is asked for.
    """
    return await once.run(work, how, lambda: service.clear(work, payment_id, how, seen), status=OK)


@router.post(
    "/payments/{payment_id}/return", response_model=Payment, summary="The bank returned a payment"
)
async def return_payment(
    payment_id: UUID, why: ReturnPayment, seen: IfMatch, once: OnceRequired, work: WorkDep
) -> Response:
    """Note that the bank did not pay, or took the money back: insufficient funds, say.

    What the payment moved is undone, as by a reversal, exactly once: a second return is refused
    (409). The product's fee for it is charged within the caps of the creditor's country, and
    reminders go on.
    """
    return await once.run(
        work, why, lambda: service.give_back(work, payment_id, why, seen), status=OK
    )


@router.post(
    "/payments/{payment_id}/withdraw", response_model=Payment, summary="Take back a report"
)
async def withdraw_payment(
    payment_id: UUID, seen: IfMatch, once: OnceRequired, work: WorkDep
) -> Response:
    """Take back that a payment was made; reminders go on. Only a reported payment can be."""
    return await once.run(work, None, lambda: service.withdraw(work, payment_id, seen), status=OK)


@router.post(
    "/loans/{loan_id}/payments/{payment_id}/reverse",
    status_code=201,
    response_model=Payment,
    responses=PREVIEW,
    summary="Reverse a payment",
)
async def reverse_payment(  # noqa: PLR0917 - what a route asks for
    loan_id: UUID,
    payment_id: UUID,
    why: ReversePayment,
    once: OnceUnlessDryRun,
    work: WorkDep,
    dry_run: DryRun = False,
) -> Response:
    """Take a payment back, as if it had never come: reversed, charged back or returned.

    Later payments are allocated again in the order of value dates; late fees that would have
    arisen are charged on their days; a loan that owes again reopens and catches up with its book.
    `correction` in the answer lists what moved. A second reversal is refused (409). With
    `dry_run=true` nothing is written and the answer is a preview (status 200).
    """
    if dry_run:
        return _previewed(await service.preview_reversal(work, loan_id, payment_id))
    return await once.run(
        work, why, lambda: service.reverse_payment(work, loan_id, payment_id, why)
    )
