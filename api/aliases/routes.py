"""The literal paths of the specification: each answers 308 to its canonical path under /api/v1.

A 308 keeps method and body, so a caller who follows redirects needs to know nothing else. What
he may do is decided at the canonical path; here nothing is read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

CANONICAL: Final = "/api/v1"


@dataclass(frozen=True, slots=True)
class Alias:
    """A literal path and the canonical one (under `/api/v1`) that it stands for.

    `{id}` is a UUID and is carried over.
    """

    method: str
    path: str
    target: str


ALIASES: Final[tuple[Alias, ...]] = (
    Alias("POST", "/auth/register", "/auth/register"),
    Alias("POST", "/auth/login", "/auth/login"),
    Alias("POST", "/auth/refresh", "/auth/refresh"),
    Alias("POST", "/auth/logout", "/auth/logout"),
    Alias("POST", "/auth/token", "/auth/token"),
    Alias("GET", "/auth/me", "/auth/me"),
    Alias("POST", "/customers", "/customers"),
    Alias("GET", "/customers/{id}", "/customers/{id}"),
    Alias("PATCH", "/customers/{id}", "/customers/{id}"),
    Alias("GET", "/clients/{id}", "/customers/{id}"),
    Alias("GET", "/client/{id}", "/customers/{id}"),
    Alias("POST", "/loans", "/loans"),
    Alias("POST", "/loans/apply", "/loans/apply"),
    Alias("GET", "/loans/{id}", "/loans/{id}"),
    Alias("PATCH", "/loans/{id}/approve", "/loans/{id}/approve"),
    Alias("GET", "/loans/{id}/outstanding", "/loans/{id}/outstanding"),
    Alias("GET", "/loans/{id}/delinquent", "/loans/{id}/delinquent"),
    Alias("GET", "/loans/user/{id}", "/customers/{id}/loans"),
    Alias("POST", "/loans/{id}/payments", "/loans/{id}/payments"),
    Alias("GET", "/loans/{id}/payments", "/loans/{id}/payments"),
    Alias("POST", "/payments/{id}", "/loans/{id}/payments"),
    Alias("GET", "/payments/user/{id}", "/customers/{id}/payments"),
    Alias("GET", "/payments/overdue", "/payments/overdue"),
    Alias("POST", "/api/collections", "/collections"),
    Alias("POST", "/debt-assessment", "/debt-assessments"),
    Alias("GET", "/debt-assessment/{id}", "/debt-assessments/{id}"),
    Alias("PUT", "/debt-assessment/{id}", "/debt-assessments/{id}"),
    Alias("GET", "/client/{id}/debt-plan", "/customers/{id}/debt-plan"),
    Alias("POST", "/client/{id}/request-advice", "/customers/{id}/request-advice"),
    Alias("GET", "/notifications/user/{id}", "/customers/{id}/notifications"),
    Alias("PATCH", "/notifications/{id}/read", "/notifications/{id}/read"),
)
"""One row a path; a target that does not exist (yet) has no row."""


def _redirect(target: str) -> Callable[[Request], Awaitable[RedirectResponse]]:
    async def redirect(request: Request) -> RedirectResponse:
        path = CANONICAL + target.format(**request.path_params)
        query = request.url.query
        return RedirectResponse(f"{path}?{query}" if query else path, status_code=308)

    return redirect


router = APIRouter(
    routes=[
        Route(
            alias.path.replace("{id}", "{id:uuid}"),
            _redirect(alias.target),
            methods=[alias.method],
            include_in_schema=False,
        )
        for alias in ALIASES
    ]
)
