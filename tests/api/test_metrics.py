"""What a process of the API measures, seen as Prometheus sees it."""

from httpx2 import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from tests.api.support import Api, make_scene

Sample = tuple[str, frozenset[tuple[str, str]]]


async def measures(client: AsyncClient) -> dict[Sample, float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


async def test_what_is_committed_is_counted_and_what_is_refused_is_not(api: Api) -> None:
    scene = await make_scene(api)
    loan = await scene.loan(await scene.customer())
    before = await measures(api.client)
    await scene.pay(loan["id"], "25.00")
    await api.client.post(
        f"/api/v1/loans/{loan['id']}/payments",
        json={"amount": "25.00", "currency": "EUR"},
        headers=scene.admin | {"Idempotency-Key": "another"},
    )
    after = await measures(api.client)

    def risen(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert risen("tenor_postings_total", kind="repayment") == 1
    assert risen("tenor_acts_total", act="payment.posted") == 1
    assert risen("tenor_problems_total", code="currency-mismatch") == 1
    counted = "tenor_http_request_seconds_count"
    assert risen(counted, operation="post_payment", status="2xx") == 1
    assert risen(counted, operation="post_payment", status="4xx") == 1
    assert value(after, "tenor_database_answers") == 1
    assert value(after, "tenor_http_requests_in_flight") == 1  # the one that reads


async def test_wakes_that_nobody_took_in_grow_old(api: Api) -> None:
    scene = await make_scene(api)
    assert value(await measures(api.client), "tenor_wakes_unsettled", kind="loan") == 0
    await scene.loan(await scene.customer())
    found = await measures(api.client)
    assert value(found, "tenor_wakes_unsettled", kind="loan") == 1
    assert value(found, "tenor_wakes_waiting", kind="loan") == 1
    assert value(found, "tenor_wakes_oldest_seconds", kind="loan") > 0
    assert value(found, "tenor_wakes_oldest_seconds", kind="case") == 0


async def test_paths_become_operations(api: Api) -> None:
    """A label never holds what a caller wrote: a scan must not fill the memory."""
    for path in ("/api/v1/loans/7f0c", "/wp-login.php", "/api/v1/nothing/Maria%20Keller"):
        await api.client.get(path)
    found = await measures(api.client)
    names = {v for _, labels in found for k, v in labels if k == "operation"}
    assert "none" in names
    assert not {name for name in names if "/" in name or "Maria" in name or "wp" in name}


async def test_nothing_is_told_through_a_proxy(client: AsyncClient) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        answer = await client.get("/metrics", headers={header: "203.0.113.7"})
        assert answer.status_code == 404
        assert "tenor_" not in answer.text
