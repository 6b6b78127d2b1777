"""Typed search attributes of the workflows, and what is shown through them."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Final

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from contracts.money_work import MoneyPlan
from contracts.names import Attribute
from contracts.work import CasePlan, DocumentPlan, LoanAdvance, TaskAdvance

STATE: Final = SearchAttributeKey.for_keyword(Attribute.STATE.value)
STAGE: Final = SearchAttributeKey.for_keyword(Attribute.STAGE.value)
BUCKET: Final = SearchAttributeKey.for_keyword(Attribute.BUCKET.value)
PAST_DUE_SINCE: Final = SearchAttributeKey.for_datetime(Attribute.PAST_DUE_SINCE.value)
NEXT_ACTION: Final = SearchAttributeKey.for_keyword(Attribute.NEXT_ACTION.value)
NEXT_AT: Final = SearchAttributeKey.for_datetime(Attribute.NEXT_AT.value)
OWNER: Final = SearchAttributeKey.for_keyword(Attribute.OWNER.value)
CLOCK: Final = SearchAttributeKey.for_keyword(Attribute.CLOCK.value)

KEYWORDS: Final = (STATE, STAGE, BUCKET, NEXT_ACTION, OWNER, CLOCK)
DATETIMES: Final = (PAST_DUE_SINCE, NEXT_AT)
ALL: Final = (*KEYWORDS, *DATETIMES)
"""Every search attribute that a namespace must know before the workers start."""

Shown = dict[str, str | datetime]
"""What a workflow shows, by attribute name; an attribute that says nothing is left out."""


def of_loan(advance: LoanAdvance) -> Shown:
    """What a loan shows between two runs."""
    shown: Shown = {STATE.name: advance.state}
    _keyword(shown, BUCKET, advance.bucket)
    _keyword(shown, NEXT_ACTION, advance.next_action)
    _keyword(shown, OWNER, advance.owner)
    _keyword(shown, CLOCK, None if advance.clock_id is None else str(advance.clock_id))
    if advance.past_due_since is not None:
        shown[PAST_DUE_SINCE.name] = datetime.combine(advance.past_due_since, time(), UTC)
    if advance.next_wake_at is not None:
        shown[NEXT_AT.name] = advance.next_wake_at
    return shown


def of_case(plan: CasePlan) -> Shown:
    """What a case shows while it waits."""
    step = plan.next_step
    shown: Shown = {STATE.name: "open" if plan.open else "closed"}
    _keyword(shown, STAGE, plan.stage)
    _keyword(shown, BUCKET, plan.bucket)
    _keyword(shown, NEXT_ACTION, None if step is None else step.action)
    _keyword(shown, OWNER, plan.owner)
    _keyword(shown, CLOCK, None if plan.clock_id is None else str(plan.clock_id))
    if plan.past_due_since is not None:
        shown[PAST_DUE_SINCE.name] = datetime.combine(plan.past_due_since, time(), UTC)
    next_at = plan.wait_until if step is None else step.at
    if next_at is not None:
        shown[NEXT_AT.name] = next_at
    return shown


def of_document(plan: DocumentPlan) -> Shown:
    """What a document shows while it is worked on or waits."""
    shown: Shown = {STATE.name: plan.state}
    _keyword(shown, NEXT_ACTION, plan.step or ("review" if plan.open else None))
    _keyword(shown, CLOCK, None if plan.clock_id is None else str(plan.clock_id))
    return shown


def of_task(advance: TaskAdvance) -> Shown:
    """What a task shows while somebody is to do it."""
    shown: Shown = {STATE.name: advance.status}
    _keyword(shown, STAGE, advance.kind)
    _keyword(shown, NEXT_ACTION, advance.next_action)
    _keyword(shown, OWNER, advance.owner)
    _keyword(shown, CLOCK, None if advance.clock_id is None else str(advance.clock_id))
    if advance.next_at is not None:
        shown[NEXT_AT.name] = advance.next_at
    return shown


def of_money(plan: MoneyPlan) -> Shown:
    """What a collection or a payout shows while it sleeps."""
    shown: Shown = {STATE.name: plan.status}
    _keyword(shown, NEXT_ACTION, plan.action)
    _keyword(shown, CLOCK, None if plan.clock_id is None else str(plan.clock_id))
    if plan.at is not None:
        shown[NEXT_AT.name] = plan.at
    return shown


def typed(shown: Shown) -> TypedSearchAttributes:
    """The attributes as the server takes them at the start of a run."""
    pairs: list[SearchAttributePair[str] | SearchAttributePair[datetime]] = []
    for keyword in KEYWORDS:
        value = shown.get(keyword.name)
        if isinstance(value, str):
            pairs.append(SearchAttributePair(keyword, value))
    for instant in DATETIMES:
        value = shown.get(instant.name)
        if isinstance(value, datetime):
            pairs.append(SearchAttributePair(instant, value))
    return TypedSearchAttributes(pairs)


def changes(
    before: Shown, after: Shown
) -> Sequence[SearchAttributeUpdate[str] | SearchAttributeUpdate[datetime]]:
    """What to upsert so that `after` is shown, in a fixed order."""
    found: list[SearchAttributeUpdate[str] | SearchAttributeUpdate[datetime]] = []
    for keyword in KEYWORDS:
        word = after.get(keyword.name)
        if word == before.get(keyword.name):
            continue
        found.append(keyword.value_set(word) if isinstance(word, str) else keyword.value_unset())
    for instant in DATETIMES:
        at = after.get(instant.name)
        if at == before.get(instant.name):
            continue
        found.append(instant.value_set(at) if isinstance(at, datetime) else instant.value_unset())
    return found


def _keyword(shown: Shown, key: SearchAttributeKey[str], value: str | None) -> None:
    if value:
        shown[key.name] = value
