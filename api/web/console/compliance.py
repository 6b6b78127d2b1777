"""Compliance: the ledger of contacts, the audit, and whether the chains are whole."""

import csv
import io
from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from api.evidence import ledger
from api.pagination import PageQuery, PageRequest
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.forms import sent_fields
from api.web.site import CONSOLE
from api.web.visits import Visit, go
from api.work import Work
from contracts.compliance import AuditFilter, ContactAttempt, ContactFilter, EvidenceCheck
from domain.errors import DomainError, ErrorCode

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)

_ROWS: Final = 50
_IN_A_FILE: Final = 10_000
_PAGE: Final = 200

_CONTACTS: Final = ("customer_id", "case_id", "outcome", "rule", "channel", "from_on", "to_on")
_AUDIT: Final = ("actor", "action", "subject_id", "from_on", "to_on")

_COLUMNS: Final = (
    "decided_at", "local_time", "customer", "case", "channel", "purpose", "outcome", "rules",
    "packs", "contacts_counted", "defer_until", "became", "decision_id", "message_id",
)  # fmt: skip


@router.get("/contacts")
async def console_contacts(visit: ConsoleVisit, request: Request, asked: PageQuery) -> Response:
    """The ledger of contacts: every attempt, allowed or withheld."""
    given = _given(request, _CONTACTS)
    found, refusal = None, ""
    async with visit.begin("list_contact_decisions") as work:
        try:
            found = await ledger.attempts(
                work, _contact_filter(given), PageRequest(_ROWS, asked.after)
            )
        except DomainError as error:
            refusal = error.detail
    return page(
        visit,
        "contacts.html",
        {
            "found": found,
            "refusal": refusal,
            "given": given,
            "query": _query(given),
            "next_query": _query(given, cursor=found.next_cursor if found else None),
            "is_first": asked.after is None,
        },
        422 if refusal else 200,
    )


@router.get("/contacts.csv")
async def console_contacts_file(visit: ConsoleVisit, request: Request) -> Response:
    """The newest ten thousand lines of the ledger, narrowed, as a file."""
    only = _contact_filter(_given(request, _CONTACTS))
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(_COLUMNS)
    after: str | None = None
    async with visit.begin("list_contact_decisions") as work:
        for _ in range(_IN_A_FILE // _PAGE):
            found = await ledger.attempts(work, only, PageRequest(_PAGE, after))
            lines.writerows(_line(each) for each in found.items)
            if found.next_cursor is None:
                break
            after = str(found.items[-1].id)
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="contacts.csv"',
            "Cache-Control": "no-store",
        },
    )


@router.get("/audit")
async def console_audit(
    visit: ConsoleVisit,
    request: Request,
    asked: PageQuery,
    checked: Annotated[str, Query(max_length=36)] = "",
) -> Response:
    """What was done by whom, and when the chains were last walked."""
    return await _audit_page(visit, request, asked, bool(checked), [])


@router.post("/audit/verify")
async def console_verify(visit: ConsoleVisit, request: Request) -> Response:
    """Walk the chains now."""
    sent = await sent_fields(request)
    made: list[EvidenceCheck] = []

    async def check(work: Work) -> EvidenceCheck:
        made.append(await ledger.check(work))
        return made[0]

    nothing = ContactFilter()
    await visit.once("check_evidence", sent, nothing, check)
    if made and made[0].findings:
        return await _audit_page(visit, request, PageRequest(_ROWS, None), True, made[0].findings)
    return go(f"{visit.site.root}/audit?checked=1")


async def _audit_page(
    visit: Visit, request: Request, asked: PageRequest, checked: bool, findings: list[str]
) -> Response:
    given = _given(request, _AUDIT)
    found, refusal = None, ""
    async with visit.begin("list_audit") as work:
        try:
            found = await ledger.acts(work, _audit_filter(given), PageRequest(_ROWS, asked.after))
        except DomainError as error:
            refusal = error.detail
        checks = (await ledger.checks(work, PageRequest(1, None))).items
    return page(
        visit,
        "audit.html",
        {
            "found": found,
            "refusal": refusal,
            "given": given,
            "next_query": _query(given, cursor=found.next_cursor if found else None),
            "is_first": asked.after is None,
            "last_check": checks[0] if checks else None,
            "checked": checked,
            "findings": findings,
            "key": visit.request_id.replace("-", ""),
        },
        422 if refusal else 200,
    )


def _given(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """What was typed into a filter, by name; empty for what was not."""
    return {name: request.query_params.get(name, "").strip()[:100] for name in names}


def _contact_filter(given: Mapping[str, str]) -> ContactFilter:
    try:
        return ContactFilter.model_validate({k: v for k, v in given.items() if v}, strict=False)
    except ValidationError as error:
        raise _unreadable(error) from None


def _audit_filter(given: Mapping[str, str]) -> AuditFilter:
    try:
        return AuditFilter.model_validate({k: v for k, v in given.items() if v}, strict=False)
    except ValidationError as error:
        raise _unreadable(error) from None


def _unreadable(error: ValidationError) -> DomainError:
    where = str(error.errors()[0]["loc"][0]).replace("_", " ")
    return DomainError(ErrorCode.INVALID_REQUEST, f"The {where} cannot be read.")


def _query(given: Mapping[str, str], cursor: str | None = None) -> str:
    asked = {name: value for name, value in given.items() if value}
    if cursor:
        asked["cursor"] = cursor
    return f"?{urlencode(asked)}" if asked else ""


def _line(each: ContactAttempt) -> tuple[object, ...]:
    said = "; ".join(f"{rule.rule}: {rule.code}" for rule in each.rules)
    return (
        each.decided_at.isoformat(),
        each.local_time or "",
        each.customer_number,
        each.case_number or "",
        each.channel,
        each.purpose,
        each.outcome,
        said,
        " ".join(each.packs),
        "" if each.contacts_counted is None else each.contacts_counted,
        "" if each.defer_until is None else each.defer_until.isoformat(),
        each.status,
        each.id,
        each.message_id,
    )
