"""What differs between two versions of a strategy, entry by entry."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_NAMES = ("key", "name")
"""By which the entries of a list are told apart, whatever their place."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that differs.

    Attributes:
        path: Where: `steps.first_call.day`.
        before: Its value as text; None where it was not there.
        after: The same, afterwards.
    """

    path: str
    before: str | None
    after: str | None


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Difference, ...]:
    """Everything that differs, in the order of the paths; the version itself is left out."""
    old, new = dict(_leaves("", before)), dict(_leaves("", after))
    return tuple(
        Difference(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if path != "version" and old.get(path) != new.get(path)
    )


def _leaves(path: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if any(isinstance(item, Mapping) for item in value):
            for at, item in enumerate(value):
                yield from _leaves(f"{path}.{_name(item, at)}", item)
        else:
            yield path, ", ".join(str(item) for item in value)
    else:
        yield path, str(value)


def _name(item: object, at: int) -> str:
    if isinstance(item, Mapping):
        for each in _NAMES:
            if isinstance(item.get(each), str):
                return str(item[each])
    return str(at)
