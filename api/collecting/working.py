"""What the `PaymentCollection` workflow asks: plan, claim the call that is due, record its outcome.

A claim is committed before the gateway is called and its id is the idempotency key there; a claim
that is found again was perhaps made, so the order says "look it up first". The lock order is loan,
then collection.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, assert_never
from uuid import UUID

from api.audit.service import record as audit
from api.clock import Clock, clock_for
from api.collecting import amounts, links, queries, settling
from api.collecting.tables import CollectionAttemptRow, CollectionRow
from api.customers import service as customers
from api.db.base import new_id
from api.loans import queries as loans
from api.loans.queries import Book
from api.recovery.service import holds_on
from api.signals import PROGRESS
from api.wakes import service as wakes
from api.work import Work
from contracts.money_work import (
    CollectionClaim,
    GatewayAction,
    GatewayOrder,
    GatewayOutcome,
    MoneyAction,
    MoneyPlan,
)
from domain.collecting.plan import (
    LOOK_AFTER,
    Attempt,
    AttemptState,
    Charge,
    ClosePage,
    End,
    Facts,
    Kind,
    LookUp,
    OpenPage,
    Step,
    Wait,
    look_next,
    next_step,
)
from domain.collecting.retry import Failed, next_try
from domain.errors import DomainError, ErrorCode, Fact
from domain.ids import collection_workflow_id
from domain.money import quantize
from domain.recovery.holds import EFFECTS

_STALE: Final = timedelta(minutes=1)
"""A page this close to its end is not shown to anybody any more."""

_LONGEST_CODE: Final = 64


@dataclass(frozen=True, slots=True)
class Held:
    """A collection with its loan, both locked, and what was tried."""

    book: Book
    clock: Clock
    row: CollectionRow
    attempts: list[CollectionAttemptRow]

    @property
    def last(self) -> CollectionAttemptRow | None:
        """The last attempt."""
        return self.attempts[-1] if self.attempts else None


async def hold(work: Work, collection_id: UUID) -> Held:
    """Lock a collection and its loan, in that order reversed; raises `NOT_FOUND`."""
    found = await queries.collection(work, collection_id)
    if found is None:
        raise no_such_collection()
    book = await loans.book_of(work, found.loan_id, lock=True)
    row = await queries.collection(work, collection_id, lock=True)
    if row is None:
        raise no_such_collection()
    tried = (await queries.attempts(work, [row.id]))[row.id]
    return Held(book, await clock_for(work, row.test_clock_id), row, tried)


def no_such_collection() -> DomainError:
    """The answer for a collection that is missing or somebody else's."""
    return DomainError(ErrorCode.NOT_FOUND, "There is no such collection.")


async def plan(work: Work, collection_id: UUID) -> MoneyPlan:
    """Decide what a collection does next, ending it when there is no use in it.

    Its wake stays unsettled while something is due: then it is the outcome that settles it.
    """
    return await _plan(work, await hold(work, collection_id))


async def claim(work: Work, collection_id: UUID, public_url: str) -> CollectionClaim:
    """Claim the call that is due now; raises `NOT_FOUND`."""
    held = await hold(work, collection_id)
    if held.row.status != "open":
        return CollectionClaim(plan=await _plan(work, held), order=None)
    wanted = await amounts.wanted(work, held.book, held.row, held.clock)
    step = next_step(await _facts(work, held, wanted), held.clock.now)
    order: GatewayOrder | None = None
    match step:
        case Charge():
            order = await _claimed(work, held, "charge", wanted, public_url)
        case OpenPage():
            order = await _claimed(work, held, "open_page", wanted, public_url)
        case LookUp():
            order = await _about_page(work, held, "look_up")
        case ClosePage():
            order = await _about_page(work, held, "close_page")
        case Wait() | End():
            pass
        case _:
            assert_never(step)
    return CollectionClaim(plan=await _plan(work, held), order=order)


async def record_outcome(work: Work, collection_id: UUID, said: GatewayOutcome) -> MoneyPlan:
    """Take in what the gateway said of an attempt, once; answers what follows.

    Raises `NOT_FOUND`.
    """
    held = await hold(work, collection_id)
    attempt = next((each for each in held.attempts if each.id == said.attempt_id), None)
    if attempt is None:
        raise no_such_collection()
    await take_in(work, held, attempt, said)
    return await _plan(work, held)


async def take_in(
    work: Work, held: Held, attempt: CollectionAttemptRow, said: GatewayOutcome
) -> None:
    """Apply what is known of an attempt; what was taken in before changes nothing."""
    if said.token is not None or said.gateway_customer is not None:
        await _keep_names(work, held.row.customer_id, attempt.method_id, said)
    match said.outcome:
        case "succeeded":
            await settling.settle(
                work,
                held.book,
                held.clock,
                held.row,
                attempt,
                settling.Receipt(
                    gateway="stripe",
                    reference=said.payment_reference or str(attempt.id),
                    amount=attempt.amount if said.amount is None else said.amount,
                ),
            )
        case "declined":
            _declined(work, held, attempt, (said.code or "declined")[:_LONGEST_CODE])
        case "page_open":
            _opened(work, held, attempt, said)
        case "page_gone":
            if attempt.status in {"claimed", "open"}:
                attempt.status = "expired"
                attempt.ended_at = work.now
        case "unchanged":
            if attempt.status == "open":
                attempt.page_expires_at = None
                attempt.look_at = look_next(attempt.opened_at or held.clock.now, held.clock.now)
        case _:
            assert_never(said.outcome)
    await work.session.flush()


def _opened(work: Work, held: Held, attempt: CollectionAttemptRow, said: GatewayOutcome) -> None:
    if attempt.status != "claimed":
        return
    attempt.status = "open"
    attempt.gateway_id = said.gateway_id
    attempt.url = said.url
    attempt.page_expires_at = said.page_expires_at
    attempt.opened_at = held.clock.now
    attempt.look_at = held.clock.now + LOOK_AFTER
    held.row.page_wanted = False
    work.signal(PROGRESS)


def _declined(work: Work, held: Held, attempt: CollectionAttemptRow, code: str) -> None:
    """A charge was refused: try again by the code, or give up and leave it to recovery."""
    row = held.row
    if attempt.status != "claimed":
        return
    attempt.status = "failed"
    attempt.failure_code = code
    attempt.ended_at = work.now
    row.page_wanted = False
    again = None
    if row.kind == Kind.AUTOPAY:
        zone = held.book.creditor.zone
        failed = Failed(code, len(held.attempts), held.clock.today(zone))
        again = next_try(failed, zone)
    facts: dict[str, Fact] = {"collection": str(row.id), "code": code}
    if again is None:
        _end(row, "failed", code)
        audit(work, "collection.failed", "loan", row.loan_id, facts)
    else:
        row.due_at = again
        audit(
            work, "collection.declined", "loan", row.loan_id, facts | {"again": again.isoformat()}
        )


async def _keep_names(
    work: Work, customer_id: UUID, method_id: UUID | None, said: GatewayOutcome
) -> None:
    """Keep under which names the gateway knows a method and its owner from now on."""
    method = None if method_id is None else await queries.method(work, method_id, lock=True)
    if method is None:
        return
    if said.token is not None:
        method.token_ct = await customers.encrypt(
            work, customer_id, said.token, "payment_methods.token"
        )
    if said.gateway_customer is not None:
        method.gateway_customer_ct = await customers.encrypt(
            work, customer_id, said.gateway_customer, "payment_methods.gateway_customer"
        )


def _end(row: CollectionRow, status: str, reason: str) -> None:
    row.status = status
    row.reason = reason
    row.due_at = None
    row.version += 1


async def _facts(work: Work, held: Held, wanted: Decimal) -> Facts:
    row, last = held.row, held.last
    attempt = None
    if last is not None:
        look_at = last.look_at
        if last.page_expires_at is not None and last.page_expires_at - _STALE <= work.now:
            look_at = held.clock.now
        attempt = Attempt(AttemptState(last.status), last.action == "page", last.amount, look_at)
    ready, may_ask = True, True
    if row.kind == Kind.AUTOPAY:
        ready = await _method(work, held) is not None
        bound = await holds_on(work, held.clock, [row.customer_id])
        may_ask = not any(
            EFFECTS[kind].suspends_case for kind in bound.get(row.customer_id, frozenset())
        )
    return Facts(
        kind=Kind(row.kind),
        wanted=wanted,
        may_ask=may_ask,
        method_ready=ready,
        attempt=attempt,
        due_at=row.due_at,
        expires_at=row.expires_at,
        page_wanted=row.page_wanted,
    )


async def _method(work: Work, held: Held) -> UUID | None:
    """The method to charge: the mandate's, while both are active."""
    mandate = await queries.active_autopay(work, held.row.loan_id)
    if mandate is None:
        return None
    method = await queries.method(work, mandate.payment_method_id)
    return None if method is None or method.status != "active" else method.id


async def _claimed(
    work: Work, held: Held, action: GatewayAction, wanted: Decimal, public_url: str
) -> GatewayOrder:
    """The order of a call that takes or may take money, claimed now or before."""
    last = held.last
    repeat = last is not None and last.status == "claimed"
    if last is None or not repeat:
        last = CollectionAttemptRow(
            id=new_id(),
            collection_id=held.row.id,
            number=len(held.attempts) + 1,
            action="charge" if action == "charge" else "page",
            status="claimed",
            amount=wanted,
            method_id=await _method(work, held) if action == "charge" else None,
            claimed_at=work.now,
        )
        work.session.add(last)
        held.attempts.append(last)
        await work.session.flush()
        audit(
            work,
            f"collection.{action}",
            "loan",
            held.row.loan_id,
            {"collection": str(held.row.id), "attempt": str(last.id), "amount": str(wanted)},
        )
    return await _order(work, held, last, action, repeat=repeat, public_url=public_url)


async def _about_page(work: Work, held: Held, action: GatewayAction) -> GatewayOrder | None:
    if held.last is None:
        return None
    return await _order(work, held, held.last, action, repeat=False, public_url="")


async def _order(  # noqa: PLR0917 - the parts of one order
    work: Work,
    held: Held,
    attempt: CollectionAttemptRow,
    action: GatewayAction,
    *,
    repeat: bool,
    public_url: str,
) -> GatewayOrder:
    row = held.row
    method = None if attempt.method_id is None else await queries.method(work, attempt.method_id)
    token = owner = None
    if method is not None:
        token = await customers.decrypt(
            work, row.customer_id, method.token_ct, "payment_methods.token"
        )
        owner = await customers.decrypt(
            work, row.customer_id, method.gateway_customer_ct, "payment_methods.gateway_customer"
        )
    page = action == "open_page"
    return GatewayOrder(
        attempt_id=attempt.id,
        action=action,
        repeat=repeat,
        amount=quantize(attempt.amount, row.currency),
        currency=row.currency,
        loan_number=f"LN-{held.book.loan.number}",
        customer_id=row.customer_id,
        claimed_at=attempt.claimed_at,
        method_id=attempt.method_id,
        token=token,
        gateway_customer=owner,
        gateway_id=attempt.gateway_id,
        return_url=f"{links.address_of(work, row.id, public_url)}/done" if page else None,
    )


async def _plan(work: Work, held: Held) -> MoneyPlan:
    """What follows, applied where it ends the collection; settles the wake unless work is due."""
    row = held.row
    step: Step | None = None
    if row.status == "open":
        wanted = await amounts.wanted(work, held.book, row, held.clock)
        step = next_step(await _facts(work, held, wanted), held.clock.now)
        if isinstance(step, End):
            _end(row, step.status, step.reason)
            audit(
                work,
                f"collection.{step.status}",
                "loan",
                row.loan_id,
                {"collection": str(row.id), "reason": step.reason},
            )
            step = None
    action, at, title = _shown(held, step)
    due = action not in {"wait", "end"}
    if not due:
        await wakes.settle(work, collection_workflow_id(row.id), at)
    number = f"CO-{row.number}"
    until = "" if at is None or due else f" until {at:%-d %b %Y}"
    return MoneyPlan(
        id=row.id,
        number=number,
        open=row.status == "open",
        status=row.status,
        action=action,
        title=title,
        due=due,
        at=at,
        clock_id=row.test_clock_id,
        line=f"{number} · LN-{held.book.loan.number} · {row.kind} · {title}{until}",
    )


def _shown(held: Held, step: Step | None) -> tuple[MoneyAction, datetime | None, str]:
    """A step as the workflow knows it: what, when, and in which words."""
    row, now = held.row, held.clock.now
    match step:
        case None:
            return "end", None, row.status
        case Wait(until):
            return "wait", until, "next charge" if row.kind == Kind.AUTOPAY else "not paid yet"
        case Charge():
            last = held.last
            again = last is not None and last.status == "claimed"
            number = len(held.attempts) + (0 if again else 1)
            return "charge", now, f"Charge {row.currency} (try {number})"
        case OpenPage():
            return "open_page", now, "Open a page to pay on"
        case LookUp():
            return "look_up", now, "Look up the page"
        case ClosePage():
            return "close_page", now, "Close the page"
        case End(status, _):
            return "end", None, status
        case _:
            assert_never(step)
