"""What workflows and activities tell each other and the API: ids, dates and counts only.

These types stand in workflow histories, so they never hold names, addresses or message text,
and a field is only ever added, with a default.
"""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from contracts.base import Wire
from contracts.names import WakeKind


class Poke(Wire):
    """A fact arrived: `wanted` is the wake's count at that moment."""

    wanted: int = Field(ge=0)


# -- loans -------------------------------------------------------------------------------------


class LoanRun(Wire):
    """Input of the `Loan` workflow and of `loan.advance`."""

    loan_id: UUID


class LoanAdvance(Wire):
    """A loan after all that was due has been applied, and when it wants to be woken next."""

    loan_id: UUID
    number: str
    state: str
    bucket: str
    finished: bool
    """True when the loan's life is over for now (closed, rejected, expired)."""
    next_wake_at: datetime | None
    next_action: str
    past_due_since: date | None = None
    owner: str | None = None
    clock_id: UUID | None = None
    line: str = ""
    """One plain line for the memo: number, state and what is waited for."""


# -- recovery cases ----------------------------------------------------------------------------


class CaseRun(Wire):
    """Input of the `RecoveryCase` workflow."""

    case_id: UUID
    updates: int = 0
    """Pokes taken by earlier runs of this case in the same stage."""


class StepRef(Wire):
    """A planned step of a case, by its natural key."""

    case_id: UUID
    step_key: str
    anchor_on: date


class PlannedStep(Wire):
    """The next step of a case."""

    key: str
    anchor_on: date
    action: str
    title: str
    """What it is, for the history: `Remind by SMS (day 4)`."""
    at: datetime
    due: bool
    """True when its time has come: perform it now."""


class CasePlan(Wire):
    """What a case does next, when, and why."""

    case_id: UUID
    number: str
    open: bool
    stage: str
    next_step: PlannedStep | None
    wait_until: datetime | None
    """When to ask again if nothing happens; null only when closed."""
    waiting_for: str
    why: str
    closed_reason: str | None = None
    bucket: str = ""
    past_due_since: date | None = None
    owner: str | None = None
    clock_id: UUID | None = None
    line: str = ""


# -- tasks -------------------------------------------------------------------------------------


class TaskRun(Wire):
    """Input of the `Task` workflow and of `task.advance`."""

    task_id: UUID
    updates: int = 0
    """Pokes taken by earlier runs of this task."""


class TaskAdvance(Wire):
    """A task after all that was due has been done, and when it wants to be looked at next."""

    task_id: UUID
    open: bool
    status: str
    kind: str
    next_action: str | None
    """What comes next: `remind`, `fall_due`, `escalate`; null when only a person moves it."""
    next_title: str = ""
    """The same for the history: `Remind the assignee`."""
    next_at: datetime | None
    waiting_for: str
    owner: str | None = None
    clock_id: UUID | None = None
    line: str = ""


# -- delivery ----------------------------------------------------------------------------------


class DeliveryRun(Wire):
    """Input of the `Delivery` workflow and of `delivery.send_due`."""

    channel: str
    shard: str


class DeliveryReport(Wire):
    """What one sweep of a channel did; `next_due_at` is null when nothing waits."""

    accepted: int = 0
    refused: int = 0
    withheld: int = 0
    unknown: int = 0
    next_due_at: datetime | None = None
    clock_id: UUID | None = None


class LeaseMessages(Wire):
    """Ask for the due messages of one channel and shard."""

    channel: str
    shard: str
    limit: int = Field(default=50, ge=1, le=500)
    apart: bool = False
    """Leave out whoever has a message under way by this channel: for a caller who has leased some
    already and leases more meanwhile."""


class LeasedMessage(Wire):
    """One message to send, or one whose outcome must be looked up at the provider."""

    id: UUID
    to: str
    subject: str | None
    body: str
    look_up: bool = False
    dispatched_at: datetime | None = None
    unsubscribe_url: str = ""
    """Where one click ends e-mails to this address (RFC 8058); empty for other channels."""
    provider: str | None = None
    """Of one in doubt: the name of the provider that was asked to send it, where that is known."""


class Lease(Wire):
    """A group of messages, kept for the caller until `lease_until` (technical time).

    `held_until` says when the first lease lapses that still holds messages of this channel and
    shard (technical time), whoever took it: they come again then. Null when none is held.
    """

    group: UUID
    messages: list[LeasedMessage]
    withheld: int
    next_due_at: datetime | None
    lease_until: datetime
    held_until: datetime | None = None
    clock_id: UUID | None = None


class DispatchMessages(Wire):
    """Last look before the provider is called: after it these messages count as sent."""

    group: UUID
    message_ids: list[UUID] = Field(min_length=1, max_length=500)


class Dispatched(Wire):
    """Those that may really go; the others were withdrawn at the last look."""

    message_ids: list[UUID]
    dispatched_at: datetime
    withdrawn: int


class SendOutcome(Wire):
    """What the provider said of one message."""

    message_id: UUID
    outcome: str = Field(pattern="^(accepted|refused|unknown|not_found|cannot_tell)$")
    provider_id: str | None = None
    code: str | None = Field(default=None, max_length=64)
    retryable: bool = False
    retire_address: bool = False
    retry_after_seconds: float | None = Field(default=None, ge=0, le=86_400)
    """The shortest wait before a retry that the provider asked for."""
    provider: str | None = Field(default=None, max_length=32)
    """The name of the provider that said so, where a channel may have several."""


class SendOutcomes(Wire):
    """What the provider said of a group."""

    group: UUID
    outcomes: list[SendOutcome] = Field(min_length=1, max_length=500)


class Swept(Wire):
    """Where a channel stands after outcomes were recorded."""

    more: bool = True
    """Something is due or in doubt now: lease again."""
    next_due_at: datetime | None = None
    clock_id: UUID | None = None


# -- clocks and closing ------------------------------------------------------------------------


class ClockRun(Wire):
    """Input of the `TestClock` workflow and of `clock.walk`."""

    clock_id: UUID


class ClockStep(Wire):
    """Where a clock stands after one step of its walk."""

    clock_id: UUID
    now: datetime
    target: datetime | None
    arrived: bool
    """True when the clock has reached its target and everything is settled."""
    days_closed: int = 0
    woken: int = 0


class ClockWalked(Wire):
    """What a finished walk did."""

    now: datetime
    steps: int
    days_closed: int


class CloseReport(Wire):
    """What one call of the end of day closed; `more` asks for another call."""

    books: int
    loans: int
    more: bool


# -- documents ---------------------------------------------------------------------------------


class DocumentRun(Wire):
    """Input of the `Document` workflow and of its activities."""

    document_id: UUID


class DocumentPlan(Wire):
    """What is done with a document next; without a step it waits for a person, or is done."""

    document_id: UUID
    number: str
    open: bool
    state: str
    step: str | None = Field(default=None, pattern="^(scan|read|render|settle)$")
    waiting_for: str = ""
    wait_until: datetime | None = None
    """When to ask again if nothing happens."""
    page_count: int = 0
    preview_pages: int = 0
    rejection: str | None = None
    reasons: list[str] = Field(default_factory=list)
    clock_id: UUID | None = None
    line: str = ""


class DocumentScan(Wire):
    """What the first look at a file found: its format, or why it is refused."""

    format: str | None = Field(default=None, pattern="^(pdf|csv|excel)$")
    rejection: str | None = Field(default=None, max_length=64)


class DocumentRendered(Wire):
    """How many pages have an image, from the first on."""

    pages: int = Field(ge=0, le=10_000)


# -- wakes -------------------------------------------------------------------------------------


class LeaseWakes(Wire):
    """Ask for wakes to deliver; the answer waits up to `wait_seconds` for one."""

    limit: int = Field(default=64, ge=1, le=500)
    wait_seconds: int = Field(default=10, ge=0, le=20)
    lease_seconds: int = Field(default=10, ge=2, le=60)


class Wake(Wire):
    """A workflow that is wanted."""

    workflow_id: str
    kind: WakeKind
    wanted: int


class Wakes(Wire):
    """The wakes leased to the caller."""

    items: list[Wake]


class DeliveredWake(Wire):
    """A wake whose poke was answered."""

    workflow_id: str
    wanted: int


class AckWakes(Wire):
    """Wakes that were delivered, and those whose poke failed and may be leased again at once."""

    delivered: list[DeliveredWake] = Field(default_factory=list, max_length=500)
    failed: list[str] = Field(default_factory=list, max_length=500)
