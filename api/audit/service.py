"""Writes the audit row of a change, in the transaction of that change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.audit.tables import AuditRow
from api.db.base import new_id
from api.db.bulk import Row, insert_rows
from api.db.gathering import add_values
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
    add_values(work.session, AuditRow, _row(work, action, subject_kind, subject_id, facts or {}))


async def record_each(
    work: Work, action: str, subject_kind: str, subject_ids: Collection[UUID]
) -> None:
    """Record the same act on many subjects, in one statement."""
    work.acts[action] += len(subject_ids)
    await insert_rows(
        work.session,
        AuditRow,
        [_row(work, action, subject_kind, subject_id, {}) for subject_id in subject_ids],
    )


@dataclass(frozen=True, slots=True)
class Act:
    """One change of state on a loan, on behalf of whoever asked for it."""

    work: Work
    action: str
    subject_id: UUID
    facts: Mapping[str, Fact]


async def record_on_loans(work: Work, acts: Sequence[Act]) -> None:
    """Record many acts on loans in one statement, each under its own actor and request."""
    for act in acts:
        work.acts[act.action] += 1
    await insert_rows(
        work.session,
        AuditRow,
        [_row(act.work, act.action, "loan", act.subject_id, act.facts) for act in acts],
    )


def _row(
    work: Work, action: str, subject_kind: str, subject_id: UUID, facts: Mapping[str, Fact]
) -> Row:
    return {
        "id": new_id(),
        "at": work.now,
        "actor": work.principal.actor,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "facts": dict(facts),
        "request_id": work.request_id,
    }
