"""Who may call what: one row per operation. An operation without a row is refused to everybody.

A row names the roles that may call it and, for machines, the scope their token must carry.
What of a thing they may see (their own, all) is decided where it is read: every query that a
customer may reach is narrowed to that customer (`api.security.access.visible_customer`).
"""

from dataclasses import dataclass
from typing import Final

from contracts.names import Role, Scope


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call one operation."""

    roles: frozenset[Role] = frozenset()
    scope: Scope | None = None
    public: bool = False


def _roles(*roles: Role) -> Rule:
    return Rule(roles=frozenset(roles))


PUBLIC: Final = Rule(public=True)
"""Open to all: log-in, health, and webhooks, which prove themselves by signature."""

EVERYBODY: Final = _roles(Role.ADMIN, Role.MANAGER, Role.AGENT, Role.ADVISOR, Role.CUSTOMER)
STAFF: Final = _roles(Role.ADMIN, Role.MANAGER, Role.AGENT, Role.ADVISOR)
COLLECTORS: Final = _roles(Role.ADMIN, Role.MANAGER, Role.AGENT)
MANAGERS: Final = _roles(Role.ADMIN, Role.MANAGER)
ADMINS: Final = _roles(Role.ADMIN)
ADVISORS: Final = _roles(Role.ADMIN, Role.MANAGER, Role.ADVISOR)


def _service(scope: Scope) -> Rule:
    return Rule(roles=frozenset({Role.SERVICE}), scope=scope)


POLICY: Final[dict[str, Rule]] = {
    "live": PUBLIC,
    "ready": PUBLIC,
    # identity
    "log_in": PUBLIC,
    "refresh_session": PUBLIC,
    "log_out": PUBLIC,
    "list_sessions": EVERYBODY,
    "end_sessions": EVERYBODY,
    "end_session": EVERYBODY,
    "register": PUBLIC,
    "issue_token": PUBLIC,
    "get_me": EVERYBODY,
    "create_user": ADMINS,
    "list_users": ADMINS,
    "get_user": ADMINS,
    "edit_user": ADMINS,
    # parties and products
    "create_creditor": ADMINS,
    "list_creditors": STAFF,
    "get_creditor": STAFF,
    "create_product": ADMINS,
    "list_products": EVERYBODY,
    "get_product": EVERYBODY,
    "create_customer": MANAGERS,
    "list_customers": STAFF,
    "search_customers": STAFF,
    "get_customer": EVERYBODY,
    "edit_customer": EVERYBODY,
    "list_customer_loans": EVERYBODY,
    "list_customer_payments": EVERYBODY,
    "list_customer_messages": EVERYBODY,
    # loans
    "create_loan": MANAGERS,
    "apply_for_loan": EVERYBODY,
    "list_loans": STAFF,
    "get_loan": EVERYBODY,
    "approve_loan": ADMINS,
    "reject_loan": ADMINS,
    "withdraw_loan": EVERYBODY,
    "disburse_loan": ADMINS,
    "get_outstanding": EVERYBODY,
    "get_delinquency": EVERYBODY,
    "get_loan_journal": STAFF,
    "advance_loan": _service(Scope.LOANS_ADVANCE),
    # payments
    "post_payment": COLLECTORS,
    "post_collection": COLLECTORS,
    "list_loan_payments": EVERYBODY,
    "reverse_payment": MANAGERS,
    "list_overdue": STAFF,
    "get_trial_balance": MANAGERS,
    # recovery
    "list_strategies": STAFF,
    "get_strategy": STAFF,
    "list_cases": STAFF,
    "get_case": STAFF,
    "make_promise": STAFF,
    "place_hold": STAFF,
    "end_hold": STAFF,
    "add_note": STAFF,
    "assign_case": MANAGERS,
    "escalate_case": COLLECTORS,
    "acknowledge_case": ADVISORS,
    "close_case": MANAGERS,
    "list_tasks": STAFF,
    "complete_task": STAFF,
    "plan_case": _service(Scope.CASES_WORK),
    "perform_case_step": _service(Scope.CASES_WORK),
    # messages
    "list_messages": STAFF,
    "list_message_decisions": STAFF,
    "list_notifications": EVERYBODY,
    "list_customer_notifications": EVERYBODY,
    "read_notification": EVERYBODY,
    "lease_messages": _service(Scope.DELIVERIES_WORK),
    "dispatch_messages": _service(Scope.DELIVERIES_WORK),
    "record_outcomes": _service(Scope.DELIVERIES_WORK),
    "ask_unsubscribe": PUBLIC,
    "unsubscribe": PUBLIC,
    "receive_twilio_message": PUBLIC,
    "receive_twilio_status": PUBLIC,
    "receive_sendgrid_events": PUBLIC,
    "receive_sendgrid_mail": PUBLIC,
    # time
    "create_test_clock": ADMINS,
    "get_test_clock": ADMINS,
    "advance_test_clock": ADMINS,
    "get_work_counts": ADMINS,
    "step_test_clock": _service(Scope.CLOCKS_WALK),
    "close_due_days": _service(Scope.BOOKS_CLOSE),
    # pages: what they show and do asks the rows above once more, operation by operation
    "get_asset": PUBLIC,
    "go_to_console": PUBLIC,
    "console_log_in_page": PUBLIC,
    "console_log_in": PUBLIC,
    "console_log_out": STAFF,
    "console_shortcuts": STAFF,
    "console_worklist": STAFF,
    "console_counts": STAFF,
    "console_case": STAFF,
    "console_case_live": STAFF,
    "console_case_act": STAFF,
    "console_message_why": STAFF,
    "console_loan": STAFF,
    "console_pay": COLLECTORS,
    "console_reverse": MANAGERS,
    "console_customers": STAFF,
    "console_search": STAFF,
    "console_customer": STAFF,
    "console_tasks": STAFF,
    "console_task_done": STAFF,
    # wakes
    "lease_wakes": _service(Scope.WAKES_LEASE),
    "ack_wakes": _service(Scope.WAKES_LEASE),
}
