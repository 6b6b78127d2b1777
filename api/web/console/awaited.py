"""What becomes of payments that are announced on a loan: cleared, returned, withdrawn."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.payments import service as payments
from api.web.console.doors import ConsoleVisit
from api.web.console.loans import again, payment_id_of
from api.web.forms import InvalidForm, command, refused, sent_fields, whole_number
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from contracts.payments import ClearPayment, ReturnPayment
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)


@router.post("/loans/{loan_id}/awaited")
async def console_settle(visit: ConsoleVisit, request: Request, loan_id: UUID) -> Response:
    """Take a step of an announced payment, once; or say why it cannot be."""
    sent = await sent_fields(request)
    try:
        done = await _take(visit, sent)
    except (InvalidForm, DomainError) as error:
        return await again(visit, loan_id, refused("awaited", sent, error), error)
    return go(f"{visit.site.root}/loans/{loan_id}?done={done}#payments")


async def _take(visit: Visit, sent: Mapping[str, str]) -> str:
    """Take the step that was sent; answers its name."""
    payment_id, seen, about = payment_id_of(sent), _version(sent), sent.get("payment_id", "")
    match sent.get("step"):
        case "clear":
            how = command(ClearPayment, sent, "amount", "value_on")
            await visit.once(
                "clear_payment",
                sent,
                how,
                lambda work: payments.clear(work, payment_id, how, seen),
                about=about,
            )
            return "clear"
        case "return":
            why = command(ReturnPayment, sent, "reason")
            await visit.once(
                "return_payment",
                sent,
                why,
                lambda work: payments.give_back(work, payment_id, why, seen),
                about=about,
            )
            return "return"
        case "withdraw":
            await visit.once(
                "withdraw_payment",
                sent,
                ClearPayment(),
                lambda work: payments.withdraw(work, payment_id, seen),
                about=about,
            )
            return "withdraw"
        case _:
            raise _not_whole()


def _version(sent: Mapping[str, str]) -> int:
    """The version of the payment that the page showed."""
    given = whole_number(sent.get("version", ""))
    if given is None:
        raise _not_whole()
    return given


def _not_whole() -> DomainError:
    return DomainError(ErrorCode.INVALID_REQUEST, "The form is not whole: load the page again.")
