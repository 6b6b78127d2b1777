"""The activities that workflows call, as typed signatures; workers serve them under these names.

Nothing here runs: a body raises, so that a stub registered by mistake is noticed at once.
"""

from temporalio import activity

from contracts.money_work import CollectionRun, MoneyPlan, PayoutRun
from contracts.names import ActivityName
from contracts.work import (
    CasePlan,
    CaseRun,
    ClockRun,
    ClockWalked,
    CloseReport,
    DeliveryReport,
    DeliveryRun,
    DocumentPlan,
    DocumentRun,
    LoanAdvance,
    LoanRun,
    StepRef,
    TaskAdvance,
    TaskRun,
)


@activity.defn(name=ActivityName.ADVANCE_LOAN.value)
async def advance_loan(run: LoanRun) -> LoanAdvance:
    """Apply all that is due on a loan; answer its state and when it wants to be woken next."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PLAN_CASE.value)
async def plan_case(run: CaseRun) -> CasePlan:
    """Decide a case's next step, when it falls due, and why."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PERFORM_STEP.value)
async def perform_step(step: StepRef) -> CasePlan:
    """Perform a planned step if it is still wanted; answer the plan that follows."""
    raise NotImplementedError


@activity.defn(name=ActivityName.SEND_DUE.value)
async def send_due(run: DeliveryRun) -> DeliveryReport:
    """Send every message of a channel and shard that is due now."""
    raise NotImplementedError


@activity.defn(name=ActivityName.WALK_CLOCK.value)
async def walk_clock(run: ClockRun) -> ClockWalked:
    """Walk a test clock to its target, settling everything at each due instant."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PLAN_COLLECTION.value)
async def plan_collection(run: CollectionRun) -> MoneyPlan:
    """Decide what a collection does next, when, and why."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PERFORM_COLLECTION.value)
async def perform_collection(run: CollectionRun) -> MoneyPlan:
    """Make the gateway call that is due, once, and record what came of it; answer what follows."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PLAN_PAYOUT.value)
async def plan_payout(run: PayoutRun) -> MoneyPlan:
    """Decide what a payout does next, when, and why."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PERFORM_PAYOUT.value)
async def perform_payout(run: PayoutRun) -> MoneyPlan:
    """Make the bank transfer that is due, once, and record what came of it; answer what follows."""
    raise NotImplementedError


@activity.defn(name=ActivityName.CLOSE_DUE_DAYS.value)
async def close_due_days() -> CloseReport:
    """Close the days that have ended in some books; `more` asks for another call."""
    raise NotImplementedError


@activity.defn(name=ActivityName.PLAN_DOCUMENT.value)
async def plan_document(run: DocumentRun) -> DocumentPlan:
    """Hear what is done with a document next."""
    raise NotImplementedError


@activity.defn(name=ActivityName.SCAN_DOCUMENT.value)
async def scan_document(run: DocumentRun) -> DocumentPlan:
    """Look at a file for the first time, and report what it is; answer what follows."""
    raise NotImplementedError


@activity.defn(name=ActivityName.READ_DOCUMENT.value)
async def read_document(run: DocumentRun) -> DocumentPlan:
    """Read a file, and report what stands in it; answer what follows."""
    raise NotImplementedError


@activity.defn(name=ActivityName.RENDER_DOCUMENT.value)
async def render_document(run: DocumentRun) -> DocumentPlan:
    """Make images of a file's pages, and hand them over; answer what follows."""
    raise NotImplementedError


@activity.defn(name=ActivityName.SETTLE_DOCUMENT.value)
async def settle_document(run: DocumentRun) -> DocumentPlan:
    """Have a document decided by what is known of it; answer where it stands."""
    raise NotImplementedError


@activity.defn(name=ActivityName.ADVANCE_TASK.value)
async def advance_task(run: TaskRun) -> TaskAdvance:
    """Do what is due of a task's follow-up; answer what comes next and when."""
    raise NotImplementedError
