"""The door of complaints: what routes, pages and other features ask of it."""

from api.complaints.filing import file, ground_of_reply
from api.complaints.handling import acknowledge, edit, investigate, make_good, refer, resolve
from api.complaints.queries import Filters
from api.complaints.reading import (
    about_case,
    detail,
    list_,
    number_of,
    of_case,
    record_of,
    rulebooks,
)

__all__ = [
    "Filters",
    "about_case",
    "acknowledge",
    "detail",
    "edit",
    "file",
    "ground_of_reply",
    "investigate",
    "list_",
    "make_good",
    "number_of",
    "of_case",
    "record_of",
    "refer",
    "resolve",
    "rulebooks",
]
