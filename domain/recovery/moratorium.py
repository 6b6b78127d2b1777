"""Statutory moratoria of the United Kingdom: how long each lasts, where, how often, its reviews.

Sources: The Debt Respite Scheme (Breathing Space Moratorium and Mental Health Crisis Moratorium)
(England and Wales) Regulations 2020, SI 2020/1311: regulations 24 (once in twelve months), 26
(sixty days), 27 (midway review) and 32 (crisis treatment and thirty days); Bankruptcy (Scotland)
Act 2016, sections 195 to 198, as amended to six months.

Days are counted as the regulations do: the first day of a moratorium is its day 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from domain.calendar import add_months
from domain.errors import DomainError, ErrorCode

_DAY = timedelta(days=1)


class Scheme(StrEnum):
    """Under which law a person is protected."""

    STANDARD = "standard"
    """Breathing space in England and Wales."""
    MENTAL_HEALTH_CRISIS = "mental_health_crisis"
    """The same while somebody receives crisis treatment, and thirty days more."""
    SCOTLAND = "scotland"
    """The Scottish moratorium on diligence."""


@dataclass(frozen=True, slots=True)
class SchemeTerms:
    """What one scheme says.

    Attributes:
        days: How many days it lasts, its first included; None where it is not counted in days.
        months: How many months it lasts; None where it is not counted in months.
        days_after_treatment: How many days it lasts beyond the end of crisis treatment.
        once_in_months: A further one of the scheme only so long after the last was in force.
        review_opens: Day from which it is reviewed; None where the scheme asks for no review.
        review_closes: Last day on which that is done.
        review_every: Days after which it is reviewed again; None: once.
    """

    days: int | None = None
    months: int | None = None
    days_after_treatment: int | None = None
    once_in_months: int | None = None
    review_opens: int | None = None
    review_closes: int | None = None
    review_every: int | None = None


TERMS: Final[Mapping[Scheme, SchemeTerms]] = {
    Scheme.STANDARD: SchemeTerms(days=60, once_in_months=12, review_opens=25, review_closes=35),
    # Whoever treats is asked every month whether the treatment goes on.
    Scheme.MENTAL_HEALTH_CRISIS: SchemeTerms(
        days_after_treatment=30, review_opens=25, review_closes=35, review_every=30
    ),
    Scheme.SCOTLAND: SchemeTerms(months=6, once_in_months=12),
}

_ENGLAND_AND_WALES: Final = frozenset({Scheme.STANDARD, Scheme.MENTAL_HEALTH_CRISIS})
_NOT_ENGLAND_OR_WALES: Final = frozenset({"SCT", "NIR"})
_SCOTLAND: Final = "SCT"


class ReviewOutcome(StrEnum):
    """What a review found."""

    CONTINUE = "continue"
    END = "end"


@dataclass(frozen=True, slots=True)
class Moratorium:
    """A moratorium of a person.

    Attributes:
        id: Its key, opaque here.
        scheme: Under which law.
        starts_on: Its first day.
        ends_on: First day on which it no longer binds; None while crisis treatment goes on.
        reviews: How many reviews were recorded.
        asked: How many reviews were asked for.
    """

    id: str
    scheme: Scheme
    starts_on: date
    ends_on: date | None
    reviews: int = 0
    asked: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A review of a moratorium: from when it is asked for, and its last day."""

    number: int
    opens_on: date
    closes_on: date


def ends_on(scheme: Scheme, starts_on: date, treatment_ended_on: date | None = None) -> date | None:
    """The first day that a moratorium no longer binds; None while crisis treatment goes on.

    Args:
        scheme: Under which law.
        starts_on: Its first day.
        treatment_ended_on: The last day of crisis treatment, once it is known.
    """
    terms = TERMS[scheme]
    if terms.days is not None:
        return starts_on + timedelta(days=terms.days)
    if terms.months is not None:
        return add_months(starts_on, terms.months)
    if treatment_ended_on is None or terms.days_after_treatment is None:
        return None
    last = max(starts_on, treatment_ended_on) + timedelta(days=terms.days_after_treatment)
    return last + _DAY


def review(moratorium: Moratorium, number: int) -> Review | None:
    """The review of that number, from 1; None where the scheme asks for none, or none so late."""
    terms = TERMS[moratorium.scheme]
    if terms.review_opens is None or terms.review_closes is None:
        return None
    if number > 1 and terms.review_every is None:
        return None
    later = timedelta(days=(number - 1) * (terms.review_every or 0))
    opens_on = moratorium.starts_on + timedelta(days=terms.review_opens - 1) + later
    closes_on = moratorium.starts_on + timedelta(days=terms.review_closes - 1) + later
    if moratorium.ends_on is not None and opens_on >= moratorium.ends_on:
        return None
    return Review(number, opens_on, closes_on)


def review_wanted(moratorium: Moratorium, today: date) -> Review | None:
    """The review that has to be asked for now; None while none is due or one was asked for."""
    if moratorium.ends_on is not None and today >= moratorium.ends_on:
        return None
    coming = review(moratorium, moratorium.asked + 1)
    return coming if coming is not None and coming.opens_on <= today else None


def check_place(scheme: Scheme, country: str, region: str | None) -> None:
    """Refuse a scheme where it is not the law (`MORATORIUM_NOT_AVAILABLE`).

    Args:
        scheme: Under which law.
        country: Where the person lives, two letters.
        region: The part of the country, such as `SCT`; None where it is not known. An unknown
            part of the United Kingdom is taken for what the adviser says it is.
    """
    if not _fits(scheme, country, region):
        raise DomainError(
            ErrorCode.MORATORIUM_NOT_AVAILABLE,
            "This moratorium is not the law where the person lives.",
            {"scheme": scheme.value, "country": country, "region": region},
        )


def _fits(scheme: Scheme, country: str, region: str | None) -> bool:
    part = None if region is None else region.removeprefix("GB-").upper()
    return country == "GB" and (
        part not in _NOT_ENGLAND_OR_WALES
        if scheme in _ENGLAND_AND_WALES
        else part in {None, _SCOTLAND}
    )


def is_regulated(country: str, region: str | None) -> bool:
    """Whether a scheme is the law where a person lives, so that a moratorium has its rules."""
    return any(_fits(scheme, country, region) for scheme in Scheme)


def forbid_charge(scheme: Scheme | None, ends_on: date | None, key: str | None) -> DomainError:
    """The refusal of a charge while a moratorium binds (`CHARGE_IN_MORATORIUM`).

    SI 2020/1311, regulation 7: no fees, penalties or charges accrue on a debt in the moratorium.

    Args:
        scheme: Under which law; None for that of a country without a scheme here.
        ends_on: First day on which it no longer binds; None while nobody knows.
        key: The moratorium's key; None for a mere hold.
    """
    until = "nobody knows when" if ends_on is None else ends_on.isoformat()
    return DomainError(
        ErrorCode.CHARGE_IN_MORATORIUM,
        f"A moratorium protects the borrower until {until}: nothing is charged meanwhile.",
        {
            "moratorium_id": key,
            "scheme": None if scheme is None else scheme.value,
            "ends_on": None if ends_on is None else ends_on.isoformat(),
        },
    )


def check_frequency(scheme: Scheme, starts_on: date, earlier: Iterable[Moratorium]) -> None:
    """Refuse a moratorium while another stands, or too soon after the last of its scheme.

    Raises:
        DomainError: `MORATORIUM_STANDS`, or `MORATORIUM_TOO_SOON` with the first possible day as
            fact `from_on`.
    """
    wait = TERMS[scheme].once_in_months
    for each in earlier:
        if each.ends_on is None or starts_on < each.ends_on:
            raise DomainError(
                ErrorCode.MORATORIUM_STANDS,
                "A moratorium protects the person already.",
                {"ends_on": None if each.ends_on is None else each.ends_on.isoformat()},
            )
        if wait is None or each.scheme is not scheme:
            continue
        from_on = add_months(each.ends_on, wait)
        if starts_on < from_on:
            raise DomainError(
                ErrorCode.MORATORIUM_TOO_SOON,
                f"A moratorium of this kind is granted once in {wait} months.",
                {"from_on": from_on.isoformat(), "scheme": scheme.value},
            )
