"""What every page of the console shows, beside its own."""

from collections.abc import Mapping, Sequence

from fastapi import Response

from api.web.console.doors import SHORTCUTS
from api.web.visits import Visit


def page(visit: Visit, template: str, shown: Mapping[str, object], status: int = 200) -> Response:
    """A page of the console."""
    return visit.pages.page(f"console/{template}", _all(visit, shown), status)


def fragment(
    visit: Visit, template: str, blocks: Sequence[str], shown: Mapping[str, object]
) -> Response:
    """Parts of a page of the console, for one that is open already."""
    return visit.pages.fragment(f"console/{template}", blocks, _all(visit, shown))


def workflow_link(visit: Visit, workflow_id: str) -> str:
    """Where a workflow is watched; empty where no address is known."""
    settings = visit.kit.settings
    if not settings.temporal_ui_url:
        return ""
    base = settings.temporal_ui_url.rstrip("/")
    return f"{base}/namespaces/{settings.temporal_namespace}/workflows/{workflow_id}"


def _all(visit: Visit, shown: Mapping[str, object]) -> Mapping[str, object]:
    settings = visit.kit.settings
    return {
        "visit": visit,
        "site": visit.site,
        "may": visit.may,
        "csrf": visit.csrf,
        "here": visit.path,
        "shortcuts": visit.cookies.get(SHORTCUTS, "on") != "off",
        "sandbox": settings.sandbox,
        "inbox_url": settings.sandbox_inbox_url,
        "temporal_ui_url": settings.temporal_ui_url,
        **shown,
    }
