"""Chains of digests: each link holds what was recorded and the link before it.

A chain belongs to one owner and begins with a digest of his key, so that no link fits into the
chain of another. What a link holds is a digest of a record, not the record: a chain can be shown
whole while only some of its records are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.evidence.canonical import digest

_BEGIN: Final = "tenor-chain-1"
_LINK: Final = "tenor-link-1"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a chain.

    Attributes:
        place: 1 for the first, and no gaps.
        content: Digest of the record.
        hash: Digest of the link before it, the place and the content.
    """

    place: int
    content: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, and why."""

    place: int
    why: str


def beginning(owner: UUID) -> str:
    """What stands before the first link of an owner's chain."""
    return digest(f"{_BEGIN}\n{owner}\n".encode())


def link(previous: str, place: int, content: str) -> Link:
    """The link that follows one with the hash `previous`."""
    return Link(place, content, digest(f"{_LINK}\n{previous}\n{place}\n{content}\n".encode()))


def breaks(owner: UUID, links: Iterable[Link]) -> list[Break]:
    """Where a chain, given from its first link on, does not hold; nothing when it does.

    After a break it goes on from the link as it was found, so that each damage is told once.
    """
    found: list[Break] = []
    previous, last = beginning(owner), 0
    for each in links:
        if each.place != last + 1:
            found.append(
                Break(last + 1, "a link is missing" if each.place > last else "out of order")
            )
        elif link(previous, each.place, each.content).hash != each.hash:
            found.append(Break(each.place, "it is not what was recorded, or not what followed"))
        previous, last = each.hash, each.place
    return found
