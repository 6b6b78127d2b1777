"""The demo's complaint: who disputes a debt complains of how he was asked, and is answered in time.

An agent takes it down, and acknowledges it unless a message did so by itself; a manager looks into
it and answers.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from contracts.complaints import (
    Complaint,
    ComplaintNote,
    NewComplaint,
    ResolveComplaint,
)
from tenor.client import RestClient
from tenor.demo.lives import Life
from tenor.demo.team import Team

COMPLAINS_AFTER: Final = timedelta(days=2)
"""How long after his dispute somebody complains."""
ACKNOWLEDGED_AFTER: Final = timedelta(days=1)
ANSWERED_AFTER: Final = timedelta(days=9)


async def act(team: Team, lives: Mapping[int, Life], day: date) -> None:
    """What becomes of complaints on a day, by number; raises `RestError`."""
    for number in sorted(lives):
        life = lives[number]
        if life.disputed_on is None:
            continue
        key, files_on = f"demo:{number}:complaint", life.disputed_on + COMPLAINS_AFTER
        if day == files_on:
            new = NewComplaint(
                customer_id=life.customer_id,
                text="I was asked to pay although I had said that I do not owe this.",
                causes=["contact_manner", "amount_owed"],
                channel="phone",
                loan_id=life.borrowings[min(life.borrowings)].loan_id,
            )
            life.complaint = await team.agent.post("/complaints", Complaint, new, key)
        elif life.complaint is None:
            continue
        elif day == files_on + ACKNOWLEDGED_AFTER and life.complaint.acknowledged_on is None:
            note = ComplaintNote(note="told on the phone")
            life.complaint = await _move(team.agent, life.complaint, "acknowledge", note, key)
        elif day == files_on + ANSWERED_AFTER:
            answer = ResolveComplaint(
                outcome="partly_upheld",
                root_cause="communication",
                answer="You owe what we said; we should have told you at once how it came about.",
            )
            life.complaint = await _move(team.manager, life.complaint, "resolve", answer, key)


async def _move(
    who: RestClient,
    complaint: Complaint,
    how: str,
    body: ComplaintNote | ResolveComplaint,
    key: str,
) -> Complaint:
    path = f"/complaints/{complaint.id}/{how}"
    return await who.post(path, Complaint, body, f"{key}:{how}", seen=complaint.version)
