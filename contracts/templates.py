"""Texts that staff keep in versions: drafts, approval, use from a day, and previews."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from contracts.base import Code, Instant, Wire
from contracts.letters import LanguageCode

TemplateMedium = Literal["sms", "email", "in_app", "letter"]
TemplateStatus = Literal["draft", "approved", "retired"]
VariableType = Literal["text", "money", "date", "link"]

SampleCustomer = Literal["usual", "long_name", "right_to_left", "zero_balance", "large_amount"]
"""Somebody made up to try a text on: with a very long name, with one that is written from right to
left, with nothing owed, with more than most owe."""

Subject = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00\r\n]+$")]
Body = Annotated[str, StringConstraints(max_length=8000, pattern=r"^[^\x00]*$")]


class Variable(Wire):
    """Something that is filled in, ready for people."""

    name: str = Field(examples=["due_on"])
    type: VariableType
    example: str = Field(examples=["Sep 30, 2028"])


class Template(Wire):
    """A text in one medium and language, and which version of it is in use today."""

    key: str = Field(examples=["overdue_gentle"])
    medium: TemplateMedium
    language: str
    purpose: str
    """Which contact rules bind it: `statutory`, `servicing`, `collection`, `reply`."""
    in_use: str = Field(examples=["shipped-1", "2"])
    """The version that is in use today."""
    subject: str | None
    body: str
    variables: list[Variable]
    """All that a version may use."""
    locked: list[str]
    """Legal words that every version holds, or blocks that are printed beside it."""
    fallback: str | None
    """The language that is used where this one has no text of its own; null where it has one."""


class NewTemplateVersion(Wire):
    """A new draft of a text that is shipped in English; any language may be added."""

    key: Code
    medium: TemplateMedium
    language: LanguageCode
    subject: Subject | None = None
    """For all but SMS."""
    body: Body


class TemplateVersionEdit(Wire):
    """What changes in a draft; a field left out stays."""

    subject: Subject | None = None
    body: Body | None = None


class ApproveTemplate(Wire):
    """From when a version is used."""

    from_on: date
    """The first day, on the customer's clock."""


class TemplateVersion(Wire):
    """One version of a text, with its life."""

    id: UUID
    key: str
    medium: TemplateMedium
    language: str
    number: int
    subject: str | None
    body: str
    status: TemplateStatus
    from_on: date | None
    """The first day of use; null for a draft."""
    segments: int | None
    """How many an SMS takes with the longest examples."""
    author: str
    written_at: Instant
    approved_by: str | None
    approved_at: Instant | None
    retired_by: str | None
    retired_at: Instant | None
    version: int
    """For `If-Match`; it rises with every change."""


class PreviewTemplate(Wire):
    """A text to try: with examples, or as it would read in a real case or loan today."""

    key: Code
    medium: TemplateMedium
    language: LanguageCode
    subject: Subject | None = None
    body: Body | None = None
    """The version in use unless given."""
    case_id: UUID | None = None
    """A recovery case whose figures are filled in; not for letters."""
    sample: SampleCustomer = "usual"
    """Whose figures are filled in where no case is named."""


class TemplatePreview(Wire):
    """How a text reads, and what is wrong with it."""

    language: str
    """Of the text: another than asked for where that has none."""
    subject: str | None
    body: str
    segments: int | None
    problems: list[str] = Field(examples=[["unknown-variable: amout", "locked-words: opt-out"]])
    """What keeps it from being used; empty when nothing does."""
