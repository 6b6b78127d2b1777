"""Every activity there is, by task queue, built from its collaborators."""

from collections.abc import Callable, Mapping
from datetime import datetime

from activities.cases import CaseActivities
from activities.clocks import ClockActivities
from activities.closing import ClosingActivities
from activities.delivery import DeliveryActivities
from activities.documents.pool import ReaderPool
from activities.documents.work import DocumentActivities
from activities.loans import LoanActivities
from activities.messaging.port import Sender
from activities.system_of_record import SystemOfRecord
from activities.tasks import TaskActivities
from contracts.names import Queue

Activity = Callable[..., object]


def activities(
    queue: Queue,
    system: SystemOfRecord,
    senders: Mapping[str, Sender],
    readers: ReaderPool,
    now: Callable[[], datetime],
) -> list[Activity]:
    """The activities of a queue's workers; delivery needs `senders`, documents `readers`."""
    match queue:
        case Queue.LOANS:
            return [LoanActivities(system).advance_loan]
        case Queue.CASES:
            cases = CaseActivities(system)
            return [cases.plan_case, cases.perform_step, TaskActivities(system).advance_task]
        case Queue.DELIVERY:
            return [DeliveryActivities(system, senders, now).send_due]
        case Queue.CLOSING:
            return [
                ClockActivities(system).walk_clock,
                ClosingActivities(system).close_due_days,
            ]
        case Queue.DOCUMENTS:
            documents = DocumentActivities(system, readers)
            return [
                documents.plan_document,
                documents.scan_document,
                documents.read_document,
                documents.render_document,
                documents.settle_document,
            ]
