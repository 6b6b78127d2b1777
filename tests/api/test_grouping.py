"""Whoever comes while a group is done is in the next one, and gets an answer of his own."""

import asyncio
from collections.abc import Sequence

import pytest

from api.grouping import Grouping


async def test_groups_grow_while_others_are_done_and_errors_reach_those_they_are_about() -> None:
    groups: list[list[int]] = []
    door = asyncio.Event()

    async def do(asks: Sequence[int]) -> list[int | BaseException]:
        groups.append(list(asks))
        await door.wait()
        return [ValueError(str(ask)) if ask == 3 else ask * 10 for ask in asks]

    grouping: Grouping[int, int] = Grouping(do, largest=3, at_once=1)
    first = asyncio.create_task(grouping.join(0))
    while not groups:
        await asyncio.sleep(0)
    others = [asyncio.create_task(grouping.join(ask)) for ask in range(1, 6)]
    while grouping.waiting < len(others):
        await asyncio.sleep(0)
    door.set()
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert groups == [[0], [1, 2, 3], [4, 5]]
    assert [answer for answer in answers if not isinstance(answer, ValueError)] == [
        *(0, 10, 20, 40, 50)
    ]
    assert isinstance(answers[3], ValueError)


async def test_a_group_that_fails_leaves_nobody_waiting() -> None:
    door = asyncio.Event()

    async def do(asks: Sequence[int]) -> list[int | BaseException]:
        await door.wait()
        if 0 in asks:
            raise RuntimeError("the group")
        return list(asks)

    grouping: Grouping[int, int] = Grouping(do, largest=1, at_once=1)
    failing, waiting = (asyncio.create_task(grouping.join(ask)) for ask in range(2))
    await asyncio.sleep(0)
    door.set()
    with pytest.raises(RuntimeError, match="the group"):
        await failing
    assert await waiting == 1
