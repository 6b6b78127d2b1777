"""What came of a demo's people: who works their cases, what was agreed, who complained or died.

Counts alone, which the same seed makes again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.complaints import Complaint
from contracts.loan_parties import Bereavement
from contracts.recovery import CaseDetail

_ARRANGEMENTS: Final = ("open", "completed", "broken", "replaced", "cancelled")
_SETTLEMENTS: Final = ("offered", "accepted", "completed", "lapsed", "broken", "withdrawn")
_LEVELS: Final = ("low", "medium", "high")
_NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class CaseworkTotals:
    """Who works the cases, and how they stand by the card of risk."""

    assigned: dict[str, int] = field(default_factory=dict)
    """Cases by why they have their owner, or wait for one."""
    handed_over: int = 0
    """Changes of owner after the first."""
    risk: dict[str, int] = field(default_factory=dict)
    """Open cases by level."""


@dataclass(frozen=True, slots=True)
class ComplaintTotals:
    """What became of complaints."""

    received: int = 0
    acknowledged: int = 0
    resolved: int = 0
    late: int = 0
    """Of which a clock ran out."""


@dataclass(frozen=True, slots=True)
class DeathTotals:
    """Deaths that were told, and what became of the loans of the dead."""

    told: int = 0
    verified: int = 0
    passed_on: int = 0
    """Loans that somebody else owes now who had borrowed with the deceased."""


@dataclass(frozen=True, slots=True)
class PeopleTotals:
    """All of it."""

    casework: CaseworkTotals = field(default_factory=CaseworkTotals)
    arrangements: dict[str, int] = field(default_factory=dict)
    settlements: dict[str, int] = field(default_factory=dict)
    complaints: ComplaintTotals = field(default_factory=ComplaintTotals)
    deaths: DeathTotals = field(default_factory=DeathTotals)


def count_people(
    cases: Sequence[CaseDetail],
    complaints: Iterable[Complaint],
    deaths: Iterable[Bereavement],
) -> PeopleTotals:
    """Count what came of people."""
    return PeopleTotals(
        casework=_casework(cases),
        arrangements=_by_status(
            _ARRANGEMENTS, (each.status for case in cases for each in case.arrangements)
        ),
        settlements=_by_status(
            _SETTLEMENTS, (each.status for case in cases for each in case.settlements)
        ),
        complaints=_complaints(list(complaints)),
        deaths=_deaths(list(deaths)),
    )


def _casework(cases: Sequence[CaseDetail]) -> CaseworkTotals:
    owners = [sum(line.kind == "assigned" for line in case.timeline) for case in cases]
    return CaseworkTotals(
        assigned=dict(Counter(case.assigned_because or _NOBODY for case in cases)),
        handed_over=sum(max(0, changes - 1) for changes in owners),
        risk=_by_status(
            _LEVELS, (case.risk_level or "low" for case in cases if case.status == "open")
        ),
    )


def _complaints(found: Sequence[Complaint]) -> ComplaintTotals:
    return ComplaintTotals(
        received=len(found),
        acknowledged=sum(each.acknowledged_on is not None for each in found),
        resolved=sum(each.resolved_on is not None for each in found),
        late=sum(each.late for each in found),
    )


def _deaths(found: Sequence[Bereavement]) -> DeathTotals:
    return DeathTotals(
        told=len(found),
        verified=sum(each.status == "verified" for each in found),
        passed_on=sum(loan.successor_id is not None for each in found for loan in each.loans),
    )


def _by_status(names: Sequence[str], found: Iterable[str]) -> dict[str, int]:
    """Counts by name, of the usual ones also those that are zero."""
    return dict.fromkeys(names, 0) | dict(Counter(found))
