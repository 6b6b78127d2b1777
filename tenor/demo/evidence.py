"""The evidence of one case of the demo: fetched, checked without the API, and changed by a byte."""

from collections.abc import Sequence

from contracts.recovery import CaseDetail
from domain.evidence.pack import DECISIONS, MESSAGES
from domain.evidence.verify import check
from tenor.client import RestClient
from tenor.demo.totals import EvidenceTotals
from tenor.evidence.signature import check_signature


async def check_evidence(admin: RestClient, cases: Sequence[CaseDetail]) -> EvidenceTotals:
    """Check the pack of the case with the longest story; raises `RestError`.

    Of cases with equally long stories it is the first by number.
    """
    if not cases:
        return EvidenceTotals()
    chosen = max(cases, key=lambda case: len(case.timeline))
    pack = await admin.download(f"/recovery-cases/{chosen.id}/evidence")
    rows = check(pack).rows
    return EvidenceTotals(
        case=chosen.number,
        messages=rows.get(MESSAGES, 0),
        decisions=rows.get(DECISIONS, 0),
        verifies=holds(pack),
        change_is_found=not holds(changed(pack)),
    )


def holds(pack: bytes) -> bool:
    """Whether nothing of a pack was changed."""
    report = check(pack)
    return not report.findings and not check_signature(report)


def changed(pack: bytes) -> bytes:
    """A pack with one byte in its middle changed."""
    middle = len(pack) // 2
    return pack[:middle] + bytes([pack[middle] ^ 1]) + pack[middle + 1 :]
