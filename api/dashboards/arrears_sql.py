"""SQL of the figures of loans: portfolio at risk, loans about to roll, money without a place."""

from typing import Final

from api.loans.unpaid import LATE_LEFT

_SINCE: Final = f"""
    cross join lateral (
        select case
            when l.next_unmet_due_on >= b.day then null
            when p.arrears_tolerance = 0 then l.next_unmet_due_on
            else (select min(i.due_on) from instalments i
                  where i.loan_id = l.id and i.met_on is null and i.due_on < b.day
                    and {LATE_LEFT} > p.arrears_tolerance)
        end as since
    ) late
"""  # noqa: S608 - constants of this module
"""Since when a loan `l` of product `p` is late, by the rule that closing a day follows."""

_ON_BOOKS: Final = "l.lifecycle = 'active' and l.charged_off_on is null"
"""Charged-off loans are no portfolio any more."""

PORTFOLIO: Final = f"""
    select l.id, l.id as loan_id, l.case_id, l.customer_id, l.currency, '' as part,
           l.principal_outstanding as amount, l.disbursed_on as day
    from loans l join book b on b.creditor_id = l.creditor_id
    where {{clock:l}} and {_ON_BOOKS}
"""  # noqa: S608 - constants of this module

PAR_30: Final = f"""
    select l.id, l.id as loan_id, l.case_id, l.customer_id, l.currency, '' as part,
           l.principal_outstanding as amount, late.since as day
    from loans l join book b on b.creditor_id = l.creditor_id
    join products p on p.id = l.product_id
    {_SINCE}
    where {{clock:l}} and {_ON_BOOKS} and l.next_unmet_due_on <= b.day - 30
      and late.since <= b.day - 30
"""  # noqa: S608 - constants of this module

_THEN: Final = """
    with touched as (
        select distinct t.loan_id from transactions t
        where t.booked_on > (select min(day) from book)
    )
    select l.id, l.id as loan_id, l.case_id, l.customer_id, l.currency, '' as part,
           coalesce(was.principal_after, l.principal_outstanding) as amount, late.since as day
    from loans l join book b on b.creditor_id = l.creditor_id
    left join touched on touched.loan_id = l.id
    left join lateral (
        select t.principal_after from transactions t
        where t.loan_id = touched.loan_id and t.booked_on <= b.day
        order by t.number desc limit 1
    ) was on true
    cross join lateral (
        select case when touched.loan_id is null then l.next_unmet_due_on
                    else (select min(i.due_on) from instalments i
                          where i.loan_id = touched.loan_id
                            and (i.met_on is null or i.met_on > b.day)) end as since
    ) late
    where {clock:l} and l.disbursed_on <= b.day
      and (l.lifecycle = 'active' or l.closed_on > b.day)
      and (l.charged_off_on is null or l.charged_off_on > b.day)
"""
"""Loans as they stood at the end of an earlier day.

Only loans with a movement since are looked up in their past: the others stand as they stood.
"""

PORTFOLIO_THEN: Final = _THEN
PAR_30_THEN: Final = f"{_THEN} and late.since <= b.day - 30"


def _delinquent(end: str) -> str:
    """Delinquent days at a day: past due days less grace and less paused days."""
    return f"""
        greatest(0, {end} - late.since - p.arrears_grace_days
                    - case when paused.loan_id is null then 0 else coalesce((
            select sum(upper(stretch) - lower(stretch))
            from (select unnest(range_agg(daterange(greatest(a.starts_on, late.since),
                                                    least(a.ends_on, {end}), '(]')))
                  from arrears_pauses a
                  where a.loan_id = l.id and a.starts_on < {end}
                    and a.ends_on > late.since) rests(stretch)), 0) end)
    """  # noqa: S608 - constants of this module


ROLLING: Final = f"""
    select l.id, l.id as loan_id, l.case_id, l.customer_id, l.currency,
           case
               when c.suspended_by is null and not held.is_held then 'workable'
               when not held.is_held
                    and string_to_array(c.suspended_by, ',')
                        <@ array['promise', 'arrangement', 'settlement', 'payment']
                   then 'promised'
               else 'no_contact'
           end as part,
           l.principal_outstanding as amount, late.since as day
    from loans l join book b on b.creditor_id = l.creditor_id
    join products p on p.id = l.product_id
    left join recovery_cases c on c.id = l.case_id and c.status = 'open'
    {_SINCE}
    left join (select distinct loan_id from arrears_pauses) paused on paused.loan_id = l.id
    cross join lateral (
        -- Reckoned once for a loan, and not once for each step of its ladder.
        select {_delinquent("b.day")} as now, {_delinquent("(b.day + 7)")} as then offset 0
    ) days
    cross join lateral (
        select exists (
            select from holds h
            where h.customer_id = l.customer_id and h.kind = any(cast(:stopping as text[]))
              and (h.case_id = l.case_id or h.kind = any(cast(:personal as text[])))
              and h.starts_on <= b.day and (h.ends_on is null or h.ends_on > b.day)
        ) as is_held
    ) held
    where {{clock:l}} and {_ON_BOOKS} and l.next_unmet_due_on < b.day and late.since is not null
      and exists (
          select from unnest(cast(:step_products as uuid[]), cast(:step_days as int[]))
                      as step(product_id, from_days)
          where step.product_id = l.product_id
            and step.from_days > days.now and step.from_days <= days.then)
"""  # noqa: S608 - constants of this module

UNAPPLIED: Final = """
    select l.id, l.id as loan_id, l.case_id, l.customer_id, l.currency, '' as part,
           l.credit as amount, oldest.day
    from loans l join book b on b.creditor_id = l.creditor_id
    left join lateral (
        -- The oldest money is used first: what is left is the newest that makes up the credit.
        select min(left_over.booked_on) as day
        from (select t.booked_on,
                     sum(t.credited) over (order by t.number desc) - t.credited as newer
              from transactions t where t.loan_id = l.id and t.credited > 0) left_over
        where left_over.newer < l.credit
    ) oldest on true
    where {clock:l} and l.credit > 0
"""
