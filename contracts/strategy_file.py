"""How a strategy is written down: TOML, YAML or JSON, read into plain data with line numbers.

Plain data are what JSON can keep: texts, whole numbers, true and false, lists and tables. Dates
and times become texts. YAML is read in its plain form: no tags, no aliases, and nothing but
`true` and `false` is a truth value (a language called `no` stays a text).
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final

import yaml

MAX_STRATEGY_TEXT: Final = 200_000
"""Letters of the longest strategy that is read."""


class StrategyFormat(StrEnum):
    """A notation of a strategy, named like a file's ending."""

    TOML = "toml"
    YAML = "yaml"
    JSON = "json"


class UnreadableStrategyError(ValueError):
    """The text is not in its notation; the message says where, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class StrategyFile:
    """A strategy as it was written.

    Attributes:
        data: Its plain data.
        lines: Line (from 1) of every path that could be found: `steps[3].when`.
    """

    data: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, path: str) -> int | None:
        """The line of a path, or of the nearest one around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


def read_strategy_file(text: str, notation: StrategyFormat) -> StrategyFile:
    """Read the text of a strategy.

    Raises:
        UnreadableStrategyError: For a text that is too long, not in its notation, or no table.
    """
    if len(text) > MAX_STRATEGY_TEXT:
        raise UnreadableStrategyError(f"it has more than {MAX_STRATEGY_TEXT} letters")
    match notation:
        case StrategyFormat.TOML:
            return _toml(text)
        case StrategyFormat.YAML:
            return _yaml(text)
        case StrategyFormat.JSON:
            return _json(text)


def _toml(text: str) -> StrategyFile:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        # The parser tells of single letters and positions only.
        raise UnreadableStrategyError(f"it is not TOML: {error}") from None
    return StrategyFile(_plain_table(data), _toml_lines(text))


def _json(text: str) -> StrategyFile:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableStrategyError(
            f"it is not JSON: {error.msg} (at line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise UnreadableStrategyError("it is not JSON: it is nested too deeply") from None
    if not isinstance(data, dict):
        raise UnreadableStrategyError("it is not a table of names and values")
    try:
        # Nearly all JSON is YAML too, whose parser tells lines; without it there are none.
        lines = _yaml(text).lines
    except UnreadableStrategyError:
        lines = {}
    return StrategyFile(data, lines)


# -- YAML --------------------------------------------------------------------------------------

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_STRING_TAG = "tag:yaml.org,2002:str"


def _yaml(text: str) -> StrategyFile:
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise UnreadableStrategyError("it has an alias; write it out")
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f" (at line {mark.line + 1}, column {mark.column + 1})"
        raise UnreadableStrategyError(f"it is not YAML: its form is broken{where}") from None
    except (yaml.YAMLError, RecursionError):
        raise UnreadableStrategyError("it is not YAML") from None
    lines: dict[str, int] = {}
    try:
        data = _of_node(node, "", lines)
    except RecursionError:
        raise UnreadableStrategyError("it is not YAML: it is nested too deeply") from None
    if not isinstance(data, dict):
        raise UnreadableStrategyError("it is not a table of names and values")
    return StrategyFile(data, lines)


def _of_node(node: yaml.Node | None, path: str, lines: dict[str, int]) -> object:
    """The plain data of a node, noting the line of every path."""
    if isinstance(node, yaml.MappingNode):
        table: dict[str, object] = {}
        for name, value in node.value:
            key = str(name.value) if isinstance(name, yaml.ScalarNode) else "?"
            inner = f"{path}.{key}" if path else key
            if key in table:
                raise UnreadableStrategyError(
                    f"a name occurs twice in one table (at line {name.start_mark.line + 1})"
                )
            lines[inner] = name.start_mark.line + 1
            table[key] = _of_node(value, inner, lines)
        return table
    if isinstance(node, yaml.SequenceNode):
        items: list[object] = []
        for at, item in enumerate(node.value):
            lines[f"{path}[{at}]"] = item.start_mark.line + 1
            items.append(_of_node(item, f"{path}[{at}]", lines))
        return items
    return None if node is None else _of_scalar(node)


def _of_scalar(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    if node.style is not None or node.tag == _STRING_TAG:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    return {"true": True, "false": False, "null": None, "": None}.get(text, text)


# -- TOML --------------------------------------------------------------------------------------

_LIST_HEADER = re.compile(r"\s*\[\[\s*([A-Za-z0-9_.-]+)\s*\]\]")
_TABLE_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]")
_ENTRY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


def _toml_lines(text: str) -> Mapping[str, int]:
    """The lines of headers and entries, as far as they stand alone."""
    lines: dict[str, int] = {}
    counts: dict[str, int] = {}
    around = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _LIST_HEADER.match(line):
            name = header[1]
            counts[name] = counts.get(name, 0) + 1
            around = f"{name}[{counts[name] - 1}]"
            lines[around] = number
        elif header := _TABLE_HEADER.match(line):
            first, dot, rest = header[1].partition(".")
            owner = f"{first}[{counts[first] - 1}]" if first in counts else first
            around = f"{owner}{dot}{rest}"
            lines[around] = number
        elif entry := _ENTRY.match(line):
            lines.setdefault(f"{around}.{entry[1]}" if around else entry[1], number)
    return lines


def _plain_table(data: Mapping[str, object]) -> dict[str, object]:
    return {key: _plain(value) for key, value in data.items()}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return _plain_table(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return value
