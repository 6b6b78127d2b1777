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
CUSTOMERS: Final = _roles(Role.CUSTOMER)
ADVICE: Final = _roles(Role.ADVISOR, Role.CUSTOMER)
"""Income, other debts, health: for the advisor and the customer himself, not for collections."""
ADVISORS: Final = _roles(Role.ADMIN, Role.MANAGER, Role.ADVISOR)


def _service(scope: Scope) -> Rule:
    return Rule(roles=frozenset({Role.SERVICE}), scope=scope)


POLICY: Final[dict[str, Rule]] = {
    "live": PUBLIC,
    "ready": PUBLIC,
    "read_metrics": PUBLIC,  # figures alone; refused to whoever comes through a proxy
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
    "create_service_client": ADMINS,
    "list_service_clients": ADMINS,
    "get_service_client": ADMINS,
    "edit_service_client": ADMINS,
    "rotate_service_client": ADMINS,
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
    "quote_loan": EVERYBODY,
    "apply_for_loan": EVERYBODY,
    "list_loans": STAFF,
    "get_loan": EVERYBODY,
    "approve_loan": ADMINS,
    "reject_loan": ADMINS,
    "withdraw_loan": EVERYBODY,
    "disburse_loan": ADMINS,
    "get_outstanding": EVERYBODY,
    "get_explanation": EVERYBODY,
    "get_delinquency": EVERYBODY,
    "get_loan_journal": STAFF,
    "list_bucket_changes": STAFF,
    "pause_arrears": MANAGERS,
    "advance_loan": _service(Scope.LOANS_ADVANCE),
    "get_payoff": EVERYBODY,
    "change_loan": COLLECTORS,
    "list_loan_changes": STAFF,
    "get_loan_change": STAFF,
    "list_schedules": EVERYBODY,
    "approve_loan_change": MANAGERS,
    "reject_loan_change": MANAGERS,
    "get_change_limits": STAFF,
    "put_change_limits": ADMINS,
    # letters
    "write_letter": COLLECTORS,
    "list_letters": STAFF,
    "list_loan_letters": EVERYBODY,
    "list_customer_letters": EVERYBODY,
    "get_letter": EVERYBODY,
    "get_letter_content": EVERYBODY,
    # payments
    "post_payment": COLLECTORS,
    "post_collection": COLLECTORS,
    "post_payment_batch": COLLECTORS,
    "list_payments": STAFF,
    "get_payment": EVERYBODY,
    "list_loan_payments": EVERYBODY,
    "report_payment": EVERYBODY,
    "clear_payment": COLLECTORS,
    "return_payment": MANAGERS,
    "withdraw_payment": EVERYBODY,
    "reverse_payment": MANAGERS,
    "list_overdue": STAFF,
    # books
    "get_trial_balance": MANAGERS,
    "list_ledger_accounts": MANAGERS,
    "list_ledger_entries": MANAGERS,
    "list_provisions": MANAGERS,
    "list_periods": MANAGERS,
    "get_period": MANAGERS,
    "close_period": MANAGERS,
    "sign_off_period": MANAGERS,
    # collecting
    "save_payment_method": EVERYBODY,
    "list_payment_methods": EVERYBODY,
    "get_payment_method": EVERYBODY,
    "remove_payment_method": EVERYBODY,
    "start_autopay": EVERYBODY,
    "get_autopay": EVERYBODY,
    "cancel_autopay": EVERYBODY,
    "create_portal_link": STAFF,
    "create_pay_link": EVERYBODY,
    "list_pay_links": EVERYBODY,
    "get_pay_link": EVERYBODY,
    "cancel_pay_link": EVERYBODY,
    "open_pay_link": PUBLIC,
    "return_from_payment": PUBLIC,
    "list_loan_collections": EVERYBODY,
    "list_collections": STAFF,
    "get_collection": EVERYBODY,
    "plan_collection": _service(Scope.PAYMENTS_WORK),
    "claim_collection": _service(Scope.PAYMENTS_WORK),
    "record_collection_outcome": _service(Scope.PAYMENTS_WORK),
    # payouts
    "list_loan_payouts": EVERYBODY,
    "get_payout": EVERYBODY,
    "retry_payout": MANAGERS,
    "plan_payout": _service(Scope.PAYMENTS_WORK),
    "claim_payout": _service(Scope.PAYMENTS_WORK),
    "record_payout_outcome": _service(Scope.PAYMENTS_WORK),
    # recovery
    "list_strategies": STAFF,
    "get_strategy": STAFF,
    "list_strategy_versions": STAFF,
    "get_strategy_version": STAFF,
    "diff_strategy_versions": STAFF,
    "lint_strategy": STAFF,
    "write_strategy": MANAGERS,
    "approve_strategy": MANAGERS,
    "retire_strategy": MANAGERS,
    "list_strategy_assignments": STAFF,
    "assign_strategy": MANAGERS,
    "migrate_cases": MANAGERS,
    "list_proposals": STAFF,
    "get_letter_text": STAFF,
    "write_case_letter": COLLECTORS,
    "approve_proposal": MANAGERS,
    "reject_proposal": MANAGERS,
    "list_cases": STAFF,
    "get_case": STAFF,
    "get_case_explanation": EVERYBODY,
    "make_promise": STAFF,
    "place_hold": STAFF,
    "end_hold": STAFF,
    "add_note": STAFF,
    "assign_case": MANAGERS,
    "escalate_case": COLLECTORS,
    "acknowledge_case": ADVISORS,
    "close_case": MANAGERS,
    "plan_case": _service(Scope.CASES_WORK),
    "perform_case_step": _service(Scope.CASES_WORK),
    # evidence
    "get_case_evidence": MANAGERS,  # with texts and names in it
    "list_evidence_keys": PUBLIC,
    "audit_contacts": MANAGERS,
    # tasks
    "list_tasks": STAFF,
    "get_task": STAFF,
    "schedule_task": STAFF,
    "complete_task": STAFF,
    "cancel_task": STAFF,
    "reassign_task": STAFF,
    "advance_task": _service(Scope.TASKS_WORK),
    # debt advice
    "make_assessment": ADVICE,
    "list_assessments": ADVICE,
    "get_assessment": ADVICE,
    "change_assessment": ADVICE,
    "get_debt_plan": ADVICE,
    "request_advice": EVERYBODY,
    "list_advice_requests": EVERYBODY,
    # automation, for the machines of integrators
    "automation_schedule_task": _service(Scope.AUTOMATION_TASKS),
    "automation_list_tasks": _service(Scope.AUTOMATION_READ),
    "automation_get_task": _service(Scope.AUTOMATION_READ),
    "automation_complete_task": _service(Scope.AUTOMATION_TASKS),
    "automation_cancel_task": _service(Scope.AUTOMATION_TASKS),
    "automation_reassign_task": _service(Scope.AUTOMATION_TASKS),
    "automation_remind": _service(Scope.AUTOMATION_REMIND),
    "automation_get_reminder": _service(Scope.AUTOMATION_READ),
    "automation_list_notifications": _service(Scope.AUTOMATION_NOTIFY),
    "automation_notify": _service(Scope.AUTOMATION_NOTIFY),
    "automation_pending_cases": _service(Scope.AUTOMATION_READ),
    "automation_get_document": _service(Scope.AUTOMATION_READ),
    "automation_list_extractions": _service(Scope.AUTOMATION_READ),
    "automation_get_extraction": _service(Scope.AUTOMATION_READ),
    "automation_extract": _service(Scope.AUTOMATION_DOCUMENTS),
    # messages
    "list_messages": STAFF,
    "list_message_decisions": STAFF,
    "list_contact_packs": STAFF,
    "get_call_permit": STAFF,
    "make_call": STAFF,
    "get_call": STAFF,
    "finish_call": STAFF,
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
    # documents
    "upload_document": EVERYBODY,
    "list_documents": EVERYBODY,
    "get_document": EVERYBODY,
    "list_customer_documents": EVERYBODY,
    "get_document_content": EVERYBODY,
    "get_document_page": EVERYBODY,
    "get_document_extraction": EVERYBODY,
    "review_document": STAFF,
    "reject_document": STAFF,
    "plan_document": _service(Scope.DOCUMENTS_WORK),
    "get_document_source": _service(Scope.DOCUMENTS_WORK),
    "record_document_scan": _service(Scope.DOCUMENTS_WORK),
    "record_document_reading": _service(Scope.DOCUMENTS_WORK),
    "store_document_page": _service(Scope.DOCUMENTS_WORK),
    "record_document_rendering": _service(Scope.DOCUMENTS_WORK),
    "settle_document": _service(Scope.DOCUMENTS_WORK),
    "receive_stripe_event": PUBLIC,
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
    "console_case_explanation": STAFF,
    "console_case_evidence": MANAGERS,
    "console_loan": STAFF,
    "console_pay": COLLECTORS,
    "console_reverse": MANAGERS,
    "console_settle": COLLECTORS,
    "console_changes": STAFF,
    "console_change": COLLECTORS,
    "console_decide": MANAGERS,
    "console_customers": STAFF,
    "console_search": STAFF,
    "console_customer": STAFF,
    "console_documents": STAFF,
    "console_upload": STAFF,
    "console_document": STAFF,
    "console_document_state": STAFF,
    "console_document_image": STAFF,
    "console_document_act": STAFF,
    "console_tasks": STAFF,
    "console_task_done": STAFF,
    "portal_link_page": PUBLIC,
    "portal_enter": PUBLIC,
    "portal_log_in_page": PUBLIC,
    "portal_log_out": CUSTOMERS,
    "portal_home": CUSTOMERS,
    "portal_why": CUSTOMERS,
    "portal_loan": CUSTOMERS,
    "portal_pay_page": CUSTOMERS,
    "portal_pay": CUSTOMERS,
    "portal_to_pay": CUSTOMERS,
    "portal_paid": CUSTOMERS,
    "portal_cannot_pay": CUSTOMERS,
    "portal_ask_advice": CUSTOMERS,
    "portal_report_page": CUSTOMERS,
    "portal_report": CUSTOMERS,
    "portal_promise_page": CUSTOMERS,
    "portal_promise": CUSTOMERS,
    "portal_preferences": CUSTOMERS,
    "portal_prefer": CUSTOMERS,
    # wakes
    "lease_wakes": _service(Scope.WAKES_LEASE),
    "ack_wakes": _service(Scope.WAKES_LEASE),
}
