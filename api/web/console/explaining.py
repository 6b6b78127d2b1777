"""The page that explains a case in full, and its evidence pack to take away."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.evidence import service as evidence
from api.recovery import service as recovery
from api.recovery.sheet import sheet
from api.security.signing import EvidenceKey
from api.web.console.doors import ConsoleVisit
from api.web.console.showing import page
from api.web.site import CONSOLE

router = APIRouter(include_in_schema=False, prefix=CONSOLE.root)


@router.get("/cases/{case_id}/explanation")
async def console_case_explanation(visit: ConsoleVisit, case_id: UUID) -> Response:
    """Why a case is where it is, what was done and withheld, what comes next, what stops it."""
    async with visit.begin("get_case_explanation") as work:
        told = await recovery.explain(work, case_id)
        zone = (await sheet(work, case_id)).zone
    return page(visit, "explanation.html", {"told": told, "zone": zone})


@router.get("/cases/{case_id}/evidence")
async def console_case_evidence(visit: ConsoleVisit, case_id: UUID) -> Response:
    """The evidence pack, as a file; that it was handed out is recorded."""
    async with visit.begin("get_case_evidence") as work:
        pack = await evidence.evidence_of(work, case_id, EvidenceKey(visit.kit.settings.token_key))
    return evidence.download(pack)
