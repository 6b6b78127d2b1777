"""Which loans of a section a new day makes later: their bucket, a fee that is due, a missing case.

The rule is `domain.lending.arrears.assess`; the statement says it of all loans at once. Only
loans of which something changes are found, and they are locked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.arrears import fees
from api.arrears.sections import Section
from api.arrears.terms import LatenessTerms
from api.work import Work

_CHANGING: Final = """
    select l.id, l.number, l.case_id, l.bucket as before, next.bucket as after,
           age.past_due_days, age.since, age.delinquent_days > 0 as delinquent, fee.is_due,
           l.case_id is null and exists (
               select from recovery_cases c
               where c.status = 'open' and c.customer_id = l.customer_id
                 and c.creditor_id = l.creditor_id and c.currency = l.currency) as case_is_open,
           terms.opens_after_days <= age.past_due_days as opens_case
    from loans l
    join unnest(cast(:products as uuid[]), cast(:graces as int[]), cast(:fee_graces as int[]),
                cast(:opens as int[]), cast(:tolerances as numeric[]),
                cast(:key_ends as text[]))
         as terms(product_id, grace_days, fee_grace_days, opens_after_days, tolerance, key_end)
      on terms.product_id = l.product_id
    cross join lateral (
        select case
            when l.next_unmet_due_on >= :today then null
            when terms.tolerance = 0 then l.next_unmet_due_on
            else (
                select min(i.due_on) from instalments i
                where i.loan_id = l.id and i.met_on is null and i.due_on < :today
                  and {late_left} > terms.tolerance)
        end as since
    ) late
    cross join lateral (
        select late.since,
               coalesce(:today - late.since, 0) as past_due_days,
               greatest(0, coalesce(:today - late.since, 0) - terms.grace_days - coalesce((
                   select sum(upper(stretch) - lower(stretch))
                   from (select unnest(range_agg(daterange(greatest(p.starts_on, late.since),
                                                           least(p.ends_on, :today), '(]')))
                         from arrears_pauses p
                         where p.loan_id = l.id and p.starts_on < :today
                           and p.ends_on > late.since) paused(stretch)), 0)) as delinquent_days
    ) age
    cross join lateral (
        select step.bucket
        from unnest(cast(:step_products as uuid[]), cast(:step_days as int[]),
                    cast(:step_buckets as text[])) as step(product_id, from_days, bucket)
        where step.product_id = l.product_id and step.from_days <= age.delinquent_days
        order by step.from_days desc
        limit 1
    ) next
    cross join lateral (
        select coalesce(terms.fee_grace_days is not null
            and (l.charged_off_on is null or l.charged_off_on >= :today) and exists (
            select from instalments i
            where i.loan_id = l.id and i.met_on is null
              and i.due_on < :today - terms.fee_grace_days
              and {repayment_left} > terms.tolerance
              and not exists (
                  select from transactions t
                  where t.natural_key
                        = 'late_fee:' || i.loan_id || ':' || i.number || terms.key_end)
        ), false) as is_due
    ) fee
    where {section} and l.lifecycle = 'active'
      and (l.next_unmet_due_on < :today or l.bucket <> :current)
      and (next.bucket <> l.bucket or fee.is_due or age.delinquent_days > 0 and l.case_id is null)
    order by l.number
    for no key update of l
    """

_MOVE: Final = text(
    """
    with moved as (
        update loans l set bucket = t.after
        from unnest(cast(:loans as uuid[]), cast(:afters as text[])) as t(loan_id, after)
        where l.id = t.loan_id
    )
    insert into bucket_changes (id, loan_id, as_of, from_bucket, to_bucket, changed_at)
    select uuid_v7(), t.loan_id, :today, t.before, t.after, :now
    from unnest(cast(:loans as uuid[]), cast(:befores as text[]), cast(:afters as text[]))
         as t(loan_id, before, after)
    """
)


@dataclass(frozen=True, slots=True)
class Changing:
    """A locked loan of which a new day changes something.

    Attributes:
        before: Its bucket until now.
        after: The bucket its arrears ask for as the day opens.
        past_due_since: Due date of its oldest unmet instalment.
        delinquent: Past due beyond pauses and grace.
        fee_is_due: An instalment may cost a late fee that it has not had.
        wants_case: Delinquent, in no case, and there is one to join or one to be opened.
    """

    loan_id: UUID
    number: int
    case_id: UUID | None
    before: str
    after: str
    past_due_days: int
    past_due_since: date | None
    delinquent: bool
    fee_is_due: bool
    wants_case: bool

    @property
    def moves(self) -> bool:
        """It changes its bucket."""
        return self.before != self.after


async def changing(
    work: Work, section: Section, terms: Sequence[LatenessTerms], today: date
) -> list[Changing]:
    """The loans that change as a day opens, locked in the order of their numbers."""
    steps = [(one, step) for one in terms for step in one.ladder.steps]
    if not steps:
        return []
    rows = await work.session.execute(
        text(section.sql(_CHANGING)),
        section.parameters(
            today=today,
            current=steps[0][1].name,
            products=[one.product_id for one in terms],
            graces=[one.grace_days for one in terms],
            fee_graces=[None if one.penalty is None else one.penalty.grace_days for one in terms],
            opens=[one.opens_after_days for one in terms],
            tolerances=[one.tolerance for one in terms],
            key_ends=[
                "" if one.penalty is None else fees.key_end(one.penalty, today) for one in terms
            ],
            step_products=[one.product_id for one, _ in steps],
            step_days=[step.from_days for _, step in steps],
            step_buckets=[step.name for _, step in steps],
        ),
    )
    return [
        Changing(
            loan_id=row.id,
            number=row.number,
            case_id=row.case_id,
            before=row.before,
            after=row.after,
            past_due_days=row.past_due_days,
            past_due_since=row.since,
            delinquent=row.delinquent,
            fee_is_due=row.is_due,
            wants_case=row.delinquent
            and row.case_id is None
            and (row.case_is_open or row.opens_case),
        )
        for row in rows
    ]


async def move(work: Work, moves: Sequence[Changing], today: date, now: datetime) -> None:
    """Put locked loans into their new buckets, and keep the history of it."""
    await work.session.execute(
        _MOVE,
        {
            "loans": [one.loan_id for one in moves],
            "befores": [one.before for one in moves],
            "afters": [one.after for one in moves],
            "today": today,
            "now": now,
        },
    )
