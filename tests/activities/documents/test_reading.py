"""Statements are read to the cent in every format, each value with its place."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from activities.documents.limits import Limits
from activities.documents.pool import ReaderPool
from activities.documents.wire import column_letter
from contracts.documents import ReadResult, StatementRead
from tenor.demo.statements import BankStatement, as_csv
from tests.activities.documents import files

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture
async def readers() -> AsyncIterator[ReaderPool]:
    async with ReaderPool() as pool:
        yield pool


def read(result: ReadResult) -> StatementRead:
    assert result.rejection is None
    assert result.statement is not None
    return result.statement


@pytest.mark.parametrize("write", files.FORMATS, ids=lambda write: write.__name__)
async def test_a_statement_is_read_to_the_cent(
    readers: ReaderPool, write: Callable[[BankStatement], bytes]
) -> None:
    told = files.statement()
    result = await readers.read(write(told))
    found = read(result)
    assert [(line.on, line.amount, line.description) for line in found.lines] == [
        (each.on, each.amount, each.description) for each in told.movements
    ]
    assert [line.balance for line in found.lines] == list(told.balances())
    assert found.opening is not None
    assert found.closing is not None
    assert (found.opening.amount, found.closing.amount) == (told.opening, told.closing)
    assert found.currency == "USD"
    assert result.cross_check is not None
    assert result.cross_check.outcome == "passed"
    assert result.reasons == []


async def test_every_value_of_a_page_has_its_box(readers: ReaderPool) -> None:
    told = files.statement(purchases=60)
    result = await readers.read(files.pdf(told))
    assert result.page_count == 2
    lines = read(result).lines
    assert {line.place.page for line in lines if line.place is not None} == {1, 2}
    on_page: dict[int, float] = {}
    for line in lines:
        assert line.place is not None
        assert line.place.page is not None
        assert line.place.box is not None
        around = line.place.box
        assert on_page.get(line.place.page, 0) <= around.top < around.bottom <= 1
        on_page[line.place.page] = around.top
        for cell in line.cells:
            assert cell.raw
            assert cell.place.box is not None
            assert around.left <= cell.place.box.left < cell.place.box.right <= around.right
    assert {cell.field for cell in lines[0].cells} >= {"date", "description", "balance"}


async def test_every_value_of_a_sheet_has_its_cell(readers: ReaderPool) -> None:
    line = read(await readers.read(files.excel(files.statement()))).lines[0]
    assert line.place is not None
    assert (line.place.sheet, line.place.row) == ("Account", 5)
    assert [(cell.field, cell.place.column) for cell in line.cells if cell.field == "balance"] == [
        ("balance", "E")
    ]
    assert [column_letter(number) for number in (1, 26, 27, 703)] == ["A", "Z", "AA", "AAA"]


async def test_the_examples_are_statements(readers: ReaderPool) -> None:
    for name in ("statement.pdf", "statement.csv"):
        result = await readers.read((EXAMPLES / name).read_bytes())
        assert result.reasons == []
        assert len(read(result).lines) > 10


async def test_what_needs_eyes_is_for_a_person(readers: ReaderPool) -> None:
    assert (await readers.read(files.scanned())).reasons == ["no-text"]
    assert (await readers.read(files.letter())).reasons == ["no-table"]


async def test_formulas_stay_text_and_go_to_a_person(readers: ReaderPool) -> None:
    content = b'Date,Description,Amount\n2028-03-01,"=HYPERLINK(""http://x"")",=1+1\n'
    result = await readers.read(content)
    line = read(result).lines[0]
    assert line.amount is None
    assert line.description.startswith("=HYPERLINK")
    assert "low-confidence" in result.reasons


async def test_a_workbook_of_uncached_formulas_is_no_statement_unseen(readers: ReaderPool) -> None:
    book = files.openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Date", "Description", "Amount"])
    sheet.append([files.FIRST, "Rent", "=1+1"])
    result = await readers.read(files.saved(book))
    assert result.reasons
    assert all(line.amount is None for line in read(result).lines)


async def test_pages_become_images(readers: ReaderPool) -> None:
    images = await readers.render(files.pdf(files.statement(purchases=60)), 1, 5)
    assert len(images) == 2
    assert all(image.startswith(b"\x89PNG") for image in images)
    assert all(len(image) < 400_000 for image in images)


async def test_a_statement_longer_than_is_allowed_is_refused() -> None:
    async with ReaderPool(Limits(lines=30)) as readers:
        result = await readers.read(as_csv(files.statement(purchases=40)))
    assert result.rejection == "too-many-lines"


async def test_amounts_of_a_workbook_carry_no_noise(readers: ReaderPool) -> None:
    found = read(await readers.read(files.excel(files.statement(purchases=60))))
    for line in found.lines:
        assert line.balance is not None
        assert line.balance == line.balance.quantize(Decimal("0.01"))
