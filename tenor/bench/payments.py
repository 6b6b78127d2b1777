"""Posting payments, beside pgbench that does the same inserts and updates as plain SQL."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from tenor.bench import load
from tenor.bench.ground import Ground, ground
from tenor.bench.load import Order, Seen
from tenor.bench.machine import Others, machine
from tenor.bench.measures import Measure, Report, median
from tenor.bench.seed import clone_loans, make_loan

FIRST: Final = 1_000_000
"""Number of the first loan."""
CONNECTIONS: Final = 32
HOT_CALLERS: Final = 200
BATCH: Final = 100
BATCH_CONNECTIONS: Final = 4
WARM_SECONDS: Final = 4

YARDSTICK: Final = """
\\set n random(:first, :last)
begin;
insert into idempotency_keys (principal, route, key, fingerprint, created_at)
  values ('user-bench', 'post_payment', gen_random_uuid()::text, '\\x00', now());
select version from loans where id = ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid
  for update;
insert into transactions (id, number, loan_id, kind, amount, currency, value_on, booked_on,
    booked_at, method, credited, principal_after, interest_after, fee_after, penalty_after)
  values (uuidv7(), nextval('transaction_numbers'),
    ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid, 'repayment', 1, 'USD',
    current_date, current_date, now(), 'bank_transfer', 0, 1, 1, 0, 0)
  returning id as tx \\gset
insert into allocations (transaction_id, instalment, component, amount)
  values (:tx::uuid, 1, 'interest', 1);
insert into journal_entries (id, creditor_id, product_id, loan_id, transaction_id, kind, currency,
    value_on, booked_on, booked_at)
  select uuidv7(), creditor_id, product_id, id, :tx::uuid, 'repayment', 'USD', current_date,
    current_date, now()
  from loans where id = ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid
  returning id as entry \\gset
insert into journal_lines (entry_id, line, account, currency, amount)
  values (:entry::uuid, 1, 'cash', 'USD', 1), (:entry::uuid, 2, 'interest_receivable', 'USD', -1);
insert into audit (id, at, actor, action, subject_kind, subject_id, facts, request_id)
  values (uuidv7(), now(), 'user-bench', 'payment.posted', 'loan',
    ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid, '{"amount": "1.00"}', 'bench');
update instalments set fee_paid = fee_paid
  where loan_id = ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid and number = 1;
update loans set version = version + 1
  where id = ('00000000-0000-7000-8000-' || lpad(:n::text, 12, '0'))::uuid;
commit;
"""
"""One transaction a payment: its key, movement, allocation, entry, lines, audit row, balances."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    loans: int = 10_000
    rounds: int = 3
    seconds: int = 8


def measure(size: Size, *, batch: bool, hot: bool) -> Report:
    """Measure posting: singly always, in batches and on one loan where asked."""
    began = monotonic()
    with ground() as here:
        token = asyncio.run(_prepared(here, size.loans))
        return _measured(here, size, token, began, batch=batch, hot=hot)


def _measured(
    here: Ground, size: Size, token: str, began: float, *, batch: bool, hot: bool
) -> Report:
    rates: dict[str, list[float]] = {"pgbench": [], "single": [], "batch": [], "hot": []}
    notes = [
        f"Load: {load.NAME}. Yardstick: pgbench, prepared, {CONNECTIONS} clients, fsync on. "
        f"Medians of {size.rounds} rounds of {size.seconds} s."
    ]

    def sent(kind: str, connections: int, **order: int) -> None:
        given = Order(
            port=here.port,
            token=token,
            connections=connections,
            seconds=size.seconds,
            count=0,
            first=FIRST,
            loans=order.get("loans", size.loans),
            batch=order.get("batch", 1),
        )
        seen = load.run(given)
        _complain(kind, seen, notes)
        rates[kind].append(seen.rate)

    # Plans made on empty tables are kept for long by sessions: fill them, and let the planner know.
    here.pgbench(YARDSTICK, CONNECTIONS, WARM_SECONDS, first=FIRST, last=FIRST + size.loans - 1)
    here.sql("vacuum analyze")
    warm = Order(here.port, token, CONNECTIONS, WARM_SECONDS, 0, FIRST, size.loans)
    load.run(warm)
    others = Others.watch()
    for _ in range(size.rounds):
        rates["pgbench"].append(
            here.pgbench(
                YARDSTICK, CONNECTIONS, size.seconds, first=FIRST, last=FIRST + size.loans - 1
            )
        )
        sent("single", CONNECTIONS)
        if batch:
            sent("batch", BATCH_CONNECTIONS, batch=BATCH)
        if hot:
            sent("hot", HOT_CALLERS, loans=1)
    notes += others.note()
    return Report(
        "payments",
        _measures(rates, batch=batch, hot=hot),
        machine(),
        monotonic() - began,
        notes,
    )


def _measures(rates: dict[str, list[float]], *, batch: bool, hot: bool) -> Sequence[Measure]:
    plain = median(rates["pgbench"])
    single = median(rates["single"])
    measures = [Measure("payments/s over HTTP, one process", single, plain, 0.3, 0.6)]
    if batch:
        measures.append(
            Measure(f"payments/s in batches of {BATCH}", median(rates["batch"]), plain, 2.5, 5)
        )
    if hot:
        measures.append(
            Measure(
                f"payments/s of {HOT_CALLERS} callers on one loan ÷ on many",
                median(rates["hot"]),
                single,
                0.25,
                0.5,
            )
        )
    return measures


def _complain(kind: str, seen: Seen, notes: list[str]) -> None:
    if seen.refused:
        notes.append(f"{kind}: {seen.refused} were refused, {seen.accepted} accepted.")


async def _prepared(here: Ground, loans: int) -> str:
    """Make the loans; answers the token of the administrator."""
    async with here.client() as client:
        model = await make_loan(client, datetime.now(UTC).date() - timedelta(days=1))
        await asyncio.to_thread(clone_loans, here, model, FIRST, loans)
        return await client.bearer()
