"""What is shown of letters: themselves, and their files."""

from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag

from api.customers import service as customers
from api.documents.objects import Objects
from api.documents.reading import lost
from api.letters import queries
from api.letters.queries import LetterFilter
from api.letters.tables import SHEET, LetterRow
from api.letters.typesetting import set_letter, unpacked
from api.letters.writing import NUMBER_PREFIX
from api.loans import queries as loans
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.letters import Letter
from domain.errors import DomainError, ErrorCode

_FILE: Final = "letter.pdf"


async def get(work: Work, letter_id: UUID) -> Letter:
    """A letter; raises `NOT_FOUND`."""
    return shown(await _found(work, letter_id))


async def list_letters(work: Work, wanted: LetterFilter, page: PageRequest) -> Page[Letter]:
    """Letters the principal may see, by number."""
    rows = await queries.page(work, wanted, page.after_number(), page.limit + 1)
    kept, cursor = page.cut(rows, [row.number for row in rows])
    return Page(items=[shown(row) for row in kept], next_cursor=cursor)


async def list_of_loan(work: Work, loan_id: UUID, page: PageRequest) -> Page[Letter]:
    """The letters about a loan, by number; raises `NOT_FOUND`."""
    await loans.book_of(work, loan_id)
    return await list_letters(work, LetterFilter(loan_id=loan_id), page)


async def list_of_customer(work: Work, customer_id: UUID, page: PageRequest) -> Page[Letter]:
    """The letters to a customer, by number; raises `NOT_FOUND`."""
    await customers.by_id(work, customer_id)
    return await list_letters(work, LetterFilter(customer_id=customer_id), page)


async def content(
    work: Work, objects: Objects, letter_id: UUID, fonts: str
) -> tuple[Letter, bytes]:
    """A letter and its file, which is set once and kept from then on.

    Raises:
        DomainError: `NOT_FOUND` (also once the customer's data were erased), `LETTER_NOT_SET`,
            `UNAVAILABLE`, and `DOCUMENT_CONTENT_LOST` when what is stored is not what was written.
    """
    row = await _found(work, letter_id)
    cipher = await customers.cipher_of(work, row.customer_id)
    key = f"{row.id}/{_FILE}"
    try:
        kept = await objects.get(key)
        if kept is None:
            made = await set_letter(unpacked(cipher.unseal(row.sheet_ct, SHEET)), fonts)
            if await objects.put(key, cipher.seal(made, key)):
                return shown(row), made
            # Somebody else was first; both set the same.
            kept = await objects.get(key)
        if kept is None:
            raise lost()
        return shown(row), cipher.unseal(kept, key)
    except InvalidTag:
        raise lost() from None


async def text_of(work: Work, letter_id: UUID) -> tuple[str, str]:
    """The subject and the text of a letter, without its tables; raises `NOT_FOUND`."""
    row = await _found(work, letter_id)
    cipher = await customers.cipher_of(work, row.customer_id)
    sheet = unpacked(cipher.unseal(row.sheet_ct, SHEET))
    return sheet.subject, "\n\n".join(sheet.paragraphs)


async def proof(work: Work, letter_id: UUID, fonts: str) -> bytes:
    """The file of a letter that is about to be written, set anew and kept nowhere.

    Raises `NOT_FOUND`, `LETTER_NOT_SET`.
    """
    row = await _found(work, letter_id)
    cipher = await customers.cipher_of(work, row.customer_id)
    return await set_letter(unpacked(cipher.unseal(row.sheet_ct, SHEET)), fonts)


async def _found(work: Work, letter_id: UUID) -> LetterRow:
    row = await queries.by_id(work, letter_id)
    if row is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such letter.")
    return row


def shown(row: LetterRow) -> Letter:
    """A letter as it goes over the wire."""
    return Letter.model_validate(
        {
            "id": row.id,
            "number": f"{NUMBER_PREFIX}{row.number}",
            "code": row.code,
            "customer_id": row.customer_id,
            "loan_id": row.loan_id,
            "case_id": row.case_id,
            "language": row.language,
            "asked_language": row.asked_language,
            "template_version": row.template_version,
            "deliver": row.delivery,
            "dispute_until": row.dispute_until,
            "written_at": row.written_at,
            "written_by": row.written_by,
        }
    )
