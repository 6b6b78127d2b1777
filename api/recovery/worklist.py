"""The worklist: open cases that wait for somebody, the highest priority first, tab by tab."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from api.customers import service as customers
from api.identity import service as identity
from api.pagination import PageRequest, bad_cursor
from api.recovery import planning, reading, suggesting, worklist_queries
from api.recovery.tables import CaseRow
from api.recovery.worklist_queries import Contact, OpenPromise, Place, Sort, Sought, Tab
from api.strategies import service as strategies
from api.work import Work
from contracts.casework import Suggestion
from contracts.recovery import Case
from domain.errors import DomainError, ErrorCode

_NUMBER: Final = re.compile(r"(?:(RC|CU)[- ]?)?(\d{1,18})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the worklist.

    Attributes:
        case: The case.
        customer: Whom it is about.
        zone: The zone in which its times are told: the customer's, or the creditor's.
        step: What comes next, in words; empty while nothing is planned.
        promise: What is promised and open.
        contact: The last message or call.
        owner: Whose case it is; empty for nobody's.
        suggestion: What to do next, and why.
    """

    case: Case
    customer: customers.Named
    zone: str
    step: str
    promise: OpenPromise | None
    contact: Contact | None
    owner: str
    suggestion: Suggestion


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list is narrowed to within its tab; empty means all.

    Attributes:
        stage: Cases in that stage.
        number: A case's or customer's number, as people write it.
        risk_level: Cases of that risk.
        assignee_id: Cases of that owner.
        creditor_id: Cases of that creditor.
        currency: Cases in it.
    """

    stage: str = ""
    number: str = ""
    risk_level: str = ""
    assignee_id: UUID | None = None
    creditor_id: UUID | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody looks at: a tab, narrowed, in an order."""

    tab: Tab
    only: Narrowing = Narrowing()
    sort: Sort = Sort.PRIORITY


@dataclass(frozen=True, slots=True)
class Worklist:
    """A page of a tab."""

    rows: Sequence[Row]
    next_cursor: str | None


async def rows(work: Work, look: Look, page: PageRequest) -> Worklist:
    """A page of what somebody looks at.

    Raises `INVALID_REQUEST` for a number that is none, and for a foreign cursor.
    """
    after = _after(look.sort, page)
    found = await worklist_queries.page(work, _sought(work, look), look.sort, after, page.limit + 1)
    kept, cursor = page.cut(found, [_key(look.sort, row) for row in found])
    return Worklist(await _rows(work, kept), cursor)


async def counts(work: Work) -> Mapping[Tab, int]:
    """How many cases each tab holds for whoever asks."""
    found = await count(work, [Look(tab) for tab in Tab])
    return dict(zip(Tab, found, strict=True))


async def count(work: Work, looks: Sequence[Look]) -> Sequence[int]:
    """How many cases each look shows to whoever asks.

    Raises `INVALID_REQUEST` for a number that is none.
    """
    return await worklist_queries.counts(work, [_sought(work, look) for look in looks])


async def stages(work: Work) -> Sequence[str]:
    """The stages that open cases are in, the earliest first."""
    return await worklist_queries.stages(work)


async def _rows(work: Work, found: Sequence[CaseRow]) -> list[Row]:
    cases = await reading.cases_of(work, found)
    ids = [case.id for case in cases]
    promises = await worklist_queries.open_promises(work, ids)
    contacts = await worklist_queries.last_contacts(work, ids)
    people = await customers.names(work, {case.customer_id for case in cases})
    owners = await identity.names(work, {case.assignee_id for case in cases if case.assignee_id})
    zones = await reading.zones_of(work, found)
    titles = await _titles(work, found)
    suggestions = await suggesting.of_cases(work, found)
    return [
        Row(
            case=case,
            customer=people[case.customer_id],
            zone=people[case.customer_id].zone or zones[case.creditor_id],
            step=titles.get(case.id, ""),
            promise=promises.get(case.id),
            contact=contacts.get(case.id),
            owner="" if case.assignee_id is None else owners.get(case.assignee_id, ""),
            suggestion=suggestions[case.id],
        )
        for case in cases
    ]


async def _titles(work: Work, found: Sequence[CaseRow]) -> dict[UUID, str]:
    """The next step of each case in words, by its own version of the strategy."""
    versions = {
        strategy_id: await strategies.by_id(work, strategy_id)
        for strategy_id in {row.strategy_id for row in found}
    }
    return {
        row.id: planning.title(planning.step_named(versions[row.strategy_id], row.next_step))
        for row in found
        if row.next_step is not None
    }


def _sought(work: Work, look: Look) -> Sought:
    only = look.only
    case_number, customer_number = _numbers(only.number)
    return Sought(
        tab=look.tab,
        user_id=work.principal.user_id,
        stage=only.stage or None,
        case_number=case_number,
        customer_number=customer_number,
        risk_level=only.risk_level or None,
        assignee_id=only.assignee_id,
        creditor_id=only.creditor_id,
        currency=only.currency or None,
    )


def _key(sort: Sort, row: CaseRow) -> str:
    """Where a case stands in an order, as a cursor keeps it."""
    match sort:
        case Sort.PRIORITY:
            return f"{row.priority}/{row.number}"
        case Sort.OLDEST:
            return f"{row.anchor_on.isoformat()}/{row.number}"
        case Sort.NEWEST:
            return f"0/{row.number}"


def _after(sort: Sort, page: PageRequest) -> Place | None:
    if page.after is None:
        return None
    at, _, number = page.after.partition("/")
    try:
        key = date.fromisoformat(at) if sort is Sort.OLDEST else int(at)
        return Place(key, int(number))
    except ValueError:
        raise bad_cursor() from None


def _numbers(text: str) -> tuple[int | None, int | None]:
    """The case's and the customer's number that a text means; a bare one is a case's."""
    if not text:
        return None, None
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "A number looks like RC-1001 (a case) or CU-1001 (a customer).",
            {"field": "number"},
        )
    number = int(found[2])
    return (None, number) if (found[1] or "").upper() == "CU" else (number, None)
