"""Forms: what somebody typed, what is wrong with it, and the typed command it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

from fastapi import Request
from pydantic import BaseModel, ValidationError

from domain.errors import DomainError, ErrorCode

Command = TypeVar("Command", bound=BaseModel)

KEY: str = "key"
"""The hidden field by which a form that is sent twice takes effect once."""

_MOST_CHARACTERS = 8000

_SAID: Mapping[str, str] = {
    "missing": "Fill this in.",
    "string_too_short": "This is too short.",
    "string_too_long": "This is too long.",
    "string_pattern_mismatch": "This is not in the form expected here.",
    "literal_error": "Choose one of these.",
    "date_from_datetime_parsing": "Give a date, such as 2028-03-15.",
    "date_parsing": "Give a date, such as 2028-03-15.",
    "uuid_parsing": "Choose one of these.",
}
"""What a mistake is called on a page, by the validator's name for it."""


_MOST_DIGITS = 9
"""Longer is no number of ours."""


class InvalidForm(Exception):  # noqa: N818 - it is what a person sent, not a fault
    """What was typed does not make a command; `errors` says why, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        """Keep the mistakes."""
        super().__init__("the form is not valid")
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Form:
    """A form as a page shows it.

    Attributes:
        name: Which form of the page it is.
        values: What was typed, by field.
        errors: What is wrong, by field.
        refusal: Why the whole was refused, by rule.
        key: Makes the effect happen once, however often this form is sent.
    """

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    key: str = field(default_factory=lambda: uuid4().hex)

    def value(self, name: str, default: object = "") -> str:
        """What was typed into a field, or what stands in it to begin with."""
        return self.values.get(name, str(default))

    def error(self, name: str) -> str | None:
        """What is wrong with a field."""
        return self.errors.get(name)

    @property
    def is_wrong(self) -> bool:
        """True when it was sent and did not do."""
        return bool(self.errors) or self.refusal is not None


def blank(name: str, **values: object) -> Form:
    """A form nobody has touched."""
    return Form(name, {key: str(value) for key, value in values.items() if value is not None})


def refused(name: str, sent: Mapping[str, str], error: DomainError | InvalidForm) -> Form:
    """The form again, with all that was typed and what is wrong; with a key of its own."""
    kept = {key: value for key, value in sent.items() if key not in {KEY, "csrf"}}
    if isinstance(error, InvalidForm):
        return Form(name, kept, error.errors)
    at = error.facts.get("field")
    if isinstance(at, str) and at in kept:
        return Form(name, kept, {at: error.detail})
    return Form(name, kept, refusal=_AGAIN.get(error.code, error.detail))


_AGAIN: Mapping[ErrorCode, str] = {
    ErrorCode.IDEMPOTENCY_KEY_REUSED: "This form was sent before with something else in it, and "
    "that took effect. Look at what is there now; then send it again if you still mean it.",
    ErrorCode.IDEMPOTENCY_IN_PROGRESS: "It was sent twice, and the first is still at work: load "
    "the page again in a moment.",
}
"""Refusals whose own words are for programs."""


async def sent_fields(request: Request, longest: int = _MOST_CHARACTERS) -> Mapping[str, str]:
    """The text fields of the form that was sent, cut to a length; ends of lines are plain ones."""
    form = await request.form(max_files=4, max_fields=1500)
    return {
        name: value.replace("\r\n", "\n").strip()[:longest]
        for name, value in form.items()
        if isinstance(value, str)
    }


def whole_number(text: str) -> int | None:
    """A count, number or version as a form sends it; None for what is none.

    `isdigit` alone takes "²", and `int` refuses what is thousands of digits long.
    """
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    return int(text)


def version_seen(sent: Mapping[str, str]) -> int:
    """The version that the page showed; 0, which nothing has, where the form does not say it."""
    return whole_number(sent.get("version", "")) or 0


def command(model: type[Command], sent: Mapping[str, str], *names: str) -> Command:
    """Make a command of some fields of a form; a field left empty counts as not sent.

    Raises `InvalidForm` with a sentence for each field that will not do.
    """
    given = {name: sent[name] for name in names if sent.get(name)}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise InvalidForm(
            {
                str(item["loc"][0]) if item["loc"] else "": _SAID.get(
                    item["type"], item["msg"].removeprefix("Value error, ")
                )
                for item in error.errors()
            }
        ) from None
