"""How a text would read: with examples, or with the figures of a real case today."""

from typing import Final

from liquid.exceptions import LiquidError

from api.db.base import new_id
from api.messages.letters import write_letter
from api.messages.queueing import NewMessage, Validity
from api.recovery import service as recovery
from api.templates import catalogue
from api.templates.checking import Draft, filled, known, problems
from api.templates.using import LETTER, HouseText, Texts, texts_on
from api.work import Work
from contracts.templates import PreviewTemplate, SampleCustomer, TemplatePreview
from domain.contact.channel import Channel
from domain.contact.segments import segments
from domain.errors import DomainError, ErrorCode

_TRIED: Final = 1
"""The number of a version that is only tried."""


async def preview(work: Work, asked: PreviewTemplate, public_url: str) -> TemplatePreview:
    """Fill a text in, and say what is wrong with it; nothing is kept or sent.

    Raises `NOT_FOUND` for a text or a case that is not there, `INVALID_REQUEST` for a letter in a
    case.
    """
    draft = await _draft(work, asked)
    found = problems(draft)
    if found:
        return TemplatePreview(
            language=draft.language,
            subject=draft.subject,
            body=draft.body,
            segments=None,
            problems=found,
        )
    if asked.case_id is None:
        return _with_examples(draft, asked.sample)
    if asked.medium == LETTER:
        raise DomainError(ErrorCode.INVALID_REQUEST, "A letter is previewed with examples.")
    return await _in_case(work, asked, draft, public_url)


async def _draft(work: Work, asked: PreviewTemplate) -> Draft:
    if asked.body is not None:
        return Draft(asked.key, asked.medium, asked.language, asked.subject, asked.body)
    texts = await texts_on(work, work.now.date(), {asked.key})
    used = catalogue.in_use(texts, asked.key, asked.medium, asked.language)
    if used is None:
        raise DomainError(ErrorCode.NOT_FOUND, "There is no such text.")
    return used


def _with_examples(draft: Draft, sample: SampleCustomer) -> TemplatePreview:
    shipped = known(draft.key, draft.medium, draft.language)
    try:
        subject, body = filled(draft, {} if shipped is None else shipped.variables, sample)
    except LiquidError:
        raise DomainError(ErrorCode.TEMPLATE_INVALID, "The text cannot be filled in.") from None
    return TemplatePreview(
        language=draft.language,
        subject=subject,
        body=body,
        segments=segments(body) if draft.medium == Channel.SMS else None,
        problems=[],
    )


async def _in_case(
    work: Work, asked: PreviewTemplate, draft: Draft, public_url: str
) -> TemplatePreview:
    shipped = known(draft.key, draft.medium, draft.language)
    held = await recovery.hold_case(work, asked.case_id or new_id())
    text = await write_letter(
        work,
        held.clock,
        NewMessage(
            customer_id=held.case.customer_id,
            channel=draft.medium,
            purpose="collection" if shipped is None else shipped.purpose,
            template=draft.key,
            due_at=held.clock.now,
            not_after=None,
            validity=Validity.CASE_OPEN.value,
            dedupe_key=f"preview:{new_id()}",
            case_id=held.case.id,
        ),
        f"{public_url}/portal",
        language=draft.language,
        texts=Texts(
            {
                (draft.key, draft.medium, draft.language): HouseText(
                    _TRIED, draft.subject, draft.body
                )
            }
        ),
    )
    return TemplatePreview(
        language=draft.language,
        subject=text.subject,
        body=text.body,
        segments=segments(text.body) if draft.medium == Channel.SMS else None,
        problems=[],
    )
