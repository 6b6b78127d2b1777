"""Finds messages that asked for overdue money on days on which, as is known now, none was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from api.work import Work
from domain.contact.channel import Purpose

_SENT: Final = text("""
    select m.id, m.channel, m.template, m.sent_at, m.case_id
    from messages m
    cross join lateral (
        select cast(m.sent_at at time zone :zone as date) as local_on
    ) sent
    where m.direction = 'outbound' and m.purpose = :purpose and m.sent_at is not null
      and sent.local_on between :first and :last
      and (
        m.loan_id = :loan
        or exists (
            select from case_loans own
            where own.case_id = m.case_id and own.loan_id = :loan
              and own.joined_on <= sent.local_on
              and (own.left_on is null or own.left_on >= sent.local_on)
        )
        and not exists (
            select from case_loans other
            where other.case_id = m.case_id and other.loan_id <> :loan
              and other.joined_on <= sent.local_on
              and (other.left_on is null or other.left_on >= sent.local_on)
        )
      )
    order by m.sequence
""")
"""What went out for the loan itself, or for a case in which it was alone on that day."""


@dataclass(frozen=True, slots=True)
class Undue:
    """A message that should not have gone."""

    message_id: UUID
    channel: str
    template: str | None
    sent_at: datetime
    case_id: UUID | None


async def undue(
    work: Work, loan_id: UUID, zone: str, periods: Sequence[tuple[date, date]]
) -> list[Undue]:
    """Messages about overdue money sent for a loan on days of some periods, in their order.

    Days are those of the creditor's zone. A message for a case that held another loan on that day
    had a reason of its own.
    """
    found: list[Undue] = []
    for first, last in periods:
        rows = await work.session.execute(
            _SENT,
            {
                "loan": loan_id,
                "zone": zone,
                "purpose": Purpose.COLLECTION.value,
                "first": first,
                "last": last,
            },
        )
        found += [Undue(*row) for row in rows]
    return found
