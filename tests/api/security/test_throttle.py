"""Guessing is slowed down per account and per address, and nobody else pays for it."""

import time

import pytest

from api.security.throttle import PER_ACCOUNT, PER_ADDRESS, RETRY_AFTER_FACT, Throttle
from domain.errors import DomainError, ErrorCode


async def refused(throttle: Throttle, account: str, address: str) -> int:
    with pytest.raises(DomainError) as caught:
        await throttle.admit(account, address)
    assert caught.value.code is ErrorCode.TOO_MANY_ATTEMPTS
    wait = caught.value.facts[RETRY_AFTER_FACT]
    assert isinstance(wait, int)
    return wait


async def test_five_failures_close_an_account_from_everywhere() -> None:
    throttle = Throttle()
    for number in range(PER_ACCOUNT):
        await throttle.admit("a@x.example", f"10.0.0.{number}")
        await throttle.failed("a@x.example", f"10.0.0.{number}")
    wait = await refused(throttle, "a@x.example", "10.9.9.9")
    assert 890 <= wait <= 900
    await throttle.admit("b@x.example", "10.0.0.1")


async def test_twenty_failures_close_an_address_for_every_account() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS):
        await throttle.failed(f"{number}@x.example", "10.0.0.1")
    await refused(throttle, "new@x.example", "10.0.0.1")
    await throttle.admit("new@x.example", "10.0.0.2")


async def test_success_forgets_the_accounts_failures_only() -> None:
    throttle = Throttle()
    for _ in range(PER_ACCOUNT - 1):
        await throttle.failed("a@x.example", "10.0.0.1")
    await throttle.succeeded("a@x.example")
    for _ in range(PER_ACCOUNT - 1):
        await throttle.failed("a@x.example", "10.0.0.1")
    await throttle.admit("a@x.example", "10.0.0.1")
    for number in range(PER_ADDRESS - 2 * (PER_ACCOUNT - 1)):
        await throttle.failed(f"{number}@x.example", "10.0.0.1")
    await refused(throttle, "a@x.example", "10.0.0.1")


async def test_the_window_slides(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle()
    start = time.time()
    for minute in range(PER_ACCOUNT):
        monkeypatch.setattr(time, "time", lambda at=start + 60 * minute: at)
        await throttle.failed("a@x.example", f"10.0.0.{minute}")
    monkeypatch.setattr(time, "time", lambda: start + 14 * 60)
    assert await refused(throttle, "a@x.example", "10.1.1.1") == 60
    monkeypatch.setattr(time, "time", lambda: start + 15 * 60 + 1)
    await throttle.admit("a@x.example", "10.1.1.1")


async def test_an_ipv6_host_is_its_network() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS):
        await throttle.failed(f"{number}@x.example", f"2001:db8:1:2::{number:x}")
    await refused(throttle, "new@x.example", "2001:db8:1:2:ffff::1")
    await throttle.admit("new@x.example", "2001:db8:1:3::1")


async def test_a_mapped_address_is_the_one_it_maps() -> None:
    throttle = Throttle()
    for number in range(PER_ADDRESS):
        await throttle.failed(f"{number}@x.example", "::ffff:10.0.0.1")
    await refused(throttle, "new@x.example", "10.0.0.1")


async def test_who_was_counted_cannot_be_read_from_memory() -> None:
    throttle = Throttle()
    await throttle.failed("a@x.example", "10.0.0.1")
    storage = throttle._limiter.storage
    kept = repr(storage.__dict__)
    assert "example" not in kept
    assert "10.0.0.1" not in kept
