"""Non-accrual and provisions at the end of a day, for all loans of a section.

The rule is `domain.lending.provisioning.provide`; the statement says it of all loans at once. Each
loan keeps the allowance and the suspended interest that the books hold for it; what differs from
the day's target is written, and the sum of the differences is booked by product and currency.
Products whose terms say nothing of it cost nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import select, text

from api.arrears.sections import Section
from api.products.tables import ProductRow
from api.products.terms import ladder_of, provisioning_of
from api.work import Work
from domain.lending.ledger import Account, EntryKind
from domain.lending.provisioning import AccruesAgain
from domain.money import ZERO

DAY: Final = timedelta(days=1)

_BY_STRETCH: Final = """(
    select coalesce(sum(stretch_earned(
        s.interest, cast(:day as date) - s.from_on, s.until_on - s.from_on, s.balance, s.rate,
        s.carried, s.over, currency_exponent(l.currency))), 0)
    from jsonb_to_recordset(i.earning)
        as s(from_on date, until_on date, interest numeric, balance numeric, rate numeric,
             carried numeric, over numeric)
    where s.from_on < :day)"""
"""What the stretches of an instalment `i` of a loan `l` have earned."""

_POST_DAY: Final = """
    with steps as materialized (
        select *
        from unnest(cast(:products as uuid[]), cast(:ranks as int[]), cast(:buckets as text[]),
                    cast(:percents as numeric[]), cast(:stops as boolean[]),
                    cast(:cures as boolean[]))
             as step(product_id, rank, bucket, percent, stops, on_cure)
    ), standing as materialized (
        select l.id, l.number, l.product_id, l.currency, l.bucket, l.allowance,
               l.suspended_interest, step.percent, non_accrual.holds as non_accrual,
               l.lifecycle = 'active' as active,
               l.principal_outstanding + l.fee_outstanding + l.penalty_outstanding
                   - opening.fees - (l.written_off - l.recovered) as held,
               interest.unpaid, interest.due
        from loans l
        join steps step on step.product_id = l.product_id and step.bucket = l.bucket
        cross join lateral (
            select case when bool_or(i.agreed is not null)
                   -- by the day: what is earned in a period may be asked for with another one
                   then greatest(0, sum(part.by_day - i.interest_paid - i.interest_relieved))
                   else coalesce(sum(greatest(0, part.earned - i.interest_paid
                                                 - i.interest_relieved)), 0) end as unpaid,
                   coalesce(sum(greatest(0, part.earned - i.interest_paid - i.interest_relieved))
                            filter (where i.due_on <= :day), 0) as due
            from instalments i
            cross join lateral (
                select case when i.due_on <= :day then i.interest - i.interest_rebated
                    when i.earning is not null then {by_stretch}
                    else round(i.interest * (cast(:day as date) - i.from_on)
                               / (i.due_on - i.from_on), currency_exponent(l.currency))
                end as earned,
                case when i.agreed is not null then {by_stretch} else 0 end as by_day
            ) part
            where {parts} and (i.from_on < :day or i.earning is not null)
        ) interest
        cross join lateral (
            select case when l.penalty_outstanding = 0 then 0 else coalesce((
                select sum(t.amount) from transactions t
                where t.loan_id = l.id and t.kind = 'late_fee' and t.value_on = :today
                  and not exists (select from transactions r where r.reverses_id = t.id)), 0)
            end as fees
        ) opening
        cross join lateral (
            select step.rank > 0 and case when not step.on_cure then step.stops else exists (
                select from bucket_changes b
                join steps then_ on then_.product_id = l.product_id
                     and then_.bucket = b.to_bucket and then_.stops
                where b.loan_id = l.id and {b_stands} and not exists (
                    select from bucket_changes c
                    join steps cured on cured.product_id = l.product_id
                         and cured.bucket = c.to_bucket and cured.rank = 0
                    where c.loan_id = l.id and {c_stands}
                      and (c.as_of, c.changed_at, c.id) > (b.as_of, b.changed_at, b.id)))
            end as holds
        ) non_accrual
        where {section} and l.disbursed_on <= :day
          and (l.lifecycle = 'active' or l.allowance <> 0 or l.suspended_interest <> 0)
    ), books as materialized (
        select standing.*,
               case when active and non_accrual
                   then greatest(0, least(unpaid, held + unpaid)) else 0 end as suspended_now,
               case when not active then 0
                   when non_accrual then greatest(0, held)
                   else greatest(0, held + due) end as book
        from standing
    ), targets as materialized (
        select books.*,
               round_half_even(book * percent / 100, currency_exponent(currency)) as allowance_now
        from books
    ), moving as materialized (
        select l.id
        from loans l
        join targets t on t.id = l.id
        where t.allowance_now <> t.allowance or t.suspended_now <> t.suspended_interest
        order by l.number
        for no key update of l
    ), on_loans as (
        update loans l
        set allowance = t.allowance_now, suspended_interest = t.suspended_now
        from targets t
        join moving on moving.id = t.id
        where l.id = t.id
    ), kept as (
        insert into provisions (book_id, day, product_id, currency, bucket, creditor_id,
                                test_clock_id, loans, non_accrual_loans, book_balance, percent,
                                allowance, suspended_interest)
        select :book, :day, product_id, currency, bucket, :creditor, cast(:book_clock as uuid),
               count(*), count(*) filter (where non_accrual), sum(book), percent,
               sum(allowance_now), sum(suspended_now)
        from targets
        where active
        group by product_id, currency, bucket, percent
    ), changes as (
        select product_id, currency, sum(allowance_now - allowance) as allowance,
               sum(suspended_now - suspended_interest) as suspended
        from targets
        group by product_id, currency
    ), moved as materialized (
        select uuid_v7() as entry_id, changes.product_id, changes.currency, side.kind,
               side.debit, side.credit, side.amount
        from changes
        cross join lateral (values
            (:provision, :expense, :allowance_account, changes.allowance),
            (:suspension, :income, :suspended_account, changes.suspended))
            as side(kind, debit, credit, amount)
        where side.amount <> 0
    ), entries as (
        insert into journal_entries (id, creditor_id, test_clock_id, product_id, kind, currency,
                                     value_on, booked_on, booked_at, natural_key)
        select entry_id, :creditor, cast(:book_clock as uuid), product_id, kind, currency,
               :day, :day, :now,
               kind || cast(:key as text) || product_id || ':' || currency
        from moved
        returning id
    )
    insert into journal_lines (entry_id, line, account, currency, amount)
    select moved.entry_id, side.line, side.account, moved.currency, side.sign * moved.amount
    from moved
    join entries on entries.id = moved.entry_id
    cross join lateral (values (1, moved.debit, 1), (2, moved.credit, -1))
         as side(line, account, sign)
    """

_STANDS: Final = """
    not exists (
        select from bucket_changes k
        where k.loan_id = {row}.loan_id and k.corrects_from <= {row}.as_of
          and (k.changed_at, k.id) > ({row}.changed_at, {row}.id)
          and k.caused_by_id is distinct from {row}.caused_by_id)
    """
"""A change of bucket that no later correction has replaced (`api.arrears.history.told`)."""


async def post_day(work: Work, section: Section, day: date) -> None:
    """Book what the allowance and the suspended interest of a section change by on a day.

    Late fees that arise as the next day opens are not counted yet. The natural keys make a day
    that is closed twice an error.
    """
    steps = [step for product in await _asking(work, section) for step in _steps(product)]
    if not steps:
        return
    statement = _POST_DAY.replace("{by_stretch}", _BY_STRETCH).replace(
        "{b_stands}", _STANDS.format(row="b")
    )
    statement = statement.replace("{c_stands}", _STANDS.format(row="c"))
    await work.session.execute(
        text(section.sql(statement)),
        section.parameters(
            day=day,
            today=day + DAY,
            now=work.now,
            book=section.book.id,
            book_clock=section.book.test_clock_id,
            key=f":{section.book.id}:{day}:",
            products=[step.product_id for step in steps],
            ranks=[step.rank for step in steps],
            buckets=[step.bucket for step in steps],
            percents=[step.percent for step in steps],
            stops=[step.stops for step in steps],
            cures=[step.on_cure for step in steps],
            provision=EntryKind.PROVISION.value,
            suspension=EntryKind.INTEREST_SUSPENSION.value,
            expense=Account.PROVISION_EXPENSE.value,
            allowance_account=Account.LOSS_ALLOWANCE.value,
            income=Account.INTEREST_INCOME.value,
            suspended_account=Account.SUSPENDED_INTEREST.value,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A bucket of a product that asks for provisions.

    Attributes:
        rank: Its place in the ladder; 0 is that of loans that are not delinquent.
        stops: Interest is no income in it.
        on_cure: What stopped in a bucket goes on only once the loan has left all of them.
    """

    product_id: UUID
    rank: int
    bucket: str
    percent: Decimal
    stops: bool
    on_cure: bool


def _steps(product: ProductRow) -> list[_Step]:
    terms = provisioning_of(product)
    if terms is None:
        return []
    names = [step.name for step in ladder_of(product).steps]
    stopping = terms.non_accrual_from
    first = len(names) if stopping is None else names.index(stopping)
    return [
        _Step(
            product_id=product.id,
            rank=rank,
            bucket=name,
            percent=terms.percents.get(name, ZERO),
            stops=rank >= first,
            on_cure=terms.accrues_again is AccruesAgain.CURED,
        )
        for rank, name in enumerate(names)
    ]


async def _asking(work: Work, section: Section) -> Sequence[ProductRow]:
    """The product versions of the creditor whose terms ask for provisions."""
    return (
        await work.session.scalars(
            select(ProductRow)
            .where(
                ProductRow.creditor_id == section.book.creditor_id,
                ProductRow.provisioning.is_not(None),
            )
            .order_by(ProductRow.id)
        )
    ).all()
