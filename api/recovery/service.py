"""The door of recovery: what other features ask of it.

Closing of days opens cases and reports buckets; messages ask which holds bind a person and turn
replies into promises; anybody asks a person to do something.
"""

from api.recovery.acts import complete_task
from api.recovery.arrears_queries import total_overdue
from api.recovery.cases import hold_case, require_open
from api.recovery.cases import wake as wake_case
from api.recovery.complaining import (
    Point,
    hold_loans,
    pause_for_complaint,
    resume_after_complaint,
)
from api.recovery.explaining import explain
from api.recovery.holds import debt_holds_on, holds_on
from api.recovery.opening import OverdueLoan, loan_cured, note_bucket_change, open_or_join
from api.recovery.promises import promise_from_reply
from api.recovery.queries import CaseFilter
from api.recovery.reading import list_cases, several
from api.recovery.replies import (
    customer_stopped,
    hold_from_reply,
    note_reply,
    pause_for_reported_payment,
    reply_waits,
)
from api.recovery.telling import approved_offer, letter_written
from api.tasks.service import open_task

__all__ = [
    "CaseFilter",
    "OverdueLoan",
    "Point",
    "approved_offer",
    "complete_task",
    "customer_stopped",
    "debt_holds_on",
    "explain",
    "hold_case",
    "hold_from_reply",
    "hold_loans",
    "holds_on",
    "letter_written",
    "list_cases",
    "loan_cured",
    "note_bucket_change",
    "note_reply",
    "open_or_join",
    "open_task",
    "pause_for_complaint",
    "pause_for_reported_payment",
    "promise_from_reply",
    "reply_waits",
    "require_open",
    "several",
    "resume_after_complaint",
    "total_overdue",
    "wake_case",
]
