"""The door of letters."""

from api.letters.asking import ask
from api.letters.case_texts import CaseText, of_task, printable, write_case_text
from api.letters.handing_over import ask_to_post
from api.letters.queries import LetterFilter
from api.letters.reading import content, get, list_letters, list_of_customer, list_of_loan, proof

__all__ = [
    "CaseText",
    "LetterFilter",
    "ask",
    "ask_to_post",
    "content",
    "get",
    "list_letters",
    "list_of_customer",
    "list_of_loan",
    "of_task",
    "printable",
    "proof",
    "write_case_text",
]
