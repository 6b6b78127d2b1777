"""The application: every router by name, errors as problems, one edge around all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api import health, problems
from api.advice import routes as advice
from api.aliases import routes as aliases
from api.arrears import routes as arrears
from api.automation import routes as automation
from api.casework import routes as casework
from api.clocks import routes as clocks
from api.collecting import door
from api.collecting import routes as collecting
from api.complaints import packs as complaint_packs
from api.complaints import routes as complaints
from api.creditors import routes as creditors
from api.customers import routes as customers
from api.dashboards import routes as dashboards
from api.db.session import connections_in_use, make_engine, make_sessions
from api.deps import Services
from api.documents import bodies
from api.documents import routes as documents
from api.documents.objects import Objects
from api.evidence import routes as evidence
from api.identity import client_routes as service_clients
from api.identity import routes as identity
from api.identity.guards import make_guards
from api.ledger import routes as ledger
from api.letters import routes as letters
from api.letters.packs import check_letters
from api.loan_changes import routes as loan_changes
from api.loans import routes as loans
from api.messages import routes as messages
from api.messages.packs import check_texts
from api.messages.ways_out import check_ways_out
from api.metrics import Metrics
from api.middleware import Edge
from api.notifications import routes as notifications
from api.parties import routes as parties
from api.payments import routes as payments
from api.payments.desk import PostingDesk
from api.payments.group import Poster
from api.payouts import routes as payouts
from api.portal_links import routes as portal_links
from api.problems import Problem
from api.products import routes as products
from api.recovery import plan_routes as recovery_plans
from api.recovery import routes as recovery
from api.right_party import routes as right_party
from api.schema import read_schema
from api.security.standings import Standings
from api.security.tokens import TokenService
from api.security.vault import Vault
from api.settings import Settings
from api.signals import Signals
from api.strategies import routes as strategies
from api.tasks import routes as tasks
from api.templates import routes as templates
from api.wakes import routes as wakes
from api.web import refusals
from api.web import routes as web
from api.webhooks import posted_mail
from api.webhooks import routes as webhooks
from api.webhooks.receipt_desk import ReceiptDesk
from api.work import WorkRoom

PREFIX: Final = "/api/v1"

VERSIONED: Final[Sequence[APIRouter]] = (
    # first: routes are tried in this order, and these are asked for most
    payments.router,
    webhooks.router,
    identity.router,
    service_clients.router,
    creditors.router,
    products.router,
    customers.router,
    collecting.router,
    portal_links.router,
    payouts.router,
    loans.router,
    parties.router,
    right_party.router,
    loan_changes.router,
    ledger.router,
    strategies.router,
    casework.router,
    dashboards.router,
    recovery.router,
    recovery_plans.router,
    complaints.router,
    evidence.router,
    tasks.router,
    messages.router,
    advice.router,
    automation.router,
    notifications.router,
    documents.router,
    letters.router,
    templates.router,
    arrears.router,
    clocks.router,
    wakes.router,
)
"""Routers under `/api/v1`."""

UNVERSIONED: Final[Sequence[APIRouter]] = (health.router, aliases.router, door.router)
"""Health, the literal paths of the specification, and the door of pay links."""

DESCRIPTION: Final = """
Tenor runs a loan from application to last payment, and brings it back when it goes wrong.

* Log in with `POST /api/v1/auth/login` and send the token as `Authorization: Bearer …`.
* Amounts are decimal text with their currency beside them; dates are ISO 8601.
* Send an `Idempotency-Key` with every POST: a repeat gets the first answer. It is required where
  money moves. Edits (PATCH) need `If-Match` with the ETag last seen.
* Errors are RFC 9457 problems with a stable `code`.
"""


def create_app(settings: Settings) -> FastAPI:
    """Build the application of one process; `ValueError` for shipped texts with a mistake."""
    check_texts()
    check_letters()
    check_ways_out()
    complaint_packs.rulebooks()
    engine = make_engine(settings.database_url.get_secret_value(), settings.database_pool)
    vault = Vault(settings.master_key, settings.index_key)
    metrics = Metrics()
    metrics.watch_pool(lambda: connections_in_use(engine))
    room = WorkRoom(make_sessions(engine), vault, Signals(), metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(
        title="Tenor",
        version="0.1.0",
        summary="System of record for loans and their recovery",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        responses={
            "4XX": {
                "description": "A refusal, with a stable `code`",
                "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
            }
        },
        docs_url="/docs",
        redoc_url=None,
        openapi_url="/openapi.json",
        # Metrics and logs are ours, without the texts of errors, which may hold personal data; and
        # nobody listens to the traces yet.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    tokens = TokenService(settings.token_key)
    app.state.services = Services(
        settings,
        room,
        tokens,
        make_guards(settings.password_cost),
        read_schema(),
        Objects(settings),
        PostingDesk(Poster(room, tokens)),
        Standings(room, tokens),
        ReceiptDesk(room),
    )
    for router in VERSIONED:
        app.include_router(router, prefix=PREFIX)
    for router in UNVERSIONED:
        app.include_router(router)
    problems.install(app)
    web.install(app)
    app.add_middleware(
        Edge,
        max_body_bytes=settings.max_body_bytes,
        metrics=metrics,
        unforeseen=refusals.unforeseen,
        larger=(
            *bodies.allowances(settings, PREFIX),
            *posted_mail.allowances(PREFIX),
            *web.allowances(settings),
        ),
    )
    return app


def operation_id(route: APIRoute) -> str:
    """Operations are named after their functions; the policy table uses the same names."""
    return route.name
