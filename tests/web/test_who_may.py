"""Every role against every page: the policy's rows, asked with a session's cookie."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.security.policy import POLICY
from api.web.site import CONSOLE
from contracts.names import Role
from tests.api.support import Api
from tests.web.conftest import LogIn
from tests.web.support import Browser, fields, text_of

STAFF = (Role.ADMIN, Role.MANAGER, Role.AGENT, Role.ADVISOR)
DOORS = {"console_log_in_page", "console_log_in", "console_log_out"}


@dataclass(frozen=True, slots=True)
class PageRoute:
    id: str
    method: str
    path: str


def pages(app: FastAPI) -> Iterator[PageRoute]:
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, APIRoute) and CONSOLE.has(str(found.path)):
            for method in found.methods or ():
                yield PageRoute(str(found.name), method, str(found.path))


async def knock(browser: Browser, route: PageRoute, csrf: dict[str, str]) -> tuple[int, str]:
    path = "/".join(
        str(uuid4()) if part.startswith("{") and part != "{name}" else part
        for part in route.path.split("/")
    ).replace("{name}", "note")
    answer = await browser.client.request(
        route.method, path, data=csrf if route.method == "POST" else None
    )
    return answer.status_code, text_of(answer)


@pytest.mark.parametrize("role", STAFF)
async def test_a_member_of_staff(api: Api, staff: LogIn, role: Role) -> None:
    browser = await staff(role)
    csrf = {"csrf": fields(await browser.get("/console"), "/console/log-out")["csrf"]}
    wrong = {}
    for route in pages(api.app):
        if route.id in DOORS:
            continue
        status, said = await knock(browser, route, csrf)
        let_in = "may not do this" not in said
        if let_in != (role in POLICY[route.id].roles) or status >= 500:
            wrong[route.id] = (status, said)
    assert wrong == {}


async def test_a_stranger(api: Api, stranger: Browser) -> None:
    for route in pages(api.app):
        if route.id in DOORS - {"console_log_out"}:
            continue
        status, _ = await knock(stranger, route, {"csrf": "x"})
        assert status == 303, route


async def test_no_form_is_taken_without_its_token(api: Api, staff: LogIn) -> None:
    browser = await staff(Role.ADMIN)
    for route in pages(api.app):
        if route.method == "POST" and route.id != "console_log_in":
            status, said = await knock(browser, route, {})
            assert status == 403, route
            assert "made by another page" in said


async def test_every_page_has_a_row_and_no_customer_in_it(api: Api) -> None:
    found = list(pages(api.app))
    assert len(found) > 15
    for route in found:
        rule = POLICY[route.id]
        assert rule.public or Role.CUSTOMER not in rule.roles
        assert rule.public or Role.SERVICE not in rule.roles
