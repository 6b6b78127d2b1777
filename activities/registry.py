"""Every activity there is, by task queue, built from its collaborators."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from activities.cases import CaseActivities
from activities.clocks import ClockActivities
from activities.closing import ClosingActivities
from activities.delivery import DeliveryActivities
from activities.documents.pool import ReaderPool
from activities.documents.work import DocumentActivities
from activities.loans import LoanActivities
from activities.messaging.port import Sender
from activities.money import MoneyActivities, MoneyProviders
from activities.system_of_record import SystemOfRecord
from activities.tasks import TaskActivities
from contracts.names import Queue

Activity = Callable[..., object]

NO_MONEY: Final = MoneyProviders()
"""A process that has no account at a gateway or a bank."""


def activities(
    queue: Queue,
    system: SystemOfRecord,
    *,
    senders: Mapping[str, Sender],
    readers: ReaderPool,
    now: Callable[[], datetime],
    money: MoneyProviders = NO_MONEY,
) -> list[Activity]:
    """The activities that the workers of a queue serve.

    Only delivery needs `senders`, only documents `readers`, only payments the providers of `money`.
    """
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
        case Queue.PAYMENTS:
            payments = MoneyActivities(system, money.gateway, money.bank)
            return [
                payments.plan_collection,
                payments.perform_collection,
                payments.plan_payout,
                payments.perform_payout,
            ]
