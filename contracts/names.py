"""Names that must agree across processes: queues, workflows, activities, search attributes, scopes.

They stand in stored workflow histories and in the server's configuration: renaming one is a
migration, not an edit.
"""

from enum import StrEnum


class Queue(StrEnum):
    """Task queues; one worker role serves each."""

    LOANS = "loans"
    CASES = "cases"
    DELIVERY = "delivery"
    CLOSING = "closing"
    DOCUMENTS = "documents"
    PAYMENTS = "payments"


class WorkflowName(StrEnum):
    """Workflow types."""

    LOAN = "Loan"
    RECOVERY_CASE = "RecoveryCase"
    DELIVERY = "Delivery"
    TEST_CLOCK = "TestClock"
    END_OF_DAY = "EndOfDay"
    DOCUMENT = "Document"
    TASK = "Task"
    PAYMENT_COLLECTION = "PaymentCollection"
    PAYOUT = "Payout"


class ActivityName(StrEnum):
    """Activity types, `area.verb`."""

    ADVANCE_LOAN = "loan.advance"
    PLAN_CASE = "case.plan"
    PERFORM_STEP = "case.perform_step"
    SEND_DUE = "delivery.send_due"
    WALK_CLOCK = "clock.walk"
    CLOSE_DUE_DAYS = "closing.close_due_days"
    PLAN_DOCUMENT = "document.plan"
    SCAN_DOCUMENT = "document.scan"
    READ_DOCUMENT = "document.read"
    RENDER_DOCUMENT = "document.render"
    SETTLE_DOCUMENT = "document.settle"
    ADVANCE_TASK = "task.advance"
    PLAN_COLLECTION = "payment.plan"
    PERFORM_COLLECTION = "payment.perform"
    PLAN_PAYOUT = "payout.plan"
    PERFORM_PAYOUT = "payout.perform"


class WakeKind(StrEnum):
    """What kind of workflow a wake is for; the first part of its workflow id."""

    LOAN = "loan"
    CASE = "case"
    DELIVERY = "delivery"
    CLOCK = "clock"
    DOCUMENT = "document"
    TASK = "task"
    PAYMENT = "payment"
    PAYOUT = "payout"


POKE = "poke"
"""The update by which facts reach a workflow."""


class Attribute(StrEnum):
    """Search attributes; none of them holds personal data."""

    STATE = "TenorState"
    STAGE = "TenorStage"
    BUCKET = "TenorBucket"
    PAST_DUE_SINCE = "TenorPastDueSince"
    NEXT_ACTION = "TenorNextAction"
    NEXT_AT = "TenorNextAt"
    OWNER = "TenorOwner"
    CLOCK = "TenorClock"


class Role(StrEnum):
    """What a user or a machine is."""

    ADMIN = "admin"
    MANAGER = "manager"
    AGENT = "agent"
    ADVISOR = "advisor"
    CUSTOMER = "customer"
    SERVICE = "service"


class Scope(StrEnum):
    """What a service may do; a worker's token holds just those of its role.

    Those that begin with `automation:` are for the service clients of integrators.
    """

    WAKES_LEASE = "wakes:lease"
    LOANS_ADVANCE = "loans:advance"
    CASES_WORK = "cases:work"
    DELIVERIES_WORK = "deliveries:work"
    CLOCKS_WALK = "clocks:walk"
    BOOKS_CLOSE = "books:close"
    DOCUMENTS_WORK = "documents:work"
    TASKS_WORK = "tasks:work"
    AUTOMATION_TASKS = "automation:tasks"
    AUTOMATION_READ = "automation:read"
    AUTOMATION_REMIND = "automation:remind"
    AUTOMATION_NOTIFY = "automation:notify"
    AUTOMATION_DOCUMENTS = "automation:documents"
    PAYMENTS_WORK = "payments:work"


WORKER_SCOPES: dict[str, tuple[Scope, ...]] = {
    "relay": (Scope.WAKES_LEASE,),
    "loans": (Scope.LOANS_ADVANCE,),
    "cases": (Scope.CASES_WORK, Scope.TASKS_WORK),
    "delivery": (Scope.DELIVERIES_WORK,),
    "closing": (Scope.BOOKS_CLOSE, Scope.CLOCKS_WALK),
    "documents": (Scope.DOCUMENTS_WORK,),
    "payments": (Scope.PAYMENTS_WORK,),
}
"""Worker role (also its client id) to the scopes its token carries."""

INTEGRATOR_SCOPES: tuple[Scope, ...] = (
    Scope.AUTOMATION_TASKS,
    Scope.AUTOMATION_READ,
    Scope.AUTOMATION_REMIND,
    Scope.AUTOMATION_NOTIFY,
    Scope.AUTOMATION_DOCUMENTS,
)
"""What a service client made by an administrator may be given."""
