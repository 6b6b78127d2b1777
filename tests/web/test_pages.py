"""What holds for every page: headers, files, refusals that people can read."""

import re

import pytest

from contracts.names import Role
from tests.web.conftest import LogIn
from tests.web.support import Browser, text_of


async def test_pages_run_and_load_nothing_foreign(stranger: Browser) -> None:
    page = await stranger.get("/console/log-in")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert not re.search(r"<(script|style)>|\son\w+=|\sstyle=", page.text)


async def test_files_are_kept_for_good_at_addresses_of_their_content(stranger: Browser) -> None:
    page = await stranger.get("/console/log-in")
    path = re.search(r'href="(/assets/[0-9a-f]{16}/tenor.css)"', page.text)
    assert path is not None
    styles = await stranger.get(path[1], 200, **{"Accept-Encoding": "gzip"})
    assert styles.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert styles.headers["content-encoding"] == "gzip"
    plain = await stranger.get(path[1], 200, **{"Accept-Encoding": "identity"})
    assert plain.text == styles.text
    await stranger.get("/assets/0000000000000000/tenor.css", 404)
    await stranger.get(path[1].replace("tenor.css", "htmx-4.0.1.LICENSE"), 404)


async def test_scripts_are_small(stranger: Browser) -> None:
    page = await stranger.get("/console/log-in")
    assert "<script" not in page.text


@pytest.mark.parametrize("path", ["/console/nothing-here", "/console/cases/not-a-key"])
async def test_a_page_that_does_not_exist_says_so(staff: LogIn, path: str) -> None:
    browser = await staff(Role.AGENT)
    answer = await browser.get(path, 404)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Not found" in text_of(answer)
    assert answer.headers["x-request-id"] in answer.text


async def test_what_is_no_page_is_still_answered_as_a_problem(stranger: Browser) -> None:
    answer = await stranger.get("/api/v1/nothing-here", 404)
    assert answer.headers["content-type"] == "application/problem+json"
