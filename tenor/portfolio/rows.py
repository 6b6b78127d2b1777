"""What one row of a portfolio says, and what can be wrong with it; no data of a person is told."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from phonenumbers import is_possible_number, parse
from phonenumbers.phonenumberutil import NumberParseException
from pydantic import EmailStr, TypeAdapter, ValidationError

from contracts.base import Code, Country
from contracts.parties import Region
from domain.calendar import check_zone
from domain.errors import DomainError, ErrorCode
from domain.money import exponent, positive

CUSTOMER_COLUMNS: Final = (
    "customer_ref",
    "name",
    "country",
    "region",
    "zone",
    "language",
    "email",
    "phone",
    "sms_consent",
    "email_consent",
)
LOAN_COLUMNS: Final = (
    "loan_ref",
    "product",
    "principal",
    "currency",
    "instalments",
    "annual_rate_percent",
    "disbursed_on",
    "first_due_on",
)
COLUMNS: Final = (*CUSTOMER_COLUMNS, *LOAN_COLUMNS)
"""The columns of a portfolio; a row is a loan, and repeats its customer."""

OPTIONAL: Final = frozenset(
    {
        "region",
        "zone",
        "language",
        "email",
        "phone",
        "sms_consent",
        "email_consent",
        "annual_rate_percent",
        "disbursed_on",
    }
)
"""Columns that may be left out, or empty in a row."""

_MOST_INSTALMENTS = 600
_HIGHEST_RATE = Decimal(1000)
_LONGEST_NAME = 200
_LONGEST_REFERENCE = 64
_LANGUAGE_LETTERS = 2
_WRITTEN_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a cell: the row as a spreadsheet numbers it, the column, and the words."""

    row: int
    column: str
    problem: str


@dataclass(frozen=True, slots=True)
class CustomerData:
    """A person as a portfolio has it; consents are None where nothing was said."""

    ref: str
    name: str = field(repr=False)
    country: str
    region: str | None
    zone: str | None
    language: str
    email: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    sms_consent: bool | None
    email_consent: bool | None


@dataclass(frozen=True, slots=True)
class LoanData:
    """A loan as a portfolio has it."""

    ref: str
    product: str
    principal: Decimal
    currency: str
    instalments: int
    annual_rate_percent: Decimal | None
    disbursed_on: date | None
    first_due_on: date


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """A row that can be entered."""

    row: int
    customer: CustomerData
    loan: LoanData


class _BadCellError(Exception):
    """A cell cannot be read; the message says why without repeating it."""


class _Cells:
    """Reads the cells of one row, and collects what is wrong with them."""

    def __init__(self, row: int, cells: Mapping[str, str]) -> None:
        self._row = row
        self._cells = cells
        self.problems: list[RowProblem] = []

    def required(self, column: str, read: Callable[[str], Value]) -> Value | None:
        """The value of a cell that must be filled; None, and a problem noted, if it is not."""
        return self._read(column, read, must=True)

    def optional(self, column: str, read: Callable[[str], Value]) -> Value | None:
        """The value of a cell; None where it is empty, or wrong and noted."""
        return self._read(column, read, must=False)

    def note(self, column: str, problem: str) -> None:
        """Note a problem that more than one cell makes."""
        self.problems.append(RowProblem(self._row, column, problem))

    def _read(self, column: str, read: Callable[[str], Value], *, must: bool) -> Value | None:
        text = self._cells.get(column, "").strip()
        if not text:
            if must:
                self.note(column, "It is missing.")
            return None
        try:
            return read(text)
        except _BadCellError as bad:
            self.note(column, str(bad))
        except DomainError as refused:
            self.note(column, refused.detail)
        return None


def read_row(row: int, cells: Mapping[str, str]) -> PortfolioRow | tuple[RowProblem, ...]:
    """Read one row: the row, or everything that is wrong with it."""
    read = _Cells(row, cells)
    customer = _customer(read)
    loan = _loan(read)
    if read.problems or customer is None or loan is None:
        return tuple(read.problems)
    return PortfolioRow(row, customer, loan)


def _customer(cells: _Cells) -> CustomerData | None:
    ref = cells.required("customer_ref", _reference)
    name = cells.required("name", _name)
    country = cells.required("country", _country)
    region = cells.optional("region", _region)
    if region is not None and country is not None and not region.startswith(f"{country}-"):
        cells.note("region", "The region is one of another country.")
    zone = cells.optional("zone", check_zone)
    language = cells.optional("language", _language)
    email = cells.optional("email", _email)
    phone = cells.optional("phone", _phone)
    sms_consent = cells.optional("sms_consent", _yes_or_no)
    email_consent = cells.optional("email_consent", _yes_or_no)
    if ref is None or name is None or country is None:
        return None
    return CustomerData(
        ref=ref,
        name=name,
        country=country,
        region=region,
        zone=zone,
        language=language or "en",
        email=email,
        phone=phone,
        sms_consent=sms_consent,
        email_consent=email_consent,
    )


def _loan(cells: _Cells) -> LoanData | None:
    ref = cells.required("loan_ref", _reference)
    product = cells.required("product", _product)
    currency = cells.required("currency", _currency)
    principal = cells.required("principal", lambda text: _principal(text, currency))
    instalments = cells.required("instalments", _instalments)
    rate = cells.optional("annual_rate_percent", _rate)
    disbursed_on = cells.optional("disbursed_on", _date)
    first_due_on = cells.required("first_due_on", _date)
    if disbursed_on is not None and first_due_on is not None and first_due_on <= disbursed_on:
        cells.note("first_due_on", "The first due date is not after the disbursement.")
    if (
        ref is None
        or product is None
        or currency is None
        or principal is None
        or instalments is None
        or first_due_on is None
    ):
        return None
    return LoanData(
        ref=ref,
        product=product,
        principal=principal,
        currency=currency,
        instalments=instalments,
        annual_rate_percent=rate,
        disbursed_on=disbursed_on,
        first_due_on=first_due_on,
    )


def _reference(text: str) -> str:
    if len(text) > _LONGEST_REFERENCE or not text.isprintable():
        raise _BadCellError(f"A reference is 1 to {_LONGEST_REFERENCE} printable characters.")
    return text


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME or not text.isprintable():
        raise _BadCellError(f"A name is 1 to {_LONGEST_NAME} printable characters.")
    return text


_COUNTRY: Final[TypeAdapter[str]] = TypeAdapter(Country)
_EMAIL: Final[TypeAdapter[str]] = TypeAdapter(EmailStr)
_REGION: Final[TypeAdapter[str]] = TypeAdapter(Region)
_CODE: Final[TypeAdapter[str]] = TypeAdapter(Code)


def _fits(adapter: TypeAdapter[str], text: str, otherwise: str) -> str:
    try:
        return adapter.validate_python(text)
    except ValidationError:
        pass  # its words repeat the cell
    raise _BadCellError(otherwise)


def _country(text: str) -> str:
    return _fits(_COUNTRY, text, "A country is two capital letters (ISO 3166), such as US.")


def _region(text: str) -> str:
    return _fits(_REGION, text, "A region is a code of ISO 3166-2, such as US-NY.")


def _email(text: str) -> str:
    return _fits(_EMAIL, text, "It is not an e-mail address.")


def _product(text: str) -> str:
    return _fits(_CODE, text, "A product is named by its code: small letters, digits, -, _ and .")


def _language(text: str) -> str:
    if len(text) == _LANGUAGE_LETTERS and text.isascii() and text.isalpha() and text.islower():
        return text
    raise _BadCellError("A language is two small letters (ISO 639-1), such as en.")


def _phone(text: str) -> str:
    try:
        if text.startswith("+") and is_possible_number(parse(text)):
            return text
    except NumberParseException:
        pass
    raise _BadCellError("It is not a phone number in international form, with + in front.")


def _yes_or_no(text: str) -> bool:
    match text.casefold():
        case "yes":
            return True
        case "no":
            return False
        case _:
            raise _BadCellError("A consent is yes or no, or empty where nothing was said.")


def _currency(text: str) -> str:
    exponent(text)
    return text


def _decimal(text: str) -> Decimal:
    try:
        # Only plain digits: Decimal itself would take "1e9", "1_000" and "Infinity".
        if text.isascii() and set(text) <= set("0123456789.-"):
            return Decimal(text)
    except InvalidOperation:
        pass
    raise _BadCellError("It is not a number written plainly, such as 1200.50.")


def _principal(text: str, currency: str | None) -> Decimal:
    amount = _decimal(text)
    if currency is None:
        if amount <= 0:
            raise DomainError(ErrorCode.AMOUNT_NOT_POSITIVE, "The amount must be above zero.")
        return amount
    return positive(amount, currency)


def _instalments(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_INSTALMENTS:
        return int(text[:9])
    raise _BadCellError(f"A loan has 1 to {_MOST_INSTALMENTS} instalments.")


def _rate(text: str) -> Decimal:
    rate = _decimal(text)
    if 0 <= rate <= _HIGHEST_RATE:
        return rate
    raise _BadCellError(f"A yearly rate lies between 0 and {_HIGHEST_RATE} percent.")


def _date(text: str) -> date:
    try:
        # `fromisoformat` alone would take weeks (2028-W10-1) as well.
        if _WRITTEN_DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _BadCellError("It is no date of the calendar; dates are written 2028-02-29.")
