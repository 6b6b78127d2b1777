"""The command `tenor audit-contacts`: past contacts under other rules, as a report."""

import asyncio
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table

from contracts.evidence import AuditedContact, ContactAudit, NewContactAudit
from tenor.client import PAGE_SIZE, LogInData, RestClient, RestError
from tenor.login import ApiOption, EmailOption, PasswordOption, StackFolderOption, where
from tenor.stack import DEFAULT_STATE_DIR, StackError

_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class _Audited:
    """All pages of an audit together."""

    examined: int
    found: list[AuditedContact]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("A day is written 2028-03-01.") from error


def audit_contacts(
    *,
    pack: Annotated[
        Path | None,
        typer.Option(
            help="A rule pack on trial, TOML or JSON; it takes the place of the one with its id.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ] = None,
    rules_on: Annotated[
        date | None,
        typer.Option(parser=_day, metavar="DAY", help="Judge by the packs in force on this day."),
    ] = None,
    from_on: Annotated[
        date | None,
        typer.Option("--from", parser=_day, metavar="DAY", help="First day of the contacts."),
    ] = None,
    to_on: Annotated[
        date | None, typer.Option("--to", parser=_day, metavar="DAY", help="Last day of them.")
    ] = None,
    customer: Annotated[UUID | None, typer.Option(help="Only those with this customer.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    api: ApiOption = None,
    email: EmailOption = None,
    password: PasswordOption = None,
    state_dir: StackFolderOption = DEFAULT_STATE_DIR,
) -> None:
    """Judge past contacts by other rules, and list those that would not have been made.

    Nothing is changed. Exit code 1 when there is at least one such contact.
    """
    url, who = where(state_dir, api, email, password)
    asked = NewContactAudit(
        from_on=from_on,
        to_on=to_on,
        customer_id=customer,
        rules_on=rules_on,
        pack=None if pack is None else _read(pack),
    )
    try:
        report = asyncio.run(_audit(url, who, asked))
    except RestError as error:
        raise StackError(f"There is no report. {error}") from error
    if as_json:
        told = {
            "examined": report.examined,
            "items": [each.model_dump(mode="json") for each in report.found],
        }
        typer.echo(json.dumps(told, indent=2))
    else:
        _show(report)
    if report.found:
        raise typer.Exit(1)


def _read(file: Path) -> dict[str, JsonValue]:
    """A rule pack as JSON says it: days and times as text."""
    text = file.read_text("utf-8")
    try:
        data = json.loads(text) if file.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise StackError(f"{file} is no TOML or JSON: {error}") from error
    if not isinstance(data, dict):
        raise StackError(f"{file} holds no rule pack.")
    return {key: _plain(value) for key, value in data.items()}


def _plain(value: object) -> JsonValue:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise StackError("The rule pack holds something that JSON does not know.")


async def _audit(url: str, who: LogInData, asked: NewContactAudit) -> _Audited:
    found: list[AuditedContact] = []
    examined = 0
    cursor: str | None = None
    async with RestClient(url, who) as client:
        while True:
            after = "" if cursor is None else f"&cursor={cursor}"
            page = await client.ask(
                f"/contact-audits?limit={PAGE_SIZE}{after}", ContactAudit, asked
            )
            examined += page.examined
            found.extend(page.items)
            cursor = page.next_cursor
            if cursor is None:
                return _Audited(examined, found)


def _show(report: _Audited) -> None:
    console = Console(highlight=False, soft_wrap=True)
    rules = Counter(rule for each in report.found for rule in each.rules)
    if report.found:
        table = Table(box=None, pad_edge=False)
        for column in ("contact", "local time", "channel", "would be", "by rule"):
            table.add_column(column)
        for each in report.found[:_SHOWN]:
            table.add_row(
                str(each.message_id),
                each.local_time or "-",
                f"{each.channel}, {each.purpose}",
                "put off" if each.outcome == "defer" else "denied",
                ", ".join(each.rules),
            )
        console.print(table)
        if len(report.found) > _SHOWN:
            console.print(f"… and {len(report.found) - _SHOWN} more: --json lists them all.")
        for rule, count in rules.most_common():
            console.print(f"{count:>6}  {rule}")
    unsure = sum(1 for each in report.found if each.missing_inputs)
    console.print(
        f"{len(report.found)} of {report.examined} contacts would not have been made as they were."
    )
    if unsure:
        console.print(f"{unsure} of them were decided before all inputs were kept.")
