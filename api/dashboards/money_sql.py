"""SQL of the figures of money: what fell due, what was collected, what was promised and kept."""

from typing import Final

_MONTH: Final = "date_trunc('month', b.day)::date"


def _collected(begin: str) -> str:
    """Payments entered from a day on through the business date; what was taken back counts off."""
    return f"""
        select t.id, t.loan_id, l.case_id, l.customer_id, t.currency, '' as part,
               case when t.reverses_id is null then t.amount else -t.amount end as amount,
               t.booked_on as day
        from transactions t
        join loans l on l.id = t.loan_id
        join book b on b.creditor_id = l.creditor_id
        left join transactions o on o.id = t.reverses_id
        where {{clock:l}}
          and t.booked_on >= (select min({begin}) from book b)
          and t.booked_on <= (select max(b.day) from book b)
          and t.booked_on >= {begin} and t.booked_on <= b.day
          and (t.kind = 'repayment' and t.reverses_id is null or o.kind = 'repayment')
    """  # noqa: S608 - constants of this module


def _due(begin: str) -> str:
    """Instalments with a due date from a day on through the business date, unless paid before."""
    return f"""
        select l.id, l.id as loan_id, l.case_id, l.customer_id, l.currency, '' as part,
               sum(i.principal + i.interest - i.interest_rebated + i.fee) as amount,
               min(i.due_on) as day
        from instalments i
        join loans l on l.id = i.loan_id
        join book b on b.creditor_id = l.creditor_id
        where {{clock:l}} and l.disbursed_on is not null and l.charged_off_on is null
          and i.due_on >= (select min({begin}) from book b)
          and i.due_on <= (select max(b.day) from book b)
          and i.due_on >= {begin} and i.due_on <= b.day
          and (i.met_on is null or i.met_on >= {begin})
        group by l.id
    """  # noqa: S608 - constants of this module


COLLECTED_TODAY: Final = _collected("b.day")
COLLECTED_MONTH: Final = _collected(_MONTH)
DUE_TODAY: Final = _due("b.day")
DUE_MONTH: Final = _due(_MONTH)

_PROMISES: Final = """
    select p.id, null::uuid as loan_id, p.case_id, c.customer_id, p.currency, p.status as part,
           p.amount, p.due_on as day
    from promises p
    join recovery_cases c on c.id = p.case_id
    join book b on b.creditor_id = c.creditor_id
    where {clock:c}
"""

PROMISES_DUE: Final = f"{_PROMISES} and p.due_on = b.day and p.status <> 'replaced'"
PROMISES_JUDGED: Final = (
    f"{_PROMISES} and p.due_on > b.day - 30 and p.due_on <= b.day"
    " and p.status in ('kept', 'partial', 'broken')"
)
PROMISES_KEPT: Final = f"{PROMISES_JUDGED} and p.status = 'kept'"
