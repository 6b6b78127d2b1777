"""A day's interest: what was earned by all loans of a section, and what fell due on the day.

Both are a matter of dates alone (when a loan was disbursed, when it ended, its schedule), so no
payment can race them and no loan is locked: what a payment changes of a schedule, it changes for
later days. The rounding is `domain.lending.payoff.earned_by`'s.
"""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.arrears.sections import Section
from api.work import Work
from domain.lending.ledger import Account, EntryKind

_POST_DAY: Final = """
    with running as materialized (
        select l.id as loan_id, l.product_id, l.currency, i.interest,
               i.due_on = :day and (l.closed_on is null or l.closed_on > :day)
                   and i.interest > 0 as falls_due,
               case when i.earning is null then
                   round(i.interest * (cast(:day as date) - i.from_on)
                         / (i.due_on - i.from_on), currency_exponent(l.currency))
                   - round(i.interest * (cast(:day as date) - 1 - i.from_on)
                         / (i.due_on - i.from_on), currency_exponent(l.currency))
               else 0 end as earned
        from loans l
        join instalments i on {parts}
        where {section} and l.disbursed_on < :day and (l.closed_on is null or l.closed_on >= :day)
          and i.from_on < :day and i.due_on >= :day
    ), stretched as (
        select l.product_id, l.currency,
               stretch_earned(s.interest, cast(:day as date) - s.from_on,
                              s.until_on - s.from_on, s.balance, s.rate, s.carried, s.over,
                              currency_exponent(l.currency))
               - stretch_earned(s.interest, cast(:day as date) - 1 - s.from_on,
                                s.until_on - s.from_on, s.balance, s.rate, s.carried, s.over,
                                currency_exponent(l.currency)) as earned
        from loans l
        join instalments i on {parts}
        cross join jsonb_to_recordset(i.earning)
            as s(from_on date, until_on date, interest numeric, balance numeric, rate numeric,
                 carried numeric, over numeric)
        where {section} and l.disbursed_on < :day and (l.closed_on is null or l.closed_on >= :day)
          and i.earning is not null and s.from_on < :day and s.until_on >= :day
    ), earned as (
        select uuid_v7() as entry_id, product_id, currency, sum(earned) as amount
        from (select product_id, currency, earned from running
              union all
              select product_id, currency, earned from stretched) parts
        group by product_id, currency
        having sum(earned) > 0
    ), due as (
        select uuid_v7() as entry_id, loan_id, product_id, currency, interest as amount
        from running
        where falls_due
    ), entries as (
        insert into journal_entries (id, creditor_id, test_clock_id, product_id, loan_id, kind,
                                     currency, value_on, booked_on, booked_at, natural_key)
        select entry_id, :creditor, cast(:book_clock as uuid), product_id, cast(:only as uuid),
               :accrual, currency, :day, :day, :now,
               cast(:key as text) || ':' || product_id || ':' || currency
        from earned
        union all
        select entry_id, :creditor, cast(:book_clock as uuid), product_id, loan_id,
               :interest_due, currency, :day, :booked, :now, null
        from due
        returning id
    )
    insert into journal_lines (entry_id, line, account, currency, amount)
    select posted.entry_id, side.line, side.account, posted.currency, side.sign * posted.amount
    from (select entry_id, currency, amount, false as is_due from earned
          union all
          select entry_id, currency, amount, true from due) posted
    join entries on entries.id = posted.entry_id
    join (values (false, 1, :accrued, 1), (false, 2, :income, -1),
                 (true, 1, :receivable, 1), (true, 2, :accrued, -1))
         as side(is_due, line, account, sign) on side.is_due = posted.is_due
    """

_BILL: Final = """
    with due as (
        select uuid_v7() as entry_id, l.id as loan_id, l.product_id, l.currency, i.interest
        from loans l
        join instalments i on {parts}
        where {section} and l.disbursed_on < :day
          and (l.closed_on is null or l.closed_on > :day)
          and i.due_on = :day and i.interest > 0
    ), entries as (
        insert into journal_entries (id, creditor_id, test_clock_id, product_id, loan_id, kind,
                                     currency, value_on, booked_on, booked_at)
        select entry_id, :creditor, cast(:book_clock as uuid), product_id, loan_id,
               :interest_due, currency, :day, :booked, :now
        from due
        returning id
    )
    insert into journal_lines (entry_id, line, account, currency, amount)
    select due.entry_id, side.line, side.account, due.currency, side.sign * due.interest
    from due
    join entries on entries.id = due.entry_id
    cross join (values (1, :receivable, 1), (2, :accrued, -1)) as side(line, account, sign)
    """


async def post_day(work: Work, section: Section, day: date) -> None:
    """Post a day's interest: one accrual per product and currency, one demand per loan due.

    The accrual's natural key makes a day that is closed twice an error instead of double income.
    """
    await work.session.execute(
        text(section.sql(_POST_DAY)),
        section.parameters(
            **_common(work, section, day),
            booked=_next(day),
            only=section.only,
            key=section.accrual_key(day),
            accrual=EntryKind.ACCRUAL.value,
            income=Account.INTEREST_INCOME.value,
        ),
    )


async def bill_due(work: Work, section: Section, day: date, booked_on: date) -> None:
    """Turn accrued interest into a demand where a day's accrual was posted without it."""
    await work.session.execute(
        text(section.sql(_BILL)),
        section.parameters(**_common(work, section, day), booked=booked_on),
    )


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _common(work: Work, section: Section, day: date) -> dict[str, object]:
    clock: UUID | None = section.book.test_clock_id
    return {
        "day": day,
        "book_clock": clock,
        "now": work.now,
        "interest_due": EntryKind.INTEREST_DUE.value,
        "receivable": Account.INTEREST_RECEIVABLE.value,
        "accrued": Account.ACCRUED_INTEREST.value,
    }
