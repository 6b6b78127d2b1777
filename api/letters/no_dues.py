"""The letter that nothing is owed any more: by itself, once the last payment is certain."""

from datetime import date
from typing import Final

from api.clock import Clock
from api.customers import service as customers
from api.letters import facts, queries
from api.letters.handing_over import ask_to_post
from api.letters.writing import Matter, NewSheet, write
from api.loans.queries import Book
from api.messages.queueing import NewMessage, Validity
from api.work import Work
from domain.contact.channel import Channel, Purpose
from domain.letters import LetterCode, certain_on

_TEXT: Final = "no_dues"
"""The text that tells of the letter."""


def _key(book: Book) -> str:
    """A loan that was reopened and repaid again is confirmed again."""
    return f"no_dues:{book.loan.id}:{book.loan.closed_on}"


async def free_on(work: Work, book: Book) -> date | None:
    """The first day on which a repaid loan can be confirmed; None where there is nothing to do."""
    if book.loan.lifecycle != "closed" or book.loan.closed_on is None:
        return None
    day = certain_on(await facts.paid_off(work, book))
    if day is None or await queries.by_key(work, _key(book)) is not None:
        return None
    return day


async def confirm(work: Work, book: Book, clock: Clock, fonts: str) -> list[NewMessage]:
    """Write the letter, and answer the message that tells of it.

    Who has no e-mail address gets it by post, and finds a notice in the portal.
    """
    loan = book.loan
    card = (await customers.contact_cards(work, [loan.customer_id])).get(loan.customer_id)
    if card is None:
        return []  # erased meanwhile: there is nobody to write to
    by_mail = card.address(Channel.EMAIL) is not None
    row = await write(
        work,
        NewSheet(
            code=LetterCode.NO_DUES,
            matter=Matter.of(book),
            clock=clock,
            figures=facts.no_dues(book),
            natural_key=_key(book),
            delivery="portal" if by_mail else "post",
            fonts=fonts,
        ),
    )
    if not by_mail:
        await ask_to_post(work, clock, row)
    return [
        NewMessage(
            customer_id=loan.customer_id,
            channel=(Channel.EMAIL if by_mail else Channel.IN_APP).value,
            purpose=Purpose.SERVICING.value,
            template=_TEXT,
            due_at=clock.now,
            not_after=None,
            validity=Validity.ALWAYS.value,
            dedupe_key=f"letter:{row.id}",
            loan_id=loan.id,
        )
    ]
