"""Arrears on the wire: how a loan moved between buckets, and when lateness did not count."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import ShortText, Wire


class BucketChange(Wire):
    """A loan moved from one bucket to another."""

    id: UUID
    as_of: Annotated[date, Field(description="Business date of which the new bucket is true")]
    from_bucket: str
    to_bucket: str
    changed_at: datetime
    corrects_from: Annotated[
        date | None,
        Field(description="Written when the past turned out to be another, from this day on"),
    ]
    superseded: Annotated[bool, Field(description="A later correction replaced it")]


class NewArrearsPause(Wire):
    """A stretch in which lateness does not count: the days after the first date, to the last."""

    starts_on: date
    ends_on: Annotated[date, Field(description="Last day that does not count")]
    reason: ShortText


class ArrearsPause(NewArrearsPause):
    """A pause as it was added."""

    id: UUID
    loan_id: UUID
    added_at: datetime
