"""Letters over HTTP."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import OnceRequired, ServicesDep, WorkDep
from api.letters import service
from api.letters.service import LetterFilter
from api.pagination import PageQuery
from contracts.base import Page
from contracts.letters import Letter, NewLetter

router = APIRouter(tags=["letters"])

_PDF: Final = {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/loans/{loan_id}/letters",
    status_code=201,
    response_model=Letter,
    summary="Write a letter about a loan",
)
async def write_letter(
    loan_id: UUID, asked: NewLetter, once: OnceRequired, work: WorkDep, kit: ServicesDep
) -> Response:
    """Write it with today's figures; with `deliver: post` somebody is asked to post it.

    A letter that would not be true of the loan is refused, and one that asks for money while a
    hold stops that.
    """
    fonts = kit.settings.letter_fonts_dir
    return await once.run(
        work,
        asked,
        lambda: service.ask(work, loan_id, asked, fonts),
        reread=lambda letter_id: service.get(work, letter_id),
    )


@router.get("/loans/{loan_id}/letters", summary="Letters about a loan")
async def list_loan_letters(loan_id: UUID, work: WorkDep, page: PageQuery) -> Page[Letter]:
    """List the letters about a loan, by number; a customer sees those to him."""
    return await service.list_of_loan(work, loan_id, page)


@router.get("/customers/{customer_id}/letters", summary="Letters to a customer")
async def list_customer_letters(customer_id: UUID, work: WorkDep, page: PageQuery) -> Page[Letter]:
    """List the letters to a customer, by number."""
    return await service.list_of_customer(work, customer_id, page)


@router.get("/letters", summary="Letters")
async def list_letters(
    work: WorkDep,
    page: PageQuery,
    loan_id: Annotated[UUID | None, Query(description="Only about this loan")] = None,
    customer_id: Annotated[UUID | None, Query(description="Only to this customer")] = None,
) -> Page[Letter]:
    """List letters by number."""
    return await service.list_letters(work, LetterFilter(customer_id, loan_id), page)


@router.get("/letters/{letter_id}", summary="A letter")
async def get_letter(letter_id: UUID, work: WorkDep) -> Letter:
    """Show what a letter is, and from which version of its text it was written."""
    return await service.get(work, letter_id)


@router.get(
    "/letters/{letter_id}/content",
    summary="A letter as PDF",
    response_class=Response,
    responses={200: _PDF},
)
async def get_letter_content(letter_id: UUID, work: WorkDep, kit: ServicesDep) -> Response:
    """Give the file to print: PDF/A, and the same bytes each time."""
    letter, file = await service.content(
        work, kit.objects, letter_id, kit.settings.letter_fonts_dir
    )
    return Response(
        file,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{letter.number}.pdf"',
            "Cache-Control": "private, no-cache",
            "X-Content-Type-Options": "nosniff",
        },
    )
