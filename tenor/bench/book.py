"""A book of many loans as it is on an ordinary day: most in time, one in twenty in arrears.

One loan and its people are made over HTTP; the others are its copies, made in the database, with
due dates spread over the days of a month and paid up to where each of them stands.
"""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from tenor.bench.ground import Ground

FIRST: Final = 1_000_000
"""Number of the first loan."""
MONTHS_BEFORE: Final = 8
"""So long ago the loans were disbursed, at least."""
_AT_ONCE: Final = 50_000
DAYS_TO_CLOSE: Final = 2
"""One to warm up on, one to measure."""


def spread(here: Ground, model: UUID, count: int, closed_through: date) -> None:
    """Copy a loan and its customer, and give every copy the past of one of its kind.

    Of the copies one in twenty has one to four instalments unpaid and is in a case; one in seven
    of the others does not pay what falls due on the two days that are to be closed.
    """
    for start in range(FIRST, FIRST + count, _AT_ONCE):
        _copy(here, model, start, min(start + _AT_ONCE, FIRST + count) - 1, closed_through)
    here.sql(
        f"""
        update books set closed_through = '{closed_through}', next_close_at = now();
        select setval('case_numbers', {FIRST + count});
        """  # noqa: S608 - a date and a number
    )
    here.sql("vacuum (analyze)")


def _copy(here: Ground, model: UUID, first: int, last: int, closed_through: date) -> None:
    """Copies numbered from `first` to `last`."""
    key = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
    numbers = f"generate_series({first}, {last}) n"
    opens = closed_through + timedelta(days=1)
    here.sql(
        f"""
        set session_replication_role = replica;
        set synchronous_commit = off;
        insert into customers
        select (jsonb_populate_record(c, jsonb_build_object('id', {key}, 'number', n))).*
        from customers c, {numbers}
        where c.id = (select customer_id from loans where id = '{model}');
        insert into instalments (loan_id, number, from_on, due_on, principal, interest, fee,
            penalty, principal_paid, interest_paid, interest_rebated, fee_paid, penalty_paid,
            met_on)
        select {key}, i.number, i.from_on + n % 30, i.due_on + n % 30, i.principal, i.interest,
               0, 0, case when is_met then i.principal else 0 end,
               case when is_met then i.interest else 0 end, 0, 0, 0,
               case when is_met then i.due_on + n % 30 end
        from {numbers}
        cross join instalments i
        cross join lateral (
            select case
                when n % 20 = 0 then i.due_on + n % 30 + 30 * (1 + n / 20 % 4) <= '{opens}'
                when n % 7 = 0 then i.due_on + n % 30 <= '{closed_through}'
                else i.due_on + n % 30 <= '{closed_through + timedelta(days=DAYS_TO_CLOSE)}'
            end as is_met
        ) paid
        where i.loan_id = '{model}'
        order by n, i.number;
        insert into loans
        select (jsonb_populate_record(l, jsonb_build_object(
                   'id', {key}, 'number', n, 'customer_id', {key},
                   'disbursed_on', l.disbursed_on + n % 30))).*
        from loans l, {numbers} where l.id = '{model}'
        order by n;
        update loans l
        set next_unmet_due_on = state.unmet, principal_outstanding = state.principal,
            interest_outstanding = state.interest,
            bucket = case when '{opens}' - state.unmet >= 90 then '90+'
                          when '{opens}' - state.unmet >= 60 then '60-89'
                          when '{opens}' - state.unmet >= 30 then '30-59'
                          when '{opens}' - state.unmet >= 1 then '1-29' else 'current' end
        from (select loan_id, min(due_on) filter (where met_on is null) as unmet,
                     sum(principal - principal_paid) as principal,
                     sum(interest - interest_paid) as interest
              from instalments
              where loan_id between '{_key(first)}' and '{_key(last)}'
              group by loan_id) state
        where state.loan_id = l.id;
        insert into recovery_cases (id, number, customer_id, creditor_id, strategy_id, currency,
            status, stage, anchor_on, opened_on, opened_at, escalation, waiting_for, version)
        select l.id, l.number, l.customer_id, l.creditor_id, (select id from strategies limit 1),
               l.currency, 'open', 'early', l.next_unmet_due_on, l.next_unmet_due_on, now(),
               'none', 'the first plan', 1
        from loans l
        where l.number between {first} and {last} and l.bucket <> 'current'
        order by l.number;
        insert into case_loans (case_id, loan_id, joined_on)
        select id, id, opened_on from recovery_cases
        where number between {first} and {last};
        update loans set case_id = id
        where number between {first} and {last} and bucket <> 'current';
        """  # noqa: S608 - numbers, dates and a key of our own
    )


def _key(number: int) -> UUID:
    return UUID(f"00000000-0000-7000-8000-{number:012d}")
