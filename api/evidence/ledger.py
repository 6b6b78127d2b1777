"""What an auditor reads: the ledger of contacts, the audit, and whether both are whole."""

from typing import Final

from sqlalchemy import Row

from api.audit.service import record
from api.audit.tables import AuditRow
from api.db.base import new_id
from api.evidence import checking, ledger_queries
from api.messages.tables import ContactDecisionRow, MessageRow
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.compliance import (
    AuditEntry,
    AuditFilter,
    ContactAttempt,
    ContactFilter,
    EvidenceCheck,
    RuleSaid,
)
from domain.contact.decision import ALLOWING, Outcome, ReasonCode
from domain.errors import DomainError, ErrorCode
from domain.recovery.explanation import why

_FINDINGS: Final = 100
_OWN: Final = "tenor."
"""Begins the names of rules that are no pack's: `tenor.hold.dispute`."""


async def attempts(work: Work, only: ContactFilter, page: PageRequest) -> Page[ContactAttempt]:
    """Every attempt to contact somebody, newest first.

    Raises `INVALID_DATE` for a period that ends before it begins, `INVALID_REQUEST` for a foreign
    cursor.
    """
    _forwards(only)
    found = await ledger_queries.attempts(work, only, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [row[0].id for row in found])
    return Page(items=[_attempt(row) for row in kept], next_cursor=cursor)


async def acts(work: Work, only: AuditFilter, page: PageRequest) -> Page[AuditEntry]:
    """What was done by whom, newest first.

    Raises `INVALID_DATE` for a period that ends before it begins, `INVALID_REQUEST` for a foreign
    cursor.
    """
    _forwards(only)
    found = await ledger_queries.acts(work, only, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [row.id for row in found])
    return Page(items=[_entry(row) for row in kept], next_cursor=cursor)


async def check(work: Work) -> EvidenceCheck:
    """Walk every chain now, and record what that came to."""
    findings: list[str] = []
    count = 0
    async for each in checking.damages(work):
        count += 1
        if len(findings) < _FINDINGS:
            findings.append(each)
    decisions = await ledger_queries.count_decisions(work)
    check_id = new_id()
    record(
        work,
        ledger_queries.CHECKED,
        ledger_queries.CHECK,
        check_id,
        {"decisions": decisions, "damages": count},
    )
    return EvidenceCheck(
        id=check_id,
        at=work.now,
        by=work.principal.actor,
        decisions=decisions,
        damages=count,
        findings=findings,
    )


async def checks(work: Work, page: PageRequest) -> Page[EvidenceCheck]:
    """The checks that were made, newest first."""
    found = await ledger_queries.checks(work, page.after_id(), page.limit + 1)
    kept, cursor = page.cut(found, [row.subject_id for row in found])
    return Page(items=[_check(row) for row in kept], next_cursor=cursor)


def _forwards(only: ContactFilter | AuditFilter) -> None:
    if only.from_on is not None and only.to_on is not None and only.to_on < only.from_on:
        raise DomainError(ErrorCode.INVALID_DATE, "The period ends before it begins.")


def _attempt(row: Row[ContactDecisionRow, MessageRow, int, int | None]) -> ContactAttempt:
    decision, message, customer, case = row
    counted = decision.inputs.get("contacts")
    local_time = decision.inputs.get("local_time")
    return ContactAttempt.model_validate(
        {
            "id": decision.id,
            "place": decision.place,
            "message_id": decision.message_id,
            "customer_id": decision.customer_id,
            "customer_number": f"CU-{customer}",
            "case_id": message.case_id,
            "case_number": None if case is None else f"RC-{case}",
            "loan_id": message.loan_id,
            "channel": message.channel,
            "purpose": message.purpose,
            "outcome": decision.outcome,
            "rules": sorted(
                (_said(each, decision.outcome) for each in decision.reasons),
                key=lambda said: not said.stops,
            ),
            "packs": decision.packs,
            "contacts_counted": counted if isinstance(counted, int) else None,
            "decided_at": decision.decided_at,
            "local_time": None if local_time is None else str(local_time),
            "defer_until": decision.defer_until,
            "status": message.status,
        }
    )


def _said(reason: str, outcome: str) -> RuleSaid:
    rule, _, code = reason.partition(": ")
    stops = outcome != Outcome.ALLOW.value and code not in ALLOWING
    held = code == ReasonCode.ON_HOLD.value and rule.startswith(_OWN)
    return RuleSaid(
        rule=rule,
        code=code,
        words=why(rule.removeprefix(_OWN) if held else code or rule),
        stops=stops,
    )


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        facts=row.facts,
        request_id=row.request_id,
    )


def _check(row: AuditRow) -> EvidenceCheck:
    return EvidenceCheck(
        id=row.subject_id,
        at=row.at,
        by=row.actor,
        decisions=int(row.facts.get("decisions") or 0),
        damages=int(row.facts.get("damages") or 0),
        findings=[],
    )
