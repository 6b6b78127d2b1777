"""SQL of the figures of conduct: contacts that should not have been, clocks that ran out, work."""

from typing import Final

_MESSAGES: Final = """
    from messages m
    left join loans l on l.id = m.loan_id
    left join recovery_cases c on c.id = m.case_id
    join book b on b.creditor_id = coalesce(l.creditor_id, c.creditor_id)
                or (b.is_first and coalesce(l.creditor_id, c.creditor_id) is null)
"""
"""What is about no loan and no case belongs to no currency: it is shown in each of them."""

_BREACH: Final = """
    select m.id, m.loan_id, m.case_id, m.customer_id, coalesce(l.currency, c.currency) as currency,
           {part} as part, null::numeric as amount, (m.sent_at at time zone b.zone)::date as day
"""
_IN_30_DAYS: Final = """
    {clock:m} and m.sent_at >= (select min(b.day) from book b) - 31
      and (m.sent_at at time zone b.zone)::date > b.day - 30
      and (m.sent_at at time zone b.zone)::date <= b.day
"""

BREACHES: Final = f"""
    {_BREACH.format(part="'message'")} {_MESSAGES}
    where {_IN_30_DAYS} and m.direction = 'outbound' and m.channel <> 'call'
      and m.dispatched_at is not null
      and not exists (
          select from contact_decisions d where d.message_id = m.id and d.outcome = 'allow')
    union all
    {_BREACH.format(part="'call'")} {_MESSAGES}
    where {_IN_30_DAYS} and m.channel = 'call'
      and m.reasons && array['without-permit', 'outside-permit']::varchar[]
"""  # noqa: S608 - constants of this module

WITHHELD: Final = f"""
    select distinct on (d.message_id) d.id, m.loan_id, m.case_id, m.customer_id,
           coalesce(l.currency, c.currency) as currency,
           coalesce((select case when split_part(said, ': ', 2) = 'on-hold'
                                 then replace(split_part(said, ': ', 1), 'tenor.', '')
                                 else split_part(said, ': ', 2) end
                     from unnest(d.reasons) said
                     where split_part(said, ': ', 2) <> all (cast(:allowing as text[]))
                     limit 1), d.outcome) as part,
           null::numeric as amount, (d.decided_at at time zone b.zone)::date as day
    {_MESSAGES}
    join contact_decisions d on d.message_id = m.id
    where {{clock:m}} and d.outcome <> 'allow'
      and d.decided_at >= (select min(b.day) from book b) - 8
      and d.decided_at < (select max(b.day) from book b) + 2
      and (d.decided_at at time zone b.zone)::date > b.day - 7
      and (d.decided_at at time zone b.zone)::date <= b.day
    order by d.message_id, d.place desc
"""  # noqa: S608 - constants of this module


def _past_review(kind: str) -> str:
    """Holds of a kind that bind and whose day of review has passed."""
    return f"""
        select h.id, null::uuid as loan_id, h.case_id, h.customer_id, c.currency, '' as part,
               null::numeric as amount, h.review_on as day
        from holds h
        join recovery_cases c on c.id = h.case_id
        join book b on b.creditor_id = c.creditor_id
        where {{clock:c}} and h.kind = '{kind}' and h.review_on < b.day and h.starts_on <= b.day
          and (h.ends_on is null or h.ends_on > b.day)
    """  # noqa: S608 - constants of this module


DISPUTES_LATE: Final = _past_review("dispute")
HARDSHIP_LATE: Final = _past_review("hardship")

COMPLAINTS_LATE: Final = """
    select k.id, k.loan_id, k.case_id, k.customer_id, coalesce(l.currency, c.currency) as currency,
           case when k.respond_by < b.day then 'answer' else 'acknowledgement' end as part,
           null::numeric as amount,
           case when k.respond_by < b.day then k.respond_by else k.acknowledge_by end as day
    from complaints k
    join book b on b.creditor_id = k.creditor_id
    left join loans l on l.id = k.loan_id
    left join recovery_cases c on c.id = k.case_id
    where {clock:k} and k.received_on <= b.day
      and (k.resolved_on is null or k.resolved_on > b.day)
      and (k.referred_on is null or k.referred_on > b.day)
      and (k.respond_by < b.day
           or k.acknowledge_by < b.day
              and (k.acknowledged_on is null or k.acknowledged_on > b.day))
"""

_CASES: Final = """
    from recovery_cases c
    join book b on b.creditor_id = c.creditor_id
    left join teams t on t.id = c.team_id
    where {clock:c} and c.opened_on <= b.day
      and (c.status = 'open' or (c.closed_at at time zone b.zone)::date > b.day)
"""

_CASE: Final = """
    select c.id, null::uuid as loan_id, c.id as case_id, c.customer_id, c.currency,
           {part} as part, null::numeric as amount, c.opened_on as day
"""

BY_AGENT: Final = _CASE.format(part="coalesce(c.assignee_id::text, 'nobody')") + _CASES
BY_TEAM: Final = _CASE.format(part="coalesce(t.code, 'none')") + _CASES
