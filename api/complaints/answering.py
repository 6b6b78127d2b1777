"""Tells a customer by itself that his complaint arrived, and what came of it.

By e-mail where he has an address that is open to us; else by a letter that a person posts, or gives
in another way where no postal address is known. The answer is a letter in any case, because its
reasons are a person's words: the e-mail leads to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from api.clock import Clock
from api.complaints import queries, reading
from api.complaints.tables import ComplaintRow
from api.creditors import service as creditors
from api.customers import service as customers
from api.customers.service import ContactCard
from api.letters import service as letters
from api.letters.service import FreeLetter
from api.messages.queueing import NewMessage, Validity, queue
from api.recovery import service as recovery
from api.work import Work
from contracts.letters import Letter
from domain.complaints.clocks import Rulebook
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import may_use
from domain.errors import Fact
from domain.letters import LetterCode

POST_WITHIN: Final = timedelta(days=1)
"""How soon a letter about a complaint should be posted: a clock of the law runs."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a customer is told.

    Attributes:
        by_mail: By an e-mail that is queued; else by a letter that waits for a person.
        facts: What the complaint's story keeps of it.
    """

    by_mail: bool
    facts: Mapping[str, Fact]


async def acknowledge(work: Work, clock: Clock, row: ComplaintRow, rules: Rulebook) -> Told:
    """Tell him that it arrived, until when he is answered, and who decides over us.

    Last in a use case: it may queue a message. Raises `NOT_FOUND` for a customer whose data were
    erased.
    """
    card = await customers.contact_card(work, row.customer_id)
    facts: dict[str, Fact] = {"respond_by_on": row.respond_by.isoformat()}
    if _by_mail(card):
        return await _mail(work, clock, row, rules, LetterCode.COMPLAINT_RECEIVED, facts)
    letter = await _letter(work, clock, row, rules, LetterCode.COMPLAINT_RECEIVED, card, facts)
    return Told(by_mail=False, facts={"letter_id": str(letter.id), "letter": letter.number})


async def answer(work: Work, clock: Clock, row: ComplaintRow, rules: Rulebook, text: str) -> Told:
    """Tell him what came of it, with our reasons, and until when he may go further.

    Last in a use case: it may queue a message. Raises `NOT_FOUND` for a customer whose data were
    erased.
    """
    card = await customers.contact_card(work, row.customer_id)
    facts: dict[str, Fact] = {
        "outcome": row.outcome,
        "refer_by_on": None if row.refer_by is None else row.refer_by.isoformat(),
    }
    passages = {"answer": [part for part in text.splitlines() if part.strip()]}
    code = LetterCode.COMPLAINT_ANSWERED
    letter = await _letter(work, clock, row, rules, code, card, facts, passages)
    kept: dict[str, Fact] = {"letter_id": str(letter.id), "letter": letter.number}
    if not _by_mail(card):
        return Told(by_mail=False, facts=kept)
    mail = await _mail(work, clock, row, rules, code, facts)
    return Told(by_mail=True, facts={**mail.facts, **kept})


def _by_mail(card: ContactCard) -> bool:
    """Whether he has an e-mail address that works and was not closed to us."""
    return (
        card.address(Channel.EMAIL) is not None
        and may_use(
            Channel.EMAIL, Purpose.STATUTORY, card.consents, card.suppressed, required=frozenset()
        )
        is None
    )


async def _mail(  # noqa: PLR0913, PLR0917 - what the text is filled with
    work: Work,
    clock: Clock,
    row: ComplaintRow,
    rules: Rulebook,
    code: LetterCode,
    facts: Mapping[str, Fact],
) -> Told:
    language = (await customers.languages(work, {row.customer_id}))[row.customer_id]
    loan_id, case_id = await queries.ground_of(work, row)
    message_id = await queue(
        work,
        clock,
        NewMessage(
            customer_id=row.customer_id,
            channel=Channel.EMAIL.value,
            purpose=Purpose.STATUTORY.value,
            template=code.value,
            due_at=clock.now,
            not_after=None,
            validity=Validity.ALWAYS.value,
            dedupe_key=f"{code.value}:{row.id}",
            # Its creditor is who writes; without a loan it would be that of the latest one.
            loan_id=loan_id,
            case_id=case_id,
            facts={
                "complaint_number": reading.number_of(row),
                "received_on": row.received_on.isoformat(),
                "referral": rules.referral_to(language),
                "referral_contact": rules.referral_contact,
                **facts,
            },
        ),
    )
    return Told(by_mail=True, facts={"by": "email", "message_id": _text(message_id)})


async def _letter(  # noqa: PLR0913, PLR0917 - what the letter is made of
    work: Work,
    clock: Clock,
    row: ComplaintRow,
    rules: Rulebook,
    code: LetterCode,
    card: ContactCard,
    facts: Mapping[str, Fact],
    passages: Mapping[str, Sequence[str]] | None = None,
) -> Letter:
    language = letters.language_of(card.language)
    _, case_id = await queries.ground_of(work, row)
    letter = await letters.write_free(
        work,
        FreeLetter(
            code=code,
            customer_id=row.customer_id,
            creditor=await creditors.by_id(work, row.creditor_id),
            clock=clock,
            reference=reading.number_of(row),
            natural_key=f"{code.value}:{row.id}",
            facts={
                "complaint_number": reading.number_of(row),
                "received_on": row.received_on.isoformat(),
                "referral": rules.referral_to(language),
                "referral_contact": rules.referral_contact,
                **facts,
            },
            passages=passages or {},
            in_portal=_by_mail(card),
            case_id=case_id,
            within=POST_WITHIN,
        ),
    )
    if case_id is not None:
        recovery.letter_written(work, case_id, letter.id, letter.code, clock.now)
    return letter


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
