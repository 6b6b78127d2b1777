"""Reads one file whole: from its bytes to what goes over the wire. Runs in the child process."""

from dataclasses import asdict
from typing import assert_never

from activities.documents.delimited import read_delimited
from activities.documents.limits import Limits
from activities.documents.pdf import read_pdf
from activities.documents.scan import Format, scan
from activities.documents.spreadsheet import read_workbook
from activities.documents.wire import statement_read
from contracts.documents import CrossCheck, ReadResult
from domain.documents.reading import read_statement
from domain.documents.rejection import Refused, RejectionCode
from domain.documents.statement import ReviewReason, Statement, judge
from domain.documents.tables import Table


def read_file(content: bytes, limits: Limits) -> ReadResult:
    """Read a bank statement of whatever format.

    A PDF file whose pages show no text or no ruled table is for a person to look at; a table file
    without a table of movements is refused.
    """
    try:
        found = scan(content, limits).format
        match found:
            case Format.PDF:
                return _pdf(content, limits)
            case Format.CSV:
                return _tables(Format.CSV, read_delimited(content, limits), limits)
            case Format.EXCEL:
                return _tables(Format.EXCEL, read_workbook(content, limits), limits)
            case _:
                assert_never(found)
    except Refused as refused:
        return ReadResult(rejection=refused.code.value)


def _pdf(content: bytes, limits: Limits) -> ReadResult:
    found = read_pdf(content, limits)
    if found.has_text:
        statement = read_statement(found.tables, found.texts)
    else:
        statement = Statement(None, None, None, (), (ReviewReason.NO_TEXT,))
    return _result(Format.PDF, statement, limits, found.pages)


def _tables(found: Format, tables: list[Table], limits: Limits) -> ReadResult:
    statement = read_statement(tables)
    if ReviewReason.NO_TABLE in statement.reasons:
        raise Refused(RejectionCode.NO_TABLE)
    return _result(found, statement, limits)


def _result(
    found: Format, statement: Statement, limits: Limits, pages: int | None = None
) -> ReadResult:
    if len(statement.lines) > limits.lines:
        raise Refused(RejectionCode.TOO_MANY_LINES)
    judgement = judge(statement)
    return ReadResult(
        format=found.value,
        page_count=pages,
        statement=statement_read(statement),
        cross_check=CrossCheck.model_validate(asdict(judgement.check)),
        confidence=judgement.confidence,
        reasons=[each.value for each in judgement.reasons],
    )
