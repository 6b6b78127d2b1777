"""SQL of the versions of texts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from api.db.base import among
from api.templates.tables import TemplateVersionRow
from api.work import Work


@dataclass(frozen=True, slots=True)
class VersionFilter:
    """Which versions a list shows; null means all."""

    key: str | None = None
    medium: str | None = None
    language: str | None = None
    status: str | None = None


async def in_use(
    work: Work, on: date, keys: Collection[str] | None = None
) -> Sequence[TemplateVersionRow]:
    """The version of each text that is in use on a day; none where the shipped one is."""
    row = TemplateVersionRow
    statement = (
        select(row)
        .ext(distinct_on(row.key, row.medium, row.language))
        .where(row.status == "approved", row.from_on <= on)
        .order_by(row.key, row.medium, row.language, row.from_on.desc(), row.number.desc())
    )
    if keys is not None:
        statement = statement.where(among(row.key, sorted(keys)))
    return (await work.session.scalars(statement)).all()


async def by_id(work: Work, version_id: UUID, *, lock: bool = False) -> TemplateVersionRow | None:
    """A version, locked for a change if asked."""
    statement = select(TemplateVersionRow).where(TemplateVersionRow.id == version_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found: TemplateVersionRow | None = await work.session.scalar(statement)
    return found


async def page(
    work: Work, wanted: VersionFilter, after: UUID | None, limit: int
) -> Sequence[TemplateVersionRow]:
    """Versions in the order they were written, after a key."""
    statement = select(TemplateVersionRow)
    for column, value in (
        (TemplateVersionRow.key, wanted.key),
        (TemplateVersionRow.medium, wanted.medium),
        (TemplateVersionRow.language, wanted.language),
        (TemplateVersionRow.status, wanted.status),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if after is not None:
        statement = statement.where(TemplateVersionRow.id > after)
    return (
        await work.session.scalars(statement.order_by(TemplateVersionRow.id).limit(limit))
    ).all()


async def next_number(work: Work, key: str, medium: str, language: str) -> int:
    """The number of a text's next version; whoever asks next waits for this transaction."""
    await work.session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 25))"),
        {"name": f"{key}.{medium}.{language}"},
    )
    newest = await work.session.scalar(
        select(func.max(TemplateVersionRow.number)).where(
            TemplateVersionRow.key == key,
            TemplateVersionRow.medium == medium,
            TemplateVersionRow.language == language,
        )
    )
    return (newest or 1) + 1
