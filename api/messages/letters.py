"""Writes the text of a letter that a person posts: with today's figures, and nothing is queued."""

from dataclasses import replace

from api.clock import Clock
from api.messages import rendering
from api.messages.about import About
from api.messages.queueing import NewMessage, queue
from api.messages.rendering import Text
from api.messages.tables import MessageRow
from api.templates.using import Texts
from api.work import Work
from domain.errors import DomainError, ErrorCode


async def write_letter(
    work: Work,
    clock: Clock,
    new: NewMessage,
    portal_url: str,
    *,
    language: str | None = None,
    texts: Texts | None = None,
) -> Text:
    """The text a message would have, with a place to go that is printed in full.

    It is in the customer's language unless another is named, and from the texts in use unless
    others are to be tried.

    Raises `CONFLICT` when its dedupe key exists already, and `INVALID_REQUEST` for a text that
    cannot be written.
    """
    attempt = await work.session.begin_nested()
    try:
        message_id = await queue(work, clock, new)
        if message_id is None:
            raise DomainError(ErrorCode.CONFLICT, "There is such a message already.")
        row = await work.session.get_one(MessageRow, message_id)
        if language is not None:
            row.language = language
        about = await About.gather(work, clock, [row])
        if texts is not None:
            about = replace(about, texts=texts)
        return rendering.render(about, row, portal_url)
    except rendering.TextError as error:
        raise DomainError(
            ErrorCode.INVALID_REQUEST, "The text cannot be written.", {"reason": error.reason}
        ) from None
    finally:
        await attempt.rollback()
