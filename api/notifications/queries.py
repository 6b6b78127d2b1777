"""SQL of notifications, each query narrowed to one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, Uuid, func, literal, select, true, update
from sqlalchemy.dialects.postgresql import insert

from api.customers.tables import CustomerRow
from api.identity.tables import UserRow
from api.messages.tables import MessageRow
from api.notifications.tables import NotificationRow
from api.security.access import visible_customer
from api.work import Work


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose list: a customer's, or that of a user of the staff."""

    customer_id: UUID | None = None
    user_id: UUID | None = None

    @property
    def condition(self) -> ColumnElement[bool]:
        """What a row of this reader fulfils; of nobody's, none does."""
        if self.customer_id is not None:
            return NotificationRow.customer_id == self.customer_id
        return NotificationRow.user_id == self.user_id


@dataclass(frozen=True, slots=True)
class Line:
    """A notification, the message it tells, if any, and the key of its customer."""

    row: NotificationRow
    subject_ct: bytes | None
    body_ct: bytes | None
    wrapped_key: bytes | None


async def customer_visible(work: Work, customer_id: UUID) -> bool:
    """Whether the principal may know of a customer."""
    statement = select(CustomerRow.id).where(CustomerRow.id == customer_id)
    visible = visible_customer(work.principal)
    if visible is not None:
        statement = statement.where(CustomerRow.id == visible)
    return await work.session.scalar(statement) is not None


async def page(work: Work, reader: Reader, before: UUID | None, count: int) -> Sequence[Line]:
    """A reader's notifications, newest first, before a key."""
    statement = (
        select(
            NotificationRow,
            MessageRow.subject_ct,
            MessageRow.body_ct,
            CustomerRow.wrapped_key,
        )
        .outerjoin(MessageRow, MessageRow.id == NotificationRow.message_id)
        .outerjoin(CustomerRow, CustomerRow.id == NotificationRow.customer_id)
        .where(reader.condition)
        .order_by(NotificationRow.id.desc())
        .limit(count)
    )
    if before is not None:
        statement = statement.where(NotificationRow.id < before)
    return [Line(*row) for row in await work.session.execute(statement)]


async def one(work: Work, reader: Reader, notification_id: UUID) -> Line | None:
    """A notification of a reader's."""
    found = (
        await work.session.execute(
            select(
                NotificationRow,
                MessageRow.subject_ct,
                MessageRow.body_ct,
                CustomerRow.wrapped_key,
            )
            .outerjoin(MessageRow, MessageRow.id == NotificationRow.message_id)
            .outerjoin(CustomerRow, CustomerRow.id == NotificationRow.customer_id)
            .where(reader.condition, NotificationRow.id == notification_id)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    return None if found is None else Line(*found)


async def unread(work: Work, reader: Reader) -> int:
    """How many of a reader's notifications he has not read."""
    found = await work.session.scalar(
        select(func.count())
        .select_from(NotificationRow)
        .where(reader.condition, NotificationRow.read_at.is_(None))
    )
    return found or 0


async def mark_read(work: Work, reader: Reader, notification_id: UUID) -> bool:
    """Mark one as read now; false when it was, or is not the reader's."""
    done = await work.session.scalar(
        update(NotificationRow)
        .where(
            reader.condition,
            NotificationRow.id == notification_id,
            NotificationRow.read_at.is_(None),
        )
        .values(read_at=work.now)
        .returning(NotificationRow.id)
        .execution_options(synchronize_session=False)
    )
    return done is not None


async def tell_role(  # noqa: PLR0913 - the columns of a row
    work: Work,
    *,
    role: str,
    task_id: UUID | None,
    kind: str,
    title: str,
    created_at: datetime,
    case_id: UUID | None,
    loan_id: UUID | None,
    user_id: UUID | None = None,
    step: str = "",
    about: str = "",
) -> int:
    """A line for every user of a role who may log in, once per task and step; how many are new.

    With `user_id` for that one alone. Where it is about no task, `about` makes it once.
    """
    subject = about or f"task:{task_id}" + (f":{step}" if step else "")
    readers = select(
        func.uuid_v7(),
        func.concat(subject, ":", UserRow.id),
        UserRow.id,
        literal(kind),
        literal(task_id, NotificationRow.task_id.type),
        literal(case_id, NotificationRow.case_id.type),
        literal(loan_id, NotificationRow.loan_id.type),
        literal(title),
        literal(created_at),
    ).where(UserRow.role == role, UserRow.disabled_at.is_(None))
    if user_id is not None:
        readers = readers.where(UserRow.id == user_id)
    made = await work.session.scalars(
        insert(NotificationRow)
        .from_select(
            [
                "id",
                "natural_key",
                "user_id",
                "kind",
                "task_id",
                "case_id",
                "loan_id",
                "title",
                "created_at",
            ],
            readers,
        )
        .on_conflict_do_nothing(index_elements=[NotificationRow.natural_key])
        .returning(NotificationRow.id)
    )
    return len(made.all())


async def tell_role_of_cases(
    work: Work, role: str, *, kind: str, at: datetime, lines: Sequence[tuple[str, UUID, str]]
) -> None:
    """A line about each of several cases for every user of a role who may log in, once.

    A line is what makes it once, its case, and its title.
    """
    about = (
        func.unnest(
            literal([key for key, _, _ in lines], ARRAY(String())),
            literal([case_id for _, case_id, _ in lines], ARRAY(Uuid())),
            literal([title for _, _, title in lines], ARRAY(String())),
        )
        .table_valued("key", "case_id", "title", name="line")
        .render_derived()
    )
    readers = select(
        func.uuid_v7(),
        func.concat(about.c.key, ":", UserRow.id),
        UserRow.id,
        literal(kind),
        about.c.case_id,
        about.c.title,
        literal(at),
    ).where(UserRow.role == role, UserRow.disabled_at.is_(None))
    await work.session.execute(
        insert(NotificationRow)
        .from_select(
            ["id", "natural_key", "user_id", "kind", "case_id", "title", "created_at"],
            readers.select_from(about.join(UserRow, true())),
        )
        .on_conflict_do_nothing(index_elements=[NotificationRow.natural_key])
    )
