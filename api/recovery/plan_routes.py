"""What is agreed on recovery cases over HTTP: arrangements, settlements, moratoria."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import DryRun, OnceDep, OnceRequired, OnceUnlessDryRun, WorkDep
from api.recovery import arrangements, moratoria, moratorium_facts, settlement_facts, settlements
from contracts.plans import (
    AcceptSettlement,
    Arrangement,
    EndPlan,
    EndTreatment,
    Moratorium,
    NewArrangement,
    NewMoratorium,
    NewSettlement,
    ReviewMoratorium,
    Settlement,
)

router = APIRouter(tags=["recovery"])


# -- arrangements ------------------------------------------------------------------------------


@router.get("/recovery-cases/{case_id}/arrangements", summary="List arrangements of a case")
async def list_arrangements(work: WorkDep, case_id: UUID) -> list[Arrangement]:
    """All that was arranged, oldest first, with both clocks: the contract's and its own."""
    return await arrangements.list_of(work, case_id)


@router.post(
    "/recovery-cases/{case_id}/arrangements",
    summary="Agree on an arrangement",
    status_code=201,
    response_model=Arrangement,
)
async def make_arrangement(
    work: WorkDep,
    once: OnceUnlessDryRun,
    case_id: UUID,
    command: NewArrangement,
    dry_run: DryRun = False,
) -> Response:
    """Chasing rests while its dates are kept; due dates and days past due do not move.

    Above the strategy's limits it waits for a second person. With `dry_run` it is only checked and
    shown. An open arrangement or promise is replaced, which does not count as broken.
    """
    return await once.run(
        work, command, lambda: arrangements.make(work, case_id, command, dry_run=dry_run)
    )


@router.post(
    "/recovery-cases/{case_id}/arrangements/{arrangement_id}/approve",
    summary="Approve an arrangement",
    response_model=Arrangement,
)
async def approve_arrangement(
    work: WorkDep, once: OnceDep, case_id: UUID, arrangement_id: UUID
) -> Response:
    """The second person agrees, never who proposed it; it is open from today on."""
    return await once.run(
        work, None, lambda: arrangements.approve(work, case_id, arrangement_id), status=200
    )


@router.post(
    "/recovery-cases/{case_id}/arrangements/{arrangement_id}/cancel",
    summary="Cancel an arrangement",
    response_model=Arrangement,
)
async def cancel_arrangement(
    work: WorkDep, once: OnceDep, case_id: UUID, arrangement_id: UUID, command: EndPlan
) -> Response:
    """Takes an arrangement back, or declines one that waits; the case goes on where it stood."""
    return await once.run(
        work,
        command,
        lambda: arrangements.cancel(work, case_id, arrangement_id, command),
        status=200,
    )


# -- settlements -------------------------------------------------------------------------------


@router.get("/recovery-cases/{case_id}/settlements", summary="List settlements of a case")
async def list_settlements(work: WorkDep, case_id: UUID) -> list[Settlement]:
    """All that was offered, oldest first, and what became of it."""
    return await settlement_facts.list_of(work, case_id)


@router.post(
    "/recovery-cases/{case_id}/settlements",
    summary="Offer a settlement",
    status_code=201,
    response_model=Settlement,
)
async def make_settlement(
    work: WorkDep,
    once: OnceUnlessDryRun,
    case_id: UUID,
    command: NewSettlement,
    dry_run: DryRun = False,
) -> Response:
    """Takes a part for the whole, if it is paid in full in time; the rest is forgiven then.

    Above the creditor's limit for settlements it waits for a second person. With `dry_run` it is
    only checked and shown.
    """
    return await once.run(
        work, command, lambda: settlements.make(work, case_id, command, dry_run=dry_run)
    )


@router.post(
    "/recovery-cases/{case_id}/settlements/{settlement_id}/approve",
    summary="Approve a settlement",
    response_model=Settlement,
)
async def approve_settlement(
    work: WorkDep, once: OnceRequired, case_id: UUID, settlement_id: UUID
) -> Response:
    """The second person agrees, never who proposed it; the offer stands from now on."""
    return await once.run(
        work, None, lambda: settlements.approve(work, case_id, settlement_id), status=200
    )


@router.post(
    "/recovery-cases/{case_id}/settlements/{settlement_id}/accept",
    summary="Accept a settlement",
    response_model=Settlement,
)
async def accept_settlement(
    work: WorkDep, once: OnceRequired, case_id: UUID, settlement_id: UUID, command: AcceptSettlement
) -> Response:
    """The customer accepts: chasing rests until the last day of its payment.

    Paying all of it while the offer stands accepts it too.
    """
    return await once.run(
        work,
        command,
        lambda: settlements.accept(work, case_id, settlement_id, command),
        status=200,
    )


@router.post(
    "/recovery-cases/{case_id}/settlements/{settlement_id}/withdraw",
    summary="Withdraw a settlement",
    response_model=Settlement,
)
async def withdraw_settlement(
    work: WorkDep, once: OnceDep, case_id: UUID, settlement_id: UUID, command: EndPlan
) -> Response:
    """Takes an offer back, or declines one that waits; one that was accepted binds."""
    return await once.run(
        work,
        command,
        lambda: settlements.withdraw(work, case_id, settlement_id, command),
        status=200,
    )


@router.post(
    "/recovery-cases/{case_id}/settlements/{settlement_id}/undo",
    summary="Undo a completed settlement",
    response_model=Settlement,
)
async def undo_settlement(
    work: WorkDep, once: OnceRequired, case_id: UUID, settlement_id: UUID, command: EndPlan
) -> Response:
    """What was forgiven is owed again: needed before a payment of it can be taken back."""
    return await once.run(
        work,
        command,
        lambda: settlements.undo(work, case_id, settlement_id, command),
        status=200,
    )


# -- moratoria ---------------------------------------------------------------------------------


@router.get("/recovery-cases/{case_id}/moratoria", summary="List moratoria of a case's customer")
async def list_moratoria(work: WorkDep, case_id: UUID) -> list[Moratorium]:
    """Those of the person, and of other parties that were placed in the case, oldest first."""
    return await moratorium_facts.list_of(work, case_id)


@router.post(
    "/recovery-cases/{case_id}/moratoria",
    summary="Place a moratorium",
    status_code=201,
    response_model=Moratorium,
)
async def place_moratorium(
    work: WorkDep, once: OnceRequired, case_id: UUID, command: NewMoratorium
) -> Response:
    """Nothing is asked for, charged or enforced from its first day on; payments are accepted.

    Its end follows from the scheme. Interest of its days is taken away, and what was charged since
    a backdated first day is taken back. Reviews are asked for by themselves. `customer_id` protects
    another party of a loan in the case; of each loan whose borrower is protected, co-borrowers who
    owe all of it are asked in cases of their own meanwhile.
    """
    return await once.run(work, command, lambda: moratoria.place(work, case_id, command))


@router.post(
    "/recovery-cases/{case_id}/moratoria/{moratorium_id}/treatment-end",
    summary="Note the end of crisis treatment",
    response_model=Moratorium,
)
async def end_moratorium_treatment(
    work: WorkDep, once: OnceDep, case_id: UUID, moratorium_id: UUID, command: EndTreatment
) -> Response:
    """The moratorium of a mental health crisis ends thirty days after the last day of treatment."""
    return await once.run(
        work,
        command,
        lambda: moratoria.end_treatment(work, case_id, moratorium_id, command),
        status=200,
    )


@router.post(
    "/recovery-cases/{case_id}/moratoria/{moratorium_id}/review",
    summary="Record the review of a moratorium",
    response_model=Moratorium,
)
async def review_moratorium(
    work: WorkDep, once: OnceDep, case_id: UUID, moratorium_id: UUID, command: ReviewMoratorium
) -> Response:
    """What the adviser found: it goes on, or it ends today; from day 25 on."""
    return await once.run(
        work,
        command,
        lambda: moratoria.review(work, case_id, moratorium_id, command),
        status=200,
    )
