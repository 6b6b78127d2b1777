"""What was read in a bank statement, between its wire form, the rules, and its encrypted rest."""

from dataclasses import asdict
from uuid import UUID

from api.customers import service as customers
from api.documents import queries
from api.documents.tables import DocumentRow, ExtractionRow
from api.work import Work
from contracts.documents import (
    CrossCheck,
    ExtractedFigure,
    ExtractedLine,
    ReviewReason,
    StatementRead,
)
from domain.documents import statement as rules
from domain.documents.statement import Figure, Judgement, Line, Origin, Statement

_COLUMN = "document_extractions.body"


def ruled(read: StatementRead) -> Statement:
    """The statement as the rules know it; places stay behind."""
    return Statement(
        currency=read.currency,
        opening=_ruled_figure(read.opening),
        closing=_ruled_figure(read.closing),
        lines=tuple(_ruled_line(each) for each in read.lines),
        reasons=tuple(rules.ReviewReason(each) for each in read.reasons),
    )


def judged(read: StatementRead) -> Judgement:
    """Whether what was read may be used unseen."""
    return rules.judge(ruled(read))


def shown_check(judgement: Judgement) -> CrossCheck:
    """The cross-check as it is shown."""
    return CrossCheck.model_validate(asdict(judgement.check))


def shown_reasons(judgement: Judgement) -> list[ReviewReason]:
    """Why a person must look, as it is shown."""
    return [each.value for each in judgement.reasons]


def corrected(read: StatementRead, result: Statement) -> StatementRead:
    """What was read, as a review left it: places and raw text stay with their lines."""
    before = {line.number: line for line in read.lines}
    return StatementRead(
        currency=read.currency,
        opening=_corrected_figure(read.opening, result.opening),
        closing=_corrected_figure(read.closing, result.closing),
        lines=[_corrected_line(before, each) for each in result.lines],
    )


async def write(work: Work, row: DocumentRow, revision: int, read: StatementRead) -> None:
    """Keep a revision, encrypted; raises `NOT_FOUND` when the customer's key was destroyed."""
    body = await customers.encrypt(work, row.customer_id, read.model_dump_json(), _COLUMN)
    work.session.add(
        ExtractionRow(
            document_id=row.id,
            revision=revision,
            body_ct=body,
            made_by=work.principal.actor,
            made_at=work.now,
        )
    )
    row.revision = revision
    row.line_count = len(read.lines)


async def read_back(work: Work, row: DocumentRow) -> StatementRead | None:
    """The newest revision; null before there is one, and once the customer's key is destroyed."""
    if row.revision is None:
        return None
    return await _revision(work, row.id, row.customer_id, row.revision)


async def _revision(
    work: Work, document_id: UUID, customer_id: UUID, revision: int
) -> StatementRead | None:
    kept = await queries.extraction(work, document_id, revision)
    if kept is None:
        return None
    body = await customers.decrypt(work, customer_id, kept.body_ct, _COLUMN)
    return None if body is None else StatementRead.model_validate_json(body)


def _ruled_line(line: ExtractedLine) -> Line:
    return Line(
        number=line.number,
        on=line.on,
        description=line.description,
        amount=line.amount,
        balance=line.balance,
        place=None,
        raw=line.raw,
        confidence=line.confidence,
        origin=Origin(line.origin),
    )


def _ruled_figure(figure: ExtractedFigure | None) -> Figure | None:
    if figure is None:
        return None
    return Figure(
        figure.amount, figure.on, figure.raw, None, figure.confidence, Origin(figure.origin)
    )


def _corrected_line(before: dict[int, ExtractedLine], line: Line) -> ExtractedLine:
    read = None if line.was is None else before.get(line.was)
    changes = {
        "number": line.number,
        "on": line.on,
        "description": line.description,
        "amount": line.amount,
        "balance": line.balance,
        "confidence": line.confidence,
        "origin": line.origin.value,
    }
    if read is None:
        return ExtractedLine.model_validate({"place": None, "raw": ""} | changes)
    return read.model_copy(update=changes)


def _corrected_figure(
    read: ExtractedFigure | None, figure: Figure | None
) -> ExtractedFigure | None:
    if figure is None:
        return None
    place = None if read is None or read.raw != figure.raw else read.place
    return ExtractedFigure.model_validate(
        {
            "amount": figure.amount,
            "on": figure.on,
            "raw": figure.raw,
            "place": place,
            "confidence": figure.confidence,
            "origin": figure.origin.value,
        }
    )
