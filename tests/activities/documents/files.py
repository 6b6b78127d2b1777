"""Files of tests: statements in every format, and files that mean no good."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache

import openpyxl
import typst

from tenor.demo.statements import BankStatement, as_csv, as_pdf, statement_of

FIRST = date(2028, 3, 1)


def statement(person: int = 1001, purchases: int = 40) -> BankStatement:
    return statement_of(1, person, FIRST, "USD", purchases=purchases)


def pdf(told: BankStatement) -> bytes:
    return as_pdf(told)


def semicolons(told: BankStatement) -> bytes:
    """As a German bank has it, with a byte order mark."""
    return b"\xef\xbb\xbf" + as_csv(told, delimiter=";", decimal_mark=",")


def utf_16(told: BankStatement) -> bytes:
    return as_csv(told, delimiter="\t").decode().encode("utf-16")


def utf_16_without_mark(told: BankStatement) -> bytes:
    return as_csv(told, delimiter="|").decode().encode("utf-16-le")


def with_separator_line(told: BankStatement) -> bytes:
    return b"sep=;\r\n" + as_csv(told, delimiter=";")


def comma(told: BankStatement) -> bytes:
    return as_csv(told)


def excel(told: BankStatement) -> bytes:
    """With figures and dates as Excel has them, balances as formulas' float results would be."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Account"
    sheet.append([told.bank, told.account, told.currency])
    sheet.append([])
    sheet.append(["Opening balance", float(told.opening)])
    sheet.append(["Date", "Description", "Debit", "Credit", "Balance"])
    running = float(told.opening)
    for each in told.movements:
        running += float(each.amount)
        debit = float(-each.amount) if each.amount < 0 else None
        credit = float(each.amount) if each.amount >= 0 else None
        sheet.append([each.on, each.description, debit, credit, running])
    sheet.append(["Closing balance", None, None, None, float(told.closing)])
    return saved(book)


FORMATS = (pdf, comma, semicolons, utf_16, utf_16_without_mark, with_separator_line, excel)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(parts: dict[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def zip_bomb() -> bytes:
    return archive({"xl/workbook.xml": bytes(150 * 1024 * 1024)})


def lying_zip_bomb() -> bytes:
    """It says of itself that it is small."""
    honest = bytearray(zip_bomb())
    size = struct.pack("<I", 150 * 1024 * 1024)
    return bytes(honest.replace(size, struct.pack("<I", 1000)))


def many_entries() -> bytes:
    return archive({f"xl/{number}.xml": b"" for number in range(1500)})


def with_macros() -> bytes:
    return archive({"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"x"})


def with_entities() -> bytes:
    """Billion laughs in the part that is read first."""
    laughs = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><workbook>&lol;</workbook>'
    good = zipfile.ZipFile(io.BytesIO(excel(statement())))
    parts = {name: good.read(name) for name in good.namelist()}
    return archive(parts | {"xl/workbook.xml": laughs})


def locked_workbook() -> bytes:
    """How Excel wraps a workbook with a password: a compound file with these streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF file of numbered objects, the first of which is its catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % table)


def _stream(content: bytes, entries: bytes) -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


def locked_pdf() -> bytes:
    """Encrypted with a password nobody knows (security handler of revision 2)."""
    key = b"<" + b"41" * 32 + b">"
    locked = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >> /ID [<00> <00>]" % (
        (key, key)
    )
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"
    return pdf_of([CATALOGUE, pages, page], locked)


def ten_thousand_pages() -> bytes:
    """Ten thousand times the same page."""
    kids = b"3 0 R " * 10_000
    pages = b"<< /Type /Pages /Kids [%s] /Count 10000 >>" % kids
    return pdf_of([CATALOGUE, pages, b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>"])


def huge_image() -> bytes:
    """A page that shows 400 million points."""
    pixels = zlib.compress(bytes(1000))
    return pdf_of(
        [
            CATALOGUE,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R "
            b"/Resources << /XObject << /I 5 0 R >> >> >>",
            _stream(b"q 100 0 0 100 0 0 cm /I Do Q", b""),
            _stream(
                pixels,
                b"/Type /XObject /Subtype /Image /Width 20000 /Height 20000 /BitsPerComponent 8 "
                b"/ColorSpace /DeviceGray /Filter /FlateDecode",
            ),
        ]
    )


def huge_page() -> bytes:
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 2000000 2000000] >>"
    return pdf_of([CATALOGUE, pages, page])


@cache
def unpacking_without_end() -> bytes:
    """A page of spaces that unpacks to 600 megabytes, twice packed."""
    packed = zlib.compressobj(1)
    whole = b"".join(packed.compress(b" " * 2**20) for _ in range(600)) + packed.flush()
    return pdf_of(
        [
            CATALOGUE,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>",
            _stream(zlib.compress(whole, 9), b"/Filter [/FlateDecode /FlateDecode]"),
        ]
    )


def scanned() -> bytes:
    """A page without a letter on it."""
    made = typst.compile(
        b"#set page(width: 10cm, height: 10cm)\n#rect(width: 5cm, height: 5cm)", format="pdf"
    )
    assert isinstance(made, bytes)
    return made


def letter() -> bytes:
    """Text, and no table."""
    made = typst.compile(b"= Dear customer\n#lorem(50)", format="pdf")
    assert isinstance(made, bytes)
    return made


def cents(amount: Decimal) -> str:
    return f"{amount:.2f}"
