"""Every activity there is, by task queue, built from its collaborators."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from activities.cases import CaseActivities
from activities.clocks import ClockActivities
from activities.closing import ClosingActivities
from activities.delivery import DeliveryActivities
from activities.loans import LoanActivities
from activities.messaging.port import Sender
from activities.money import MoneyActivities, MoneyProviders
from activities.system_of_record import SystemOfRecord
from contracts.names import Queue

Activity = Callable[..., object]

NO_MONEY: Final = MoneyProviders()
"""A process that has no account at a gateway or a bank."""


def activities(
    queue: Queue,
    system: SystemOfRecord,
    senders: Mapping[str, Sender],
    now: Callable[[], datetime],
    money: MoneyProviders = NO_MONEY,
) -> list[Activity]:
    """The activities that the workers of a queue serve.

    Only delivery needs `senders`, and only payments the providers of `money`.
    """
    match queue:
        case Queue.LOANS:
            return [LoanActivities(system).advance_loan]
        case Queue.CASES:
            cases = CaseActivities(system)
            return [cases.plan_case, cases.perform_step]
        case Queue.DELIVERY:
            return [DeliveryActivities(system, senders, now).send_due]
        case Queue.CLOSING:
            return [
                ClockActivities(system).walk_clock,
                ClosingActivities(system).close_due_days,
            ]
        case Queue.PAYMENTS:
            payments = MoneyActivities(system, money.gateway, money.bank)
            return [
                payments.plan_collection,
                payments.perform_collection,
                payments.plan_payout,
                payments.perform_payout,
            ]
