"""The commands `tenor evidence` and `tenor verify`."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from contracts.base import Page
from contracts.parties import Customer
from contracts.recovery import Case
from domain.evidence.verify import Finding, Report, check
from tenor.client import LogInData, RestClient, RestError
from tenor.evidence.keys import Trust, expected
from tenor.evidence.signature import check_signature
from tenor.login import ApiOption, EmailOption, PasswordOption, StackFolderOption, where
from tenor.stack import DEFAULT_STATE_DIR, StackError

EXIT_CHANGED: Final = 1
EXIT_UNREADABLE: Final = 2
_LARGEST: Final = 512 * 1024 * 1024
_SHOWN: Final = 20


def evidence(
    *,
    case: Annotated[str, typer.Argument(help="A case by number (RC-1001) or key.")],
    out: Annotated[
        Path, typer.Option(help="Where the pack goes; it is made readable for you alone.")
    ],
    party: Annotated[
        str | None,
        typer.Option(
            metavar="CUSTOMER",
            help="Another party of the case, by number (CU-1002) or key: what passed with this "
            "one alone.",
        ),
    ] = None,
    api: ApiOption = None,
    email: EmailOption = None,
    password: PasswordOption = None,
    state_dir: StackFolderOption = DEFAULT_STATE_DIR,
) -> None:
    """Fetch the evidence pack of a case: all that was recorded, in one file that proves itself.

    With --party it is a pack for a co-borrower or guarantor, without anything of the customer's.
    The pack holds texts and a name. It is checked as it arrives; `tenor verify` checks it again,
    anywhere. Exit code 1 when there is no such case or the pack does not hold.
    """
    url, who = where(state_dir, api, email, password)
    try:
        content = asyncio.run(_fetch(url, who, case, party))
    except RestError as error:
        raise StackError(f"There is no pack. {error}") from error
    report = check(content)
    findings = [*report.findings, *check_signature(report)]
    out.touch(mode=0o600)
    out.write_bytes(content)
    _tell(out, report, findings)
    if findings:
        raise typer.Exit(EXIT_CHANGED)


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            help="An evidence pack, as `tenor evidence` wrote it.",
            exists=True,
            dir_okay=False,
            readable=True,
        ),
    ],
    *,
    signer: Annotated[
        str | None,
        typer.Option(
            metavar="FINGERPRINT",
            help="The key that must have signed, as its owner told you by another way.",
        ),
    ] = None,
    keys: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL",
            help="The keys its owner publishes (GET /api/v1/evidence-keys): a file, which needs "
            "no network, or the https address, which is asked once.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check an evidence pack by itself: no server, no network, no account.

    Every digest is taken anew, the chain of decisions is walked, the signature is checked. What
    was changed, removed or moved is named. Without --signer and --keys the pack is checked against
    the key that it names itself, which is said aloud: nobody can tell so a pack that was made up.
    Exit code 0 when it holds, 1 when it does not, 2 when the file is too large to be a pack.
    """
    if file.stat().st_size > _LARGEST:
        typer.echo(f"Error: a pack may hold {_LARGEST} bytes.", err=True)
        raise typer.Exit(EXIT_UNREADABLE)
    report = check(file.read_bytes())
    wanted = expected(signer, keys)
    findings = [*report.findings, *check_signature(report, wanted.fingerprints)]
    if as_json:
        typer.echo(json.dumps(_told(report, findings, wanted.trust), indent=2))
    else:
        _tell(file, report, findings)
        if not findings:
            _tell_trust(wanted.trust)
    if findings:
        raise typer.Exit(EXIT_CHANGED)


async def _fetch(url: str, who: LogInData, case: str, party: str | None) -> bytes:
    async with RestClient(url, who) as client:
        path = f"/recovery-cases/{await _key(client, case)}/evidence"
        if party is not None:
            path = f"{path}?party_id={await _customer(client, party)}"
        return await client.download(path)


async def _customer(client: RestClient, party: str) -> UUID:
    """The key of a person who was named by it, or by number."""
    try:
        return UUID(party)
    except ValueError:
        pass
    found = await client.get("/customers", Page[Customer], {"number": party.strip().upper()})
    if not found.items:
        raise StackError(f"There is no customer {party}.", "The number looks like CU-1002.")
    return found.items[0].id


async def _key(client: RestClient, case: str) -> UUID:
    """The key of a case that was named by it, or by its number."""
    try:
        return UUID(case)
    except ValueError:
        pass
    found = await client.get("/recovery-cases", Page[Case], {"number": case.strip().upper()})
    if not found.items:
        raise StackError(f"There is no case {case}.", "Its number looks like RC-1001.")
    return found.items[0].id


def _tell(file: Path, report: Report, findings: list[Finding]) -> None:
    """What the check came to, for a person."""
    for each in findings[:_SHOWN]:
        typer.secho(f"{each.where}: {each.what}", fg=typer.colors.RED)
    if len(findings) > _SHOWN:
        typer.echo(f"… and {len(findings) - _SHOWN} more")
    for remark in report.remarks:
        typer.secho(f"Note: {remark}", fg=typer.colors.YELLOW)
    if findings:
        typer.echo(f"{file} does not hold.")
        return
    rows = ", ".join(_counted(count, name) for name, count in report.rows.items())
    typer.echo(f"{file} holds: {rows}")
    manifest = report.manifest or {}
    signer = manifest.get("signer")
    typer.echo(f"root    {manifest.get('root')}")
    typer.echo(f"signer  {signer.get('fingerprint') if isinstance(signer, dict) else '-'}")


def _tell_trust(trust: Trust) -> None:
    """Why the signer is believed, aloud where there is no reason to."""
    match trust:
        case Trust.NAMED:
            typer.echo("trust   the signer is the one you named")
        case Trust.PUBLISHED:
            typer.echo("trust   the signer is one of the keys you gave")
        case Trust.ITSELF:
            typer.secho(
                "SIGNER NOT CHECKED: the key was taken from the pack itself, and whoever makes a "
                "pack up signs it with a key of his own. Name the key (--signer) or the keys that "
                "its owner publishes (--keys).",
                fg=typer.colors.YELLOW,
                bold=True,
                err=True,
            )


def _counted(count: int, section: str) -> str:
    """A number of rows with the name of their section: `1 loan`, `3 rule packs`."""
    said = section.replace("_", " ")
    if count == 1:
        said = f"{said.removesuffix('ia')}ium" if said.endswith("ia") else said.removesuffix("s")
    return f"{count} {said}"


def _told(report: Report, findings: list[Finding], trust: Trust) -> dict[str, object]:
    """The same, for a program."""
    manifest = report.manifest or {}
    return {
        "holds": not findings,
        "findings": [
            {"fault": each.fault.value, "where": each.where, "what": each.what} for each in findings
        ],
        "remarks": list(report.remarks),
        "rows": dict(report.rows),
        "subject": manifest.get("subject"),
        "root": manifest.get("root"),
        "signer": manifest.get("signer"),
        "trust": trust.value,
        "signer_was_expected": trust is not Trust.ITSELF,
    }
