"""How customers may be reached: contact cards, what they said about media, suppressed addresses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from api.audit.service import record
from api.clock import clock_for
from api.customers import living, queries, zones
from api.customers.tables import ConsentRow, CustomerRow
from api.security.vault import Cipher, Vault
from api.work import Work
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.hours import HourRules
from domain.contact.places import Place
from domain.errors import DomainError, ErrorCode

ANY_PURPOSE = "any"
"""The purpose of a consent that was given for whatever we write about."""


class SuppressionReason(StrEnum):
    """Why an address may not be used."""

    STOP = "stop"
    """Its holder said so."""
    INVALID = "invalid"
    """A provider said that it does not exist."""


@dataclass(frozen=True, slots=True)
class ContactCard:
    """All that is needed to write to a person.

    Attributes:
        customer_id: Who.
        number: His human number, to sort by.
        name: The full name; empty after erasure.
        first_name: Its first word.
        email: The address in lower case.
        phone: E.164.
        zones: Every time zone he may be in; none when it is not known: then no call, no SMS.
        country: ISO 3166-1.
        place: What is known of where he lives, for the choice of rule packs.
        wishes: When he asked to be contacted, if he did.
        language: ISO 639-1, for the choice of templates.
        suppressed: Media whose address may not be used (STOP, or it does not exist).
        consents: His latest word on each medium, for the address in use.
        test_clock_id: The clock he lives on.
        phone_index: Blind index of the phone number.
        email_index: Blind index of the e-mail address.
        cipher: Encrypts what is his.
    """

    customer_id: UUID
    number: int
    name: str
    first_name: str
    email: str | None
    phone: str | None
    zones: tuple[str, ...]
    country: str
    place: Place
    wishes: HourRules | None
    language: str
    suppressed: frozenset[Channel]
    consents: tuple[Consent, ...]
    test_clock_id: UUID | None
    phone_index: bytes | None
    email_index: bytes | None
    cipher: Cipher

    def address(self, channel: Channel) -> str | None:
        """The address of a medium; in the portal everybody is known by his own key."""
        if channel is Channel.IN_APP:
            return str(self.customer_id)
        return self.phone if channel.by_phone else self.email

    def address_index(self, channel: Channel) -> bytes | None:
        """The blind index of the address of a medium."""
        if channel is Channel.IN_APP:
            return self.customer_id.bytes
        return self.phone_index if channel.by_phone else self.email_index


async def contact_card(work: Work, customer_id: UUID) -> ContactCard:
    """All that is needed to write to a person; raises `NOT_FOUND`."""
    cards = await contact_cards(work, [customer_id])
    if customer_id not in cards:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such customer.")
    return cards[customer_id]


async def contact_cards(work: Work, customer_ids: Collection[UUID]) -> Mapping[UUID, ContactCard]:
    """The cards of several people, read together; who does not exist is left out.

    Whoever reserves contacts holds the customers' rows (`lock`) first: then nothing of a card
    changes under him but suppressions, which he checks again before he sends.
    """
    found = await queries.by_ids(work, customer_ids)
    said = await queries.consents(work, [holder.id for holder in found])
    stopped = await queries.suppressed(work, addresses(*found))
    clocks = {
        clock_id: await clock_for(work, clock_id)
        for clock_id in {holder.test_clock_id for holder in found}
    }
    return {
        holder.id: _card(
            holder,
            work.vault.cipher(holder.wrapped_key),
            said.get(holder.id, ()),
            stopped,
            clocks[holder.test_clock_id].now.year,
        )
        for holder in found
    }


def _card(
    found: CustomerRow,
    cipher: Cipher,
    said: Sequence[ConsentRow],
    stopped: Collection[tuple[str, bytes]],
    year: int,
) -> ContactCard:
    name = cipher.maybe_decrypt(found.name_ct, "customers.name") or ""
    phone = cipher.maybe_decrypt(found.phone_ct, "customers.phone")
    plausible = zones.where(found.zone, phone, year)
    return ContactCard(
        customer_id=found.id,
        number=found.number,
        name=name,
        first_name=name.partition(" ")[0],
        email=cipher.maybe_decrypt(found.email_ct, "customers.email"),
        phone=phone,
        zones=plausible,
        country=found.country,
        place=Place(
            country=found.country,
            region=found.region,
            city=cipher.maybe_decrypt(found.city_ct, "customers.city"),
            postcode=cipher.maybe_decrypt(found.postcode_ct, "customers.postcode"),
            zones=plausible,
        ),
        wishes=living.wishes(found),
        language=found.language,
        suppressed=frozenset(
            Channel(medium) for medium, index in addresses(found) if (medium, index) in stopped
        ),
        consents=tuple(latest_words(found, said)),
        test_clock_id=found.test_clock_id,
        phone_index=found.phone_index,
        email_index=found.email_index,
        cipher=cipher,
    )


async def find_by_phone(work: Work, phone_e164: str) -> list[CustomerRow]:
    """Everybody who has a number (E.164), by number of customer: what one says may bind all."""
    return list(await queries.by_address(work, "sms", work.vault.blind_index("phone", phone_e164)))


async def find_by_email(work: Work, email: str) -> list[CustomerRow]:
    """Everybody who has an e-mail address, by number of customer."""
    index = work.vault.blind_index("email", normal_email(email))
    return list(await queries.by_address(work, "email", index))


async def suppress(
    work: Work, medium: Channel, address_index: bytes, reason: SuppressionReason | str
) -> bool:
    """Let nobody be contacted at an address from now on; false when that was so already.

    It binds everybody who has the address, and stays when one of them changes his.
    """
    known = SuppressionReason(reason)
    if not await queries.suppress(work, medium.value, address_index, known.value):
        return False
    for holder in await queries.by_address(work, medium.value, address_index):
        record(
            work,
            "customer.suppressed",
            "customer",
            holder.id,
            {"medium": medium.value, "reason": known.value},
        )
    return True


async def unsuppress(work: Work, medium: Channel, address_index: bytes) -> bool:
    """Let an address be used again, as its holder asked; false when it was not suppressed."""
    if not await queries.unsuppress(work, medium.value, address_index):
        return False
    for holder in await queries.by_address(work, medium.value, address_index):
        record(work, "customer.unsuppressed", "customer", holder.id, {"medium": medium.value})
    return True


def phone_index(vault: Vault, phone_e164: str) -> bytes:
    """The blind index by which a number is suppressed and found."""
    return vault.blind_index("phone", phone_e164)


def email_index(vault: Vault, email: str) -> bytes:
    """The blind index by which an e-mail address is suppressed and found."""
    return vault.blind_index("email", normal_email(email))


def normal_email(email: str) -> str:
    """An e-mail address as it is kept and compared: in lower case."""
    return email.strip().lower()


def index_of(holder: CustomerRow, channel: Channel) -> bytes | None:
    """The blind index of a customer's address of a medium."""
    if channel is Channel.IN_APP:
        return holder.id.bytes
    return holder.phone_index if channel.by_phone else holder.email_index


def addresses(*holders: CustomerRow) -> list[tuple[str, bytes]]:
    """The addresses of customers that could be suppressed."""
    return [
        (channel.value, index)
        for holder in holders
        for channel in Channel
        if (index := index_of(holder, channel)) is not None
    ]


def latest_words(holder: CustomerRow, said: Sequence[ConsentRow]) -> list[Consent]:
    """What counts of what a customer said: his latest word per medium and purpose.

    A consent counts for the address it was given for; a revocation for any. A word about every
    purpose takes the place of all before it.
    """
    zone = ZoneInfo(holder.zone) if holder.zone else UTC
    latest: dict[tuple[str, str], Consent] = {}
    for word in said:
        if (word.medium, ANY_PURPOSE) in latest:
            continue
        if word.granted and word.address_index != index_of(holder, Channel(word.medium)):
            continue
        latest.setdefault(
            (word.medium, word.purpose),
            Consent(
                Channel(word.medium),
                ConsentState.GIVEN if word.granted else ConsentState.REVOKED,
                None if word.purpose == ANY_PURPOSE else Purpose(word.purpose),
                word.given_at.astimezone(zone).date(),
            ),
        )
    return list(latest.values())


def opted_out(
    holder: CustomerRow, said: Sequence[ConsentRow], stopped: frozenset[tuple[str, bytes]]
) -> list[str]:
    """The media a customer may not be reached by: he took his word back, or said STOP."""
    revoked = {
        word.channel.value
        for word in latest_words(holder, said)
        if word.state is ConsentState.REVOKED and word.purpose is None
    }
    return sorted(
        revoked | {medium for medium, index in addresses(holder) if (medium, index) in stopped}
    )
