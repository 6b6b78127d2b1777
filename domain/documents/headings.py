"""What the columns of a statement's table hold, recognised from their headings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.documents.words import folded


class Column(StrEnum):
    """What a column holds."""

    DATE = "date"
    DESCRIPTION = "description"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    BALANCE = "balance"
    DIRECTION = "direction"
    CURRENCY = "currency"


_HEADINGS: Final[Mapping[Column, tuple[str, ...]]] = {
    # Where several fit, the one that is named first wins: the booking date before the value date.
    Column.DATE: (
        *("booking date", "posting date", "posted date", "date posted", "transaction date"),
        *("trans date", "txn date", "tran date", "date", "buchungstag", "buchungsdatum", "datum"),
        *("fecha operacion", "fecha de operacion", "fecha contable", "fecha", "date operation"),
        *("date de l operation", "data contabile", "data operazione", "data", "data lancamento"),
        *("data movimento", "boekingsdatum", "boekdatum", "value date", "valuta", "wertstellung"),
        *(
            "fecha valor",
            "date valeur",
            "data valuta",
            "data valor",
            "rentedatum",
            "तारीख",
            "दिनांक",
        ),
    ),
    Column.DESCRIPTION: (
        *("description", "transaction description", "transaction details", "details", "narration"),
        *("narrative", "particulars", "memo", "payee", "transaction", "name", "text"),
        *("verwendungszweck", "buchungstext", "beschreibung", "vorgang", "concepto", "descripcion"),
        *(
            "movimiento",
            "detalle",
            "libelle",
            "nature de l operation",
            "designation",
            "descrizione",
        ),
        *("causale", "descricao", "historico", "omschrijving", "mededelingen", "विवरण", "remarks"),
        *("reference", "note"),
    ),
    Column.DEBIT: (
        *("debit", "debits", "debit amount", "withdrawal", "withdrawals", "withdrawal amt"),
        *("withdrawal amount", "paid out", "money out", "out", "payments", "soll", "belastung"),
        *("lastschrift", "ausgang", "ausgaben", "cargo", "cargos", "debe", "debito", "debitos"),
        *("sortie", "depense", "dare", "uscite", "addebiti", "saidas", "af", "नामे"),
    ),
    Column.CREDIT: (
        *("credit", "credits", "credit amount", "deposit", "deposits", "deposit amt"),
        *("deposit amount", "paid in", "money in", "in", "receipts", "haben", "gutschrift"),
        *("eingang", "einnahmen", "abono", "abonos", "haber", "credito", "creditos", "entree"),
        *("recette", "avere", "entrate", "accrediti", "entradas", "bij", "जमा"),
    ),
    Column.AMOUNT: (
        *("amount", "transaction amount", "txn amount", "value", "betrag", "umsatz", "importe"),
        *("cantidad", "montant", "importo", "valor", "bedrag", "राशि"),
    ),
    Column.BALANCE: (
        *("balance", "running balance", "closing balance", "ledger balance", "account balance"),
        *("available balance", "saldo", "kontostand", "solde", "saldo contabile", "शेष"),
    ),
    Column.DIRECTION: (
        *("type", "dr cr", "cr dr", "debit credit", "credit debit", "d c", "c d", "s h"),
        *("soll haben", "af bij", "sens", "indicator", "tipo"),
    ),
    Column.CURRENCY: ("currency", "ccy", "wahrung", "divisa", "moneda", "devise", "valuta code"),
}

_RANKS: Final = {
    heading: (column, rank)
    for column, headings in _HEADINGS.items()
    for rank, heading in enumerate(folded(each) for each in headings)
}
_CODE: Final = re.compile(r"\b([A-Z]{3})\b")
_SIGNS: Final = {"€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY", "₩": "KRW", "₦": "NGN"}
"""Signs that stand for one currency; a dollar sign stands for many."""
CODES: Final = frozenset(
    {
        *("AED", "AUD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP"),
        *("HKD", "HUF", "IDR", "ILS", "INR", "JPY", "KES", "KRW", "MXN", "MYR", "NGN", "NOK"),
        *("NZD", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "SAR", "SEK", "SGD", "THB"),
        *("TRY", "TWD", "UAH", "USD", "VND", "ZAR"),
    }
)
"""Currencies that are recognised by their code where it stands among other words."""
SURE: Final = 1.0
ALIKE: Final = 0.94


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each role stands in a table, and how sure that is."""

    at: Mapping[Column, int]
    confidence: float
    currency: str | None
    width: int


def columns_of(headings: Sequence[str]) -> Columns | None:
    """The columns of a heading row; null when it is none.

    A table of movements has a date and an amount, or a debit or credit, at least.
    """
    best: dict[Column, tuple[int, int]] = {}
    certainty = SURE
    for place, text in enumerate(headings):
        found = _role(text)
        if found is None:
            continue
        column, rank, confidence = found
        if column not in best or rank < best[column][0]:
            best[column] = (rank, place)
            certainty = min(certainty, confidence)
    at = {column: place for column, (_, place) in best.items()}
    if Column.DATE not in at or not {Column.AMOUNT, Column.DEBIT, Column.CREDIT} & set(at):
        return None
    if Column.AMOUNT in at and {Column.DEBIT, Column.CREDIT} <= set(at):
        del at[Column.AMOUNT]
    currencies = {code for text in headings if (code := currency_in(text)) is not None}
    return Columns(at, certainty, currencies.pop() if len(currencies) == 1 else None, len(headings))


def currency_in(text: str) -> str | None:
    """The one currency that a text names by code or by a sign that is its own; else null."""
    named = {code for code in _CODE.findall(text) if code in CODES}
    named |= {code for sign, code in _SIGNS.items() if sign in text}
    return named.pop() if len(named) == 1 else None


def _role(text: str) -> tuple[Column, int, float] | None:
    bare = folded(re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text))
    whole = folded(text)
    for candidate in (bare, whole):
        if candidate in _RANKS:
            return (*_RANKS[candidate], SURE)
    # "Amount in EUR", "Paid out £": all but a currency or a small word is a heading.
    words = [word for word in whole.split() if word.upper() not in CODES | {"IN", "DE", "DU"}]
    shorter = " ".join(words)
    if shorter and shorter in _RANKS:
        return (*_RANKS[shorter], SURE)
    endings = [" ".join(words[start:]) for start in range(1, len(words))]
    beginnings = [" ".join(words[:end]) for end in range(len(words) - 1, 0, -1)]
    for candidate in (*endings, *beginnings):
        if candidate in _RANKS:
            column, rank = _RANKS[candidate]
            return column, rank + len(_RANKS), ALIKE
    return None
