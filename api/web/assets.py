"""Scripts, styles and pictures of the sites, at addresses that change with their content."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "static"

ROOT: Final = "/assets"

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What is served; licences stand beside the files they are for and are not."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, ready to be sent."""

    name: str
    digest: str
    media_type: str
    content: bytes
    compressed: bytes

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"{ROOT}/{self.digest}/{self.name}"


@dataclass(frozen=True, slots=True)
class Assets:
    """All files of the sites, read once when the process starts."""

    by_name: Mapping[str, Asset]

    def path(self, name: str) -> str:
        """Where a file is served; `KeyError` for one that does not exist, as in a template."""
        return self.by_name[name].path

    def find(self, digest: str, name: str) -> Asset | None:
        """The file at an address; none for an old digest, whose content is gone."""
        found = self.by_name.get(name)
        return found if found is not None and found.digest == digest else None


def read_assets(folder: Path = FOLDER) -> Assets:
    """Read the files of a folder."""
    return Assets(
        {
            path.name: _asset(path)
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES and path.is_file()
        }
    )


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    packed = gzip.compress(content, mtime=0)
    return Asset(path.name, digest, _TYPES[path.suffix], content, packed)
