"""The statutory clocks of a complaint: terms as data, counted to a day.

Terms count from the day after receipt. What a jurisdiction asks is data (a `Rulebook`); where
none is known, the shortest of every known term binds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from domain.calendar import add_months

_DAY: Final = timedelta(days=1)
_WEEK: Final = 7
_DAYS_IN_A_SHORT_MONTH: Final = 28
MOST_COUNT: Final = 400
"""No term is longer than this many of its units: more is a mistake in the data."""

WorkingDay = Callable[[date], bool]
"""Tells whether business is done on a day."""


class Unit(StrEnum):
    """What a term counts in."""

    BUSINESS_DAYS = "business_days"
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class Clock(StrEnum):
    """What has to have happened by the end of a term."""

    ACKNOWLEDGE = "acknowledge"
    """The customer was told that his complaint arrived and who looks into it."""
    FINAL_RESPONSE = "final_response"
    """He has the answer, with reasons and where else he may go."""


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time by rule.

    Attributes:
        count: How many units; from 1.
        unit: What is counted.
        citation: The rule it comes from.
    """

    count: int
    unit: Unit
    citation: str

    def __post_init__(self) -> None:
        """Refuse a term that no rule could mean, with `ValueError`."""
        if not 1 <= self.count <= MOST_COUNT:
            raise ValueError(f"a term counts 1 to {MOST_COUNT} {self.unit.value}")

    def last_day(self, start: date, works: WorkingDay) -> date:
        """The last day of the term that began on `start`, which is not counted itself."""
        match self.unit:
            case Unit.BUSINESS_DAYS:
                day, left = start, self.count
                while left:
                    day += _DAY
                    left -= works(day)
                return day
            case Unit.MONTHS:
                return add_months(start, self.count)
            case Unit.WEEKS:
                return start + timedelta(weeks=self.count)
            case Unit.DAYS:
                return start + timedelta(days=self.count)

    @property
    def shortest(self) -> int:
        """The fewest calendar days it can come to: by this, terms of other units compare."""
        match self.unit:
            case Unit.WEEKS:
                return self.count * _WEEK
            case Unit.MONTHS:
                return self.count * _DAYS_IN_A_SHORT_MONTH
            case Unit.DAYS | Unit.BUSINESS_DAYS:
                return self.count


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What one jurisdiction asks of whoever gets a complaint.

    Attributes:
        code: Stable name.
        version: Rises with every change; a complaint keeps the one it was received under.
        name: For people.
        citation: Where it comes from.
        verified: Whether the figures were read at their source; else Tenor's best knowledge.
        countries: The creditor's, ISO 3166 alpha-2; empty: those that no other rulebook names.
        acknowledge: Until when a complaint is acknowledged.
        final_response: Until when it is answered for good.
        summary: Until when an answer that the customer accepts may do without both; None: never.
        refer: How long after the answer he may take it to `referral`.
        referral: Who decides when he is not content.
        referral_contact: Where that body is found: its site, its phone.
        referral_in: What the body is called in other languages than English.
    """

    code: str
    version: int
    name: str
    citation: str
    verified: bool
    countries: frozenset[str]
    acknowledge: Term
    final_response: Term
    refer: Term
    referral: str
    summary: Term | None = None
    referral_contact: str = ""
    referral_in: Mapping[str, str] = field(default_factory=dict)

    def referral_to(self, language: str) -> str:
        """Who decides when he is not content, as a language says it; else as English does."""
        return self.referral_in.get(language, self.referral)

    @property
    def label(self) -> str:
        """Code and version in one word, as complaints record it: `gb@1`."""
        return f"{self.code}@{self.version}"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The days by which a complaint must have got somewhere; all of them inclusive.

    Attributes:
        acknowledge_by: Last day for the acknowledgement.
        respond_by: Last day for the final response.
        summary_by: Last day on which an accepted answer is all there needs to be.
    """

    acknowledge_by: date
    respond_by: date
    summary_by: date | None


def deadlines(rules: Rulebook, received_on: date, works: WorkingDay) -> Deadlines:
    """The days that follow from the day a complaint was received."""
    return Deadlines(
        acknowledge_by=rules.acknowledge.last_day(received_on, works),
        respond_by=rules.final_response.last_day(received_on, works),
        summary_by=None if rules.summary is None else rules.summary.last_day(received_on, works),
    )


def rulebook_for(country: str, rulebooks: Sequence[Rulebook]) -> Rulebook:
    """The rulebook of a creditor's country; where there is none, the strictest of all.

    Raises `ValueError` without any rulebook.
    """
    own = [each for each in rulebooks if country in each.countries]
    if own:
        return max(own, key=lambda each: each.version)
    return strictest(rulebooks)


def strictest(rulebooks: Sequence[Rulebook]) -> Rulebook:
    """A rulebook of the shortest term of each sort, for a country that none is known of.

    The customer has as long as anywhere to take it further. Raises `ValueError` without any.
    """
    if not rulebooks:
        raise ValueError("there is no rulebook for complaints")
    return Rulebook(
        code="strictest",
        version=max(each.version for each in rulebooks),
        name="Strictest of all that are known",
        citation="The shortest term of each rulebook",
        verified=False,
        countries=frozenset(),
        acknowledge=min((each.acknowledge for each in rulebooks), key=_length),
        final_response=min((each.final_response for each in rulebooks), key=_length),
        refer=max((each.refer for each in rulebooks), key=_length),
        referral="the ombudsman or court of your country",
        referral_contact="see your agreement",
        referral_in={"es": "el defensor o tribunal de su país", "hi": "अपने देश के लोकपाल या न्यायालय"},
    )


def _length(term: Term) -> tuple[int, str]:
    return term.shortest, term.citation
