"""Identifiers: typed keys, workflow ids and the business keys that make effects happen once."""

from datetime import date
from typing import NewType
from uuid import UUID

CustomerId = NewType("CustomerId", UUID)
CreditorId = NewType("CreditorId", UUID)
LoanId = NewType("LoanId", UUID)
CaseId = NewType("CaseId", UUID)
MessageId = NewType("MessageId", UUID)
ClockId = NewType("ClockId", UUID)
UserId = NewType("UserId", UUID)
DocumentId = NewType("DocumentId", UUID)

LIVE_SHARD = "live-0"
"""The delivery shard of everybody who is not on a test clock."""


def loan_workflow_id(loan_id: UUID) -> str:
    """The one workflow of a loan."""
    return f"loan:{loan_id}"


def case_workflow_id(case_id: UUID) -> str:
    """The one workflow of a recovery case."""
    return f"case:{case_id}"


def document_workflow_id(document_id: UUID) -> str:
    """The one workflow of a document."""
    return f"document:{document_id}"


def task_workflow_id(task_id: UUID) -> str:
    """The workflow that follows a scheduled task up."""
    return f"task:{task_id}"


def clock_workflow_id(clock_id: UUID) -> str:
    """The workflow that walks a test clock."""
    return f"clock:{clock_id}"


def delivery_shard(clock_id: UUID | None) -> str:
    """Messages of one test clock are delivered apart from the live ones and from other clocks."""
    return LIVE_SHARD if clock_id is None else str(clock_id)


def delivery_workflow_id(channel: str, shard: str) -> str:
    """The workflow that sends a channel's due messages in one shard."""
    return f"delivery:{channel}:{shard}"


def collection_workflow_id(collection_id: UUID) -> str:
    """The one workflow of a collection: an instalment by autopay, or a pay link."""
    return f"payment:{collection_id}"


def payout_workflow_id(payout_id: UUID) -> str:
    """The one workflow of a payout."""
    return f"payout:{payout_id}"


def workflow_key(workflow_id: str) -> str:
    """What follows the kind in a workflow id: `loan:{key}`, `delivery:{key}`."""
    return workflow_id.partition(":")[2]


def late_fee_key(
    loan_id: UUID, instalment: int, withdrawn_before: int = 0, day: date | None = None
) -> str:
    """One late fee per instalment (and `day`, for a daily one), however often a day is closed.

    One that was withdrawn by a correction keeps its key; another correction may charge it again.
    """
    again = f":{withdrawn_before + 1}" if withdrawn_before else ""
    return f"late_fee:{loan_id}:{instalment}{late_fee_day(day)}{again}"


def late_fee_day(day: date | None) -> str:
    """What names the day of a daily late fee in its key; nothing for one that arises once."""
    return "" if day is None else f"@{day.isoformat()}"


def reminder_key(loan_id: UUID, due_on: date, step: str) -> str:
    """One reminder per loan, due date and step of the strategy."""
    return f"reminder:{loan_id}:{due_on.isoformat()}:{step}"


def case_step_key(case_id: UUID, anchor_on: date, step: str) -> str:
    """One performance of a step per case and obligation date."""
    return f"case_step:{case_id}:{anchor_on.isoformat()}:{step}"


def autopay_key(loan_id: UUID, instalment: int) -> str:
    """One collection per instalment of a loan on autopay."""
    return f"autopay:{loan_id}:{instalment}"


def gateway_payment_key(gateway: str, reference: str) -> str:
    """One posting per payment of a gateway, whoever tells of it and however often."""
    return f"{gateway}:{reference}"
