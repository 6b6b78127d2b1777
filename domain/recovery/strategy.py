"""Recovery strategies: what is done on which day, as versioned data.

Days count from the due date of the obligation that leads a case (its anchor).
`domain.recovery.strategy_text` reads a strategy, `domain.recovery.strategy_lint` names its
mistakes.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from domain.calendar import local_instant
from domain.contact.channel import Channel
from domain.letters import LetterCode
from domain.recovery.arrangement import ArrangementPolicy
from domain.recovery.conditions import ALWAYS, Condition
from domain.recovery.promise import PromisePolicy
from domain.recovery.settlement import SettlementPolicy


class Action(StrEnum):
    """What a step of a case does."""

    REMIND = "remind"
    """Send a message."""
    CALL_TASK = "call_task"
    """Ask an agent to call."""
    ESCALATE = "escalate"
    """Ask an advisor to take the case."""
    PAY_LINK = "pay_link"
    """Send a message that leads to where the customer pays."""
    LETTER = "letter"
    """Ask an agent to post a letter."""
    OFFER_SETTLEMENT = "offer_settlement"
    """Propose to take a part of what is owed for the whole; a manager decides."""
    PLACE = "place"
    """Propose to hand the case to a collection agency; a manager decides."""
    CHARGE_OFF = "charge_off"
    """Propose to expense the book balance; a manager decides."""
    CLOSE = "close"
    """End the case: it is not chased any more."""


MESSAGES: Final = frozenset({Action.REMIND, Action.PAY_LINK})
"""What is sent to the customer."""

PROPOSALS: Final = frozenset({Action.OFFER_SETTLEMENT, Action.PLACE, Action.CHARGE_OFF})
"""What a manager decides on before anything happens."""


class Audience(StrEnum):
    """To whom a message of a step goes."""

    PRIMARY = "primary"
    """The case's customer."""
    CO_BORROWERS = "co_borrowers"
    GUARANTORS = "guarantors"
    """Those who were given notice of the default."""
    LIABLE = "liable"
    """Everybody who may be asked to pay, the primary included."""


class Exit(StrEnum):
    """What ends a case by itself."""

    PAID = "paid"
    """Nothing is overdue any more."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of a case, from an active day on until the next one begins.

    Attributes:
        name: Unique within the strategy.
        from_day: Its first active day.
        to_day: Its last one, if the author wrote it down; must be the day before the next begins.
    """

    name: str
    from_day: int
    to_day: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How a customer is reached instead, and by which text.

    Attributes:
        channel: The medium; None for a letter that an agent posts.
        template: Its text; None for a letter that is named by its code.
        letter: Which letter, for one that is named by its code.
    """

    channel: Channel | None
    template: str | None
    letter: LetterCode | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case.

    Attributes:
        key: Unique name within the strategy.
        day_offset: Active days after the anchor.
        stage: The stage it belongs to; the one that holds on its day.
        action: What it does.
        channel: Medium of a message, otherwise None.
        template: Text of a message, or of a letter that has none of its own; otherwise None.
        at: Local time of day of the customer.
        valid_days: Local days on which a message may still go, its own day included; of an
            offer: for how many days it stands.
        when: What must be so on its day; else it is passed over.
        fallback: Ways tried in this order when the customer cannot be reached by `channel`.
        percent: Share of what is owed that an offer asks for, otherwise None.
        to: To whom a message goes; each person's own permit decides whether it does.
        letter: Which letter is written about each overdue loan, for a letter named by its code.
    """

    key: str
    day_offset: int
    stage: str
    action: Action
    channel: Channel | None
    template: str | None
    at: time
    valid_days: int = 3
    when: Condition = ALWAYS
    fallback: tuple[Way, ...] = ()
    percent: Decimal | None = None
    to: Audience = Audience.PRIMARY
    letter: LetterCode | None = None


@dataclass(frozen=True, slots=True)
class PreDueStep:
    """A reminder of an instalment that is not overdue.

    Attributes:
        key: Unique name within the strategy.
        day_offset: Days from the due date, zero or negative.
        channel: Medium.
        template: Text.
        at: Local time of day of the customer.
        valid_days: Local days on which it may still go, its own day included.
    """

    key: str
    day_offset: int
    channel: Channel
    template: str
    at: time
    valid_days: int = 1


@dataclass(frozen=True, slots=True)
class EscalationSla:
    """Hours within which an escalation must be acknowledged, by advisor and then manager."""

    advisor_hours: int
    manager_hours: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """A version of a strategy.

    Attributes:
        code: Stable name.
        version: Rises with every change; a case keeps its own.
        name: For people.
        opens_after_days: Past due days from which a case is opened.
        stages: In rising order.
        steps: In the order they fall due.
        pre_due: Reminders before an instalment is overdue, in the order they fall due.
        escalation: How long advisors and managers have.
        promises: What is accepted as a promise.
        review_days: A case without a next step is looked at again after so many days.
        repeat_after_days: The same step is taken again for a later obligation only after so
            many days.
        exits: What ends a case by itself.
        arrangements: What is accepted as an arrangement.
        settlements: What may be offered as a settlement.
    """

    code: str
    version: int
    name: str
    opens_after_days: int
    stages: tuple[Stage, ...]
    steps: tuple[Step, ...]
    pre_due: tuple[PreDueStep, ...]
    escalation: EscalationSla
    promises: PromisePolicy
    review_days: int
    repeat_after_days: int
    exits: frozenset[Exit] = frozenset(Exit)
    arrangements: ArrangementPolicy = ArrangementPolicy()
    settlements: SettlementPolicy = SettlementPolicy()

    @property
    def looks_at_the_customer(self) -> bool:
        """Whether a step depends on more than its day: a condition, or another way."""
        return any(step.when != ALWAYS or step.fallback for step in self.steps)

    def opens_on(self, past_due_days: int) -> bool:
        """Tell whether a loan so many days past due is a case."""
        return past_due_days >= self.opens_after_days

    def stage_on(self, active_day: int) -> str:
        """Name of the stage that an active day belongs to; before the first: the first."""
        name = self.stages[0].name
        for stage in self.stages:
            if stage.from_day <= active_day:
                name = stage.name
        return name

    def rank(self, stage: str) -> int:
        """Position of a stage; a name this version does not know counts as the first."""
        names = [each.name for each in self.stages]
        return names.index(stage) if stage in names else 0


@dataclass(frozen=True, slots=True)
class PreDueReminder:
    """A reminder of one instalment, placed in time.

    Attributes:
        key: The step's key.
        channel: Medium.
        template: Text.
        at: When it falls due (UTC).
        not_after: When it has lost its point (UTC).
    """

    key: str
    channel: Channel
    template: str
    at: datetime
    not_after: datetime


def pre_due_reminders(strategy: Strategy, due_on: date, zone: str) -> tuple[PreDueReminder, ...]:
    """The reminders before one due date, on the customer's clock, in order.

    Raises:
        DomainError: `UNKNOWN_ZONE`.
    """
    return tuple(
        PreDueReminder(
            key=step.key,
            channel=step.channel,
            template=step.template,
            at=local_instant(due_on + timedelta(days=step.day_offset), step.at, zone),
            not_after=local_instant(
                due_on + timedelta(days=step.day_offset + step.valid_days), time(0), zone
            ),
        )
        for step in strategy.pre_due
    )
