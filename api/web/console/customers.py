"""Customers: finding them, and the page of one."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.clock import clock_for
from api.complaints import service as complaints
from api.complaints.service import Filters as ComplaintFilters
from api.customers import service as customers
from api.letters import service as letters
from api.loans import service as loans
from api.loans.queries import LoanFilter
from api.messages import service as messages
from api.messages.service import Filters
from api.pagination import PageQuery, PageRequest
from api.parties import bereavement
from api.payments import service as payments
from api.recovery import reading as recovery
from api.recovery.queries import CaseFilter
from api.web.console.cases import reach_of
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.console.story import flowing
from api.web.forms import Form, InvalidForm, blank, command, refused, sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit
from contracts.base import Page
from contracts.parties import Customer, CustomerSearch
from domain.errors import DomainError

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 25
_MOST: Final = 100

_NOBODY: Final = Page[Customer](items=[])
SOURCES: Final = (
    ("call", "A call"),
    ("letter", "A letter"),
    ("email", "An e-mail"),
    ("sms", "A text message"),
    ("visit", "A visit"),
    ("registry", "A registry"),
    ("other", "Another way"),
)
"""How one hears of a death."""


@router.get("/customers")
async def console_customers(
    visit: ConsoleVisit,
    asked: PageQuery,
    number: Annotated[str, Query(max_length=24)] = "",
) -> Response:
    """Customers by number; a number may stand in an address, what is personal may not."""
    form, found, status = blank("search", number=number), _NOBODY, 200
    async with visit.begin("list_customers") as work:
        try:
            found = await customers.list_(
                work, PageRequest(_ROWS, asked.after), number=number.strip() or None
            )
        except DomainError as error:
            form, status = refused("search", {"number": number}, error), 422
    return _list_page(
        visit, form, found, is_search=bool(number), is_first=asked.after is None, status=status
    )


@router.post("/customers")
async def console_search(visit: ConsoleVisit, request: Request) -> Response:
    """Customers by name, phone or e-mail, which travel in the form: addresses of pages are kept."""
    sent = await sent_fields(request)
    try:
        wanted = command(CustomerSearch, sent, "name", "email", "phone", "country", "number")
        if not wanted.model_fields_set:
            raise InvalidForm({"name": "Fill in at least one of these."})
        async with visit.begin("search_customers") as work:
            found = await customers.search(work, wanted, PageRequest(_ROWS, None))
    except (InvalidForm, DomainError) as error:
        form = refused("search", sent, error)
        return _list_page(visit, form, _NOBODY, is_search=True, is_first=True, status=422)
    form = Form("search", sent)
    return _list_page(visit, form, found, is_search=True, is_first=True)


@router.get("/customers/{customer_id}")
async def console_customer(visit: ConsoleVisit, customer_id: UUID) -> Response:
    """One customer: how to reach him, his loans, cases, payments and messages."""
    return await customer_page(visit, customer_id)


async def customer_page(visit: Visit, customer_id: UUID, *, form: Form | None = None) -> Response:
    """The page of a customer, with a form that did not do, if one was sent."""
    latest = PageRequest(_MOST, None)
    async with visit.begin("get_customer") as work:
        customer = await customers.get(work, customer_id)
        card = await customers.contact_card(work, customer_id)
        clock = await clock_for(work, customer.test_clock_id)
        shown = {
            "customer": customer,
            "reach": reach_of(card),
            "zones": card.zones,
            "clock": clock,
            "loans": (await loans.list_loans(work, LoanFilter(customer_id), latest)).items,
            "cases": (
                await recovery.list_cases(work, CaseFilter(customer_id=customer_id), latest)
            ).items,
            "payments": (await payments.list_payments(work, latest, customer_id=customer_id)).items,
            "messages": (
                await messages.list_messages(work, Filters(customer_id=customer_id), latest)
            ).items,
            "complaints": (
                await complaints.list_(work, ComplaintFilters(customer_id=customer_id), latest)
            ).items,
            "letters": (await letters.list_of_customer(work, customer_id, latest)).items,
            "deaths": (await bereavement.list_bereavements(work, customer_id, latest)).items,
            "flowing": flowing,
            "form": form or blank("death"),
            "sources": SOURCES,
        }
    return page(visit, "customer.html", shown, 200 if form is None else 422)


def _list_page(
    visit: Visit,
    form: Form,
    found: Page[Customer],
    *,
    is_search: bool,
    is_first: bool,
    status: int = 200,
) -> Response:
    return page(
        visit,
        "customers.html",
        {"form": form, "found": found, "is_search": is_search, "is_first": is_first},
        status,
    )
