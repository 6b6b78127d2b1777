"""Reads from a query string which tasks a list shows."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from api.tasks.service import TaskFilter
from contracts.base import Instant
from contracts.names import Role
from contracts.tasks import TaskStatus


async def task_filter(
    *,
    status: TaskStatus | None = None,
    role: Role | None = None,
    kind: Annotated[str | None, Query(max_length=40, description="Only of this kind")] = None,
    case_id: UUID | None = None,
    customer_id: UUID | None = None,
    loan_id: UUID | None = None,
    assignee_id: Annotated[UUID | None, Query(description="Only this person's")] = None,
    due_before: Annotated[Instant | None, Query(description="Only due before")] = None,
    escalated: Annotated[bool | None, Query(description="Only escalated, or only not")] = None,
) -> TaskFilter:
    """Read from the query string which tasks are wanted."""
    return TaskFilter(
        status=status,
        role=None if role is None else role.value,
        kind=kind,
        case_id=case_id,
        customer_id=customer_id,
        loan_id=loan_id,
        assignee_id=assignee_id,
        due_before=due_before,
        escalated=escalated,
    )


TaskQuery = Annotated[TaskFilter, Depends(task_filter)]
"""Which tasks a list shows."""
