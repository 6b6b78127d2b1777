"""Every principal against every operation: what the policy's rows say is what the doors do.

The operations are read from the application, the expectations from the policy, so a new route
without a row fails here, and so does a row whose route is gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from httpx2 import AsyncClient, Response
from starlette.routing import Route

from api.aliases.routes import ALIASES
from api.security.access import authorise
from api.security.policy import POLICY, Rule
from api.security.principal import Principal
from api.web.assets import ROOT as ASSETS
from api.web.site import site_of
from contracts.identity import IntegratorScope
from contracts.names import INTEGRATOR_SCOPES, WORKER_SCOPES, Role, Scope
from domain.errors import DomainError, ErrorCode
from tests.api.conftest import WorkFactory
from tests.api.support import Actors, Api, Headers, key, make_scene, ok

PEOPLE = tuple(role for role in Role if role is not Role.SERVICE)
PAGES_OF_THE_FRAMEWORK = {"/openapi.json", "/docs", "/docs/oauth2-redirect"}


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of the application."""

    id: str
    method: str
    path: str


def operations(app: FastAPI) -> Iterator[Operation]:
    """The operations of the REST API; those of pages ask for a cookie (`tests/web`)."""
    yield from (found for found in every_operation(app) if not is_page(found.path))


def is_page(path: str) -> bool:
    return path == "/" or site_of(path) is not None or path.startswith(f"{ASSETS}/")


def every_operation(app: FastAPI) -> Iterator[Operation]:
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, APIRoute):
            for method in found.methods or ():
                yield Operation(str(found.operation_id or found.name), method, str(found.path))


def others(app: FastAPI) -> Iterator[str]:
    """Paths that answer without being an operation."""
    for found in iter_route_contexts(app.routes):
        if not isinstance(found.original_route, APIRoute):
            assert isinstance(found.original_route, Route), "mounted applications have no rows"
            yield str(found.path)


def expected(rule: Rule, role: Role | None, scopes: frozenset[str] = frozenset()) -> str:
    """The policy, read once more and on its own: `open`, `log-in`, `no`."""
    if rule.public:
        return "open"
    if role is None:
        return "log-in"
    if role not in rule.roles or (rule.scope is not None and rule.scope not in scopes):
        return "no"
    return "open"


def outcome(operation: Operation, answer: Response) -> str:
    """What the door did. Beyond it a made-up request fails, but not for want of permission."""
    told = answer.content and "json" in answer.headers.get("content-type", "")
    body = answer.json() if told else {}
    code = body.get("code")
    if answer.status_code == 401 and code == "unauthenticated":
        # The doors themselves answer so to credentials that are wrong or missing.
        return "open" if operation.id in {"log_in", "refresh_session", "issue_token"} else "log-in"
    if answer.status_code == 403 and (body.get("facts") or {}).get("operation") == operation.id:
        return "no"
    if answer.status_code >= 500:
        return f"broken: {answer.text}"
    return "open"


async def knock(client: AsyncClient, operation: Operation, headers: Headers) -> str:
    path = operation.path
    for name in ("product", "code"):
        path = path.replace(f"{{{name}}}", "nothing")
    path = "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/"))
    answer = await client.request(
        operation.method,
        path,
        json=None if operation.method == "GET" else {"no such field": 0},
        headers=headers | key() | {"If-Match": '"1"'},
    )
    return outcome(operation, answer)


async def check(
    api: Api,
    headers: Headers,
    role: Role | None,
    scopes: frozenset[str] = frozenset(),
) -> None:
    wrong = {}
    for operation in operations(api.app):
        wanted = expected(POLICY[operation.id], role, scopes)
        found = await knock(api.client, operation, headers)
        if found != wanted:
            wrong[operation.id] = (wanted, found)
    assert wrong == {}


def test_every_operation_has_a_row_and_every_row_an_operation(api: Api) -> None:
    found = [operation.id for operation in every_operation(api.app)]
    assert len(found) == len(set(found)), "two operations share a name"
    assert set(found) == set(POLICY)


def test_what_is_no_operation_holds_nothing(api: Api) -> None:
    redirects = {alias.path.replace("{id}", "{id:uuid}") for alias in ALIASES}
    assert set(others(api.app)) <= redirects | PAGES_OF_THE_FRAMEWORK


def test_the_open_operations_are_these(api: Api) -> None:
    assert {name for name, rule in POLICY.items() if rule.public} == {
        "live",
        "ready",
        "read_metrics",
        "log_in",
        "log_out",
        "refresh_session",
        "register",
        "issue_token",
        "ask_unsubscribe",
        "unsubscribe",
        "receive_twilio_message",
        "receive_twilio_status",
        "receive_sendgrid_events",
        "receive_sendgrid_mail",
        "receive_stripe_event",
        "open_pay_link",
        "return_from_payment",
        "get_asset",
        "go_to_console",
        "console_log_in_page",
        "console_log_in",
        "portal_link_page",
        "portal_enter",
        "portal_log_in_page",
        "list_evidence_keys",
    }


def test_a_row_is_for_people_or_for_machines() -> None:
    for name, rule in POLICY.items():
        machines = Role.SERVICE in rule.roles
        assert machines == (rule.scope is not None), name
        assert not machines or rule.roles == {Role.SERVICE}, name
        assert rule.public != bool(rule.roles), name


def test_every_scope_opens_something_and_some_worker_has_it() -> None:
    assert {rule.scope for rule in POLICY.values()} - {None} == set(Scope)
    workers = {scope for scopes in WORKER_SCOPES.values() for scope in scopes}
    assert workers | set(INTEGRATOR_SCOPES) == set(Scope)
    assert workers & set(INTEGRATOR_SCOPES) == set()
    assert set(INTEGRATOR_SCOPES) == set(get_args(IntegratorScope))


@pytest.mark.parametrize("role", Role)
def test_what_has_no_row_is_closed_to_all(role: Role) -> None:
    everything = Principal("x", role, frozenset(Scope), user_id=uuid4())
    with pytest.raises(DomainError) as caught:
        authorise("an_operation_without_a_row", everything)
    assert caught.value.code is ErrorCode.FORBIDDEN
    with pytest.raises(DomainError) as caught:
        authorise("an_operation_without_a_row", None)
    assert caught.value.code is ErrorCode.UNAUTHENTICATED


async def test_nobody(api: Api) -> None:
    await check(api, {}, None)


@pytest.mark.parametrize("role", PEOPLE)
async def test_a_person(api: Api, actors: Actors, role: Role) -> None:
    await check(api, await actors.user(role), role)


@pytest.mark.parametrize("worker", sorted(WORKER_SCOPES))
async def test_a_worker(api: Api, actors: Actors, worker: str) -> None:
    scopes = frozenset(scope.value for scope in WORKER_SCOPES[worker])
    await check(api, await actors.service(worker), Role.SERVICE, scopes)


async def test_a_worker_whose_token_carries_no_scope(api: Api, work: WorkFactory) -> None:
    async with work() as unit:
        token = api.services.tokens.issue_service("closing", [], unit.now)
    await check(api, {"Authorization": f"Bearer {token.access_token}"}, Role.SERVICE)


async def test_who_was_disabled(api: Api, actors: Actors) -> None:
    """As good as nobody, at once and everywhere but where nobody needs a token."""
    admin, gone = await actors.admin(), await actors.admin()
    me = ok(await api.client.get("/api/v1/auth/me", headers=gone))
    path = f"/api/v1/users/{me['id']}"
    ok(await api.client.patch(path, json={"disabled": True}, headers=admin | {"If-Match": '"1"'}))
    open_to_admins = [
        operation for operation in operations(api.app) if Role.ADMIN in POLICY[operation.id].roles
    ]
    assert len(open_to_admins) > 40
    let_in = [
        operation.id
        for operation in open_to_admins
        if await knock(api.client, operation, gone) != "log-in"
    ]
    assert let_in == []


# --- whose things -----------------------------------------------------------------------------

BODIES: dict[str, dict[str, object]] = {
    "edit_customer": {"address": "1 New Road"},
    "withdraw_loan": {},
    "report_payment": {"amount": "10.00", "currency": "USD"},
    "save_payment_method": {"token": "pm_card_visa"},
    "start_autopay": {"payment_method_id": "01900000-0000-7000-8000-000000000000"},
    "create_pay_link": {},
    "apply_for_loan": {
        "principal": "1000.00",
        "currency": "USD",
        "instalments": 12,
    },
}
"""What a customer might well send; an operation that is not here takes no body."""

NOTHING: dict[str, object] = {"items": [], "next_cursor": None}
"""What a list may answer instead of 404, if it answers so for whoever does not exist too."""

OWN_STATUS = {
    "withdraw_loan": 409,
    "report_payment": 201,
    "apply_for_loan": 201,
    "request_advice": 201,
    "save_payment_method": 201,
    "create_pay_link": 201,
    "start_autopay": 404,
    "get_autopay": 404,
    "cancel_autopay": 409,
}
"""What one's own things answer, where that is not 200: an active loan is not withdrawn, a method
that is not there is not charged, and a loan that was never on autopay has no mandate."""


async def ask(
    client: AsyncClient, operation: Operation, ids: dict[str, UUID | str], headers: Headers
) -> Response:
    path = operation.path.format_map({name: str(value) for name, value in ids.items()})
    body = BODIES.get(operation.id)
    if operation.id == "apply_for_loan":
        body = dict(body or {}) | {"customer_id": ids["customer_id"], "product": ids["product"]}
    return await client.request(
        operation.method,
        path,
        json=None if operation.method == "GET" else body,
        headers=headers | key() | {"If-Match": str(ids["etag"])},
    )


async def test_what_is_anothers_is_as_if_it_were_not(api: Api, actors: Actors) -> None:
    scene = await make_scene(api)
    things: list[dict[str, UUID | str]] = []
    for name in ("Maria Keller", "Eve Foreign"):
        customer_id = await scene.customer(name=name)
        loan = await scene.loan(customer_id)
        await scene.pay(loan["id"], "100.00")
        shown = await api.client.get(f"/api/v1/loans/{loan['id']}", headers=scene.admin)
        things.append(
            {
                "customer_id": customer_id,
                "loan_id": str(loan["id"]),
                "party_id": shown.json()["parties"][0]["id"],
                "product": scene.product,
                "etag": shown.headers["ETag"],
            }
        )
    own, foreign = things
    missing = foreign | {"customer_id": str(uuid4()), "loan_id": str(uuid4())}
    missing |= {"party_id": str(uuid4())}
    maria = await actors.user(Role.CUSTOMER, UUID(str(own["customer_id"])))
    unbound = await actors.user(Role.CUSTOMER)
    means = {"currency": "USD", "income": [], "expenses": [], "debts": []}
    for thing in things:
        made = await api.client.post(
            "/api/v1/debt-assessments",
            json=means | {"customer_id": thing["customer_id"]},
            headers=await actors.user(Role.ADVISOR) | key(),
        )
        ok(made, 201)
    seen = 0
    for operation in operations(api.app):
        rule = POLICY[operation.id]
        concerns = "{customer_id}" in operation.path or "{loan_id}" in operation.path
        if Role.CUSTOMER not in rule.roles or not (concerns or operation.id == "apply_for_loan"):
            continue
        seen += 1
        at_foreign = await ask(api.client, operation, foreign, maria)
        at_missing = await ask(api.client, operation, missing, maria)
        empty = at_foreign.status_code == 200 and at_foreign.json() == NOTHING
        assert at_foreign.status_code == 404 or empty, operation
        assert at_foreign.status_code == at_missing.status_code, operation
        assert at_foreign.content == at_missing.content, operation
        by_nobody = await ask(api.client, operation, own, unbound)
        assert by_nobody.content == at_missing.content, operation
        etag = '"1"' if operation.id == "edit_customer" else own["etag"]
        at_own = await ask(api.client, operation, own | {"etag": etag}, maria)
        assert at_own.status_code == OWN_STATUS.get(operation.id, 200), (operation, at_own.text)
    assert seen >= 10
