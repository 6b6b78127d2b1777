"""Late fees of a day, for many locked loans at once.

The rule is `domain.lending.charges.late_fee`; the statement says it of all instalments of the
loans, and writes the fee, the loan's balance, the movement, its allocation and its journal entry.
What caps leave of a loan goes to its instalments in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.arrears.terms import LatenessTerms
from api.loans.unpaid import REPAYMENT_LEFT
from api.work import Work
from domain.ids import late_fee_day
from domain.lending.caps import Measure
from domain.lending.charges import DAYS_OF_A_YEAR
from domain.lending.ledger import Account, EntryKind
from domain.lending.terms import PenaltyKind, PenaltyPolicy


@dataclass(frozen=True, slots=True)
class Charged:
    """A late fee that was charged."""

    loan_id: UUID
    instalment: int
    amount: Decimal
    is_daily: bool
    """It arises on every day, and another one will tomorrow."""


_CHARGE: Final = """
    with fees as materialized (
        select l.id as loan_id, l.number as loan_number, i.number as instalment, l.currency,
               l.creditor_id, l.test_clock_id, l.product_id, l.principal_outstanding,
               l.interest_outstanding, l.fee_outstanding, l.penalty_outstanding, terms.key_end,
               least(terms.per_loan - so_far.charged, law.default_charges - so_far.charged,
                     law.total_cost - so_far.cost) as loan_room,
               greatest(0, least(terms.per_instalment - i.penalty, law.single_charge,
                                 case terms.kind
                   when :percent then round_half_even(
                       overdue.amount * terms.amount / 100, exponent.places)
                   when :annual_rate then
                       divide_half_even(overdue.amount * terms.amount * late.days,
                                        :year * 100, exponent.places)
                       - divide_half_even(overdue.amount * terms.amount * (late.days - 1),
                                          :year * 100, exponent.places)
                   else terms.amount
               end)) as asked
        from loans l
        join unnest(cast(:products as uuid[]), cast(:kinds as text[]),
                    cast(:amounts as numeric[]), cast(:graces as int[]),
                    cast(:tolerances as numeric[]), cast(:instalment_caps as numeric[]),
                    cast(:loan_caps as numeric[]), cast(:key_ends as text[]))
             as terms(product_id, kind, amount, grace_days, tolerance, per_instalment, per_loan,
                      key_end)
          on terms.product_id = l.product_id
        cross join lateral (
            select sum(penalty_paid) as taken, sum(penalty) as charged,
                   sum(interest - interest_rebated - interest_relieved + fee - fee_relieved
                       + penalty) as cost
            from instalments where loan_id = l.id
        ) so_far
        cross join lateral (
            select min(most) filter (where measure = :single_charge) as single_charge,
                   min(most) filter (where measure = :default_charges) as default_charges,
                   min(most) filter (where measure = :total_cost) as total_cost
            from loan_caps where loan_id = l.id
        ) law
        join instalments i on i.loan_id = l.id
        cross join lateral (
            select {repayment_left} - so_far.taken as amount
        ) overdue
        cross join lateral (select :today - i.due_on - terms.grace_days as days) late
        cross join lateral (select currency_exponent(l.currency) as places) exponent
        where l.id = any(:loans) and late.days > 0 and overdue.amount > terms.tolerance
          and (l.charged_off_on is null or l.charged_off_on >= :today)
          and not exists (
              select from transactions t
              where t.natural_key
                    = 'late_fee:' || i.loan_id || ':' || i.number || terms.key_end)
    ), within_caps as (
        select fees.*,
               case when loan_room is null then asked
                   else least(asked, greatest(0, loan_room - coalesce(sum(asked) over (
                       partition by loan_id order by instalment
                       rows between unbounded preceding and 1 preceding), 0)))
               end as amount
        from fees
    ), numbered as materialized (
        select uuid_v7() as transaction_id, uuid_v7() as entry_id,
               nextval('transaction_numbers') as number,
               sum(due.amount) over (partition by due.loan_id order by due.instalment) as so_far,
               due.*
        from (select * from within_caps where amount > 0 order by loan_number, instalment) due
    ), on_instalments as (
        update instalments i set penalty = i.penalty + n.amount
        from numbered n
        where i.loan_id = n.loan_id and i.number = n.instalment
    ), on_loans as (
        update loans l set penalty_outstanding = l.penalty_outstanding + n.amount
        from (select loan_id, sum(amount) as amount from numbered group by loan_id) n
        where l.id = n.loan_id
    ), movements as (
        insert into transactions (id, number, loan_id, kind, amount, currency, value_on, booked_on,
                                  booked_at, natural_key, credited, principal_after,
                                  interest_after, fee_after, penalty_after)
        select transaction_id, number, loan_id, 'late_fee', amount, currency, :today, :today,
               :now, 'late_fee:' || loan_id || ':' || instalment || key_end, 0,
               principal_outstanding, interest_outstanding, fee_outstanding,
               penalty_outstanding + so_far
        from numbered
        returning id
    ), allocated as (
        insert into allocations (transaction_id, instalment, component, amount)
        select n.transaction_id, n.instalment, 'penalty', n.amount
        from numbered n join movements m on m.id = n.transaction_id
    ), entries as (
        insert into journal_entries (id, creditor_id, test_clock_id, product_id, loan_id,
                                     transaction_id, kind, currency, value_on, booked_on,
                                     booked_at)
        select n.entry_id, n.creditor_id, n.test_clock_id, n.product_id, n.loan_id,
               n.transaction_id, :kind, n.currency, :today, :today, :now
        from numbered n join movements m on m.id = n.transaction_id
        returning id
    ), lines as (
        insert into journal_lines (entry_id, line, account, currency, amount)
        select n.entry_id, side.line, side.account, n.currency, side.sign * n.amount
        from numbered n
        join entries e on e.id = n.entry_id
        cross join (values (1, :receivable, 1), (2, :income, -1)) as side(line, account, sign)
    )
    select loan_id, instalment, amount, key_end <> '' as is_daily from numbered order by number
    """


def key_end(policy: PenaltyPolicy, today: date) -> str:
    """The end of the natural keys of a day's late fees: daily ones name the day."""
    return late_fee_day(today if policy.kind.is_daily else None)


async def charge(
    work: Work, loan_ids: Sequence[UUID], terms: Sequence[LatenessTerms], today: date
) -> list[Charged]:
    """Charge every late instalment of locked loans that has not had its fee; answers the fees.

    A loan that was charged off costs nothing on later days.
    """
    policies = [(one.product_id, one.penalty) for one in terms if one.penalty is not None]
    rows = await work.session.execute(
        text(_CHARGE.format(repayment_left=REPAYMENT_LEFT)),
        {
            "loans": list(loan_ids),
            "products": [product_id for product_id, _ in policies],
            "kinds": [policy.kind.value for _, policy in policies],
            "amounts": [policy.amount for _, policy in policies],
            "graces": [policy.grace_days for _, policy in policies],
            "tolerances": [policy.tolerance for _, policy in policies],
            "instalment_caps": [policy.cap_per_instalment for _, policy in policies],
            "loan_caps": [policy.cap_per_loan for _, policy in policies],
            "key_ends": [key_end(policy, today) for _, policy in policies],
            "percent": PenaltyKind.PERCENT_OF_OVERDUE.value,
            "annual_rate": PenaltyKind.ANNUAL_RATE.value,
            "year": DAYS_OF_A_YEAR,
            "single_charge": Measure.SINGLE_CHARGE.value,
            "default_charges": Measure.DEFAULT_CHARGES.value,
            "total_cost": Measure.TOTAL_COST.value,
            "today": today,
            "now": work.now,
            "kind": EntryKind.LATE_FEE.value,
            "receivable": Account.PENALTY_RECEIVABLE.value,
            "income": Account.PENALTY_INCOME.value,
        },
    )
    charged = [Charged(row.loan_id, row.instalment, row.amount, row.is_daily) for row in rows]
    work.postings["late_fee"] += len(charged)
    return charged
