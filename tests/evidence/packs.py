"""A small evidence pack of two decisions, signed by a key of its own."""

from collections.abc import Sequence
from uuid import UUID

from api.security.signing import EvidenceKey
from domain.evidence.canonical import Record, canonical, digest_of
from domain.evidence.chain import beginning, link
from domain.evidence.pack import Section, manifest_of, to_sign, write

KEY = EvidenceKey(b"k" * 32)
OTHER_KEY = EvidenceKey(b"o" * 32)
OWNER = UUID(int=7)
SENT = {"id": "m1", "direction": "outbound", "sent_at": "2028-03-01T17:00:00.000000Z"}


def decisions() -> list[Record]:
    """Two decisions: one message was put off, then allowed."""
    return [
        {"id": "d1", "message_id": "m1", "outcome": "defer", "inputs": {"contacts": 7}},
        {"id": "d2", "message_id": "m1", "outcome": "allow", "inputs": {"contacts": 6}},
    ]


def chain_rows(shown: Sequence[Record], *, others: int = 1) -> list[Record]:
    """A chain of other decisions, of which nothing is shown, and of those shown."""
    hidden: list[Record] = [{"id": f"x{at}"} for at in range(others)]
    rows: list[Record] = []
    previous = beginning(OWNER)
    for place, row in enumerate([*hidden, *shown], start=1):
        made = link(previous, place, digest_of(row))
        previous = made.hash
        key = row["id"] if row in shown else None
        rows.append(
            {"place": place, "content": made.content, "hash": made.hash, "decision_id": key}
        )
    return rows


def sections() -> list[Section]:
    """The parts of the pack."""
    return [
        Section("case", [{"number": "RC-1001", "customer": "Zoë Ångström"}]),
        Section("decisions", decisions()),
        Section("chain", chain_rows(decisions())),
        Section("messages", [SENT]),
        Section("holds", []),
    ]


def pack(
    parts: Sequence[Section] | None = None,
    key: EvidenceKey = KEY,
    chain: Record | None = None,
) -> bytes:
    """The pack; made of other parts, by another key or with another end of its chain on demand."""
    parts = sections() if parts is None else parts
    links = next(each.rows for each in parts if each.name == "chain")
    told = chain or {"owner": str(OWNER), "length": len(links), "head": links[-1]["hash"]}
    manifest = manifest_of({"number": "RC-1001"}, told, parts, key.signer)
    return write(manifest, parts, key.sign(to_sign(canonical(manifest))))
