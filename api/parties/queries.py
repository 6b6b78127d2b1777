"""SQL of parties, payers and bereavements."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from api.db.base import among
from api.loans.tables import LoanPartyRow, LoanRow
from api.parties.tables import BereavementLoanRow, BereavementRow, PaymentPayerRow
from api.recovery.tables import CaseLoanRow, CaseRow
from api.security.access import visible_customer
from api.work import Work


async def page(work: Work, loan_id: UUID, after: UUID | None, limit: int) -> Sequence[LoanPartyRow]:
    """Parties of a loan, those who left too, in the order they came; a customer sees himself."""
    query = select(LoanPartyRow).where(LoanPartyRow.loan_id == loan_id)
    only = visible_customer(work.principal)
    if only is not None:
        query = query.where(LoanPartyRow.customer_id == only)
    if after is not None:
        query = query.where(LoanPartyRow.id > after)
    return (await work.session.scalars(query.order_by(LoanPartyRow.id).limit(limit))).all()


async def one(work: Work, loan_id: UUID, party_id: UUID) -> LoanPartyRow | None:
    """A party of a loan whom the principal may see, as the database has it now."""
    query = select(LoanPartyRow).where(LoanPartyRow.id == party_id, LoanPartyRow.loan_id == loan_id)
    only = visible_customer(work.principal)
    if only is not None:
        query = query.where(LoanPartyRow.customer_id == only)
    found: LoanPartyRow | None = await work.session.scalar(
        query.execution_options(populate_existing=True)
    )
    return found


async def current(
    work: Work, loan_ids: Collection[UUID], customer_ids: Collection[UUID] | None = None
) -> Sequence[LoanPartyRow]:
    """Who is a party of these loans now, of some people or of all, in the order they came."""
    if not loan_ids:
        return []
    query = select(LoanPartyRow).where(
        among(LoanPartyRow.loan_id, loan_ids), LoanPartyRow.until_on.is_(None)
    )
    if customer_ids is not None:
        query = query.where(among(LoanPartyRow.customer_id, customer_ids))
    # Somebody may have waited for a lock since he read them.
    query = query.order_by(LoanPartyRow.id).execution_options(populate_existing=True)
    return (await work.session.scalars(query)).all()


async def loans_as(work: Work, customer_id: UUID, role: str) -> Sequence[UUID]:
    """The loans that are not ended on which somebody stands in a role now, in number order."""
    return (
        await work.session.scalars(
            select(LoanRow.id)
            .join(LoanPartyRow, LoanPartyRow.loan_id == LoanRow.id)
            .where(
                LoanPartyRow.customer_id == customer_id,
                LoanPartyRow.role == role,
                LoanPartyRow.until_on.is_(None),
                LoanRow.lifecycle == "active",
            )
            .order_by(LoanRow.number)
        )
    ).all()


async def cases_of_others(work: Work, customer_id: UUID) -> Sequence[UUID]:
    """Open cases of somebody else with a loan of which a person owes something now, by number."""
    return (
        await work.session.scalars(
            select(CaseRow.id)
            .where(
                CaseRow.status == "open",
                CaseRow.customer_id != customer_id,
                CaseRow.id.in_(
                    select(CaseLoanRow.case_id)
                    .join(LoanPartyRow, LoanPartyRow.loan_id == CaseLoanRow.loan_id)
                    .where(
                        CaseLoanRow.left_on.is_(None),
                        LoanPartyRow.customer_id == customer_id,
                        LoanPartyRow.liability != "none",
                        LoanPartyRow.until_on.is_(None),
                    )
                ),
            )
            .order_by(CaseRow.number)
        )
    ).all()


# -- who paid ----------------------------------------------------------------------------------


async def payer(work: Work, payment_id: UUID) -> PaymentPayerRow | None:
    """Who paid, as recorded."""
    return await work.session.get(PaymentPayerRow, payment_id, populate_existing=True)


async def keep_payer(work: Work, row: PaymentPayerRow) -> None:
    """Record who paid, over what was recorded before."""
    said = {
        "customer_id": row.customer_id,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
    }
    await work.session.execute(
        insert(PaymentPayerRow)
        .values(payment_id=row.payment_id, **said)
        .on_conflict_do_update(index_elements=[PaymentPayerRow.payment_id], set_=said)
    )


# -- deaths ------------------------------------------------------------------------------------


async def bereavement(work: Work, bereavement_id: UUID, *, lock: bool) -> BereavementRow | None:
    """A bereavement as it stands, held until the commit if asked."""
    query = select(BereavementRow).where(BereavementRow.id == bereavement_id)
    if lock:
        query = query.with_for_update()
    found: BereavementRow | None = await work.session.scalar(
        query.execution_options(populate_existing=True)
    )
    return found


async def bereaved(work: Work, customer_ids: Collection[UUID]) -> Sequence[BereavementRow]:
    """The bereavements of these people that were not reversed."""
    if not customer_ids:
        return []
    return (
        await work.session.scalars(
            select(BereavementRow).where(
                among(BereavementRow.customer_id, customer_ids), BereavementRow.status != "reversed"
            )
        )
    ).all()


async def bereaved_in(work: Work, case_id: UUID) -> date | None:
    """Since when the customer of a case is said to have died."""
    found: date | None = await work.session.scalar(
        select(BereavementRow.notified_on)
        .join(CaseRow, CaseRow.customer_id == BereavementRow.customer_id)
        .where(CaseRow.id == case_id, BereavementRow.status != "reversed")
    )
    return found


async def page_of_bereavements(
    work: Work, customer_id: UUID, after: UUID | None, limit: int
) -> Sequence[BereavementRow]:
    """What was told of a customer's death, reversed ones too, oldest first."""
    query = select(BereavementRow).where(BereavementRow.customer_id == customer_id)
    if after is not None:
        query = query.where(BereavementRow.id > after)
    return (await work.session.scalars(query.order_by(BereavementRow.id).limit(limit))).all()


async def page_of_all_bereavements(
    work: Work, status: str | None, after: UUID | None, limit: int
) -> Sequence[BereavementRow]:
    """The bereavements in a state, or all, in the order they were told."""
    query = select(BereavementRow)
    if status is not None:
        query = query.where(BereavementRow.status == status)
    if after is not None:
        query = query.where(BereavementRow.id > after)
    return (await work.session.scalars(query.order_by(BereavementRow.id).limit(limit))).all()


async def add_bereavement(work: Work, values: dict[str, object]) -> bool:
    """Keep a bereavement; false where the customer has one already."""
    made = await work.session.scalar(
        insert(BereavementRow)
        .values(values)
        .on_conflict_do_nothing(
            index_elements=[BereavementRow.customer_id], index_where=text("status <> 'reversed'")
        )
        .returning(BereavementRow.id)
    )
    return made is not None


async def bereaved_loans(
    work: Work, bereavement_ids: Collection[UUID]
) -> Sequence[BereavementLoanRow]:
    """What the loans of deceased people stood at, by number."""
    if not bereavement_ids:
        return []
    return (
        await work.session.scalars(
            select(BereavementLoanRow)
            .join(LoanRow, LoanRow.id == BereavementLoanRow.loan_id)
            .where(among(BereavementLoanRow.bereavement_id, bereavement_ids))
            .order_by(LoanRow.number)
        )
    ).all()
