"""An evidence pack: sections of records, a digest for each, one root, and a place to sign it.

A pack is text, one canonical record on each line, so that no byte of it can be another without
being noticed:

1. the manifest: format, subject, signer, the sections with their digests, the root;
2. each row of each section, in order: `{"digest","place","row","section"}`;
3. the signature of the first line.

How it is signed is the business of whoever writes or checks it; here are only digests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.evidence.canonical import Json, Record, canonical, digest, digest_of

FORMAT: Final = "tenor-evidence-1"
"""Names the form of the pack; another form has another name."""

CHAIN: Final = "chain"
DECISIONS: Final = "decisions"
MESSAGES: Final = "messages"
"""Sections that are checked against each other."""


@dataclass(frozen=True, slots=True)
class Section:
    """Records of one kind, in order."""

    name: str
    rows: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature a pack carries.

    Attributes:
        algorithm: `Ed25519` (RFC 8032).
        public_key: Base64url without padding.
        fingerprint: SHA-256 of the 32 bytes of the key, in hexadecimal.
    """

    algorithm: str
    public_key: str
    fingerprint: str


def digest_of_rows(digests: Sequence[str]) -> str:
    """The digest of a section: of the digests of its rows, one on each line."""
    return digest("".join(f"{each}\n" for each in digests).encode())


def root_of(sections: Sequence[tuple[str, int, str]]) -> str:
    """The one digest of a pack: of `name rows digest`, one section on each line."""
    return digest("".join(f"{name} {rows} {sha}\n" for name, rows, sha in sections).encode())


def manifest_of(
    subject: Record, chain: Record, sections: Sequence[Section], signer: Signer
) -> Record:
    """The first line of a pack.

    Args:
        subject: What the pack is about, and when and for whom it was made.
        chain: Whose chain it shows: `owner`, `length`, `head`.
        sections: All sections, in the order in which they follow.
        signer: Who will sign the line.
    """
    told = [
        (each.name, len(each.rows), digest_of_rows([digest_of(row) for row in each.rows]))
        for each in sections
    ]
    return {
        "format": FORMAT,
        "subject": subject,
        "chain": chain,
        "sections": [{"name": name, "rows": rows, "sha256": sha} for name, rows, sha in told],
        "root": root_of(told),
        "signer": {
            "algorithm": signer.algorithm,
            "public_key": signer.public_key,
            "fingerprint": signer.fingerprint,
        },
    }


def to_sign(manifest_line: bytes) -> bytes:
    """What is signed: the name of the format, a line break, and the first line without its own.

    The name keeps a signature from being taken for one of anything else.
    """
    return f"{FORMAT}\n".encode() + manifest_line


def write(manifest: Record, sections: Sequence[Section], signature: str) -> bytes:
    """The pack as it is handed out."""
    lines: list[Record] = [manifest]
    for section in sections:
        lines.extend(_line(section.name, at, row) for at, row in enumerate(section.rows, start=1))
    lines.append({"signature": signature})
    return b"".join(canonical(each) + b"\n" for each in lines)


def lines_of(data: bytes) -> Sequence[bytes]:
    """The lines of a pack, without their ends; the last must have one too."""
    return data.split(b"\n")


def _line(section: str, place: int, row: Mapping[str, Json]) -> Record:
    return {"section": section, "place": place, "digest": digest_of(row), "row": row}
