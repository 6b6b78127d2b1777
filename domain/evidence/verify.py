"""Checks an evidence pack by itself and names what was changed; asks no server and no key."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from domain.evidence.canonical import Json, NotCanonicalError, Record, digest_of, parse
from domain.evidence.chain import Link, breaks
from domain.evidence.pack import (
    CHAIN,
    DECISIONS,
    FORMAT,
    MESSAGES,
    digest_of_rows,
    lines_of,
    root_of,
)


class Fault(StrEnum):
    """What can be wrong with a pack."""

    UNREADABLE = "unreadable"
    """A line is not a record in its one spelling."""
    FORMAT = "format"
    """The first line is no manifest of a form known here."""
    ROW_CHANGED = "row-changed"
    """A row is not the one its digest was taken of."""
    ROW_MISPLACED = "row-misplaced"
    """Rows are missing, too many, or in another order."""
    SECTION_CHANGED = "section-changed"
    """The rows of a section are not those its digest was taken of."""
    ROOT_CHANGED = "root-changed"
    """The digests of the sections are not those the root was taken of."""
    CHAIN_BROKEN = "chain-broken"
    """A link of the chain of decisions does not follow the one before it."""
    DECISION_CHANGED = "decision-changed"
    """A decision is not the one that the chain holds, or one of them is missing."""
    SIGNATURE = "signature"
    """The signature is not that of the signer over the first line."""
    SIGNER = "signer"
    """Another key signed than the one that was expected."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where."""

    fault: Fault
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a check came to.

    Attributes:
        findings: Everything that is wrong, in the order of the file; nothing for a whole pack.
        remarks: What the pack itself shows and somebody should know: nothing was changed, but a
            message went without a permit.
        manifest: The first line; None when it cannot be read.
        manifest_line: Its bytes, over which the signature was made.
        signature: The last line's, as it stands; None when there is none.
        rows: Rows by section.
    """

    findings: tuple[Finding, ...]
    remarks: tuple[str, ...]
    manifest: Record | None
    manifest_line: bytes
    signature: str | None
    rows: Mapping[str, int]


@dataclass(slots=True)
class _Reading:
    """A pack while it is read."""

    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, list[Record]] = field(default_factory=dict)
    digests: dict[str, list[str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def wrong(self, fault: Fault, where: str, what: str) -> None:
        self.findings.append(Finding(fault, where, what))


def check(data: bytes) -> Report:
    """Check the digests, the order and the chain of a pack. The signature is left to the caller."""
    lines = list(lines_of(data))
    reading = _Reading()
    if lines and lines[-1] == b"":
        lines.pop()
    else:
        reading.wrong(Fault.UNREADABLE, "the end", "the last line is not complete")
    first = lines[0] if lines else b""
    manifest = _record(reading, first, "the manifest (line 1)")
    signature = _signature(reading, lines)
    for number, line in enumerate(lines[1:-1], start=2):
        _take_row(reading, line, f"line {number}")
    if manifest is not None and _known(reading, manifest):
        _check_sections(reading, manifest)
        _check_chain(reading, manifest)
    return Report(
        findings=tuple(reading.findings),
        remarks=() if reading.findings else tuple(_remarks(reading)),
        manifest=manifest,
        manifest_line=first,
        signature=signature,
        rows={name: len(rows) for name, rows in reading.rows.items()},
    )


def _record(reading: _Reading, line: bytes, where: str) -> Record | None:
    try:
        return parse(line)
    except NotCanonicalError as error:
        reading.wrong(Fault.UNREADABLE, where, str(error))
        return None


def _signature(reading: _Reading, lines: Sequence[bytes]) -> str | None:
    where = f"the signature (line {len(lines)})"
    found = _record(reading, lines[-1], where) if len(lines) > 1 else None
    signature = None if found is None else found.get("signature")
    if found is not None and (set(found) != {"signature"} or not isinstance(signature, str)):
        reading.wrong(Fault.UNREADABLE, where, "the last line is no signature")
        return None
    if found is None and len(lines) <= 1:
        reading.wrong(Fault.UNREADABLE, where, "there is none")
    return signature if isinstance(signature, str) else None


def _take_row(reading: _Reading, line: bytes, where: str) -> None:
    found = _record(reading, line, where)
    if found is None:
        return
    name, place, stated, row = (found.get(key) for key in ("section", "place", "digest", "row"))
    if (
        set(found) != {"section", "place", "digest", "row"}
        or not isinstance(name, str)
        or not isinstance(place, int)
        or not isinstance(stated, str)
        or not isinstance(row, dict)
    ):
        reading.wrong(Fault.UNREADABLE, where, "this is no row of a section")
        return
    here = f"{name} row {place} ({where})"
    rows = reading.rows.setdefault(name, [])
    if place != len(rows) + 1:
        reading.wrong(Fault.ROW_MISPLACED, here, f"row {len(rows) + 1} was expected")
    if digest_of(row) != stated:
        reading.wrong(Fault.ROW_CHANGED, here, "it is not what its digest was taken of")
    rows.append(row)
    reading.digests.setdefault(name, []).append(stated)
    if not reading.order or reading.order[-1] != name:
        reading.order.append(name)


def _known(reading: _Reading, manifest: Record) -> bool:
    if manifest.get("format") != FORMAT:
        reading.wrong(Fault.FORMAT, "the manifest (line 1)", f"its format is not {FORMAT}")
        return False
    if set(manifest) != {"format", "subject", "chain", "sections", "root", "signer"}:
        reading.wrong(Fault.FORMAT, "the manifest (line 1)", "it has other fields than it should")
        return False
    return True


def _check_sections(reading: _Reading, manifest: Record) -> None:
    told = _told_sections(manifest)
    if told is None:
        reading.wrong(Fault.FORMAT, "the manifest (line 1)", "its sections cannot be read")
        return
    if root_of(told) != manifest.get("root"):
        reading.wrong(
            Fault.ROOT_CHANGED, "the manifest (line 1)", "the root is not that of the sections"
        )
    if reading.order != [name for name, rows, _ in told if rows]:
        reading.wrong(Fault.ROW_MISPLACED, "the sections", "they are not those of the manifest")
    for name, rows, sha in told:
        digests = reading.digests.get(name, [])
        if len(digests) != rows:
            reading.wrong(
                Fault.ROW_MISPLACED, name, f"it has {len(digests)} rows and was made with {rows}"
            )
        elif digest_of_rows(digests) != sha:
            reading.wrong(Fault.SECTION_CHANGED, name, "its rows are not those it was made with")


def _told_sections(manifest: Record) -> list[tuple[str, int, str]] | None:
    told = manifest.get("sections")
    if not isinstance(told, list):
        return None
    found = []
    for each in told:
        if not isinstance(each, dict):
            return None
        name, rows, sha = each.get("name"), each.get("rows"), each.get("sha256")
        if not (isinstance(name, str) and isinstance(rows, int) and isinstance(sha, str)):
            return None
        found.append((name, rows, sha))
    return found


# -- the chain ---------------------------------------------------------------------------------


def _check_chain(reading: _Reading, manifest: Record) -> None:
    chain = manifest.get("chain")
    try:
        owner = UUID(str(chain["owner"])) if isinstance(chain, dict) else None
    except (KeyError, ValueError):
        owner = None
    if not isinstance(chain, dict) or owner is None:
        reading.wrong(Fault.FORMAT, "the manifest (line 1)", "it names no chain")
        return
    links: list[Link] = []
    held: dict[str, str] = {}
    for row in reading.rows.get(CHAIN, []):
        place, content, hashed = row.get("place"), row.get("content"), row.get("hash")
        if not (isinstance(place, int) and isinstance(content, str) and isinstance(hashed, str)):
            reading.wrong(Fault.CHAIN_BROKEN, CHAIN, "a link cannot be read")
            return
        links.append(Link(place, content, hashed))
        if isinstance(decision_id := row.get("decision_id"), str):
            held[decision_id] = content
    for each in breaks(owner, links):
        reading.wrong(Fault.CHAIN_BROKEN, f"{CHAIN} link {each.place}", each.why)
    head = links[-1].hash if links else None
    if chain.get("length") != len(links) or chain.get("head") != head:
        reading.wrong(Fault.CHAIN_BROKEN, CHAIN, "it does not end where the manifest says")
    _check_decisions(reading, held)


def _check_decisions(reading: _Reading, held: Mapping[str, str]) -> None:
    shown: dict[str, str] = {}
    for row in reading.rows.get(DECISIONS, []):
        decision_id = str(row.get("id"))
        shown[decision_id] = digest_of(row)
        if decision_id not in held:
            reading.wrong(
                Fault.DECISION_CHANGED, f"decision {decision_id}", "the chain does not hold it"
            )
        elif held[decision_id] != shown[decision_id]:
            reading.wrong(
                Fault.DECISION_CHANGED,
                f"decision {decision_id}",
                "it is not the one that the chain holds",
            )
    for decision_id in held:
        if decision_id not in shown:
            reading.wrong(Fault.DECISION_CHANGED, f"decision {decision_id}", "it is not shown")


def _remarks(reading: _Reading) -> list[str]:
    """Messages that went although no decision in the pack allowed them."""
    allowed = Counter(
        _text(row.get("message_id"))
        for row in reading.rows.get(DECISIONS, [])
        if row.get("outcome") == "allow"
    )
    return [
        f"message {_text(row.get('id'))} went and no decision in this pack allowed it"
        for row in reading.rows.get(MESSAGES, [])
        if row.get("direction") == "outbound"
        and row.get("sent_at") is not None
        and not allowed[_text(row.get("id"))]
    ]


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
