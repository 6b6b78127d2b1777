"""What a customer's message asks for, read by rule: stop, start, help, or a promise to pay.

Two principles. A STOP wins over everything, and any reasonable wording is one (47 CFR
64.1200(a)(10)). A promise is read only where amount and day are beyond doubt; whatever is hedged,
ambiguous, past or contradictory is `UNCLEAR`, and a person reads it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.errors import DomainError
from domain.money import EXPONENTS, positive


class IntentKind(StrEnum):
    """What a message asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    PROMISE = "promise"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Intent:
    """A message as understood.

    Attributes:
        kind: What it asks for.
        amount: Promised amount in the currency of the debt; None in a promise means all that is
            overdue, where that was not known.
        on: Promised day.
        confidence: How sure the reading is, from 0 to 1.
        requires_opted_out: It means something only if the person is opted out and no question is
            open: a bare "yes".
    """

    kind: IntentKind
    amount: Decimal | None = None
    on: date | None = None
    confidence: Decimal = Decimal(0)
    requires_opted_out: bool = False


CONFIDENT = Decimal("0.80")
"""A reading that is less sure is none."""

LONGEST_PROMISE = 480
"""Characters beyond which no promise is read: three text messages are a letter."""

_UNCLEAR = Intent(IntentKind.UNCLEAR)
_SURE = Decimal("0.99")
_FULL_SENTENCE = Decimal("0.97")
_SHORT_FORM = Decimal("0.93")
_PER_STRANGE_WORD = Decimal("0.06")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- Words ------------------------------------------------------------------------------------

# Anywhere in a message they end it. Letters may be stretched ("stoooop").
_STOP_ANYWHERE = re.compile(
    r"\b(?:s+t+o+p+(?:all|now|it|me|texts?|texting|sms|msgs?|messages?|messaging|2end)?"
    r"|stop(?:end|pls|please)"
    r"|un\s?subscribe[ds]?|unsub|opt(?:ing|ed)?\s?out|revoke[ds]?|revoking"
    r"|withdraw(?:ing|n)? (?:my )?consent"
    r"|(?:dont|do not|never|no longer) (?:ever )?"
    r"(?:text|sms|message|msg|contact|email|mail|write)"
    r"|no more (?:texts?|sms|messages?|msgs?|reminders?|emails?|mails?|contact)"
    r"|(?:quit|cancel|cease|end) (?:all )?(?:the |these |your |this )?"
    r"(?:texts?|texting|sms|messages?|messaging|reminders?|emails?|contact|contacting)"
    r"|(?:take|get) me off|remove (?:me|my (?:number|phone|name|email|details))"
    r"|(?:delete|lose|forget) my (?:number|phone|email|details)"
    r"|leave me alone|wrong number)\b"
)
# As the whole message they are a revocation; inside a sentence they may be ordinary words
# ("the end of the month"), so a person reads it.
_STOP_ALONE = _words(
    "stop quit end revoke cancel unsubscribe stopall optout arret td remove desist cease"
)
_FILLERS = _words(
    "please pls plz now thanks thank you ok okay all me it this that these texts text messages "
    "message sms the your my to from at once immediately sir madam hi hello hey kindly service "
    "a un just"
)
_START = frozenset({"start", "unstop"})
_YES = frozenset({"yes"})
_HELP = frozenset({"help", "info", "information"})

_HEDGES = _words(
    "if maybe perhaps might possibly probably hopefully hope try trying unless or either should "
    "could would about around roughly approximately approx least most between until till unsure "
    "depends think guess wish want like from since"
)
_NEGATIONS = _words(
    "not no never cant cannot wont dont unable couldnt wouldnt shouldnt isnt arent impossible "
    "nothing none without nor neither aint didnt havent"
)
# The past, other people's money, and matters that are not a promise.
_OTHER_MATTERS = _words(
    "paid payed sent transferred already owe owed owes receive received get gets getting refund "
    "dispute disputed wrong mistake before after instead loan loans fee fees interest charge "
    "charged he she they wife husband died dead lawyer solicitor bankrupt bankruptcy "
    "yours every each weekly monthly fortnightly extra more less only half quarter then "
    "percent pct"
)
_PAY = _words("pay send transfer give make do manage clear settle deposit")
_KNOWN = _PAY | _words(
    "i ill im we well will can shall going gonna to the on by of at for a an my it this that is be "
    "able promise promised payment payments first and but so just ok okay hi hello hey please pls "
    "thanks thank sorry sir madam in with day date morning afternoon evening night latest coming "
    "bank account card online back owing overdue balance amount due week month definitely surely "
    "certainly you u your"
)
_ALL = frozenset({"all", "everything", "full", "whole", "lot", "total", "entire", "rest"})

_CURRENCY_WORDS: dict[str, frozenset[str]] = {
    # A sign that several currencies share proves nothing against any of them.
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP"}),
    "£": frozenset({"GBP", "EGP"}),
    "€": frozenset({"EUR"}),
    "₹": frozenset({"INR"}),
    "¥": frozenset({"JPY", "CNY"}),
    "dollars": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"}),
    "dollar": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"}),
    "bucks": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"}),
    "pounds": frozenset({"GBP", "EGP"}),
    "quid": frozenset({"GBP"}),
    "euros": frozenset({"EUR"}),
    "euro": frozenset({"EUR"}),
    "rupees": frozenset({"INR", "PKR", "LKR", "NPR"}),
    "rs": frozenset({"INR", "PKR", "LKR", "NPR"}),
    "yen": frozenset({"JPY"}),
    "dinar": frozenset({"KWD", "BHD", "IQD", "JOD", "LYD"}),
    "dinars": frozenset({"KWD", "BHD", "IQD", "JOD", "LYD"}),
    "kd": frozenset({"KWD"}),
    **{code.lower(): frozenset({code}) for code in EXPONENTS if code not in {"ALL", "TRY"}},
}

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon",
            "tuesday tues tue",
            "wednesday weds wed",
            "thursday thurs thur thu",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_RELATIVE = {
    "today": 0,
    "tonight": 0,
    "2day": 0,
    "tomorrow": 1,
    "tommorow": 1,
    "tomorow": 1,
    "tmrw": 1,
    "tmr": 1,
    "tmw": 1,
    "2moro": 1,
    "2morrow": 1,
}
_SMALL_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY_NUMBER = r"(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:\s+(?P<{name}>20[0-9]{{2}}))?"
_DATE_PATTERNS = (
    re.compile(r"\b(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})\b"),
    re.compile(
        rf"\b(?:the\s+)?(?P<day>{_DAY_NUMBER})(?:\s+of)?\s+(?P<month>{_MONTH})"
        rf"{_YEAR.format(name='year')}\b"
    ),
    re.compile(
        rf"\b(?P<month>{_MONTH})\s+(?:the\s+)?(?P<day>{_DAY_NUMBER})"
        rf"(?![.,][0-9]){_YEAR.format(name='year')}\b"
    ),
    re.compile(r"\b(?:the\s+)?(?P<ordinal>[0-9]{1,2})(?:st|nd|rd|th)\b"),
    re.compile(rf"\b(?P<relative>{'|'.join(_RELATIVE)})\b"),
    re.compile(
        rf"\bin\s+(?P<count>[0-9]{{1,2}}|{'|'.join(_SMALL_NUMBERS)})\s+(?P<unit>days?|weeks?)\b"
    ),
    re.compile(
        rf"\b(?P<which>next\s+)?(?P<weekday>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})\b"
    ),
)
# Days and months in figures only: nobody can say which is which (2028-03-12 is beyond doubt).
_FIGURE_DATE = re.compile(
    r"[0-9]{1,4}\s*[/\\]\s*[0-9]|(?<![0-9])[0-9]{1,2}[-.][0-9]{1,2}[-.][0-9]{2,4}"
)
_NUMBER = re.compile(
    r"(?P<minus>-\s*)?"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?P<fraction>[.,][0-9]+)?"
)
_NOT_A_FIGURE = re.compile(r"[0-9a-z\s]+")
_OTHER_FIGURES = frozenset({"Nd", "Nl", "No"})
_ASKS_US = re.compile(r"\b(?:can|will|could|would) (?:you|u)\b")
_TOKEN = re.compile(r"[^\W_]+")
_CLAUSE_END = re.compile(r"[;!\n]+|[.,](?=\s|$)|\s-\s|\bbut\b")
_DAYS_IN_WEEK = 7
_NEXT_YEAR_WITHIN = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class _Found:
    """Something recognised in a clause, and the clause without it."""

    on: date | None
    rest: str


class _DoubtError(Exception):
    """There is something in the text that only a person can settle."""


def read(
    text: str, language: str, today: date, currency: str, owed_amount: Decimal | None
) -> Intent:
    """Read a customer's message.

    Never fails, whatever the text holds. STOP, START and HELP are the carriers' words and count in
    every language; promises are read in English.

    Args:
        text: The message as it came.
        language: The customer's language (ISO 639-1).
        today: The customer's local day; weekdays are the next ones after it.
        currency: ISO 4217 code of the debt; empty if there is none.
        owed_amount: What is overdue; the amount of a promise that names none or "all".
    """
    plain = _plain(text)
    words = _TOKEN.findall(plain)
    if _asks_to_stop(plain, words):
        return Intent(IntentKind.STOP, confidence=_SURE)
    meant = [word for word in words if word not in _FILLERS]
    if meant and set(meant) <= _START:
        return Intent(IntentKind.START, confidence=_SURE)
    if meant and set(meant) <= _YES:
        return Intent(IntentKind.START, confidence=_SURE, requires_opted_out=True)
    if meant and set(meant) <= _HELP:
        return Intent(IntentKind.HELP, confidence=_SURE)
    if _STOP_ALONE & set(words) or len(text) > LONGEST_PROMISE or not language.startswith("en"):
        return _UNCLEAR
    if any(unicodedata.category(letter) == "No" for letter in text):
        # A raised or circled figure becomes an ordinary one in plain letters: 50² is not 502.
        return _UNCLEAR
    try:
        return _read_promise(plain, today, currency, owed_amount)
    except _DoubtError:
        return _UNCLEAR


def _plain(text: str) -> str:
    """The text in small plain letters: no accents, no apostrophes, nothing invisible."""
    spread = unicodedata.normalize("NFKD", text).casefold()
    kept = []
    for letter in spread:
        category = unicodedata.category(letter)
        if category in {"Mn", "Me", "Cf"} or letter in "'’‘`´\u00ad":
            continue
        kept.append(" " if category == "Cc" and letter != "\n" else letter)
    return re.sub(r"[^\S\n]+", " ", "".join(kept)).strip()


def _asks_to_stop(plain: str, words: Sequence[str]) -> bool:
    spaced = " ".join(words)
    if _STOP_ANYWHERE.search(spaced):
        return True
    # "S T O P", "s.t.o.p"
    if re.search(r"\bs t o p\b", spaced):
        return True
    meant = [word for word in words if word not in _FILLERS]
    return bool(meant) and set(meant) <= _STOP_ALONE and "?" not in plain


# --- Promises ---------------------------------------------------------------------------------


def _read_promise(plain: str, today: date, currency: str, owed_amount: Decimal | None) -> Intent:
    if "?" in plain or "%" in plain or _FIGURE_DATE.search(plain) or _ASKS_US.search(plain):
        raise _DoubtError
    if any(
        unicodedata.category(letter) in _OTHER_FIGURES for letter in _NOT_A_FIGURE.sub("", plain)
    ):
        raise _DoubtError
    clause = _promising_clause(plain)
    found = _find_date(clause, today)
    if found.on is None or found.on < today:
        raise _DoubtError
    amount, rest = _find_amount(found.rest, currency)
    words = _TOKEN.findall(rest)
    is_all = bool(_ALL & set(words))
    if is_all and amount is not None:
        # "all 50", "50, not all", "the rest of the 50": say which.
        raise _DoubtError
    has_verb = bool(_PAY & set(words))
    if amount is None and not (is_all or has_verb):
        raise _DoubtError
    strange = [word for word in words if word not in _KNOWN | _ALL]
    if strange and amount is None:
        # The strange word may be the amount: "will pay fifty on friday".
        raise _DoubtError
    confidence = (_FULL_SENTENCE if has_verb else _SHORT_FORM) - _PER_STRANGE_WORD * len(strange)
    if confidence < CONFIDENT:
        raise _DoubtError
    return Intent(
        IntentKind.PROMISE,
        amount=owed_amount if amount is None else amount,
        on=found.on,
        confidence=confidence,
    )


def _promising_clause(plain: str) -> str:
    """The part of the text that promises.

    What is denied first is left out ("cant this week, 30 on friday"); a denial in or after the
    promise takes it back.
    """
    plain = re.sub(r"\bthank (?:you|u)\b", "thanks", plain)
    clauses = [part.strip() for part in _CLAUSE_END.split(plain) if part.strip()]
    words = [set(_TOKEN.findall(clause)) for clause in clauses]
    if any(each & (_HEDGES | _OTHER_MATTERS) for each in words):
        raise _DoubtError
    while clauses and words[0] & _NEGATIONS:
        del clauses[0], words[0]
    if not clauses or any(each & _NEGATIONS for each in words):
        raise _DoubtError
    return " ".join(clauses)


def _find_date(clause: str, today: date) -> _Found:
    """The one day a clause names. Two different days are a doubt; a day named twice is not."""
    days: set[date] = set()
    rest = clause
    spans: list[tuple[int, int]] = []
    for pattern in _DATE_PATTERNS:
        for match in pattern.finditer(clause):
            start, end = match.span()
            if any(start < taken_end and taken_start < end for taken_start, taken_end in spans):
                if match.groupdict().get("month"):
                    # "12 march 15": either number may be the day.
                    raise _DoubtError
                continue
            spans.append((start, end))
            days.add(_day_of(match.groupdict(), today))
            rest = rest[:start] + "\0" * (end - start) + rest[end:]
    if len(days) > 1:
        raise _DoubtError
    rest = rest.replace("\0", " ")
    if set(_TOKEN.findall(rest)) & (set(_MONTHS) | {"next"}):
        # A month without its day ("in march"), or "next week".
        raise _DoubtError
    return _Found(next(iter(days), None), rest)


def _day_of(parts: dict[str, str | None], today: date) -> date:
    try:
        if parts.get("iso"):
            return date.fromisoformat(str(parts["iso"]))
        if parts.get("month"):
            return _named_day(parts, today)
        if parts.get("ordinal"):
            return _next_ordinal(int(str(parts["ordinal"])), today)
        if parts.get("relative"):
            return today + timedelta(days=_RELATIVE[str(parts["relative"])])
        if parts.get("unit"):
            count = str(parts["count"])
            number = _SMALL_NUMBERS.get(count) or int(count)
            weeks = str(parts["unit"]).startswith("week")
            return today + timedelta(days=number * (_DAYS_IN_WEEK if weeks else 1))
        if parts.get("which"):
            # This week's or the one after: people differ.
            raise _DoubtError
        ahead = (_WEEKDAYS[str(parts["weekday"])] - today.weekday()) % _DAYS_IN_WEEK
        return today + timedelta(days=ahead or _DAYS_IN_WEEK)
    except (ValueError, OverflowError):
        # 31 February, the year 9999.
        raise _DoubtError from None


def _named_day(parts: dict[str, str | None], today: date) -> date:
    month = _MONTHS[str(parts["month"])]
    day = int(re.sub(r"\D", "", str(parts["day"])))
    if parts.get("year"):
        return date(int(str(parts["year"])), month, day)
    this_year = date(today.year, month, day)
    if this_year >= today:
        return this_year
    next_year = date(today.year + 1, month, day)
    if next_year - today > _NEXT_YEAR_WITHIN:
        # In June nobody means next March: it is past.
        raise _DoubtError
    return next_year


def _next_ordinal(day: int, today: date) -> date:
    """The next such day after today ("the 12th"), this month or next; a month may have none."""
    this_month = today.replace(day=day)
    if this_month > today:
        return this_month
    year, month = divmod(today.year * 12 + today.month, 12)
    return date(year, month + 1, day)


def _find_amount(clause: str, currency: str) -> tuple[Decimal | None, str]:
    """The one amount of a clause, and the clause without it and its currency."""
    rest = clause
    for sign in re.findall(r"[$£€₹¥]|[^\W\d_]+", clause):
        currencies = _CURRENCY_WORDS.get(sign)
        if currencies is None:
            continue
        if currency not in currencies:
            raise _DoubtError
    numbers = list(_NUMBER.finditer(clause))
    if len(numbers) > 1:
        raise _DoubtError
    amount = None
    for match in numbers:
        start, end = match.span()
        glued = re.match(r"[^\W\d_]+", clause[end:])
        before = re.search(r"[^\W\d_]+$", clause[:start])
        for neighbour in (glued, before):
            if neighbour is not None and neighbour.group() not in _CURRENCY_WORDS:
                # "5k", "no1": not an amount that everybody reads alike.
                raise _DoubtError
        amount = _amount_of(match, currency)
        rest = clause[:start] + " " + clause[end:]
    kept = [word for word in _TOKEN.findall(rest) if word not in _CURRENCY_WORDS]
    return amount, " ".join(kept)


def _amount_of(match: re.Match[str], currency: str) -> Decimal:
    if match["minus"] or currency not in EXPONENTS:
        raise _DoubtError
    whole, fraction = match["whole"], match["fraction"] or ""
    decimals = len(fraction) - 1
    if decimals > EXPONENTS[currency]:
        # "1.200" may be twelve hundred, written as in Berlin.
        raise _DoubtError
    if fraction.startswith(",") and (decimals != EXPONENTS[currency] or "," in whole):
        # "120,50" can only be a decimal comma; "120,5" can be anything.
        raise _DoubtError
    value = Decimal(re.sub(r"[ ,]", "", whole) + fraction.replace(",", "."))
    try:
        return positive(value, currency)
    except (DomainError, ArithmeticError):
        raise _DoubtError from None
