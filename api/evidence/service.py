"""Makes the evidence pack of a case, signs it, and records that it was handed out."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import Response

from api.audit.service import record
from api.clock import clock_for
from api.complaints import service as complaints
from api.creditors import service as creditors
from api.customers import service as customers
from api.evidence import party_pack, queries, sections
from api.messages import chain_queries
from api.recovery import cases, hold_queries, plan_queries
from api.recovery import queries as recovery
from api.recovery.tables import CaseRow
from api.security.signing import EvidenceKey
from api.strategies import service as strategies
from api.work import Work
from domain.evidence.canonical import Json, Record, canonical, instant
from domain.evidence.pack import CHAIN, DECISIONS, MESSAGES, Section, manifest_of, to_sign, write

PACK: Final = "application/x-ndjson"
"""A pack is JSON, one record on each line."""


@dataclass(frozen=True, slots=True)
class Pack:
    """An evidence pack as it is handed out.

    Attributes:
        name: For the file: `RC-1001-evidence.jsonl`.
        content: The pack.
        root: Its one digest.
    """

    name: str
    content: bytes
    root: str


async def evidence_of(
    work: Work, case_id: UUID, key: EvidenceKey, party_id: UUID | None = None
) -> Pack:
    """The pack of a case, signed; that it was handed out is recorded.

    With `party_id` it tells of another party of the case's loans, and of him alone. Raises
    `NOT_FOUND`.
    """
    case = await recovery.find(work, case_id)
    if case is None:
        raise cases.missing()
    if party_id == case.customer_id:
        party_id = None
    owner = party_id or case.customer_id
    told = (
        await _sections(work, case)
        if party_id is None
        else await party_pack.sections_of(work, case, party_id)
    )
    links = next(each.rows for each in told if each.name == CHAIN)
    clock = await clock_for(work, case.test_clock_id)
    subject: dict[str, Json] = {
        "kind": "recovery_case" if party_id is None else party_pack.KIND,
        "case_id": str(case.id),
        "number": cases.number(case),
        "made_at": instant(work.now),
        "as_of": instant(clock.now),
        "made_for": work.principal.actor,
    }
    if party_id is not None:
        subject["party_id"] = str(party_id)
    manifest = manifest_of(
        subject,
        {
            "owner": str(owner),
            "length": len(links),
            "head": links[-1]["hash"] if links else None,
        },
        told,
        key.signer,
    )
    root = str(manifest["root"])
    record(
        work,
        queries.HANDED_OUT,
        "case",
        case.id,
        {
            "root": root,
            "decisions": len(links),
            "head": None if not links else str(links[-1]["hash"]),
            "signer": key.signer.fingerprint,
            "owner": str(owner),
        },
    )
    signature = key.sign(to_sign(canonical(manifest)))
    name = f"{cases.number(case)}{'' if party_id is None else '-party'}-evidence.jsonl"
    return Pack(name, write(manifest, told, signature), root)


def download(pack: Pack) -> Response:
    """A pack as a file to keep; nobody on the way may."""
    return Response(
        pack.content,
        media_type=PACK,
        headers={
            "Content-Disposition": f'attachment; filename="{pack.name}"',
            "Cache-Control": "no-store",
        },
    )


async def _sections(work: Work, case: CaseRow) -> list[Section]:
    """Everything that was recorded about a case.

    Messages are read before decisions: one that goes meanwhile is then not shown without its own.
    """
    loans = await queries.loans(work, case.id)
    loan_ids = [row.id for row in loans]
    messages = await queries.messages(work, case.id, case.customer_id)
    message_ids = frozenset(row.id for row in messages)
    decisions, chain = sections.links(
        await chain_queries.decisions_of(work, case.customer_id), message_ids
    )
    complained = await complaints.of_case(work, case)
    return [
        Section("case", [await _case(work, case)]),
        Section(
            "loans",
            [
                {
                    "id": str(row.id),
                    "number": f"LN-{row.number}",
                    "joined_on": row.joined_on.isoformat(),
                    "left_on": None if row.left_on is None else row.left_on.isoformat(),
                }
                for row in loans
            ],
        ),
        Section(
            "timeline",
            [await sections.event(work, case, row) for row in await recovery.events(work, case.id)],
        ),
        Section("steps", [sections.step(row) for row in await recovery.steps(work, case.id)]),
        Section(DECISIONS, decisions),
        Section(CHAIN, chain),
        Section(MESSAGES, [await sections.message(work, row) for row in messages]),
        Section(
            "consents",
            [sections.consent(row) for row in await queries.consents(work, case.customer_id)],
        ),
        Section(
            "holds",
            [
                await sections.hold(work, row, case.customer_id)
                for row in await hold_queries.holds(work, case.id)
            ],
        ),
        Section(
            "complaints",
            [await complaints.record_of(work, row) for row in complained],
        ),
        Section(
            "promises", [sections.promise(row) for row in await recovery.promises(work, case.id)]
        ),
        *await _agreed(work, case),
        Section(
            "transactions",
            [sections.transaction(row) for row in await queries.transactions(work, loan_ids)],
        ),
        Section(
            "announced_payments",
            [sections.announced(row) for row in await queries.announced(work, loan_ids)],
        ),
        Section("rule_packs", sections.rule_packs(sections.labels_of(decisions))),
        Section(
            "audit",
            [
                sections.act(row)
                for row in await queries.audit(
                    work, {case.id, *message_ids, *(row.id for row in complained)}
                )
            ],
        ),
    ]


async def _agreed(work: Work, case: CaseRow) -> list[Section]:
    """What was agreed on a case, and the moratoria of its customer."""
    arranged = await plan_queries.arrangements(work, case.id)
    parts = await plan_queries.parts(work, [row.id for row in arranged])
    protected = await plan_queries.moratoria_of(work, case.customer_id)
    paused = await plan_queries.pauses(work, [row.id for row, _ in protected])
    return [
        Section("arrangements", [sections.arrangement(row, parts[row.id]) for row in arranged]),
        Section(
            "settlements",
            [sections.settlement(row) for row in await plan_queries.settlements(work, case.id)],
        ),
        Section(
            "moratoria",
            [await sections.moratorium(work, row, hold, paused) for row, hold in protected],
        ),
    ]


async def _case(work: Work, case: CaseRow) -> Record:
    creditor = await creditors.by_id(work, case.creditor_id)
    named = (await customers.names(work, [case.customer_id]))[case.customer_id]
    code, version = (await strategies.names(work, {case.strategy_id}))[case.strategy_id]
    return {
        "id": str(case.id),
        "number": cases.number(case),
        "customer_id": str(case.customer_id),
        "customer": {"number": named.number, "name": named.name},
        "creditor_id": str(case.creditor_id),
        "creditor": {"name": creditor.name, "country": creditor.country, "zone": creditor.zone},
        "currency": case.currency,
        "status": case.status,
        "closed_reason": case.closed_reason,
        "stage": case.stage,
        "strategy": {"code": code, "version": version},
        "opened_at": instant(case.opened_at),
        "closed_at": None if case.closed_at is None else instant(case.closed_at),
    }
