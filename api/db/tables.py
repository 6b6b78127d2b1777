"""Every table of every feature, gathered so that the metadata is whole."""

from api.advice import tables as advice
from api.arrears import tables as arrears
from api.audit import tables as audit
from api.caps import tables as caps
from api.casework import tables as casework
from api.clocks import tables as clocks
from api.collecting import tables as collecting
from api.complaints import tables as complaints
from api.creditors import tables as creditors
from api.customers import tables as customers
from api.db.base import Base
from api.documents import tables as documents
from api.idempotency import tables as idempotency
from api.identity import tables as identity
from api.ledger import tables as ledger
from api.letters import tables as letters
from api.loan_changes import tables as loan_changes
from api.loans import tables as loans
from api.messages import tables as messages
from api.notifications import tables as notifications
from api.parties import tables as parties
from api.payments import tables as payments
from api.payouts import tables as payouts
from api.portal_links import tables as portal_links
from api.products import tables as products
from api.recovery import plan_tables as plans
from api.recovery import tables as recovery
from api.right_party import tables as right_party
from api.strategies import tables as strategies
from api.tasks import tables as tasks
from api.templates import tables as templates
from api.wakes import tables as wakes
from api.web.sessions import tables as web_sessions

FEATURES = (
    advice,
    arrears,
    audit,
    caps,
    casework,
    clocks,
    collecting,
    complaints,
    creditors,
    customers,
    documents,
    idempotency,
    identity,
    ledger,
    letters,
    loan_changes,
    loans,
    messages,
    notifications,
    parties,
    payments,
    payouts,
    plans,
    portal_links,
    products,
    recovery,
    right_party,
    strategies,
    tasks,
    templates,
    wakes,
    web_sessions,
)

metadata = Base.metadata

APPEND_ONLY = (
    "allocations",
    "audit",
    "bucket_changes",
    "case_events",
    "complaint_events",
    "complaint_redress",
    "consents",
    "contact_decisions",
    "document_extractions",
    "debt_assessment_versions",
    "journal_entries",
    "journal_lines",
    "letters",
    "period_accounts",
    "period_closings",
    "period_differences",
    "period_snapshots",
    "period_totals",
    "products",
    "provisions",
    "risk_scores",
    "schedule_versions",
    "strategies",
    "strategy_assignments",
    "task_events",
    "transactions",
)
"""Tables in which the serving role may insert and read, never change or delete."""
