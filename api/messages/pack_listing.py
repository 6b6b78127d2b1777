"""Says in plain words what the contact rule packs ask, with versions and sources."""

from collections.abc import Iterable
from datetime import date

from api.clock import clock_for
from api.messages.about import utc_day
from api.messages.packs import contact_packs
from api.pagination import PageRequest
from api.work import Work
from contracts.base import Page
from contracts.contact_packs import ContactPack, ContactRule
from domain.contact.caps import Cap, Period, Scope
from domain.contact.channel import Channel
from domain.contact.hours import WEEKDAYS, HourRules, Window
from domain.contact.packs import RulePack, effective_packs

_PERIODS = {Period.WEEK: "a calendar week", Period.MONTH: "a calendar month"}


async def list_packs(work: Work, page: PageRequest) -> Page[ContactPack]:
    """Every version of every pack, by id and version."""
    today = utc_day((await clock_for(work, None)).now)
    labelled = sorted((f"{pack.id} {pack.version:06}", pack) for pack in contact_packs())
    found = [one for one in labelled if one[0] > (page.after or "")][: page.limit + 1]
    kept, cursor = page.cut(found, [label for label, _ in found])
    return Page(items=[_pack(pack, today) for _, pack in kept], next_cursor=cursor)


def _pack(pack: RulePack, today: date) -> ContactPack:
    return ContactPack.model_validate(
        {
            "id": pack.id,
            "version": pack.version,
            "name": pack.name,
            "effective_on": pack.effective_on,
            "in_force": pack in effective_packs(contact_packs(), today),
            "citation": pack.citation,
            "verified": pack.verified,
            "countries": sorted(pack.area.countries),
            "regions": sorted(pack.area.regions),
            "narrower": bool(pack.area.cities),
            "binds": sorted(pack.binds),
            "once_collecting": pack.once_collecting,
            "rules": list(_rules(pack)),
        }
    )


def _rules(pack: RulePack) -> Iterable[ContactRule]:
    for hours in pack.hours:
        yield ContactRule(
            id=hours.rule_id,
            kind="hours",
            citation=hours.citation,
            text=_hours(hours.hours) + _media(hours.channels),
        )
    for rule in pack.caps:
        yield ContactRule(id=rule.rule_id, kind="cap", citation=rule.citation, text=_cap(rule.cap))
    for wait in pack.waits:
        scope = " about the debt" if wait.wait.scope is Scope.DEBT else ""
        yield ContactRule(
            id=wait.rule_id,
            kind="wait",
            citation=wait.citation,
            text=f"none for {_counted(wait.wait.days)} after a talk{scope}, its day the first"
            + _consented(wait.wait.consent_days)
            + _media(wait.wait.channels),
        )
    if pack.consent is not None:
        yield ContactRule(
            id=pack.consent.rule_id,
            kind="consent",
            citation=pack.consent.citation,
            text="only with consent" + _media(pack.consent.channels),
        )
    if pack.opt_out is not None:
        yield ContactRule(
            id=pack.opt_out.rule_id,
            kind="opt_out",
            citation=pack.opt_out.citation,
            text="every message says how to end them" + _media(pack.opt_out.channels),
        )
    if pack.notice is not None:
        yield ContactRule(
            id=pack.notice.rule_id,
            kind="notice",
            citation=pack.notice.citation,
            text=f"no collection until {_counted(pack.notice.days)} after a written notice",
        )
    if pack.validation is not None:
        yield ContactRule(
            id=pack.validation.rule_id,
            kind="validation",
            citation=pack.validation.citation,
            text=(
                f"a validation notice within {_counted(pack.validation.days)} of the first contact"
            ),
        )


def _hours(hours: HourRules) -> str:
    said = "; ".join(
        f"{_days(window)} {window.opens:%H:%M}–{window.closes:%H:%M}" for window in hours.windows
    )
    return f"{said}; none on public holidays" if hours.calendars or hours.closed_on else said


def _days(window: Window) -> str:
    days = sorted(window.weekdays)
    if len(days) == len(WEEKDAYS):
        return "every day"
    if len(days) > 1 and days == list(range(days[0], days[-1] + 1)):
        return f"{WEEKDAYS[days[0]].title()}–{WEEKDAYS[days[-1]].title()}"
    return ", ".join(WEEKDAYS[day].title() for day in days)


def _cap(cap: Cap) -> str:
    span = _PERIODS.get(cap.period, f"any {cap.days} days")
    said = f"at most {cap.max} in {span}, per {cap.scope.value}"
    if not cap.unanswered:
        said += ", calls that nobody took left out"
    return said + _consented(cap.consent_days) + _media(cap.channels)


def _counted(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _consented(days: int | None) -> str:
    return "" if days is None else f", unless agreed to in the last {days} days"


def _media(channels: frozenset[Channel]) -> str:
    return f" ({', '.join(sorted(channels))})" if channels else ""
