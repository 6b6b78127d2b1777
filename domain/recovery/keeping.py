"""What became of the promises of a case: judged at their end, and again when their ground is gone.

A promise that was kept is judged again once money that was counted for it is taken back, and the
last one that was broken once a hold turns out to have bound on its date.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from domain.calendar import local_instant
from domain.recovery import deferring
from domain.recovery.arrangement import ArrangementState
from domain.recovery.case import CaseFacts, Effect, ResolvePromise
from domain.recovery.promise import Promise, PromiseState, Verdict, judge_open, last_day
from domain.recovery.settlement import SettlementState
from domain.recovery.strategy import Strategy

_DAY = timedelta(days=1)

_MISSED = frozenset({PromiseState.BROKEN, PromiseState.PARTIAL})


@dataclass(frozen=True, slots=True)
class Settled:
    """The promises of a case after judging, with their dates as holds leave them."""

    promises: tuple[Promise, ...]
    effects: tuple[Effect, ...]


def settle_promises(facts: CaseFacts, strategy: Strategy, today: date) -> Settled:
    """The promises as they stand after judging, and what there is to record about them."""
    grace = strategy.promises.grace_days
    promises = [
        deferring.promise(each, facts.holds, grace_days=grace, today=today)
        for each in facts.promises
    ]
    effects: list[Effect] = []
    for at, promise in enumerate(promises):
        if promise.state is PromiseState.REPLACED:
            continue
        reopened = replace(promise, state=PromiseState.OPEN, resolved_on=None)
        tried = [*promises[:at], reopened, *promises[at + 1 :]]
        verdict = _verdict(facts, strategy, tried, reopened, today)
        if promise.state is not PromiseState.OPEN:
            is_last = at == len(promises) - 1 and not _agreed_since(facts)
            if not _lost_its_ground(promise, verdict, grace, is_last=is_last):
                continue
            if verdict.state is PromiseState.OPEN and not is_last:
                # What was agreed since stands in its place.
                verdict = replace(verdict, state=PromiseState.REPLACED)
        if verdict.state is promise.state:
            continue
        effects.append(ResolvePromise(promise.id, verdict.state, verdict.received))
        promises[at] = replace(
            promise,
            state=verdict.state,
            received=verdict.received,
            resolved_on=None if verdict.state is PromiseState.OPEN else today,
        )
    return Settled(tuple(promises), tuple(effects))


def deadline(facts: CaseFacts, strategy: Strategy, promise: Promise) -> datetime:
    """The instant at which the last day for its money is over, for the customer and the books."""
    after = last_day(promise.due_on, strategy.promises.grace_days) + _DAY
    zones = {facts.book_zone, facts.zone or facts.book_zone}
    return max(local_instant(after, time(0), zone) for zone in zones)


def _verdict(
    facts: CaseFacts,
    strategy: Strategy,
    promises: Sequence[Promise],
    promise: Promise,
    today: date,
) -> Verdict:
    """What an open promise has come to.

    It ends with its last day, wherever the customer and the books are; until then it is judged as
    of that day at the latest, so that it stays open.
    """
    end = last_day(promise.due_on, strategy.promises.grace_days)
    over = facts.now >= deadline(facts, strategy, promise)
    as_of = max(today, end + _DAY) if over else min(today, end)
    return next(
        verdict
        for verdict in judge_open(promises, facts.receipts, strategy.promises, as_of)
        if verdict.promise_id == promise.id
    )


def _lost_its_ground(promise: Promise, verdict: Verdict, grace_days: int, *, is_last: bool) -> bool:
    """Whether a promise that was resolved is judged again."""
    if promise.state in {PromiseState.KEPT, PromiseState.PARTIAL} and (
        verdict.received < promise.received
    ):
        return True
    # Judged while its days were not over: a hold was placed since that begins before.
    return (
        is_last
        and promise.state in _MISSED
        and promise.resolved_on is not None
        and promise.resolved_on <= last_day(promise.due_on, grace_days)
    )


def _agreed_since(facts: CaseFacts) -> bool:
    """Whether dates or a settlement were agreed that stand in the place of a promise."""
    return any(each.state is ArrangementState.OPEN for each in facts.arrangements) or any(
        each.state is SettlementState.ACCEPTED for each in facts.settlements
    )
