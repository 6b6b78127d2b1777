"""Parties of loans over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import IfMatch, OnceDep, OnceRequired, WorkDep
from api.pagination import PageQuery
from api.parties import bereavement, service
from contracts.base import Page
from contracts.loan_parties import (
    Bereavement,
    BereavementStatus,
    CallGuarantor,
    EditParty,
    EndParty,
    NewBereavement,
    Payer,
    PaymentPayer,
    ReverseBereavement,
    VerifyBereavement,
)
from contracts.loans import NewParty, Party

router = APIRouter(tags=["loans"])


def _tagged(response: Response, party: Party) -> Party:
    """Give the version as ETag, for the next edit's If-Match."""
    response.headers["ETag"] = f'"{party.version}"'
    return party


@router.get("/loans/{loan_id}/parties", summary="Parties of a loan")
async def list_loan_parties(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[Party]:
    """List the people on a loan with role and liability, those who left too.

    A customer is shown himself alone. Addresses stand with each customer, never here.
    """
    return await service.list_parties(work, loan_id, page)


@router.post(
    "/loans/{loan_id}/parties",
    status_code=201,
    response_model=Party,
    summary="Put somebody on a loan",
)
async def add_loan_party(loan_id: UUID, new: NewParty, once: OnceDep, work: WorkDep) -> Response:
    """Add a co-borrower, a guarantor or an authorised third party: each a customer of his own.

    A third party never owes anything, and a guarantor is not asked to pay before he was given
    notice of a default (`POST …/call`). Everybody lives on the clock of the loan's customer.
    """
    return await once.run(work, new, lambda: service.add_party(work, loan_id, new))


@router.get("/loans/{loan_id}/parties/{party_id}", summary="A party of a loan")
async def get_loan_party(loan_id: UUID, party_id: UUID, work: WorkDep, response: Response) -> Party:
    """Show one party; a customer may see himself."""
    return _tagged(response, await service.get_party(work, loan_id, party_id))


@router.patch("/loans/{loan_id}/parties/{party_id}", summary="Other terms of a co-borrower")
async def edit_loan_party(  # noqa: PLR0917 - what a route asks for
    loan_id: UUID,
    party_id: UUID,
    change: EditParty,
    seen: IfMatch,
    work: WorkDep,
    response: Response,
) -> Party:
    """Let a co-borrower owe all of the debt, or a share."""
    return _tagged(response, await service.edit_party(work, loan_id, party_id, change, seen))


@router.post("/loans/{loan_id}/parties/{party_id}/call", summary="Call a guarantor")
async def call_guarantor(  # noqa: PLR0917 - what a route asks for
    loan_id: UUID,
    party_id: UUID,
    command: CallGuarantor,
    seen: IfMatch,
    work: WorkDep,
    response: Response,
) -> Party:
    """Record the notice of default that a guarantor was given: from then on he may be asked."""
    return _tagged(response, await service.call_guarantor(work, loan_id, party_id, command, seen))


@router.post("/loans/{loan_id}/parties/{party_id}/end", summary="Let a party leave")
async def end_loan_party(  # noqa: PLR0917 - what a route asks for
    loan_id: UUID,
    party_id: UUID,
    command: EndParty,
    seen: IfMatch,
    work: WorkDep,
    response: Response,
) -> Party:
    """End somebody's part in a loan today. The primary and an estate stay."""
    return _tagged(response, await service.end_party(work, loan_id, party_id, command, seen))


@router.put("/payments/{payment_id}/payer", summary="Record who paid")
async def put_payer(payment_id: UUID, payer: Payer, work: WorkDep) -> PaymentPayer:
    """Note which party of the loan a payment came from; it changes nothing of what it pays."""
    return await service.record_payer(work, payment_id, payer)


@router.get("/payments/{payment_id}/payer", summary="Who paid")
async def get_payer(payment_id: UUID, work: WorkDep) -> PaymentPayer:
    """Show which party a payment was recorded to come from."""
    return await service.get_payer(work, payment_id)


# -- deaths ------------------------------------------------------------------------------------


@router.post(
    "/customers/{customer_id}/bereavements",
    status_code=201,
    response_model=Bereavement,
    summary="Note that a customer is said to have died",
)
async def notify_bereavement(
    customer_id: UUID, new: NewBereavement, once: OnceDep, work: WorkDep
) -> Response:
    """Stop all contact with him at once; an advisor is asked to get proof."""
    return await once.run(work, new, lambda: bereavement.notify(work, customer_id, new))


@router.get("/customers/{customer_id}/bereavements", summary="What was told of a death")
async def list_bereavements(customer_id: UUID, work: WorkDep, page: PageQuery) -> Page[Bereavement]:
    """List what was told of a customer's death, also what was taken back."""
    return await bereavement.list_bereavements(work, customer_id, page)


@router.get("/bereavements", summary="Deaths that were told")
async def list_all_bereavements(
    work: WorkDep,
    page: PageQuery,
    status: Annotated[BereavementStatus | None, Query(description="Only in this state")] = None,
) -> Page[Bereavement]:
    """List deaths in the order they were told; `notified` are those that wait for proof."""
    return await bereavement.list_all(work, status, page)


@router.get("/bereavements/{bereavement_id}", summary="A bereavement")
async def get_bereavement(bereavement_id: UUID, work: WorkDep, response: Response) -> Bereavement:
    """Show what is known of a death, and what each loan stood at then."""
    found = await bereavement.get(work, bereavement_id)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.post(
    "/bereavements/{bereavement_id}/verify",
    response_model=Bereavement,
    summary="Take a death as proven",
)
async def verify_bereavement(
    bereavement_id: UUID,
    command: VerifyBereavement,
    seen: IfMatch,
    once: OnceRequired,
    work: WorkDep,
) -> Response:
    """State what was owed on that day and let the estate stand for it.

    On each loan of the deceased the representative's customer becomes a party (`estate`), and a
    co-borrower who owes all of it becomes its primary; late loans enter a case of his own. Only
    words of condolence go out, to the representative; the rest is for an advisor.
    """
    return await once.run(
        work,
        command,
        lambda: bereavement.verify(work, bereavement_id, command, seen),
        status=200,
    )


@router.post(
    "/bereavements/{bereavement_id}/reverse",
    response_model=Bereavement,
    summary="Take back that somebody has died",
)
async def reverse_bereavement(
    bereavement_id: UUID,
    command: ReverseBereavement,
    seen: IfMatch,
    once: OnceDep,
    work: WorkDep,
) -> Response:
    """It was a mistake: contact is allowed again, and the loans have the parties they had."""
    return await once.run(
        work,
        command,
        lambda: bereavement.reverse(work, bereavement_id, command, seen),
        status=200,
    )
