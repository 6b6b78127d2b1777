"""Hashing: Argon2id, one at a time, rehashed when its cost changes, the same work for nobody."""

import asyncio
import threading
import time

import pytest
from pwdlib import PasswordHash

from api.security import passwords as module
from api.security.passwords import Passwords
from domain.errors import DomainError, ErrorCode


async def test_a_password_fits_its_hash_and_no_other() -> None:
    passwords = Passwords("test")
    stored = await passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$")
    async with passwords.turn() as turn:
        assert (await turn.verify("correct horse battery", stored)).fits
        assert not (await turn.verify("correct horse batterx", stored)).fits
        assert not (await turn.verify("", stored)).fits


async def test_two_hashes_of_a_password_differ() -> None:
    passwords = Passwords("test")
    assert await passwords.hash("same") != await passwords.hash("same")


def test_the_standard_cost_is_that_of_the_recommendation() -> None:
    # RFC 9106, section 4, second recommended option: t=3, m=64 MiB, p=4.
    stored = asyncio.run(Passwords("standard").hash("x"))
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_hash_of_another_cost_is_renewed() -> None:
    old = await Passwords("test").hash("secret")
    passwords = Passwords("standard")
    async with passwords.turn() as turn:
        verdict = await turn.verify("secret", old)
        assert verdict.fits
        assert verdict.rehashed is not None
        assert "m=65536" in verdict.rehashed
        assert (await turn.verify("secret", verdict.rehashed)).rehashed is None
        assert (await turn.verify("wrong", old)).rehashed is None


async def test_nobody_has_no_password_but_costs_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords("test")
    async with passwords.turn() as turn:
        seen: list[str] = []
        original = PasswordHash.verify_and_update

        def counted(self: PasswordHash, password: str, hash: str) -> tuple[bool, str | None]:  # noqa: A002 - the library's name
            seen.append(hash)
            return original(self, password, hash)

        monkeypatch.setattr(PasswordHash, "verify_and_update", counted)
        assert not (await turn.verify("anything", None)).fits
        assert len(seen) == 1
        assert seen[0].startswith("$argon2id$")


async def test_a_hash_of_no_known_kind_fits_nothing() -> None:
    async with Passwords("test").turn() as turn:
        assert not (await turn.verify("none", "none")).fits


async def test_only_one_hash_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords("test")
    running, most = 0, 0
    guard = threading.Lock()
    original = PasswordHash.hash

    def slow(self: PasswordHash, password: str, **kwargs: bytes | None) -> str:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        try:
            time.sleep(0.005)  # inside the worker thread: long enough to overlap if it could
            return original(self, password, **kwargs)
        finally:
            with guard:
                running -= 1

    monkeypatch.setattr(PasswordHash, "hash", slow)
    await asyncio.gather(*(passwords.hash("x") for _ in range(10)))
    assert most == 1


async def test_a_long_queue_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    passwords = Passwords("test")
    async with passwords.turn():
        waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(DomainError) as caught:
            await passwords.hash("x")
        assert caught.value.code is ErrorCode.UNAVAILABLE
    assert len(await asyncio.gather(*waiting)) == 2
    assert await passwords.hash("x")


async def test_a_caller_who_gives_up_leaves_the_queue_in_order() -> None:
    passwords = Passwords("test")
    async with passwords.turn():
        task = asyncio.create_task(passwords.hash("x"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await passwords.hash("x")
