"""The history of a loan's buckets, and its correction when the past turns out to be another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from api.arrears.tables import BucketChangeRow
from api.audit.service import record as audit
from api.loans.tables import LoanRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class Spell:
    """A bucket that a loan has been in from a day on."""

    on: date
    before: str
    after: str


async def rewrite(work: Work, loan: LoanRow, spells: Sequence[Spell], cause: UUID) -> None:
    """Replace a locked loan's history from the first spell on, by new rows, and set its bucket."""
    since = spells[0].on
    for spell in spells:
        work.session.add(
            BucketChangeRow(
                loan_id=loan.id,
                as_of=spell.on,
                from_bucket=spell.before,
                to_bucket=spell.after,
                changed_at=work.now,
                corrects_from=since,
                caused_by_id=cause,
            )
        )
    held, loan.bucket = loan.bucket, spells[-1].after
    audit(
        work,
        "loan.arrears_corrected",
        "loan",
        loan.id,
        {
            "since": since.isoformat(),
            "from": held,
            "to": loan.bucket,
            "cause": str(cause),
        },
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A change of bucket as it was written, and whether a later correction replaced it."""

    row: BucketChangeRow
    superseded: bool


async def told(work: Work, loan_id: UUID) -> list[Told]:
    """Every change of a loan's bucket in the order in which they were written.

    That is the order of their keys, which are made while the loan is held. The instants are those
    at which the work began: who waited for the loan wrote later than whom it waited for.
    """
    rows = (
        await work.session.scalars(
            select(BucketChangeRow)
            .where(BucketChangeRow.loan_id == loan_id)
            .order_by(BucketChangeRow.id)
        )
    ).all()
    known: list[BucketChangeRow] = []
    cause: UUID | None = None
    for row in rows:
        if row.corrects_from is not None and row.caused_by_id != cause:
            known = [held for held in known if held.as_of < row.corrects_from]
            cause = row.caused_by_id
        known.append(row)
    stand = {row.id for row in known}
    return [Told(row, row.id not in stand) for row in rows]


async def of_loan(work: Work, loan_id: UUID) -> list[Spell]:
    """A loan's history of buckets as it is known now, oldest first."""
    return [
        Spell(one.row.as_of, one.row.from_bucket, one.row.to_bucket)
        for one in await told(work, loan_id)
        if not one.superseded
    ]
