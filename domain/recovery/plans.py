"""What was agreed on a case, looked at on a day: arrangements, settlements, reviews of moratoria.

For `domain.recovery.planning`, which asks what came true, what suspends the case, and when to look
again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from domain.calendar import business_date, local_instant
from domain.recovery import arrangement as arranging
from domain.recovery import deferring, moratorium, settlement
from domain.recovery.arrangement import Arrangement, ArrangementState, PartState
from domain.recovery.case import (
    AskForReview,
    CaseFacts,
    Effect,
    MoveArrangement,
    MoveSettlement,
    RemindOfPart,
)
from domain.recovery.promise import PromiseState, last_day
from domain.recovery.settlement import Settlement, SettlementState
from domain.recovery.strategy import Strategy

_DAY = timedelta(days=1)

REMINDED_AT: Final = time(10)
"""Local time of day at which a customer is reminded of a date of an arrangement."""

Span = tuple[date, date | None]
"""Days that do not count; the end not included, None for open."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The arrangements and settlements of a case as they stand after judging.

    Attributes:
        arrangements: In the order they were made.
        settlements: In the order they were made.
        effects: What there is to record.
        completed: An arrangement was completed just now.
        paid: A settlement is paid in full and its rest is not forgiven yet: plan again at once.
    """

    arrangements: tuple[Arrangement, ...]
    settlements: tuple[Settlement, ...]
    effects: tuple[Effect, ...]
    completed: bool
    paid: bool

    def suspends(self, strategy: Strategy) -> tuple[str, ...]:
        """What of it the case stands still for."""
        is_arranged = any(
            each.state is ArrangementState.OPEN
            for each in arranging.pausing(self.arrangements, strategy.arrangements)
        )
        return (
            *(["arrangement"] if is_arranged else []),
            *(["settlement"] if self.is_settling else []),
        )

    @property
    def is_settling(self) -> bool:
        """Whether the debt is being settled: the case goes on though nothing may be overdue."""
        return any(each.suspends for each in self.settlements)

    def spans(self, strategy: Strategy) -> tuple[Span, ...]:
        """The days on which it suspended the case."""
        arranged: list[Span] = [
            (each.started_on, each.ended_on)
            for each in arranging.pausing(self.arrangements, strategy.arrangements)
            if each.started_on is not None
        ]
        settled: list[Span] = [
            (each.accepted_on, each.ended_on)
            for each in self.settlements
            if each.accepted_on is not None
        ]
        return (*arranged, *settled)


def judge(facts: CaseFacts, strategy: Strategy, today: date) -> Agreed:
    """Find what became of all that was agreed; `today` is the business day of the books."""
    effects: list[Effect] = []
    arrangements = []
    completed = False
    grace = strategy.promises.grace_days
    for at, kept in enumerate(facts.arrangements):
        is_last = at == len(facts.arrangements) - 1
        each = deferring.arrangement(kept, facts.holds, grace_days=grace, today=today)
        judged = _arrangement(each, facts, strategy, today, is_last=is_last)
        arrangements.append(judged)
        if judged != each:
            completed = judged.state is ArrangementState.COMPLETED
            received = {part.number: part.received for part in judged.parts}
            states = {part.number: part.state for part in judged.parts}
            effects.append(MoveArrangement(each.id, judged.state, states, received))
    settlements = []
    paid = False
    for kept_open in facts.settlements:
        offered = deferring.settlement(kept_open, facts.holds, today=today)
        found = settlement.judge(offered, everywhere(facts))
        if found.state is SettlementState.COMPLETED and offered.state is not found.state:
            # Its rest is forgiven under the locks of the loans, before the case is looked at.
            paid = True
            settlements.append(offered)
        elif found.state is not offered.state:
            effects.append(MoveSettlement(offered.id, found.state, found.received))
            settlements.append(replace(offered, state=found.state, ended_on=today))
        else:
            settlements.append(offered)
    agreed = Agreed(tuple(arrangements), tuple(settlements), tuple(effects), completed, paid)
    return replace(agreed, effects=(*effects, *_asked(facts, agreed, strategy, today)))


def as_held(facts: CaseFacts, strategy: Strategy) -> CaseFacts:
    """The facts with the dates of all that was agreed as holds leave them, to tell of them."""
    today, grace = business_date(facts.now, facts.book_zone), strategy.promises.grace_days
    return replace(
        facts,
        promises=tuple(
            deferring.promise(each, facts.holds, grace_days=grace, today=today)
            for each in facts.promises
        ),
        arrangements=tuple(
            deferring.arrangement(each, facts.holds, grace_days=grace, today=today)
            for each in facts.arrangements
        ),
        settlements=tuple(
            deferring.settlement(each, facts.holds, today=today) for each in facts.settlements
        ),
    )


def _arrangement(
    each: Arrangement, facts: CaseFacts, strategy: Strategy, today: date, *, is_last: bool
) -> Arrangement:
    """One arrangement after judging: an open one, or the last one if its ground may be gone.

    Money that was counted may be taken back, and a hold may turn out to have bound on its dates.
    """
    is_open = each.state is ArrangementState.OPEN
    again = each.state is ArrangementState.COMPLETED or (
        each.state is ArrangementState.BROKEN and _was_held(each, facts, strategy)
    )
    if not is_open and not (is_last and again):
        return each
    found = arranging.judge(each.parts, each.receipts, strategy.promises, everywhere(facts))
    states = {part.number: part for part in found.parts}
    parts = tuple(
        replace(part, state=states[part.number].state, received=states[part.number].received)
        for part in each.parts
    )
    ended_on = each.ended_on
    if found.state is not each.state:
        ended_on = None if found.state is ArrangementState.OPEN else today
    return replace(each, parts=parts, state=found.state, ended_on=ended_on)


def _was_held(each: Arrangement, facts: CaseFacts, strategy: Strategy) -> bool:
    """Whether a broken arrangement was judged while a date of it was not over, as is known now."""
    if each.ended_on is None or _agreed_after(each, facts):
        return False
    grace = strategy.promises.grace_days
    return any(
        part.state is PartState.MISSED and each.ended_on <= last_day(part.due_on, grace)
        for part in each.parts
    )


def _agreed_after(each: Arrangement, facts: CaseFacts) -> bool:
    """Whether something was agreed after an arrangement that stands in its place."""
    return any(
        other.state is not PromiseState.REPLACED and other.made_on >= (each.ended_on or date.max)
        for other in facts.promises
    ) or any(other.state is SettlementState.ACCEPTED for other in facts.settlements)


def _asked(facts: CaseFacts, agreed: Agreed, strategy: Strategy, today: date) -> Iterable[Effect]:
    """Reminders of dates that are near, and reviews that have to be asked for."""
    for each in arranging.pausing(agreed.arrangements, strategy.arrangements):
        for part in each.parts if each.state is ArrangementState.OPEN else ():
            at = _reminder(facts, strategy, part)
            if at is not None and at <= facts.now < _end_of(facts, part.due_on):
                yield RemindOfPart(each.id, part.number, part.due_on)
    for protected in facts.moratoria:
        wanted = moratorium.review_wanted(protected, today)
        if wanted is not None:
            yield AskForReview(protected.id, wanted.number, wanted.closes_on)


def _reminder(facts: CaseFacts, strategy: Strategy, part: arranging.Part) -> datetime | None:
    """When the customer is reminded of a part; None when that is done, or not wanted."""
    days = strategy.arrangements.remind_days
    if days == 0 or part.reminded or part.waits or part.state is not PartState.DUE:
        return None
    on = part.due_on - timedelta(days=days)
    return local_instant(on, REMINDED_AT, facts.zone or facts.book_zone)


def deadlines(facts: CaseFacts, agreed: Agreed, strategy: Strategy) -> Sequence[datetime]:
    """Every instant at which something that was agreed may change the plan, past ones too."""
    instants = []
    for each in agreed.arrangements:
        for part in each.parts if each.state is ArrangementState.OPEN else ():
            if part.state is PartState.DUE and not part.waits:
                instants.append(_end_of(facts, last_day(part.due_on, strategy.promises.grace_days)))
                reminder = _reminder(facts, strategy, part)
                instants.extend([] if reminder is None else [reminder])
    for offered in agreed.settlements:
        if offered.state is SettlementState.OFFERED:
            instants.append(_end_of(facts, offered.valid_until))
        elif offered.state is SettlementState.ACCEPTED and not offered.waits:
            instants.append(_end_of(facts, offered.pay_by))
    for protected in facts.moratoria:
        coming = moratorium.review(protected, protected.asked + 1)
        if coming is not None:
            instants.append(local_instant(coming.opens_on, time(0), facts.book_zone))
    return instants


def everywhere(facts: CaseFacts) -> date:
    """The day that has begun for the customer and the books: the day before it is over for both."""
    return min(
        business_date(facts.now, zone) for zone in {facts.book_zone, facts.zone or facts.book_zone}
    )


def _end_of(facts: CaseFacts, day: date) -> datetime:
    """The instant at which a day is over, for the customer and the books."""
    zones = {facts.book_zone, facts.zone or facts.book_zone}
    return max(local_instant(day + _DAY, time(0), zone) for zone in zones)
