"""Asks a manager to decide on what a strategy proposes: an offer, a placement, a charge-off."""

from datetime import timedelta
from typing import Final

from api.db.base import new_id
from api.recovery import acts, cases, timeline
from api.recovery.cases import Held
from api.recovery.tables import ProposalRow
from api.tasks import service as tasks
from api.work import Work
from contracts.names import Role
from domain.recovery.strategy import Step

DECIDE_WITHIN: Final = timedelta(days=2)
"""How soon a manager should have decided."""


async def propose(work: Work, held: Held, step: Step, natural_key: str) -> None:
    """Keep a proposal and ask a manager; the step that makes it is noted once by the caller."""
    row = ProposalRow(
        id=new_id(),
        case_id=held.case.id,
        natural_key=natural_key,
        kind=step.action.value,
        status="proposed",
        percent=step.percent,
        valid_days=step.valid_days,
        proposed_at=held.clock.now,
    )
    work.session.add(row)
    await work.session.flush()
    await tasks.open_task(
        work,
        held.clock,
        natural_key=natural_key,
        kind=acts.PROPOSAL,
        title=f"Decide on {cases.number(held.case)}: {timeline.words(row.kind)}",
        role=Role.MANAGER,
        due_at=held.clock.now + DECIDE_WITHIN,
        case_id=held.case.id,
        customer_id=held.case.customer_id,
        payload={"proposal_id": str(row.id), "kind": row.kind},
    )
    timeline.write(
        work,
        held.case,
        held.clock.now,
        timeline.EventKind.PROPOSED,
        {"proposal_id": str(row.id), "kind": row.kind},
    )
