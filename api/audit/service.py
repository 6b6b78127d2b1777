"""Writes the audit row of a change, in the transaction of that change."""

from collections.abc import Mapping
from uuid import UUID

from api.audit.tables import AuditRow
from api.work import Work
from domain.errors import Fact


def record(
    work: Work,
    action: str,
    subject_kind: str,
    subject_id: UUID,
    facts: Mapping[str, Fact] | None = None,
) -> None:
    """Record `area.verb` on a subject; `facts` hold ids, codes, dates, amounts."""
    work.acts[action] += 1
    work.session.add(
        AuditRow(
            at=work.now,
            actor=work.principal.actor,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            facts=dict(facts or {}),
            request_id=work.request_id,
        )
    )
