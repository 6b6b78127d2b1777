"""A chain holds as it was made, and shows where it was changed."""

import hashlib
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.evidence.canonical import digest
from domain.evidence.chain import Link, beginning, breaks, link

OWNER = UUID(int=7)


def chain_of(contents: list[str], owner: UUID = OWNER) -> list[Link]:
    links: list[Link] = []
    previous = beginning(owner)
    for place, content in enumerate(contents, start=1):
        links.append(link(previous, place, content))
        previous = links[-1].hash
    return links


CHAINS = st.lists(st.text().map(lambda text: digest(text.encode())), min_size=1, max_size=8).map(
    chain_of
)


def test_the_digests_are_those_the_documentation_names() -> None:
    begin = hashlib.sha256(f"tenor-chain-1\n{OWNER}\n".encode()).hexdigest()
    first = hashlib.sha256(f"tenor-link-1\n{begin}\n1\nabc\n".encode()).hexdigest()
    assert chain_of(["abc"]) == [Link(1, "abc", first)]


@given(CHAINS)
def test_a_chain_holds_as_it_was_made(links: list[Link]) -> None:
    assert breaks(OWNER, links) == []
    assert breaks(UUID(int=8), links)[0].place == 1


@given(CHAINS, st.data())
def test_a_changed_link_is_named(links: list[Link], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(links) - 1))
    links[at] = replace(links[at], content=digest(links[at].content.encode()))
    assert [each.place for each in breaks(OWNER, links)] == [at + 1]


@given(CHAINS, st.data())
def test_a_removed_link_is_named(links: list[Link], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(links) - 1))
    del links[at]
    # Nobody misses the last one here: how long a chain is, is said elsewhere.
    assert [each.place for each in breaks(OWNER, links)] == ([at + 1] if at < len(links) else [])


@given(CHAINS.filter(lambda links: len(links) > 1), st.data())
def test_links_in_another_order_are_named(links: list[Link], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(links) - 2))
    links[at], links[at + 1] = links[at + 1], links[at]
    assert breaks(OWNER, links)[0].place == at + 1
