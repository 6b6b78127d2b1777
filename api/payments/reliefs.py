"""What was let off or given by hand when a past is told again: it may meet something else."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from api.audit.service import record as audit
from api.loan_changes import absorbing
from api.loans.balances import relieve
from api.loans.tables import InstalmentRow
from api.payments.past import Past
from api.payments.planning import Ground, MovedRelief, Plan
from api.payments.recording import reallocation, record
from api.work import Work
from domain.lending.change_entries import relief_entry
from domain.lending.correction import LAST, Told
from domain.lending.ledger import Account, Entry, EntryKind, correcting_entry
from domain.money import ZERO

BORNE_BY = {
    EntryKind.WAIVER: None,
    EntryKind.FORGIVENESS: Account.FORGIVENESS_EXPENSE,
    EntryKind.SETTLEMENT: Account.FORGIVENESS_EXPENSE,
    EntryKind.GOODWILL_CREDIT: Account.GOODWILL_EXPENSE,
}
"""The one account that bears what is let off; None: the contra account of each component."""


def entry_of(kind: EntryKind, told: Told, absorbed: Decimal) -> Entry:
    """The entry of what is let off or given, `absorbed` of which was written off before."""
    return relief_entry(
        kind, told.allocations, absorbed, borne_by=BORNE_BY[kind], credit=told.unapplied
    )


def relieved(told: Told) -> Decimal:
    """What is owed less by it."""
    return sum((part.amount for part in told.allocations), ZERO)


def set_relieved(rows: Sequence[InstalmentRow], past: Past, plan: Plan) -> None:
    """Put what instalments are let off where the plan says."""
    by_number = {row.number: row for row in rows}
    standing = [deed for deed in past.deeds if deed.stands and not deed.charges]
    let_off = plan.now.let_off
    now = [
        let_off[number]
        for number in (*(deed.row.number for deed in standing), LAST)
        if number in let_off
    ]
    for sign, tolds in ((-1, [deed.told for deed in standing]), (1, now)):
        for told in tolds:
            for part in told.allocations:
                relieve(by_number[part.instalment], part.component, sign * part.amount)


async def tell_anew(work: Work, ground: Ground, moved: MovedRelief, cause: UUID) -> None:
    """Write what a relief meets now; what of it had been written off before stays so."""
    loan, row = ground.book.loan, moved.deed.row
    before, now, kind = moved.deed.told, moved.now, EntryKind(row.kind)
    absorbed = await absorbing.of_movement(work, row)
    still = min(absorbed, relieved(now))
    loan.written_off += absorbed - still
    await absorbing.put(work, row, still)
    entry = correcting_entry(entry_of(kind, before, absorbed), entry_of(kind, now, still))
    await record(work, loan, reallocation(row, now, entry, ground.today, cause))
    audit(
        work,
        "loan.relief_corrected",
        "loan",
        loan.id,
        {
            "kind": row.kind,
            "before": str(relieved(before) + before.unapplied),
            "amount": str(relieved(now) + now.unapplied),
            "cause": str(cause),
        },
    )
