"""Whether a queued message still says something true: unpaid, open, not suspended, not too late."""

from api.messages.about import About
from api.messages.queueing import Validity
from api.messages.tables import MessageRow
from domain.recovery.case import AWAITED_PAYMENT
from domain.recovery.holds import OF_THE_PERSON

# A case that waits for a payment has not lost its reminders: the permit puts them off.


def lost(about: About, message: MessageRow) -> str | None:
    """Why a message has lost its point, as a reason code; None while it stands."""
    if message.not_after is not None and about.clock.now >= message.not_after:
        return "past-not-after"
    validity = Validity(message.validity)
    if validity is Validity.INSTALMENT_UNPAID:
        return _instalment(about, message)
    if validity is Validity.CASE_OPEN:
        return _case(about, message)
    if validity is Validity.DATE_ARRANGED:
        return _arranged(about, message)
    return None


def _arranged(about: About, message: MessageRow) -> str | None:
    days = set() if message.case_id is None else about.arranged.get(message.case_id, set())
    # A hold may have moved the date on; it is known by the day it was agreed for.
    agreed_for = message.facts.get("arranged_for", message.facts.get("due_on"))
    return None if agreed_for in {day.isoformat() for day in days} else "not-due"


def _instalment(about: About, message: MessageRow) -> str | None:
    loan = None if message.loan_id is None else about.loans[message.loan_id]
    if loan is None or loan.lifecycle != "active":
        return "loan-not-active"
    return "instalment-paid" if about.instalment(message) is None else None


def _case(about: About, message: MessageRow) -> str | None:
    case = None if message.case_id is None else about.cases[message.case_id]
    if case is None or case.status != "open":
        return "case-closed"
    # What is about the case's customer alone does not protect another party: his permit decides.
    kinds = set((case.suspended_by or "").split(","))
    about_another = message.customer_id != case.customer_id and kinds <= OF_THE_PERSON
    if case.suspended_by not in {None, AWAITED_PAYMENT} and not about_another:
        return f"case-suspended-{case.suspended_by}"
    for agreed_at, what in (
        (case.promised_at, "promise"),
        (case.arranged_at, "arrangement"),
        (case.settled_at, "settlement"),
    ):
        # The case was planned before it was agreed: whoever agreed is not reminded meanwhile.
        if agreed_at is not None and agreed_at >= message.created_at:
            return f"case-suspended-{what}"
    if message.purpose == "collection" and not about.overdue(message, whole_case=True):
        return "nothing-overdue"
    return None
