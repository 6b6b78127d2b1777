"""Who looks at a page: the session behind the cookie, forms that must be ours, units of work.

A page asks the same policy as the REST operation behind it: `Visit.begin` names the operation
and is refused where a token of the same person would be.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from api.deps import Services
from api.idempotency.service import Once
from api.security.access import authorise, operation_of
from api.security.policy import POLICY
from api.security.principal import SYSTEM, Principal
from api.web.forms import KEY, sent_fields
from api.web.render import Pages
from api.web.sessions import service as sessions
from api.web.site import Site
from api.work import Work
from domain.errors import DomainError, ErrorCode

Result = TypeVar("Result")

CSRF: Final = "csrf"
"""The hidden field that proves a form to be ours."""

_MOST_KEY: Final = 64


class _Undone(Exception):  # noqa: N818 - a signal to ourselves
    """Ends a rehearsal: nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody who is logged in to a site."""

    site: Site
    kit: Services
    pages: Pages
    guest: sessions.Guest
    csrf: str
    path: str
    request_id: str
    cookies: Mapping[str, str]

    @property
    def principal(self) -> Principal:
        """Who looks."""
        return self.guest.principal

    def may(self, operation: str) -> bool:
        """Tell whether the policy lets him; pages leave out, or grey, what it does not."""
        rule = POLICY.get(operation)
        return rule is not None and (rule.public or self.principal.role in rule.roles)

    @asynccontextmanager
    async def begin(self, operation: str) -> AsyncIterator[Work]:
        """A unit of work for an operation of the policy; raises `FORBIDDEN`."""
        principal = authorise(operation, self.principal)
        async with self.kit.room.begin(principal, self.request_id) as work:
            yield work

    async def once(
        self,
        operation: str,
        sent: Mapping[str, str],
        body: BaseModel,
        effect: Callable[[Work], Awaitable[BaseModel]],
        *,
        about: str = "",
        reread: Callable[[Work, UUID], Awaitable[BaseModel]] | None = None,
    ) -> Response:
        """Do what a form asks for once, however often it is sent.

        `about` names what of several things on the page the form is for. Answers what the effect
        answered, now or the first time; with `reread` only its id is kept, and it is read again.

        Raises what the effect raises, `FORBIDDEN`, and `IDEMPOTENCY_KEY_REUSED` for a form that
        was sent before with something else in it.
        """
        key = sent.get(KEY, "")
        if not key.isalnum() or not key.isascii() or len(key) > _MOST_KEY:
            raise DomainError(ErrorCode.INVALID_REQUEST, "The form is not whole: load it again.")
        async with self.begin(operation) as work:
            again = None if reread is None else lambda kept: reread(work, kept)
            return await Once(operation, f"{self.path}#{about}", key).run(
                work, body, lambda: effect(work), reread=again
            )

    async def rehearse(self, operation: str, effect: Callable[[Work], Awaitable[Result]]) -> Result:
        """Do something by all its rules, keep nothing of it, and answer what it would come to."""
        found: list[Result] = []
        try:
            async with self.begin(operation) as work:
                found.append(await effect(work))
                raise _Undone
        except _Undone:
            return found[0]


def visitor(site: Site, *, active: bool = True) -> Callable[[Request], Awaitable[Visit]]:
    """The dependency of a site's pages.

    It raises `UNAUTHENTICATED` without a good session, and `FORBIDDEN` for a form that no page of
    the session made, or when the policy does not let the visitor. Not `active` is for what pages
    fetch by themselves: it keeps nobody logged in.
    """

    async def visit(request: Request) -> Visit:
        kit, pages = services_of(request), pages_of(request)
        token = request.cookies.get(cookie_name(request, site), "")
        guest = None
        if token:
            async with kit.room.begin(SYSTEM, request.state.request_id) as work:
                guest = await sessions.recognise(work, site, token, active=active)
        if guest is None:
            raise DomainError(ErrorCode.UNAUTHENTICATED, "Log in first.")
        if request.method != "GET":
            await require_own_form(request, token)
        authorise(operation_of(request), guest.principal)
        return Visit(
            site=site,
            kit=kit,
            pages=pages,
            guest=guest,
            csrf=sessions.form_token(token),
            path=request.url.path,
            request_id=request.state.request_id,
            cookies=request.cookies,
        )

    return visit


async def require_own_form(request: Request, token: str) -> None:
    """Refuse a form that no page of the session made. Raises `FORBIDDEN`."""
    origin = request.headers.get("sec-fetch-site", "same-origin")
    given = (await sent_fields(request)).get(CSRF, "")
    if origin not in {"same-origin", "none"} or not sessions.is_form_token(token, given):
        await request.close()  # and with it the files it brought
        raise DomainError(
            ErrorCode.FORBIDDEN,
            "This form was made by another page, or too long ago. Nothing was done: go back, "
            "load the page again, and send it once more.",
        )


def services_of(request: Request) -> Services:
    """The services of this process."""
    found: Services = request.app.state.services
    return found


def pages_of(request: Request) -> Pages:
    """The renderer of this process."""
    found: Pages = request.app.state.pages
    return found


def is_secure(request: Request) -> bool:
    """Tell whether people reach this API over HTTPS, so that cookies may say so."""
    return services_of(request).settings.public_url.startswith("https:")


def cookie_name(request: Request, site: Site) -> str:
    """The name of a site's cookie here."""
    return site.cookie(secure=is_secure(request))


def give_cookie(request: Request, response: Response, site: Site, token: str) -> None:
    """Give the browser a session's token; it ends with the browser, or sooner."""
    response.set_cookie(
        cookie_name(request, site),
        token,
        path=site.cookie_path,
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def take_cookie(request: Request, response: Response, site: Site) -> None:
    """Take the token from the browser."""
    response.delete_cookie(
        cookie_name(request, site),
        path=site.cookie_path,
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def go(path: str) -> RedirectResponse:
    """Show another page after a form: loading that one again sends nothing twice."""
    return RedirectResponse(path, 303)
