"""Evidence over HTTP: packs of cases, and the key under which they are signed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import ServicesDep, WorkDep
from api.evidence import auditing, service
from api.pagination import PageQuery
from api.security.signing import EvidenceKey
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
