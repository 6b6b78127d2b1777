"""What was done to a loan, as a line for people: the facts of an audit row in words."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final
from uuid import UUID

from domain.money import quantize

_LINES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "loan.apply": "Applied for {principal}.",
        "loan.approve": "Approved for {principal}.",
        "loan.reject": "Rejected: {reason}.",
        "loan.withdraw": "The application was withdrawn.",
        "loan.expire": "The offer or application ran out.",
        "loan.disburse": "Paid out on {on}.",
        "loan.close": "Closed on {on}: {reason}.",
        "loan.reopen": "Opened again: {reason}.",
        "loan.late_fee_charged": "A late fee of {amount} was charged on instalment {instalment}.",
        "loan.late_fee_withdrawn": "The late fee of {amount} on instalment {instalment} was "
        "withdrawn.",
        "loan.bucket_changed": "It moved from bucket {from} to {to}.",
        "loan.relief_corrected": "What was let off ({kind}) meets {amount} now, not {before}.",
        "loan.arrears_corrected": "How late it was since {since} was told again: bucket {to}, not "
        "{from}.",
        "loan.arrears_paused": "Its lateness does not count from {from} to {to}.",
        "loan.changed": "It was changed: {kind}, {amount} ({reason}).",
        "loan.change_requested": "A change was asked for: {kind}, {amount} ({reason}).",
        "loan.change_rejected": "A change was rejected: {kind} ({reason}).",
        "loan.party_added": "A party was added: {role}, liability {liability}.",
        "loan.party_changed": "A party has other terms: {role}, liability {liability}.",
        "loan.party_called": "The guarantor was given notice of the default on {on}.",
        "loan.party_left": "A party left the loan: {role} ({reason}).",
        "loan.party_estate": "The customer has died: an estate stands for what was owed.",
        "loan.party_succeeded": "A surviving co-borrower is the loan's customer now.",
        "loan.party_restored": "A death was told by mistake: the parties are as they were.",
        "payment.posted": "A payment of {amount} was posted; it counts from {on}.",
        "payment.kept_as_credit": "{amount} came in and is kept to be paid back.",
        "payment.reported": "Somebody says that {amount} was paid.",
        "payment.pending": "{amount} is under way.",
        "payment.cleared": "A payment of {amount} is final.",
        "payment.returned": "{amount} that was announced did not come: {reason}.",
        "payment.withdrawn": "The report of {amount} was taken back.",
        "payment.expired": "{amount} that was reported did not come.",
        "payment.reversed": "A payment of {amount} was taken back ({kind}): {reason}.",
        "payment.reallocated": "A payment of {amount} pays something else now.",
    }
)
_AMOUNTS: Final = frozenset({"amount", "before", "principal"})


def line(action: str, facts: Mapping[str, object], currency: str) -> str:
    """An audit row of a loan in words: amounts in its currency, dates as people write them.

    An action without a sentence of its own is named with its facts; ids are left out.
    """
    said = {
        name: _said(name, value, currency)
        for name, value in facts.items()
        if value is not None and not _is_id(value)
    }
    try:
        return _LINES[action].format_map(said)
    except KeyError:  # no sentence, or a row from before its facts were what they are
        what = action.partition(".")[2].replace("_", " ").capitalize()
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())
        return f"{what}: {told}." if told else f"{what}."


def _said(name: str, value: object, currency: str) -> str:
    text = str(value)
    if name in _AMOUNTS:
        try:
            return f"{quantize(Decimal(text), currency):,f} {currency}"
        except InvalidOperation:
            return text
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text.replace("_", " ")
    return f"{day.day} {day:%b %Y}"


def _is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
