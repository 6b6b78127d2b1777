"""Writes a letter down: its words are fixed here, and its file is made of them alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Self
from uuid import UUID

from babel import Locale
from liquid.exceptions import LiquidError

from api.audit.service import record
from api.clock import Clock
from api.creditors import service as creditors
from api.creditors.tables import CreditorRow
from api.customers import service as customers
from api.customers.service import ContactCard
from api.customers.tables import CustomerRow
from api.db.base import new_id
from api.letters import queries
from api.letters.facts import Figures, Signed, Value, Word
from api.letters.packs import LetterPack, LetterText, letter_pack
from api.letters.tables import SHEET, LetterRow
from api.letters.typesetting import Box, Part, Sheet, Table, TearOff, is_printable, packed
from api.loans.queries import Book
from api.loans.tables import LoanRow
from api.messages.rendering import compiled, day, locale_of, money
from api.templates.using import Texts, spoken, texts_on
from api.work import Work
from domain.errors import DomainError, ErrorCode
from domain.letters import ABOUT_COMPLAINTS, LetterCode, check_sender

NUMBER_PREFIX: Final = "LT-"

_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible letters that Hindi is spelt with."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a letter is about, and who writes it to whom.

    Attributes:
        customer_id: To whom.
        creditor: Who writes.
        test_clock_id: The test clock of the customer, if he is on one.
        loan: The loan it is about; None where it is about no single one.
        reference: What it is filed under: `LN-1001`.
    """

    customer_id: UUID
    creditor: CreditorRow
    test_clock_id: UUID | None
    loan: LoanRow | None
    reference: str

    @classmethod
    def of(cls, book: Book) -> Self:
        """A loan, and its first debtor."""
        loan = book.loan
        number = f"LN-{loan.number}"
        return cls(loan.customer_id, book.creditor, loan.test_clock_id, loan, number)


@dataclass(frozen=True, slots=True)
class NewSheet:
    """A letter that is to be written.

    Attributes:
        code: Which.
        matter: What it is about, from whom, to whom.
        clock: The customer's clock.
        figures: What it says.
        natural_key: What makes it the same letter.
        delivery: `post` or `portal`.
        language: In which it is wanted; None: the customer's.
        case_id: The case it belongs to.
        paragraphs: Its text, where that does not come from its template.
        passages: Paragraphs that stand for a variable of the template, by its name: words of a
            person, which are never read as a template.
        fonts: The folder of further fonts.
    """

    code: LetterCode
    matter: Matter
    clock: Clock
    figures: Figures
    natural_key: str
    delivery: str
    language: str | None = None
    case_id: UUID | None = None
    paragraphs: Sequence[str] | None = None
    passages: Mapping[str, Sequence[str]] = field(default_factory=dict)
    fonts: str = ""


async def write(work: Work, new: NewSheet) -> LetterRow:
    """Write a letter down, once per natural key.

    Raises:
        DomainError: `NOT_FOUND` for a customer whose data were erased, `LETTER_LACKS_SENDER` for
            one that the law wants the creditor's address on while that is unknown,
            `LETTER_NOT_SET` for a text that cannot be filled in.
    """
    matter, loan = new.matter, new.matter.loan
    check_sender(new.code, has_address=matter.creditor.correspondence is not None)
    card = await customers.contact_card(work, matter.customer_id)
    holder = await customers.by_id(work, matter.customer_id)
    asked = new.language or card.language
    texts = await texts_on(work, new.clock.today(matter.creditor.zone), {new.code.value})
    pack, text = _text(texts, new.code, asked, new.fonts)
    number = await queries.next_number(work)
    to = _Recipient(card, tuple(_address(card, holder)), f"{NUMBER_PREFIX}{number}")
    sheet = _sheet(new, to, pack, text)
    letter_id = new_id()
    fresh = await queries.add(
        work,
        {
            "id": letter_id,
            "number": number,
            "natural_key": new.natural_key,
            "code": new.code.value,
            "customer_id": matter.customer_id,
            "loan_id": None if loan is None else loan.id,
            "case_id": new.case_id,
            "test_clock_id": matter.test_clock_id,
            "language": pack.language,
            "asked_language": asked,
            "template_version": text.version,
            "delivery": new.delivery,
            "dispute_until": new.figures.values.get("dispute_by_on"),
            "sheet_ct": card.cipher.seal(packed(sheet), SHEET),
            "written_at": new.clock.now,
            "written_by": work.principal.actor,
            "created_at": work.now,
        },
    )
    row = await queries.by_key(work, new.natural_key)
    if row is None:
        raise DomainError(ErrorCode.INTERNAL, "A letter that was written is not there.")
    if fresh:
        told = {"code": row.code, "about": matter.reference, "language": row.language}
        record(work, "letter.written", "letter", row.id, told)
    return row


def _text(texts: Texts, code: LetterCode, asked: str, fonts: str) -> tuple[LetterPack, LetterText]:
    """The text in the language asked for, in its plain form, or in English."""
    for wanted in spoken(asked):
        pack, text = letter_pack(wanted), texts.letter(code, wanted)
        if pack is not None and text is not None and is_printable(wanted, fonts):
            return pack, text
    raise ValueError("letters are shipped in English")


@dataclass(frozen=True, slots=True)
class _Recipient:
    """To whom a letter goes, and its number."""

    card: ContactCard
    address: tuple[str, ...]
    number: str


def _address(card: ContactCard, holder: CustomerRow) -> list[str]:
    """The lines of a postal address, as far as it is known."""
    postcode = card.cipher.maybe_decrypt(holder.postcode_ct, "customers.postcode")
    city = card.cipher.maybe_decrypt(holder.city_ct, "customers.city")
    street = card.cipher.maybe_decrypt(holder.address_ct, "customers.address")
    lines = (street, " ".join(part for part in (postcode, city) if part))
    return [line for line in lines if line]


def _sender(creditor: CreditorRow, code: LetterCode, words: Mapping[str, str]) -> tuple[str, ...]:
    """Where a creditor is written to and called, line by line, as far as it is known."""
    known = creditors.correspondence_of(creditor)
    if known is None:
        return ()
    address, email = known.address, known.email
    if code in ABOUT_COMPLAINTS:
        address, email = known.complaints_address or address, known.complaints_email or email
    ways = (("phone", known.phone), ("email", email))
    lines = [*address, *(f"{words[name]}: {way}" for name, way in ways if way)]
    return tuple(_line(line) for line in lines)


def _sheet(new: NewSheet, to: _Recipient, pack: LetterPack, text: LetterText) -> Sheet:
    loan, creditor, card = new.matter.loan, new.matter.creditor, to.card
    locale = locale_of(pack.language, card.country)
    today = new.clock.today(creditor.zone)
    says = _Says("" if loan is None else loan.currency, locale, pack.words)
    values = {
        name: says(value)
        for name, value in {
            "customer_name": card.name,
            "creditor_name": creditor.name,
            "reference": new.matter.reference,
            **({} if loan is None else {"loan_number": f"LN-{loan.number}"}),
            "written_on": today,
            **new.figures.values,
        }.items()
    }
    words = {name: _filled(pack.words[name], values) for name in ("reference", "dated", "closing")}
    says = _Says(says.currency, locale, pack.words, values)
    rows = tuple(tuple(says(cell) for cell in row) for row in new.figures.rows)
    sender, recipient = _sender(creditor, new.code, pack.words), (card.name, *to.address)
    body = new.paragraphs
    if body is None:
        body = _paragraphs(text.body, values, new.passages)
    return Sheet(
        language=pack.language,
        written_on=today,
        number=to.number,
        sender=_line(creditor.name),
        sender_lines=sender,
        recipient=tuple(_line(line) for line in recipient),
        reference=words["reference"],
        dated=words["dated"],
        subject=_filled(text.subject, values),
        paragraphs=tuple(body),
        tables=(Table(text.head, rows),) if text.head and rows else (),
        closing=(words["closing"],),
        legal=tuple(_filled(pack.legal[name], values) for name in text.legal),
        opening=tuple(_filled(pack.legal[name], values) for name in text.opening),
        parts=tuple(
            Part(
                _filled(each.title, values),
                tuple(said for point in each.points if (said := _filled(point, values))),
            )
            for each in text.sections
        ),
        tear_off=_tear_off(text, values, creditor, recipient),
    )


def _tear_off(
    text: LetterText, values: Mapping[str, str], creditor: CreditorRow, recipient: Sequence[str]
) -> TearOff | None:
    """The form of a letter, with the addresses of both."""
    form, known = text.form, creditors.correspondence_of(creditor)
    if form is None or known is None:
        return None
    return TearOff(
        title=_filled(form.title, values),
        lead=_filled(form.lead, values),
        boxes=tuple(
            Box(_filled(each.text, values), tuple(_filled(part, values) for part in each.parts))
            for each in form.choices
        ),
        mail_to=_filled(form.mail_to, values),
        address=tuple(_line(line) for line in (creditor.name, *known.address)),
        sender=tuple(_line(line) for line in recipient),
    )


@dataclass(frozen=True, slots=True)
class _Says:
    """Says a value as people of the place write it."""

    currency: str
    locale: Locale
    words: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, value: Value) -> str:
        match value:
            case Word(name):
                return _filled(self.words[name], self.values)
            case Signed(sign, amount):
                return f"{sign} {money(amount, self.currency, self.locale, is_frugal=False)}"
            case Decimal():
                return money(value, self.currency, self.locale, is_frugal=False)
            case date():
                return day(value, self.locale)
            case str():
                return _line(value)


def _paragraphs(
    body: str, values: Mapping[str, str], passages: Mapping[str, Sequence[str]]
) -> list[str]:
    """The paragraphs of a text; it is cut before it is filled in, so no value makes one."""
    found: list[str] = []
    for part in body.strip().split("\n\n"):
        name = part.strip().removeprefix("{{").removesuffix("}}").strip()
        found += (
            [_line(line) for line in passages[name]]
            if name in passages
            else [_filled(part, values)]
        )
    return found


def _filled(source: str, values: Mapping[str, str]) -> str:
    try:
        return _line(compiled(source).render(**values))
    except LiquidError:
        raise DomainError(
            ErrorCode.LETTER_NOT_SET, "The text of the letter cannot be filled in."
        ) from None


def _line(text: str) -> str:
    """One line: what cannot be printed is left out, and so is what turns the direction of text."""
    return "".join(
        letter for letter in " ".join(text.split()) if letter.isprintable() or letter in _JOINERS
    )
