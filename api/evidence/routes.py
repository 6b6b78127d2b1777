"""Evidence over HTTP: packs of cases, and the key under which they are signed."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from api.deps import OnceDep, ServicesDep, WorkDep
from api.evidence import auditing, ledger, service
from api.pagination import PageQuery
from api.security.signing import EvidenceKey
from contracts.base import Page
from contracts.compliance import (
    AuditEntry,
    AuditFilter,
    ContactAttempt,
    ContactChannel,
    ContactFilter,
    EvidenceCheck,
)
from contracts.evidence import ContactAudit, EvidenceKeys, NewContactAudit

router = APIRouter(tags=["evidence"])


@router.get(
    "/recovery-cases/{case_id}/evidence",
    summary="The evidence pack of a case",
    response_class=Response,
    responses={
        200: {
            "content": {service.PACK: {"schema": {"type": "string"}}},
            "description": "The pack, one canonical JSON record on each line",
        }
    },
)
async def get_case_evidence(
    work: WorkDep,
    kit: ServicesDep,
    case_id: UUID,
    party_id: Annotated[
        UUID | None,
        Query(description="The customer key of another party: what passed with him alone"),
    ] = None,
) -> Response:
    """Everything that was recorded about a case, in a file that proves itself.

    It holds the story, every decision about contact with its inputs and rules, the messages as
    they were sent, receipts, wishes, holds, promises, payments and the rule packs; each row and
    each section has a digest, the whole has one root, and the root is signed. `tenor verify`
    checks it without a server. That the pack was handed out is recorded.

    With `party_id` the pack is for a co-borrower, guarantor or other party of the case's loans:
    his own messages, decisions, wishes and holds, and nothing about the customer.
    """
    pack = await service.evidence_of(work, case_id, EvidenceKey(kit.settings.token_key), party_id)
    return service.download(pack)


@router.get("/evidence-keys", summary="The key under which evidence is signed")
async def list_evidence_keys(work: WorkDep, kit: ServicesDep) -> EvidenceKeys:
    """The public key of this installation's evidence packs, as a JSON Web Key Set (RFC 8037)."""
    del work
    return EvidenceKeys.of(EvidenceKey(kit.settings.token_key).signer)


@router.post("/contact-audits", summary="Judge past contacts by other rules")
async def audit_contacts(work: WorkDep, page: PageQuery, command: NewContactAudit) -> ContactAudit:
    """Which contacts would not have been made under the packs of another day, or one on trial.

    It changes nothing. Each call looks at `limit` contacts in the order in which they were
    permitted and answers those that would have been put off or denied, with the rules that say
    so; go on with `next_cursor`, even after a page without any. They are judged on what was
    kept with the decision; `missing_inputs` names what older decisions did not keep.
    """
    return await auditing.audit_contacts(work, command, page)


# -- what an auditor reads ---------------------------------------------------------------------


async def contact_filter(
    *,
    customer_id: UUID | None = None,
    case_id: UUID | None = None,
    outcome: Annotated[Literal["allow", "defer", "deny"] | None, Query()] = None,
    rule: Annotated[
        str | None,
        Query(max_length=64, description="A rule (`us.hours`) or reason (`outside-hours`)"),
    ] = None,
    channel: Annotated[ContactChannel | None, Query()] = None,
    from_on: Annotated[date | None, Query(description="First day (UTC)")] = None,
    to_on: Annotated[date | None, Query(description="Last day, itself included")] = None,
) -> ContactFilter:
    """What the ledger is narrowed to."""
    return ContactFilter(
        customer_id=customer_id,
        case_id=case_id,
        outcome=outcome,
        rule=rule,
        channel=channel,
        from_on=from_on,
        to_on=to_on,
    )


async def audit_filter(
    *,
    actor: Annotated[str | None, Query(max_length=100, examples=["user:…"])] = None,
    action: Annotated[
        str | None,
        Query(max_length=100, description="An action, or all of an area: `payment.`"),
    ] = None,
    subject_id: UUID | None = None,
    from_on: Annotated[date | None, Query(description="First day (UTC)")] = None,
    to_on: Annotated[date | None, Query(description="Last day, itself included")] = None,
) -> AuditFilter:
    """What the audit is narrowed to."""
    return AuditFilter(
        actor=actor, action=action, subject_id=subject_id, from_on=from_on, to_on=to_on
    )


@router.get("/contact-decisions", summary="The ledger of contacts")
async def list_contact_decisions(
    work: WorkDep, page: PageQuery, only: Annotated[ContactFilter, Depends(contact_filter)]
) -> Page[ContactAttempt]:
    """Every attempt to contact somebody, allowed or withheld, newest first.

    Each with the rules that spoke and what they said in words, the local time it was decided for,
    and how many earlier contacts the caps counted.
    """
    return await ledger.attempts(work, only, page)


@router.get("/audit", summary="What was done by whom")
async def list_audit(
    work: WorkDep, page: PageQuery, only: Annotated[AuditFilter, Depends(audit_filter)]
) -> Page[AuditEntry]:
    """Every change of state, newest first; ids, codes, dates and amounts, never personal data."""
    return await ledger.acts(work, only, page)


@router.post(
    "/evidence-checks",
    summary="Verify the chains now",
    status_code=201,
    response_model=EvidenceCheck,
)
async def check_evidence(work: WorkDep, once: OnceDep) -> Response:
    """Walks the chain of every customer, as `python -m api verify` does, and records the result.

    It reads every decision there is: some seconds for a hundred thousand.
    """
    return await once.run(work, None, lambda: ledger.check(work))


@router.get("/evidence-checks", summary="Checks that were made")
async def list_evidence_checks(work: WorkDep, page: PageQuery) -> Page[EvidenceCheck]:
    """When the chains were last walked, and what that came to; newest first."""
    return await ledger.checks(work, page)
