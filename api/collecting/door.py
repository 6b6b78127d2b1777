"""The public side of a pay link: whoever holds it is led to the gateway's page, and back.

The page is made by the link's workflow. This waits a few seconds for it, and shows a page that
asks again by itself when it takes longer; no transaction is held meanwhile.
"""

import asyncio
import base64
import hashlib
from string import Template
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.collecting import service
from api.deps import Services, ServicesDep
from api.security.principal import SYSTEM
from api.signals import PROGRESS

router = APIRouter(tags=["collecting"])

_WAIT_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.25
_PORTAL: Final = "/portal/paid/"
"""Where those are led back who came from there."""
_AGAIN: Final = '<meta http-equiv="refresh" content="2">'

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}"
    "h1{font-size:1.5rem}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"
    )
}
_PAGE: Final = Template(
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">$again'
    f"<title>$title</title><style>{_STYLE}</style></head>"
    "<body><main><h1>$title</h1><p>$text</p></main></body></html>"
)

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "open": ("One moment", "The payment page is being opened."),
    "paid": ("Thank you", "This payment has been received. There is nothing more to do."),
    "failed": (
        "It did not work",
        "The page could not be opened. Please ask for a new link.",
    ),
    "expired": ("This link has expired", "Please ask for a new one."),
    "cancelled": ("Nothing to pay", "There is nothing to pay by this link any more."),
}
_RETURNED: Final = (
    "Thank you",
    "We are waiting for word of your payment. You may close this page; paying again is not needed.",
)


@router.get(
    "/pay/{token}",
    summary="Open a pay link",
    response_class=HTMLResponse,
    responses={303: {"description": "To the gateway's page"}},
)
async def open_pay_link(token: str, request: Request, kit: ServicesDep) -> Response:
    """Lead to the gateway's page, or say why there is none."""
    deadline = asyncio.get_running_loop().time() + _WAIT_SECONDS
    while True:
        heard = kit.room.signals.listen(PROGRESS)
        opened = await _open(token, request, kit)
        if opened.url is not None:
            return RedirectResponse(opened.url, 303)
        if opened.status != "open":
            return _page(*_WORDS[opened.status])
        if asyncio.get_running_loop().time() >= deadline:
            return _page(*_WORDS["open"], again=True)
        await kit.room.signals.wait(heard, _LOOK_SECONDS)


@router.get("/pay/{token}/done", summary="Come back from the gateway", response_class=HTMLResponse)
async def return_from_payment(token: str, request: Request, kit: ServicesDep) -> Response:
    """Say where a payment stands after its payer came back."""
    async with kit.room.begin(SYSTEM, request.state.request_id) as work:
        found = await service.came_back(work, token)
    if found.link_id is not None:
        return RedirectResponse(f"{_PORTAL}{found.link_id}", 303)
    if found.status == "open":
        return _page(*_RETURNED, again=True)
    return _page(*_WORDS[found.status])


async def _open(token: str, request: Request, kit: Services) -> service.Opened:
    async with kit.room.begin(SYSTEM, request.state.request_id) as work:
        return await service.open_link(work, token)


def _page(title: str, text: str, *, again: bool = False) -> HTMLResponse:
    content = _PAGE.substitute(title=title, text=text, again=_AGAIN if again else "")
    return HTMLResponse(content, headers=_HEADERS)
