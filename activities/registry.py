"""Every activity there is, by task queue, built from its collaborators."""

from collections.abc import Callable, Mapping
from datetime import datetime

from activities.cases import CaseActivities
from activities.clocks import ClockActivities
from activities.closing import ClosingActivities
from activities.delivery import DeliveryActivities
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
    now: Callable[[], datetime],
) -> list[Activity]:
    """The activities that the workers of a queue serve; only delivery needs `senders`."""
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
