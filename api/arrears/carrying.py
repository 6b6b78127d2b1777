"""Interest by the day goes on where an instalment was not paid on its date.

The schedule of such a loan takes it that all is paid in time. As the day ends on which that turns
out wrong, the days to come bear interest on what is really outstanding. After the last due date
what is earned on a day falls due with it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.arrears.sections import Section
from api.ledger import service as ledger
from api.loans import queries as loans
from api.loans.balances import owed, plan_as, refresh, scheduled
from api.loans.tables import InstalmentRow
from api.products.tables import ProductRow
from api.products.terms import daily_of
from api.work import Work
from domain.lending.daily import Daily
from domain.lending.ledger import interest_due_entry
from domain.money import ZERO

DAY: Final = timedelta(days=1)

_UNPAID: Final = """
    select distinct l.id
    from loans l
    join instalments i on {parts}
    where {section} and l.lifecycle = 'active' and l.next_unmet_due_on <= :day
      and i.agreed is not null
      and (i.due_on = :day or i.due_on < :day and not exists (
          select from instalments later where later.loan_id = l.id and later.due_on > i.due_on))
    """


async def pass_due_date(work: Work, section: Section, day: date) -> None:
    """Let what fell due on a day and is unpaid go on bearing interest; the section is held."""
    found = await work.session.scalars(text(section.sql(_UNPAID)), section.parameters(day=day))
    ids: list[UUID] = list(found)
    if not ids:
        return
    locked = await loans.locked(work, ids)
    instalments = await loans.instalments_of(work, ids)
    rules: dict[UUID, Daily] = {}
    demands: list[ledger.Posting] = []
    for loan_id, loan in locked.items():
        if loan.product_id not in rules:
            product = await work.session.get_one(ProductRow, loan.product_id)
            rules[loan.product_id] = daily_of(product)
        rows = instalments[loan_id]
        before = [scheduled(row) for row in rows]
        changed = rules[loan.product_id].as_of(before, [owed(row) for row in rows], day + DAY)
        plan_as(rows, changed)
        refresh(loan, rows, day)
        asked = _demanded(rows, day) - sum(
            (row.interest for row in before if row.due_on <= day), ZERO
        )
        if asked > 0:
            demands.append(
                ledger.Posting.of_loan(
                    loan, interest_due_entry(asked), value_on=day, booked_on=day + DAY
                )
            )
    await ledger.post(work, *demands)
    await work.session.flush()


def _demanded(rows: Sequence[InstalmentRow], day: date) -> Decimal:
    return sum((row.interest for row in rows if row.due_on <= day), ZERO)
