"""Every workflow there is, by task queue."""

from typing import Final

from contracts.names import Queue
from workflows.delivery import Delivery
from workflows.document import Document
from workflows.end_of_day import EndOfDay
from workflows.loan import Loan
from workflows.payment_collection import PaymentCollection
from workflows.payout import Payout
from workflows.recovery_case import RecoveryCase
from workflows.task import Task
from workflows.test_clock import TestClock

WORKFLOWS: Final[dict[Queue, tuple[type, ...]]] = {
    Queue.LOANS: (Loan,),
    Queue.CASES: (RecoveryCase, Task),
    Queue.DELIVERY: (Delivery,),
    Queue.CLOSING: (TestClock, EndOfDay),
    Queue.DOCUMENTS: (Document,),
    Queue.PAYMENTS: (PaymentCollection, Payout),
}
"""The workflows each queue's workers serve."""
