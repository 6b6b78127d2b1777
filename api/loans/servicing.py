"""`advance`: applies all that is due for a loan, and says when it wants to be woken next.

Convergent: every effect has a natural key or a mark on the loan, so a repeat does no harm and a
late call catches up. Each effect is decided as of its own due instant.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from api.clock import Clock, clock_for
from api.collecting import facts as collecting
from api.customers import service as customers
from api.letters import no_dues
from api.loans import lifecycle, queries
from api.loans.queries import Book
from api.messages.queueing import NewMessage, Validity, queue_many
from api.payments import lapsing
from api.strategies import service as strategies
from api.tasks import service as tasks
from api.wakes import service as wakes
from api.work import Work
from contracts.names import Role
from contracts.work import LoanAdvance
from domain.contact.channel import Purpose
from domain.ids import loan_workflow_id, reminder_key
from domain.lending.loan import (
    AskForApproval,
    Command,
    ConfirmNoDues,
    ExpireApplication,
    ExpireOffer,
    Lifecycle,
    LoanDecision,
    LoanFacts,
    QueueReminders,
    UnpaidInstalment,
    decide,
)
from domain.recovery.strategy import pre_due_reminders

APPROVAL_WITHIN = timedelta(days=1)
"""How soon after being brought to mind an application is to be decided."""


async def advance_loan(work: Work, loan_id: UUID, letter_fonts: str = "") -> LoanAdvance:
    """Apply what is due for a loan; raises `NOT_FOUND`.

    `letter_fonts` is the folder of further fonts, for a letter that it writes.
    """
    await lapsing.lapse_due(work, loan_id)
    book = await queries.book_of(work, loan_id, lock=True)
    clock = await clock_for(work, book.loan.test_clock_id)
    decision = decide(await _facts(work, book), clock.now)
    await _apply(work, book, clock, decision, letter_fonts)
    lapses_at = await lapsing.next_lapse(work, book, clock)
    next_wake_at = min(
        (at for at in (decision.next_wake_at, lapses_at) if at is not None), default=None
    )
    finished = book.loan.lifecycle not in {"applied", "approved", "active"} and next_wake_at is None
    await wakes.settle(work, loan_workflow_id(loan_id), next_wake_at)
    return _answer(book, next_wake_at, finished)


async def _facts(work: Work, book: Book) -> LoanFacts:
    loan = book.loan
    rows = await queries.instalments(work, loan.id) if loan.lifecycle == "active" else ()
    return LoanFacts(
        lifecycle=Lifecycle(loan.lifecycle),
        zone=book.creditor.zone,
        applied_at=loan.applied_at,
        approved_at=loan.decided_at,
        approval_asked=loan.approval_asked_at is not None,
        unpaid=tuple(
            UnpaidInstalment(row.number, row.due_on, row.number <= loan.reminded_through)
            for row in rows
            if row.met_on is None
        ),
        free_of_dues_on=await no_dues.free_on(work, book),
    )


async def _apply(
    work: Work, book: Book, clock: Clock, decision: LoanDecision, letter_fonts: str
) -> None:
    loan = book.loan
    messages: list[NewMessage] = []
    for effect in decision.effects:
        match effect:
            case AskForApproval(due_at):
                loan.approval_asked_at = due_at
                await tasks.open_task(
                    work,
                    clock,
                    natural_key=f"approve:{loan.id}",
                    kind="approval",
                    title=f"Decide on application LN-{loan.number}",
                    role=Role.ADMIN,
                    due_at=due_at + APPROVAL_WITHIN,
                    loan_id=loan.id,
                    customer_id=loan.customer_id,
                )
            case ExpireApplication() | ExpireOffer():
                lifecycle.move(work, loan, Command.EXPIRE)
                loan.closed_on = clock.today(book.creditor.zone)
            case QueueReminders():
                # Who is charged on the day need not be reminded of it.
                if not await collecting.plan_instalment(
                    work, book, clock, effect.number, effect.due_on
                ):
                    messages += await _reminders(
                        work, book, effect, clock.today(book.creditor.zone)
                    )
                loan.reminded_through = max(loan.reminded_through, effect.number)
            case ConfirmNoDues():
                messages += await no_dues.confirm(work, book, clock, letter_fonts)
    await work.session.flush()
    await queue_many(work, clock, messages)


async def _reminders(
    work: Work, book: Book, effect: QueueReminders, today: date
) -> list[NewMessage]:
    """The pre-arrears steps of the product's strategy for one instalment, at her time of day."""
    product, loan = book.product, book.loan
    follower = strategies.Follower(product.creditor_id, product.code, product.strategy)
    strategy = (await strategies.followed(work, follower, today)).strategy
    zone = await customers.zone_of(work, loan.customer_id) or book.creditor.zone
    return [
        NewMessage(
            customer_id=loan.customer_id,
            channel=reminder.channel.value,
            purpose=Purpose.SERVICING.value,
            template=reminder.template,
            due_at=reminder.at,
            not_after=reminder.not_after,
            validity=Validity.INSTALMENT_UNPAID.value,
            dedupe_key=reminder_key(loan.id, effect.due_on, reminder.key),
            loan_id=loan.id,
            instalment=effect.number,
        )
        for reminder in pre_due_reminders(strategy, effect.due_on, zone)
    ]


def _answer(book: Book, next_wake_at: datetime | None, finished: bool) -> LoanAdvance:
    loan = book.loan
    number = f"LN-{loan.number}"
    action = _next_action(loan.lifecycle, next_wake_at)
    until = "" if next_wake_at is None else f" · {action} {next_wake_at:%-d %b %Y}"
    late = "" if loan.bucket == "current" else f" · {loan.bucket} days late"
    return LoanAdvance(
        loan_id=loan.id,
        number=number,
        state=loan.lifecycle,
        bucket=loan.bucket,
        finished=finished,
        next_wake_at=next_wake_at,
        next_action=action,
        past_due_since=None if loan.bucket == "current" else loan.next_unmet_due_on,
        clock_id=loan.test_clock_id,
        line=f"{number} · {loan.lifecycle}{late}{until}",
    )


def _next_action(state: str, next_wake_at: datetime | None) -> str:
    """What a loan waits for, in two words."""
    if state == "applied":
        return "decide application"
    if state == "approved":
        return "offer expires"
    if state == "closed" and next_wake_at is not None:
        return "confirm no dues"
    if state == "active":
        return "remind" if next_wake_at is not None else "await payment"
    return "none"
