"""Refusals of pages, readable by people; what is no page is answered as a problem, as before."""

from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.problems import HANDLERS, HTTP_CODES, RETRY_AFTER, STATUS, Handler, unexpected
from api.web.site import Site, site_of
from api.web.visits import go, pages_of
from domain.errors import DomainError, ErrorCode


def install(app: FastAPI) -> None:
    """Answer refusals under the root of a site with a page of that site."""
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, _for_people(handler))


def unforeseen(scope: Scope, error: Exception) -> Response:
    """The answer to an error nobody foresaw: a page of the site, or a problem."""
    answered = unexpected(error)
    site = site_of(scope["path"])
    return answered if site is None else _page(Request(scope), site, error, answered.status_code)


def _for_people(otherwise: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        site = site_of(request.url.path)
        answered = await otherwise(request, error)
        if site is None:
            return answered
        return _page(request, site, error, answered.status_code)

    return answer


def _page(request: Request, site: Site, error: Exception, status: int) -> Response:
    code, detail = _said(error)
    is_fetched = request.headers.get("hx-request") == "true"
    if code is ErrorCode.UNAUTHENTICATED:
        path = _log_in_path(request, site)
        # A part of a page that fetches itself must not become the log-in page: the whole does.
        return Response(headers={"HX-Redirect": path}) if is_fetched else go(path)
    if is_fetched:
        return Response(status_code=status, headers={"HX-Reswap": "none"})
    if status == 422 and not isinstance(error, DomainError):  # noqa: PLR2004 - a malformed address
        code, detail, status = ErrorCode.NOT_FOUND, "There is no such page.", 404
    title = STATUS[code][1]
    page = pages_of(request).page(
        f"{site.name}/problem.html",
        {
            "site": site,
            "title": title,
            "detail": detail,
            "status": status,
            "request_id": request.state.request_id,
        },
        status,
    )
    if code in RETRY_AFTER:
        page.headers["Retry-After"] = str(RETRY_AFTER[code])
    return page


def _said(error: Exception) -> tuple[ErrorCode, str]:
    """The code of a refusal and what to tell the visitor."""
    if isinstance(error, DomainError):
        return error.code, error.detail
    if isinstance(error, HTTPException):
        code = HTTP_CODES.get(error.status_code, ErrorCode.INVALID_REQUEST)
        return code, f"{STATUS[code][1]}."
    if isinstance(error, RequestValidationError):
        return ErrorCode.NOT_FOUND, "There is no such page."
    return (
        ErrorCode.INTERNAL,
        "Nothing was changed. Try once more; if it happens again, tell us the request id below.",
    )


def _log_in_path(request: Request, site: Site) -> str:
    """The log-in page, which leads back to the page that was asked for."""
    if request.method != "GET" or request.headers.get("hx-request") == "true":
        return f"{site.log_in}?ended=1"
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return site.log_in if wanted == site.root else f"{site.log_in}?next={quote(wanted, safe='')}"
