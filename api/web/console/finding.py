"""Finding a customer from within a form of another page: sought in the form, chosen in it."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from api.customers import service as customers
from api.pagination import PageRequest
from api.web.forms import InvalidForm, command
from api.web.visits import Visit
from contracts.parties import Customer, CustomerSearch
from domain.errors import DomainError, ErrorCode

_MOST: Final = 20
SOUGHT: Final = ("sought_name", "sought_number", "sought_phone", "sought_email")
"""The fields of a search inside a form; what is personal travels in it, never in an address."""


async def find(visit: Visit, sent: Mapping[str, str]) -> Sequence[Customer]:
    """The customers that fit what was typed.

    Raises `InvalidForm` when nothing was typed or nobody fits, and what the search itself refuses.
    """
    typed = {name.removeprefix("sought_"): sent.get(name, "") for name in SOUGHT}
    wanted = command(CustomerSearch, typed, *typed)
    if not wanted.model_fields_set:
        raise InvalidForm({"sought_name": "Fill in at least one of these."})
    async with visit.begin("search_customers") as work:
        found = await customers.search(work, wanted, PageRequest(_MOST, None))
    if not found.items:
        raise InvalidForm({"sought_name": "Nobody fits. He needs a customer of his own first."})
    return found.items


async def chosen(visit: Visit, given: str) -> Sequence[Customer]:
    """The customer who was chosen before, so that the form can name him again; none if nobody."""
    try:
        key = UUID(given)
    except ValueError:
        return []
    try:
        async with visit.begin("get_customer") as work:
            return [await customers.get(work, key)]
    except DomainError as error:
        if error.code is ErrorCode.NOT_FOUND:
            return []
        raise


def options(people: Sequence[Customer]) -> list[tuple[str, str]]:
    """People as a form offers them: name and number, no address."""
    return [(str(each.id), f"{each.name or '(erased)'}, {each.number}") for each in people]
