"""Tasks: what a person must do, who asked, until when, and how it is followed up."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from contracts.base import Instant, LongText, ShortText, TimelineEntry, Wire
from contracts.names import Role

TaskStatus = Literal["open", "done", "cancelled"]
AskedRole = Literal[Role.ADMIN, Role.MANAGER, Role.AGENT, Role.ADVISOR]
TaskKind = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$"),
    Field(description="What sort of task it is, as a code", examples=["review_documents"]),
]
Outcome = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$"),
    Field(description="What came of it, as a code", examples=["done", "right_party"]),
]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Pointer = Annotated[
    str,
    StringConstraints(
        pattern=r"^([A-Za-z][A-Za-z0-9_.:/-]{0,63}"
        r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
    ),
    Field(description="A UUID, or a code or number that begins with a letter, such as `LN-1042`"),
]
MOST_POINTERS = 20


def _few(pointers: Mapping[str, str]) -> Mapping[str, str]:
    if len(pointers) > MOST_POINTERS:
        raise ValueError(f"at most {MOST_POINTERS} entries")
    return pointers


Pointers = Annotated[
    dict[Name, Pointer],
    AfterValidator(_few),
    Field(
        description="Ids and codes that say what it is about; never names, addresses or text",
        examples=[{"document_id": "0192f0c1-2b3c-7def-8a90-000000000001"}],
    ),
]


class FollowUpTerms(Wire):
    """Reminders before a task is due and escalation after it, in minutes."""

    remind_before_minutes: Annotated[
        list[Annotated[int, Field(ge=1, le=129_600)]], Field(max_length=5)
    ] = Field(default_factory=list, examples=[[1440, 60]])
    escalate_after_minutes: Annotated[int, Field(ge=15, le=43_200)] | None = None
    """So long after the due time, and again each time it passes, the next in the ladder is asked:
    agent and advisor, then manager, then admin."""


class ScheduleTask(FollowUpTerms):
    """A task to be scheduled.

    It is due at an instant, or at the end (17:00) of a business day of a creditor. At most one of
    `case_id`, `loan_id` and `customer_id` needs to be given: the others follow from it.
    """

    kind: TaskKind
    due_at: Instant | None = None
    due_on: date | None = None
    creditor_id: UUID | None = None
    """Whose business day `due_on` is; taken from the loan or case where there is one."""
    customer_id: UUID | None = None
    loan_id: UUID | None = None
    case_id: UUID | None = None
    role: AskedRole | None = None
    """Who is asked; the assignee's role when left out."""
    assignee_id: UUID | None = None
    payload: Pointers = Field(default_factory=dict)
    note: LongText | None = None
    """What to do, in words; kept under the customer's key, so it needs a customer."""


class Task(Wire):
    """Something a person must do: a call, an escalation to acknowledge, data to mend."""

    id: UUID
    case_id: UUID | None
    kind: str
    title: str
    status: TaskStatus
    role: str
    due_at: datetime
    created_at: datetime
    done_at: datetime | None
    customer_id: UUID | None = None
    loan_id: UUID | None = None
    creditor_id: UUID | None = None
    assignee_id: UUID | None = None
    overdue: bool = False
    """Open, and its due time has passed on its own clock."""
    escalations: int = 0
    reminded_at: datetime | None = None
    outcome: str | None = None
    payload: Pointers = Field(default_factory=dict)
    result: Pointers = Field(default_factory=dict)
    follow_up: FollowUpTerms | None = None
    """Null for a task whose case follows it up."""
    next_action: str | None = None
    next_at: datetime | None = None
    workflow_id: str | None = None
    version: int = 1


class TaskDetail(Task):
    """A task with its words and its story, oldest first."""

    note: str | None
    result_note: str | None
    timeline: list[TimelineEntry]


class CompleteTask(Wire):
    """What came of a task."""

    outcome: Literal[
        "right_party", "no_answer", "voicemail", "wrong_number", "refused", "done", "call_back"
    ] = "done"
    note: ShortText | None = None
    disclosed: bool = False
    """With `right_party`: something of the debt was said. Who it was has to be confirmed before, in
    the same conversation (`POST /recovery-cases/{id}/right-party-checks`)."""

    @model_validator(mode="after")
    def _only_to_the_right_party(self) -> Self:
        if self.disclosed and self.outcome != "right_party":
            raise ValueError("a debt is disclosed to the right person only")
        return self


class TaskResult(Wire):
    """What came of a task, as a program says it: a code of its own and ids."""

    outcome: Outcome = "done"
    result: Pointers = Field(default_factory=dict)
    note: LongText | None = None
    """In words; kept under the customer's key, so it needs a customer."""


class CancelTask(Wire):
    """Why a task is not needed any more."""

    reason: Outcome = "not_needed"


class ReassignTask(Wire):
    """Who is asked from now on; null for a person means anybody of the role."""

    role: AskedRole | None = None
    assignee_id: UUID | None = None


class NotifyOfTask(Wire):
    """Whoever is asked of a task is told of it now."""

    task_id: UUID
    mark: Outcome = "please_look"
    """Tells one notice of a task from another: the same one is given once."""
