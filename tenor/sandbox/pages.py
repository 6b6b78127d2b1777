"""The pages under `/sandbox`: phones, mailboxes, a reply box and the fault switches.

Plain forms and links; nothing runs in the browser. Phone numbers and addresses stand in the pages,
never in their addresses.
"""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tenor.sandbox.control import MOST_FAULTS
from tenor.sandbox.model import Direction, Fault, FaultKind, Provider
from tenor.sandbox.sendgrid import LONGEST_ANSWER, SendGridError, answer
from tenor.sandbox.service import Sandbox
from tenor.sandbox.twilio import LONGEST_BODY, TwilioError, inbound

STATIC_FOLDER = Path(__file__).parent / "static"

_PARTIES_ON_A_PAGE = 50
_MESSAGES_ON_A_PAGE = 200
_MOST_FAULTS_BY_HAND = 1000
_HTTP_OK_RANGE = range(200, 300)

_FAULT_NAMES = {
    FaultKind.TIMEOUT_AFTER_ACCEPT: "accept, then never answer",
    FaultKind.SERVER_ERROR: "answer 500 and keep nothing",
    FaultKind.RATE_LIMITED: "answer 429 and keep nothing",
    FaultKind.GARBAGE: "accept, then answer nonsense",
    FaultKind.SLOW: "accept, then answer late",
}
_PROVIDER_NAMES = {
    Provider.TWILIO: "Twilio",
    Provider.SENDGRID: "SendGrid",
    Provider.STRIPE: "Stripe",
    Provider.BANK: "Bank",
}


def routes(sandbox: Sandbox) -> APIRouter:
    """The pages."""
    router = APIRouter(prefix="/sandbox", include_in_schema=False)
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    store = sandbox.store

    def page(name: str, status: int = 200, **shown: object) -> HTMLResponse:
        return HTMLResponse(templates.get_template(name).render(**shown), status)

    @router.get("")
    async def overview(phones: int = 1, mailboxes: int = 1) -> HTMLResponse:
        counts = await store.counts()
        pending, _ = await store.pending_webhooks(1)
        shown = {
            Provider.TWILIO: _page_number(phones),
            Provider.SENDGRID: _page_number(mailboxes),
        }
        lists = {
            provider: await store.parties(
                provider, _PARTIES_ON_A_PAGE, (number - 1) * _PARTIES_ON_A_PAGE
            )
            for provider, number in shown.items()
        }
        return page(
            "overview.html",
            counts=counts,
            lists=lists,
            shown=shown,
            on_a_page=_PARTIES_ON_A_PAGE,
            pending=pending,
            faults=await store.faults(),
            fault_names=_FAULT_NAMES,
            provider_names=_PROVIDER_NAMES,
            most_faults=_MOST_FAULTS_BY_HAND,
            Provider=Provider,
        )

    @router.post("/faults")
    async def set_fault(
        provider: Annotated[Provider, Form()],
        kind: Annotated[FaultKind, Form()],
        times: Annotated[int, Form(ge=0, le=MOST_FAULTS)],
    ) -> RedirectResponse:
        await store.set_fault(Fault(provider, kind, times))
        return RedirectResponse("/sandbox#faults", 303)

    async def phone_page(
        key: int,
        *,
        status: int = 200,
        outcome: int | None = None,
        problem: str | None = None,
        draft: str = "",
    ) -> HTMLResponse:
        number = await _address(sandbox, Provider.TWILIO, key)
        kept = await store.latest(Provider.TWILIO, number, _MESSAGES_ON_A_PAGE)
        ours = [
            item.message.sender
            if item.message.direction is Direction.OUTBOUND
            else item.message.recipient
            for item in kept
        ]
        return page(
            "phone.html",
            status,
            key=key,
            number=number,
            ours=list(dict.fromkeys(reversed(ours))),
            messages=[item.message for item in kept],
            cut=len(kept) == _MESSAGES_ON_A_PAGE,
            outcome=outcome,
            accepted=outcome in _HTTP_OK_RANGE,
            problem=problem,
            draft=draft,
            longest=LONGEST_BODY,
            Direction=Direction,
        )

    @router.get("/phones/{key}")
    async def phone(key: int, outcome: int | None = None) -> HTMLResponse:
        return await phone_page(key, outcome=outcome)

    @router.post("/phones/{key}/replies", response_model=None)
    async def reply(
        key: int, to: Annotated[str, Form()] = "", body: Annotated[str, Form()] = ""
    ) -> HTMLResponse | RedirectResponse:
        number = await _address(sandbox, Provider.TWILIO, key)
        try:
            # A form sends line ends as CR LF; a phone does not.
            message, webhook = inbound(sandbox, number, to, body.replace("\r\n", "\n").strip())
        except TwilioError as refused:
            return await phone_page(key, status=422, problem=refused.message, draft=body)
        status = await sandbox.reply(message, webhook)
        return RedirectResponse(f"/sandbox/phones/{key}?outcome={status}#reply", 303)

    async def mailbox_page(
        key: int,
        *,
        status: int = 200,
        outcome: int | None = None,
        problem: str | None = None,
        draft: str = "",
    ) -> HTMLResponse:
        address = await _address(sandbox, Provider.SENDGRID, key)
        kept = await store.latest(Provider.SENDGRID, address, _MESSAGES_ON_A_PAGE)
        ours = [item for item in kept if item.message.direction is Direction.OUTBOUND]
        return page(
            "mailbox.html",
            status,
            key=key,
            address=address,
            messages=[item.message for item in reversed(kept)],
            cut=len(kept) == _MESSAGES_ON_A_PAGE,
            latest=ours[-1] if ours else None,
            outcome=outcome,
            accepted=outcome in _HTTP_OK_RANGE,
            problem=problem,
            draft=draft,
            longest=LONGEST_ANSWER,
            Direction=Direction,
        )

    @router.get("/mailboxes/{key}")
    async def mailbox(key: int, outcome: int | None = None) -> HTMLResponse:
        return await mailbox_page(key, outcome=outcome)

    @router.post("/mailboxes/{key}/replies", response_model=None)
    async def mail_reply(
        key: int, mail: Annotated[int, Form(ge=1, lt=2**63)], body: Annotated[str, Form()] = ""
    ) -> HTMLResponse | RedirectResponse:
        address = await _address(sandbox, Provider.SENDGRID, key)
        kept = await store.message(Provider.SENDGRID, mail)
        if kept is None or kept.message.party != address:
            raise HTTPException(404, "There is no such mail in this mailbox.")
        try:
            message, webhook = answer(sandbox, kept.message, body.replace("\r\n", "\n"))
        except SendGridError as refused:
            return await mailbox_page(key, status=422, problem=refused.message, draft=body)
        status = await sandbox.reply(message, webhook)
        return RedirectResponse(f"/sandbox/mailboxes/{key}?outcome={status}#reply", 303)

    return router


async def _address(sandbox: Sandbox, provider: Provider, key: int) -> str:
    address = await sandbox.store.party(provider, key) if 0 < key < 2**63 else None
    if address is None:
        raise HTTPException(404, "There is no such phone or mailbox here.")
    return address


def _page_number(asked: int) -> int:
    return min(max(asked, 1), 1_000_000)
