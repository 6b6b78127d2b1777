"""Use cases of notifications: who is told what, what there is to read, and that it was read.

The rule: whatever we wrote to a customer on our own account and a provider took is in his list as
well, in the same words; nothing else is, so that nothing is said there that was not permitted.
Answers to what he wrote himself stand in that conversation and are left out. Advisors and managers
are told of each task that is opened for them, and advisors of each case whose risk becomes high.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from api.audit.service import record
from api.db.base import new_id
from api.db.gathering import add_values
from api.messages.tables import BODY, SUBJECT
from api.notifications import queries
from api.notifications.queries import Line, Reader
from api.notifications.tables import NotificationRow
from api.pagination import PageRequest
from api.work import Work
from contracts.names import Role
from contracts.notifications import Notification, NotificationPage
from domain.contact.channel import Purpose
from domain.errors import DomainError, ErrorCode

MESSAGE: Final = "message"
"""The kind of a notification that tells a message."""

RISK: Final = "risk_high"
"""The kind of a notification that a case's risk has become high."""

TOLD_ROLES: Final = frozenset({Role.ADVISOR, Role.MANAGER})
"""Who is told of tasks; agents work from their list."""

_TITLE: Final = 80


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent: its key, to whom, what for, and what it is about."""

    id: UUID
    customer_id: UUID | None
    purpose: str
    case_id: UUID | None
    loan_id: UUID | None


def message_sent(work: Work, message: Sent, at: datetime) -> None:
    """A provider took a message: its customer finds it in his list too.

    The caller holds the message's lock and says so once.
    """
    if message.customer_id is None or message.purpose == Purpose.REPLY.value:
        return
    add_values(
        work.session,
        NotificationRow,
        {
            "id": new_id(),
            "natural_key": f"message:{message.id}",
            "customer_id": message.customer_id,
            "kind": MESSAGE,
            "message_id": message.id,
            "case_id": message.case_id,
            "loan_id": message.loan_id,
            "created_at": at,
        },
    )


async def task_opened(  # noqa: PLR0913 - what a task is made of
    work: Work,
    *,
    task_id: UUID,
    role: Role,
    kind: str,
    title: str,
    at: datetime,
    case_id: UUID | None = None,
    loan_id: UUID | None = None,
) -> None:
    """A task waits: everybody of its role is told, once, if it is one of `TOLD_ROLES`."""
    if role not in TOLD_ROLES:
        return
    await queries.tell_role(
        work,
        role=role.value,
        task_id=task_id,
        kind=kind,
        title=title,
        created_at=at,
        case_id=case_id,
        loan_id=loan_id,
    )


async def task_step(  # noqa: PLR0913 - what a task is made of
    work: Work,
    *,
    task_id: UUID,
    role: Role,
    user_id: UUID | None,
    step: str,
    kind: str,
    title: str,
    at: datetime,
    case_id: UUID | None = None,
    loan_id: UUID | None = None,
) -> None:
    """A step of a task's follow-up: whoever is asked is told once, in person or all of the role.

    `kind` says what it is: `task_reminder`, `task_due`, `task_escalated`.
    """
    await queries.tell_role(
        work,
        role=role.value,
        user_id=user_id,
        step=step,
        task_id=task_id,
        kind=kind,
        title=title,
        created_at=at,
        case_id=case_id,
        loan_id=loan_id,
    )


async def risks_became_high(work: Work, titles: Mapping[UUID, str], at: datetime) -> None:
    """The risk of these cases has become high: every advisor is told, once for that moment."""
    if titles:
        await queries.tell_role_of_cases(
            work,
            Role.ADVISOR.value,
            kind=RISK,
            at=at,
            lines=[
                (f"risk:{key}:{at.isoformat()}", key, title)
                for key, title in sorted(titles.items())
            ],
        )


async def list_own(work: Work, request: PageRequest) -> NotificationPage:
    """The notifications of whoever asks, newest first. `INVALID_REQUEST` for a bad cursor."""
    return await _page(work, _own(work), request)


async def list_of_customer(work: Work, customer_id: UUID, request: PageRequest) -> NotificationPage:
    """The notifications of a customer, newest first.

    Raises:
        DomainError: `NOT_FOUND`, alike for a foreign customer and for none.
    """
    if not await queries.customer_visible(work, customer_id):
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such customer.")
    return await _page(work, Reader(customer_id=customer_id), request)


async def unread_of_customer(work: Work, customer_id: UUID) -> int:
    """How many notifications of a customer whom the principal may see are unread."""
    if not await queries.customer_visible(work, customer_id):
        return 0
    return await queries.unread(work, Reader(customer_id=customer_id))


async def read(work: Work, notification_id: UUID) -> Notification:
    """Mark one of the asking person's own as read; a second time changes nothing.

    Raises:
        DomainError: `NOT_FOUND`, alike for a foreign one and for none.
    """
    reader = _own(work)
    if await queries.mark_read(work, reader, notification_id):
        record(work, "notification.read", "notification", notification_id)
    found = await queries.one(work, reader, notification_id)
    if found is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such notification.")
    return _notification(work, found)


def _own(work: Work) -> Reader:
    """The list of whoever asks; a customer's log-in that is tied to nobody has an empty one."""
    principal = work.principal
    if principal.role is Role.CUSTOMER:
        return Reader(customer_id=principal.customer_id or UUID(int=0))
    return Reader(user_id=principal.user_id)


async def _page(work: Work, reader: Reader, request: PageRequest) -> NotificationPage:
    lines = await queries.page(work, reader, request.after_id(), request.limit + 1)
    kept, cursor = request.cut(lines, [line.row.id for line in lines])
    return NotificationPage(
        items=[_notification(work, line) for line in kept],
        next_cursor=cursor,
        unread=await queries.unread(work, reader),
    )


def _notification(work: Work, line: Line) -> Notification:
    row = line.row
    subject, body = None, ""
    if line.wrapped_key is not None:  # null for the staff, and after erasure
        cipher = work.vault.cipher(line.wrapped_key)
        subject = cipher.maybe_decrypt(line.subject_ct, SUBJECT)
        body = cipher.maybe_decrypt(line.body_ct, BODY) or ""
    return Notification(
        id=row.id,
        kind=row.kind,
        title=row.title or subject or _beginning(body),
        body=body,
        message_id=row.message_id,
        task_id=row.task_id,
        case_id=row.case_id,
        loan_id=row.loan_id,
        created_at=row.created_at,
        read=row.read_at is not None,
        read_at=row.read_at,
    )


def _beginning(body: str) -> str:
    """The first words of a text, as a title."""
    line = " ".join(body.split())
    if len(line) <= _TITLE:
        return line
    return line[:_TITLE].rpartition(" ")[0] + " …"
