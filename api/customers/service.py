"""Use cases over customers: who they are, how they may be reached, and whom an address binds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.audit.service import record
from api.clock import Clock, clock_for
from api.customers import living, queries, zones
from api.customers.contact import (
    ContactCard,
    SuppressionReason,
    addresses,
    contact_card,
    contact_cards,
    email_index,
    find_by_email,
    find_by_phone,
    index_of,
    normal_email,
    opted_out,
    phone_index,
    suppress,
    unsuppress,
)
from api.customers.naming import Named, names
from api.customers.queries import Filter
from api.customers.tables import ConsentRow, CustomerRow
from api.pagination import PageRequest
from api.security.vault import Cipher
from api.work import Work
from contracts.base import Page
from contracts.parties import ConsentTerms, Customer, CustomerEdit, CustomerSearch, NewCustomer
from domain.calendar import check_zone
from domain.contact.channel import Channel
from domain.errors import DomainError, ErrorCode

__all__ = [
    "ContactCard",
    "Named",
    "SuppressionReason",
    "by_id",
    "cipher_of",
    "contact_card",
    "contact_cards",
    "create",
    "decrypt",
    "edit",
    "email_index",
    "encrypt",
    "find_by_email",
    "find_by_phone",
    "get",
    "languages",
    "list_",
    "lock",
    "names",
    "number_of",
    "phone_index",
    "rows",
    "search",
    "sharers",
    "suppress",
    "unsuppress",
    "withdraw_consent",
    "zone_of",
]

NUMBER_PREFIX = "CU-"
_OLDEST_AGE = 120


# --- what other features ask ------------------------------------------------------------------


async def by_id(work: Work, customer_id: UUID) -> CustomerRow:
    """A customer whom the principal may see; `NOT_FOUND` alike for a foreign and a missing one."""
    return _found(await queries.by_id(work, customer_id))


async def rows(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, CustomerRow]:
    """Those of the customers whom the principal may see."""
    return {found.id: found for found in await queries.by_ids(work, customer_ids)}


async def lock(work: Work, customer_id: UUID) -> CustomerRow:
    """A customer as he stands now, held until the transaction ends: first in the lock order.

    Raises `NOT_FOUND`.
    """
    return _found(await queries.lock(work, customer_id))


async def languages(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """The language each customer is written to in (ISO 639-1)."""
    return await queries.languages(work, customer_ids)


async def zone_of(work: Work, customer_id: UUID) -> str | None:
    """The zone a customer lives in, as declared or the only plausible one; null when unknown."""
    return await queries.zone_of(work, customer_id)


async def encrypt(work: Work, customer_id: UUID, text: str | None, column: str) -> bytes | None:
    """Text under a customer's key, for a column such as `notes.text`; nothing for nothing.

    Raises `NOT_FOUND` when the customer's key was destroyed.
    """
    if text is None:
        return None
    wrapped = await queries.wrapped_key(work, customer_id)
    if wrapped is None:
        raise _missing()
    return work.vault.cipher(wrapped).encrypt(text, column)


async def decrypt(work: Work, customer_id: UUID, data: bytes | None, column: str) -> str | None:
    """What `encrypt` wrote; nothing for nothing, and nothing once the key is destroyed."""
    if data is None:
        return None
    wrapped = await queries.wrapped_key(work, customer_id)
    return None if wrapped is None else work.vault.cipher(wrapped).decrypt(data, column)


async def cipher_of(work: Work, customer_id: UUID) -> Cipher:
    """The cipher of a customer, for what lies outside the database.

    Raises `NOT_FOUND` when the customer's key was destroyed.
    """
    wrapped = await queries.wrapped_key(work, customer_id)
    if wrapped is None:
        raise _missing()
    return work.vault.cipher(wrapped)


def number_of(found: CustomerRow) -> str:
    """The human number as it is shown."""
    return f"{NUMBER_PREFIX}{found.number}"


async def sharers(work: Work, channel: Channel, address_index: bytes) -> Sequence[UUID]:
    """Everybody who has an address, by number; ids alone, for what binds them all."""
    return await queries.sharers(work, channel.value, address_index)


# --- use cases --------------------------------------------------------------------------------


async def create(work: Work, new: NewCustomer, *, sandbox: bool) -> Customer:
    """Make a customer, with a key of his own.

    Raises `SANDBOX_ONLY` for a test clock elsewhere, `NOT_FOUND` for one that does not exist,
    `UNKNOWN_ZONE`, `INVALID_CONTACT`, `INVALID_DATE` and, for a reference that is taken,
    `CONFLICT`.
    """
    if new.test_clock_id is not None and not sandbox:
        raise DomainError(
            ErrorCode.SANDBOX_ONLY, "Test clocks exist in the sandbox only.", {"field": "clock"}
        )
    clock = await clock_for(work, new.test_clock_id)
    phone = None if new.phone is None else zones.normal_phone(new.phone, new.country)
    zone = (
        zones.only_plausible(new.country, phone, clock.now.year)
        if new.zone is None
        else check_zone(new.zone)
    )
    wrapped = work.vault.new_wrapped_key()
    cipher = work.vault.cipher(wrapped)
    made = CustomerRow(
        number=await queries.next_number(work),
        test_clock_id=new.test_clock_id,
        country=new.country,
        zone=zone,
        language=new.language,
        external_ref=new.external_ref,
        wrapped_key=wrapped,
        name_tokens=[],
        born_on_ct=cipher.maybe_encrypt(_birth_date(new.born_on, clock), "customers.born_on"),
        created_at=clock.now,
        version=1,
    )
    _set_name(work, made, cipher, new.name)
    _set_email(work, made, cipher, new.email)
    _set_phone(work, made, cipher, phone)
    _set_address(made, cipher, new.address)
    living.set_region(made, new.region)
    living.set_city(made, cipher, new.city)
    living.set_postcode(made, cipher, new.postcode)
    living.set_hours(made, new.contact_hours)
    await _insert(work, made)
    said = _append_consents(work, made, new.consents, clock)
    await work.session.flush()
    record(
        work,
        "customer.created",
        "customer",
        made.id,
        {
            "number": number_of(made),
            "test_clock_id": None if made.test_clock_id is None else str(made.test_clock_id),
            "consents": said,
        },
    )
    return await _answer(work, made)


async def get(work: Work, customer_id: UUID) -> Customer:
    """A customer; `NOT_FOUND` alike for a foreign and a missing one."""
    return await _answer(work, await by_id(work, customer_id))


async def list_(
    work: Work,
    page: PageRequest,
    *,
    number: str | None = None,
    external_ref: str | None = None,
    test_clock_id: UUID | None = None,
) -> Page[Customer]:
    """Customers by number; raises `INVALID_REQUEST` for a number that is none."""
    sought = Filter(
        number=None if number is None else _number(number),
        external_ref=external_ref,
        test_clock_id=test_clock_id,
    )
    return await _page(work, sought, page)


async def search(work: Work, wanted: CustomerSearch, page: PageRequest) -> Page[Customer]:
    """Customers by what is personal to them: exact addresses, whole words of the name.

    Raises `INVALID_CONTACT` for a phone number that is none.
    """
    phone = (
        None if wanted.phone is None else zones.normal_phone(wanted.phone, wanted.country or "ZZ")
    )
    sought = Filter(
        number=None if wanted.number is None else _number(wanted.number),
        phone_index=None if phone is None else phone_index(work.vault, phone),
        email_index=None if wanted.email is None else email_index(work.vault, wanted.email),
        name_tokens=tuple(work.vault.name_tokens(wanted.name or "")),
    )
    return await _page(work, sought, page)


async def edit(
    work: Work,
    customer_id: UUID,
    change: CustomerEdit,
    check: Callable[[int], None],
) -> Customer:
    """Change what was sent of a customer; null clears it, what was left out stays.

    `check` is given the present version. Raises what it raises, `NOT_FOUND`, `INVALID_REQUEST`
    for a name or language taken away, `UNKNOWN_ZONE` and `INVALID_CONTACT`.
    """
    found = await lock(work, customer_id)
    check(found.version)
    if found.wrapped_key is None:
        raise _missing()
    cipher = work.vault.cipher(found.wrapped_key)
    clock = await clock_for(work, found.test_clock_id)
    sent = change.model_fields_set
    if "name" in sent:
        _set_name(work, found, cipher, _kept(change.name, "name"))
    if "language" in sent:
        found.language = _kept(change.language, "language")
    if "email" in sent:
        _set_email(work, found, cipher, change.email)
    if "address" in sent:
        _set_address(found, cipher, change.address)
    if "region" in sent:
        living.set_region(found, change.region)
    if "city" in sent:
        living.set_city(found, cipher, change.city)
    if "postcode" in sent:
        living.set_postcode(found, cipher, change.postcode)
    if "contact_hours" in sent:
        living.set_hours(found, change.contact_hours or ())
    if "zone" in sent:
        found.zone = None if change.zone is None else check_zone(change.zone)
    if "phone" in sent:
        phone = None if change.phone is None else zones.normal_phone(change.phone, found.country)
        _set_phone(work, found, cipher, phone)
        if found.zone is None:
            found.zone = zones.only_plausible(found.country, phone, clock.now.year)
    said = _append_consents(work, found, change.consents, clock)
    found.version += 1
    await work.session.flush()
    record(
        work,
        "customer.edited",
        "customer",
        found.id,
        {
            "fields": ",".join(sorted(sent - {"consents"})),
            "consents": said,
            "version": found.version,
        },
    )
    return await _answer(work, found)


async def withdraw_consent(
    work: Work, customer_id: UUID, media: Collection[Channel], source: str
) -> None:
    """Let one person not be written to by some media; others who have his address may be.

    Unlike a suppression it binds him alone, whatever his address, until he consents anew.

    Args:
        work: The unit of work.
        customer_id: Who.
        media: By which media no more.
        source: How we know, such as `reply`.
    """
    taken = [
        ConsentTerms.model_validate({"medium": medium.value, "granted": False, "source": source})
        for medium in media
    ]
    await edit(work, customer_id, CustomerEdit(consents=taken), lambda _: None)


# --- parts ------------------------------------------------------------------------------------


def _found(found: CustomerRow | None) -> CustomerRow:
    if found is None:
        raise _missing()
    return found


def _missing() -> DomainError:
    return DomainError(ErrorCode.NOT_FOUND, "There is no such customer.")


def _kept(value: str | None, field: str) -> str:
    if value is None:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "This may be changed, not taken away.", {"field": field}
        )
    return value


def _number(text: str) -> int:
    digits = text.strip().upper().removeprefix(NUMBER_PREFIX)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):  # noqa: PLR2004 - BIGINT
        raise DomainError(
            ErrorCode.INVALID_REQUEST,
            "A customer's number looks like CU-1001.",
            {"field": "number"},
        )
    return int(digits)


def _birth_date(born_on: date | None, clock: Clock) -> str | None:
    """The date as text; `INVALID_DATE` for one in the future or longer ago than anybody lives."""
    if born_on is None:
        return None
    today = clock.now.date()
    if not today.year - _OLDEST_AGE <= born_on.year or born_on >= today:
        raise DomainError(
            ErrorCode.INVALID_DATE,
            f"A date of birth lies in the past, at most {_OLDEST_AGE} years ago.",
            {"field": "born_on"},
        )
    return born_on.isoformat()


def _set_name(work: Work, made: CustomerRow, cipher: Cipher, name: str) -> None:
    made.name_ct = cipher.encrypt(name, "customers.name")
    made.name_tokens = work.vault.name_tokens(name)


def _set_email(work: Work, made: CustomerRow, cipher: Cipher, email: str | None) -> None:
    kept = None if email is None else normal_email(email)
    made.email_ct = cipher.maybe_encrypt(kept, "customers.email")
    made.email_index = None if kept is None else email_index(work.vault, kept)


def _set_phone(work: Work, made: CustomerRow, cipher: Cipher, phone: str | None) -> None:
    made.phone_ct = cipher.maybe_encrypt(phone, "customers.phone")
    made.phone_index = None if phone is None else phone_index(work.vault, phone)


def _set_address(made: CustomerRow, cipher: Cipher, address: str | None) -> None:
    made.address_ct = cipher.maybe_encrypt(address or None, "customers.address")


async def _insert(work: Work, made: CustomerRow) -> None:
    """Insert a customer, or `CONFLICT` when somebody has his reference."""
    try:
        async with work.session.begin_nested():
            work.session.add(made)
            await work.session.flush()
    except IntegrityError:
        if made.external_ref is None:
            raise
        holder = await queries.id_by_external_ref(work, made.external_ref)
        if holder is None:
            raise
        raise DomainError(
            ErrorCode.CONFLICT,
            "A customer with this external reference exists.",
            {"customer_id": str(holder)},
        ) from None


def _append_consents(
    work: Work, holder: CustomerRow, given: Sequence[ConsentTerms], clock: Clock
) -> int:
    """Append wishes as given, each bound to the address it is about; how many they are."""
    for terms in given:
        work.session.add(
            ConsentRow(
                customer_id=holder.id,
                medium=terms.medium,
                purpose=terms.purpose,
                address_index=index_of(holder, Channel(terms.medium)),
                granted=terms.granted,
                source=terms.source,
                given_at=clock.now,
            )
        )
    return len(given)


async def _page(work: Work, sought: Filter, page: PageRequest) -> Page[Customer]:
    found = await queries.page(work, sought, page.after_number(), page.limit + 1)
    kept, cursor = page.cut(found, [holder.number for holder in found])
    return Page(items=await _answers(work, kept), next_cursor=cursor)


async def _answer(work: Work, holder: CustomerRow) -> Customer:
    return (await _answers(work, [holder]))[0]


async def _answers(work: Work, holders: Sequence[CustomerRow]) -> list[Customer]:
    said = await queries.consents(work, [holder.id for holder in holders])
    stopped = await queries.suppressed(work, addresses(*holders))
    return [
        _customer(work, holder, opted_out(holder, said.get(holder.id, ()), stopped))
        for holder in holders
    ]


def _customer(work: Work, holder: CustomerRow, opted_out: list[str]) -> Customer:
    cipher = work.vault.cipher(holder.wrapped_key)
    born_on = cipher.maybe_decrypt(holder.born_on_ct, "customers.born_on")
    return Customer(
        id=holder.id,
        number=number_of(holder),
        name=cipher.maybe_decrypt(holder.name_ct, "customers.name") or "",
        country=holder.country,
        zone=holder.zone,
        language=holder.language,
        email=cipher.maybe_decrypt(holder.email_ct, "customers.email"),
        phone=cipher.maybe_decrypt(holder.phone_ct, "customers.phone"),
        address=cipher.maybe_decrypt(holder.address_ct, "customers.address"),
        region=holder.region,
        city=cipher.maybe_decrypt(holder.city_ct, "customers.city"),
        postcode=cipher.maybe_decrypt(holder.postcode_ct, "customers.postcode"),
        contact_hours=living.hours(holder),
        born_on=None if born_on is None else date.fromisoformat(born_on),
        test_clock_id=holder.test_clock_id,
        external_ref=holder.external_ref,
        opted_out=opted_out,
        created_at=holder.created_at,
        version=holder.version,
    )
