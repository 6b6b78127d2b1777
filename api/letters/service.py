"""The door of letters."""

from api.letters.about_loans import LoanLetter, of_key, write_about_loan
from api.letters.asking import ask
from api.letters.case_texts import CaseText, of_task, printable, write_case_text
from api.letters.free import FreeLetter, language_of, write_free
from api.letters.handing_over import ask_to_post
from api.letters.queries import LetterFilter
from api.letters.reading import (
    content,
    get,
    list_letters,
    list_of_customer,
    list_of_loan,
    proof,
    text_of,
)

__all__ = [
    "CaseText",
    "FreeLetter",
    "LetterFilter",
    "LoanLetter",
    "ask",
    "ask_to_post",
    "content",
    "get",
    "language_of",
    "list_letters",
    "list_of_customer",
    "list_of_loan",
    "of_key",
    "of_task",
    "printable",
    "proof",
    "text_of",
    "write_about_loan",
    "write_case_text",
    "write_free",
]
