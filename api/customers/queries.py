"""All SQL over customers, their consents and suppressed addresses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import LargeBinary, Select, delete, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, insert

from api.customers.tables import CUSTOMER_NUMBERS, ConsentRow, CustomerRow, SuppressionRow
from api.db.base import among
from api.security.access import visible_customer
from api.work import Work
from domain.contact.channel import Channel


@dataclass(frozen=True, slots=True)
class Filter:
    """What customers are sought by; digests instead of what they stand for."""

    number: int | None = None
    external_ref: str | None = None
    test_clock_id: UUID | None = None
    phone_index: bytes | None = None
    email_index: bytes | None = None
    name_tokens: tuple[bytes, ...] = ()


def _visible(work: Work) -> Select[CustomerRow]:
    query = select(CustomerRow)
    only = visible_customer(work.principal)
    return query if only is None else query.where(CustomerRow.id == only)


async def next_number(work: Work) -> int:
    """The next human number of a customer."""
    return await work.session.scalar(select(CUSTOMER_NUMBERS.next_value())) or 0


async def by_id(work: Work, customer_id: UUID) -> CustomerRow | None:
    """A customer whom the principal may see."""
    return (
        await work.session.scalars(_visible(work).where(CustomerRow.id == customer_id))
    ).one_or_none()


async def lock(work: Work, customer_id: UUID) -> CustomerRow | None:
    """A customer whom the principal may see, as he stands now and held until the end."""
    return (
        await work.session.scalars(
            _visible(work)
            .where(CustomerRow.id == customer_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).one_or_none()


async def by_ids(work: Work, customer_ids: Collection[UUID]) -> Sequence[CustomerRow]:
    """Those of the customers whom the principal may see, by number."""
    query = _visible(work).where(among(CustomerRow.id, customer_ids)).order_by(CustomerRow.number)
    return (await work.session.scalars(query)).all()


async def languages(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The language of each customer."""
    found = await work.session.execute(
        select(CustomerRow.id, CustomerRow.language).where(among(CustomerRow.id, customer_ids))
    )
    return {customer_id: language for customer_id, language in found}


async def zone_of(work: Work, customer_id: UUID) -> str | None:
    """The zone of a customer."""
    found: str | None = await work.session.scalar(
        select(CustomerRow.zone).where(CustomerRow.id == customer_id)
    )
    return found


async def wrapped_key(work: Work, customer_id: UUID) -> bytes | None:
    """The wrapped key of a customer; null when it was destroyed (or he never was)."""
    found: bytes | None = await work.session.scalar(
        select(CustomerRow.wrapped_key).where(CustomerRow.id == customer_id)
    )
    return found


async def id_by_external_ref(work: Work, external_ref: str) -> UUID | None:
    """Who has a reference of somebody else's system."""
    found: UUID | None = await work.session.scalar(
        select(CustomerRow.id).where(CustomerRow.external_ref == external_ref)
    )
    return found


async def by_address(work: Work, medium: str, address_index: bytes) -> Sequence[CustomerRow]:
    """Everybody who has an address, by number."""
    column = CustomerRow.phone_index if Channel(medium).by_phone else CustomerRow.email_index
    query = _visible(work).where(column == address_index).order_by(CustomerRow.number)
    return (await work.session.scalars(query)).all()


async def sharers(work: Work, medium: str, address_index: bytes) -> Sequence[UUID]:
    """Everybody who has an address, by number, whoever asks: a STOP binds them all."""
    column = CustomerRow.phone_index if Channel(medium).by_phone else CustomerRow.email_index
    query = select(CustomerRow.id).where(column == address_index).order_by(CustomerRow.number)
    return (await work.session.scalars(query)).all()


async def page(work: Work, sought: Filter, after: int, count: int) -> Sequence[CustomerRow]:
    """Customers by number, after one; every filter has its index."""
    query = _visible(work).where(CustomerRow.number > after)
    if sought.number is not None:
        query = query.where(CustomerRow.number == sought.number)
    if sought.external_ref is not None:
        query = query.where(CustomerRow.external_ref == sought.external_ref)
    if sought.test_clock_id is not None:
        query = query.where(CustomerRow.test_clock_id == sought.test_clock_id)
    if sought.phone_index is not None:
        query = query.where(CustomerRow.phone_index == sought.phone_index)
    if sought.email_index is not None:
        query = query.where(CustomerRow.email_index == sought.email_index)
    if sought.name_tokens:
        tokens = type_coerce(CustomerRow.name_tokens, ARRAY(LargeBinary()))
        query = query.where(tokens.contains(list(sought.name_tokens)))
    return (await work.session.scalars(query.order_by(CustomerRow.number).limit(count))).all()


async def consents(
    work: Work, customer_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[ConsentRow]]:
    """All that customers said about media, newest first."""
    rows = await work.session.scalars(
        select(ConsentRow)
        .where(among(ConsentRow.customer_id, customer_ids))
        .order_by(ConsentRow.given_at.desc(), ConsentRow.id.desc())
    )
    found: dict[UUID, list[ConsentRow]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found


async def suppressed(
    work: Work, addresses: Collection[tuple[str, bytes]]
) -> frozenset[tuple[str, bytes]]:
    """Those of the addresses (medium, index) that may not be used."""
    wanted = frozenset(addresses)
    if not wanted:
        return frozenset()
    # Two arrays are one statement whatever their length; what they cross to is few, and left out.
    found = await work.session.execute(
        select(SuppressionRow.medium, SuppressionRow.address_index).where(
            among(SuppressionRow.medium, {medium for medium, _ in wanted}),
            among(SuppressionRow.address_index, {index for _, index in wanted}),
        )
    )
    return wanted.intersection((medium, index) for medium, index in found)


async def suppress(work: Work, medium: str, address_index: bytes, reason: str) -> bool:
    """Suppress an address; false when it was. A STOP is kept over a mere `invalid`."""
    row = insert(SuppressionRow).values(
        medium=medium, address_index=address_index, reason=reason, since=work.now
    )
    changed = await work.session.scalar(
        row.on_conflict_do_update(
            index_elements=[SuppressionRow.medium, SuppressionRow.address_index],
            set_={"reason": row.excluded.reason, "since": row.excluded.since},
            where=(SuppressionRow.reason != "stop") & (row.excluded.reason == "stop"),
        ).returning(func.length(SuppressionRow.medium))
    )
    return changed is not None


async def unsuppress(work: Work, medium: str, address_index: bytes) -> bool:
    """Let an address be used again; false when it was not suppressed."""
    gone = await work.session.scalar(
        delete(SuppressionRow)
        .where(SuppressionRow.medium == medium, SuppressionRow.address_index == address_index)
        .returning(SuppressionRow.reason)
    )
    return gone is not None
