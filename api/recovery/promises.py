"""Promises to pay: captured within the policy, at most one open at a time."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from api.audit.service import record
from api.clock import Clock
from api.customers import service as customers
from api.recovery import agreements, arrears_queries, cases, plan_queries, queries, timeline
from api.recovery.cases import Held
from api.recovery.tables import PromiseRow
from api.strategies import service as strategies
from api.work import Work
from contracts.recovery import NewPromise
from contracts.recovery import Promise as WirePromise
from domain.errors import DomainError, ErrorCode
from domain.money import positive, quantize
from domain.recovery.promise import PromiseState, validate


async def make_promise(work: Work, case_id: UUID, command: NewPromise) -> WirePromise:
    """Record what the customer promises; it replaces an open promise, which is not broken then.

    Raises `NOT_FOUND`, `CASE_NOT_OPEN`, `AMOUNT_PRECISION`, `AMOUNT_NOT_POSITIVE`,
    `PLAN_STANDS` while an arrangement is open or a settlement accepted, and
    `PROMISE_OUT_OF_POLICY` whose facts name the bound.
    """
    held = await cases.hold_case(work, case_id)
    cases.require_open(held.case)
    amount = positive(command.amount, held.case.currency)
    return promise_of(await _make(work, held, amount, command.due_on, command.source))


async def make_own_promise(
    work: Work, customer_id: UUID, case_id: UUID, command: NewPromise
) -> WirePromise:
    """What the customer promises himself, by the same policy as an agent's record of it.

    Raises what `make_promise` does; somebody else's case is `NOT_FOUND`.
    """
    held = await cases.hold_case(work, case_id)
    if held.case.customer_id != customer_id:
        raise cases.missing()
    return await make_promise(work, case_id, command)


async def promise_from_reply(  # noqa: PLR0917 - who, how much, when, how: one sentence's worth
    work: Work,
    clock: Clock,
    customer_id: UUID,
    amount: Decimal | None,
    on: date,
    source: str,
) -> PromiseRow | None:
    """Record a promise read from a customer's own words; it is provisional by its source.

    Args:
        work: The unit of work.
        clock: The customer's clock.
        customer_id: Who wrote.
        amount: What is promised; None: all that is overdue.
        on: The promised day.
        source: How it came: `sms`, `email`.

    Returns:
        The promise, or None when a person has to look at the message: there is no open case or
        more than one, or the promise is outside the policy.
    """
    open_cases = await queries.open_cases_of(work, customer_id)
    if len(open_cases) != 1:
        return None
    held = await cases.hold_case(work, open_cases[0].id)
    if held.case.status != "open" or held.clock.test_clock_id != clock.test_clock_id:
        return None
    promised = amount
    if promised is None:
        promised = await arrears_queries.total_overdue(work, held.case.id, held.today)
    try:
        exact_amount = positive(promised, held.case.currency)
        return await _make(work, held, exact_amount, on, source)
    except DomainError as error:
        if error.code in _OUTSIDE:
            return None
        raise


_OUTSIDE = frozenset(
    {
        ErrorCode.PROMISE_OUT_OF_POLICY,
        ErrorCode.PLAN_STANDS,
        ErrorCode.AMOUNT_PRECISION,
        ErrorCode.AMOUNT_NOT_POSITIVE,
    }
)
"""Refusals of a promise for what it says; nothing was written before they are raised."""


async def _make(work: Work, held: Held, amount: Decimal, due_on: date, source: str) -> PromiseRow:
    case = held.case
    standing = await plan_queries.suspending(work, case.id)
    if standing is not None:
        raise agreements.stands(standing)
    earlier = await queries.promises(work, case.id)
    strategy = await strategies.by_id(work, case.strategy_id)
    zone = await customers.zone_of(work, case.customer_id)
    validate(
        amount,
        due_on,
        policy=strategy.promises,
        overdue_amount=await arrears_queries.total_overdue(work, case.id, held.today),
        promises_so_far=len(earlier),
        today=held.clock.today(zone or held.zone),
    )
    for row in earlier:
        if row.status == PromiseState.OPEN:
            await _replace(work, held, row)
    made = PromiseRow(
        case_id=case.id,
        amount=amount,
        currency=case.currency,
        due_on=due_on,
        status=PromiseState.OPEN.value,
        source=source,
        received=Decimal(0),
        # Money is dated in the creditor's book days, so the promise is, too.
        made_on=held.today,
        made_at=held.clock.now,
        resolved_at=None,
    )
    work.session.add(made)
    await work.session.flush()
    case.version += 1
    told = _told(made) | {"source": source}
    timeline.write(work, case, held.clock.now, timeline.EventKind.PROMISED, told)
    record(work, "promise.made", "case", case.id, told)
    await cases.wake(work, case)
    return made


async def _replace(work: Work, held: Held, row: PromiseRow) -> None:
    row.status = PromiseState.REPLACED.value
    row.resolved_at = held.clock.now
    # Before the next one is inserted: only one may be open.
    await work.session.flush()
    timeline.write(work, held.case, held.clock.now, timeline.EventKind.PROMISE_REPLACED, _told(row))
    record(work, "promise.replaced", "case", held.case.id, _told(row))


def _told(row: PromiseRow) -> dict[str, str | int | None]:
    return {
        "promise_id": str(row.id),
        "amount": format(quantize(row.amount, row.currency), "f"),
        "currency": row.currency,
        "due_on": row.due_on.isoformat(),
    }


def promise_of(row: PromiseRow) -> WirePromise:
    """A promise as it goes over the wire."""
    return WirePromise.model_validate(
        {
            "id": row.id,
            "case_id": row.case_id,
            "amount": quantize(row.amount, row.currency),
            "currency": row.currency,
            "due_on": row.due_on,
            "status": row.status,
            "source": row.source,
            "received": quantize(row.received, row.currency),
            "made_at": row.made_at,
            "resolved_at": row.resolved_at,
        }
    )
