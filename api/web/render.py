"""Turns templates into pages: one environment, strict and escaping, and the words of all pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from markupsafe import Markup

from api.web.assets import Assets
from api.web.headers import PAGE_HEADERS
from domain.money import quantize

_HERE: Final = Path(__file__).parent

TEMPLATES: Final = (
    _HERE / "templates",
    _HERE / "console" / "templates",
    _HERE / "portal" / "templates",
)
"""Where templates are: what all sites share, then each site's own."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders the templates of all sites."""

    environment: Environment
    assets: Assets

    def page(self, template: str, shown: Mapping[str, object], status: int = 200) -> HTMLResponse:
        """A whole page; `shown` holds everything its template names."""
        text = self.environment.get_template(template).render(**shown)
        return HTMLResponse(text, status, headers=dict(PAGE_HEADERS))

    def fragment(
        self, template: str, blocks: Sequence[str], shown: Mapping[str, object], status: int = 200
    ) -> HTMLResponse:
        """Some blocks of a page, for a page that is open already."""
        text = "".join(render_block(self.environment, template, block, **shown) for block in blocks)
        return HTMLResponse(text, status, headers=dict(PAGE_HEADERS))


def make_pages(assets: Assets) -> Pages:
    """The renderer of a process."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = assets.path
    environment.filters |= {
        "amount": amount,
        "day": day,
        "moment": moment,
        "plural": plural,
        "words": words,
    }
    return Pages(environment, assets)


def amount(value: Decimal, currency: str) -> Markup:
    """An amount with its currency: `1,234.50 USD`."""
    figure = f"{quantize(value, currency):,f}"
    return Markup('<span class="amount">{} <abbr>{}</abbr></span>').format(figure, currency)


def day(value: date | None) -> Markup:
    """A date as people say it: `3 Nov 2028`; a dash for none."""
    if value is None:
        return Markup('<span class="none">–</span>')
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), said_day(value))


def said_day(value: date) -> str:
    """A date in plain text: `3 Nov 2028`."""
    return f"{value.day} {value:%b %Y}"


def moment(at: datetime | None, zone: str) -> Markup:
    """An instant as it is for somebody in a zone; the title tells the zone and UTC."""
    if at is None:
        return Markup('<span class="none">–</span>')
    local = at.astimezone(ZoneInfo(zone))
    universal = at.astimezone(ZoneInfo("UTC"))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        universal.isoformat(timespec="seconds"),
        f"{zone} · {universal:%Y-%m-%d %H:%M} UTC",
        f"{local.day} {local:%b %Y, %H:%M}",
    )


def said_moment(at: datetime, zone: str) -> str:
    """An instant in plain text as it is for somebody in a zone: `3 Nov 2028, 14:30`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def words(code: object) -> str:
    """A code as words: `right_party` is said `right party`."""
    return str(code).replace("_", " ").replace("-", " ")


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 loan`, `3 loans`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
