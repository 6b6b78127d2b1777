"""What the workflows of a loan and a case leave behind: few events, no personal data."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowHistory

from contracts.base import Page
from contracts.recovery import Case
from tests.end_to_end.conftest import Lender, day_before, first_of

RUNS_AT_MOST: Final = 15
EVENTS_AT_MOST: Final = 13


async def _runs(client: Client, workflow_id: str) -> AsyncIterator[WorkflowExecution]:
    async for found in client.list_workflows(f"WorkflowId = '{workflow_id}'"):
        yield found


async def _ended_runs(client: Client, workflow_id: str) -> list[WorkflowExecution]:
    """All runs of a workflow that has ended; the list follows the server a little later."""
    async with asyncio.timeout(30):
        while True:
            found = [run async for run in _runs(client, workflow_id)]
            if all(run.status is not WorkflowExecutionStatus.RUNNING for run in found):
                return found
            await asyncio.sleep(0.05)


async def _history(client: Client, run: WorkflowExecution) -> WorkflowHistory:
    return await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()


@pytest.mark.timeout(900)
async def test_a_loan_paid_on_time_stays_within_its_event_budget(
    lender: Lender, temporal: Client
) -> None:
    customer = await lender.customer("Ines Prompt", "+12125550111", "ines@customers.example")
    loan = await lender.loan(customer)
    await lender.settled()
    for instalment in loan.schedule:
        await lender.advance_to(day_before(instalment.due_on))
        if instalment.number == 6:
            idle = await temporal.get_workflow_handle(loan.workflow_id).describe()
            assert idle.status is WorkflowExecutionStatus.RUNNING
            assert idle.history_length == 1
        await lender.pay(loan.id, instalment.total)
    # The last run writes the letter that nothing is owed.
    await lender.advance_to(loan.schedule[-1].due_on + timedelta(days=2))
    assert (await temporal.get_workflow_handle(loan.workflow_id).result())["finished"]
    found = await _ended_runs(temporal, loan.workflow_id)
    lengths = sorted([len((await _history(temporal, run)).events) for run in found])
    assert len(found) <= RUNS_AT_MOST, f"{len(found)} runs"
    assert lengths[-1] <= EVENTS_AT_MOST, lengths


PERSON: Final = ("Leopoldine Quarzhagen", "+12125550177", "leopoldine@customers.example")


@pytest.mark.timeout(900)
async def test_histories_hold_no_personal_data(lender: Lender, temporal: Client) -> None:
    customer = await lender.customer(*PERSON)
    loan = await lender.loan(customer)
    await lender.advance_to(first_of(1).replace(day=20))
    cases = await lender.admin.get("/recovery-cases", Page[Case], {"customer_id": str(customer.id)})
    assert len(cases.items) == 1
    texts: list[str] = []
    async for run in temporal.list_workflows():
        history = await _history(temporal, run)
        texts.append(_decoded(history))
        texts.append(json.dumps(dict(run.typed_search_attributes.__dict__), default=str))
        described = await temporal.get_workflow_handle(run.id, run_id=run.run_id).describe()
        texts.append(json.dumps(await described.memo(), default=str))
    everything = "\n".join(texts)
    # The canaries: what must be found, or the search proves nothing.
    assert str(loan.id) in everything
    assert loan.number in everything
    assert cases.items[0].number in everything
    name, phone, email = PERSON
    for personal in (*name.split(), phone, phone[2:], email, email.partition("@")[0]):
        assert personal.lower() not in everything.lower()


def _decoded(history: WorkflowHistory) -> str:
    """A history as text, its payloads decoded; they are JSON."""
    parts: list[str] = []
    for event in history.events:
        parts.append(EventType.Name(event.event_type))
        _collect(event, parts)
    return "\n".join(parts)


def _collect(message: object, parts: list[str]) -> None:
    """Walk a protobuf message: texts as they are, payload data as the text it encodes."""
    descriptor = getattr(message, "DESCRIPTOR", None)
    if descriptor is None:
        if isinstance(message, bytes):
            parts.append(message.decode("utf-8", "replace"))
        elif isinstance(message, str):
            parts.append(message)
        return
    for field, value in message.ListFields():  # type: ignore[attr-defined] # any protobuf message
        if hasattr(value, "items"):
            for key, inner in value.items():
                _collect(key, parts)
                _collect(inner, parts)
        elif field.is_repeated:
            for inner in value:
                _collect(inner, parts)
        else:
            _collect(value, parts)
