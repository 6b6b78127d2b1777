"""All SQL about debt assessments, narrowed to what the principal may see."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select

from api.advice.tables import AssessmentRow, AssessmentVersionRow
from api.security.access import visible_customer
from api.work import Work


def _visible(work: Work) -> Select[AssessmentRow]:
    query = select(AssessmentRow)
    own = visible_customer(work.principal)
    return query if own is None else query.where(AssessmentRow.customer_id == own)


async def find(work: Work, assessment_id: UUID, *, lock: bool = False) -> AssessmentRow | None:
    """An assessment, held until the end if it is to be changed."""
    query = _visible(work).where(AssessmentRow.id == assessment_id)
    if lock:
        query = query.with_for_update()
    found: AssessmentRow | None = await work.session.scalar(
        query.execution_options(populate_existing=True)
    )
    return found


async def newest_of(work: Work, customer_id: UUID) -> AssessmentRow | None:
    """The customer's assessment that was changed last."""
    found: AssessmentRow | None = await work.session.scalar(
        _visible(work)
        .where(AssessmentRow.customer_id == customer_id)
        .order_by(AssessmentRow.changed_at.desc(), AssessmentRow.id.desc())
        .limit(1)
    )
    return found


async def version(work: Work, row: AssessmentRow, number: int) -> AssessmentVersionRow | None:
    """One version of an assessment."""
    return await work.session.get(
        AssessmentVersionRow, {"assessment_id": row.id, "version": number}
    )


async def page(
    work: Work, customer_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[AssessmentRow]:
    """Assessments in the order they were made; one more than `limit`, if there are more."""
    query = _visible(work)
    if customer_id is not None:
        query = query.where(AssessmentRow.customer_id == customer_id)
    if after is not None:
        query = query.where(AssessmentRow.id > after)
    return (await work.session.scalars(query.order_by(AssessmentRow.id).limit(limit + 1))).all()
