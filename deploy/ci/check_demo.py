"""Checks the totals of a demo run: reads its JSON object from standard input.

Whatever the numbers are, they must agree with one another: the journal balances, the provider
holds as many messages of each channel as were recorded as sent, the gateway took what was posted
for it, nothing is unsettled, each open case and active loan has exactly one running workflow, and
the evidence of a case proves itself, until a byte of it is changed. What the days of the run reach
was shown: disputes and moratoria, promises, arrangements and a settlement, a complaint, cases that
go from hand to hand, an escalation that ran out, and a death.
"""

import json
import sys
from typing import Final

SHOWN: Final = (
    (45, "holds", "dispute"),
    (45, "holds", "moratorium"),
    (45, "promises", "kept"),
    (45, "people.arrangements", "completed"),
    (45, "people.arrangements", "broken"),
    (45, "people.settlements", "completed"),
    (45, "people.complaints", "acknowledged"),
    (45, "people.complaints", "resolved"),
    (45, "people.casework.assigned", "least_loaded"),
    (45, "people.casework", "handed_over"),
    (60, "escalations", "acknowledged"),
    (60, "escalations", "re_escalated"),
    (75, "people.deaths", "verified"),
    (75, "people.deaths", "passed_on"),
)
"""From how many days on a run shows what: the part of its result, and the count in it."""


def _part(totals: dict[str, object], name: str) -> dict[str, object]:
    """A part of the result, or a part of a part: `people.deaths`."""
    found: object = totals
    for each in name.split("."):
        found = found.get(each) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def complaints_about(totals: dict[str, object]) -> list[str]:
    """Return what does not agree, in words; nothing when all is well."""
    complaints: list[str] = []
    if totals.get("journal_balanced") is not True:
        complaints.append("the journal does not balance")
    if totals.get("unsettled") != 0:
        complaints.append(f"unsettled: {totals.get('unsettled')!r}")
    messages = _part(totals, "messages")
    sent, held = messages.get("sent"), messages.get("at_provider")
    if sent != held:
        complaints.append(f"{sent} messages were recorded as sent, {held} are at the provider")
    if not isinstance(sent, dict) or not any(sent.values()):
        complaints.append("no message was sent, so nothing was shown")
    gateway = _part(totals, "gateway")
    for there, here in (("charges", "postings"), ("taken", "posted")):
        if there not in gateway or gateway[there] != gateway.get(here):
            complaints.append(
                f"the gateway says {there} {gateway.get(there)!r}, the books {here} "
                f"{gateway.get(here)!r}"
            )
    if not gateway.get("charges"):
        complaints.append("nothing was paid by card, so nothing was shown")
    for part, what in (
        ("documents", "received"),
        ("links", "created"),
        ("autopay", "charged"),
        ("assessments", "made"),
    ):
        if not _part(totals, part).get(what):
            complaints.append(f"{part}: none {what}, so nothing was shown")
    complaints += _about_people(totals)
    complaints += _about_evidence(_part(totals, "evidence"))
    workflows = _part(totals, "workflows")
    for running, expected in (("loans_running", "active_loans"), ("cases_running", "open_cases")):
        if running not in workflows or workflows[running] != workflows.get(expected):
            complaints.append(
                f"{running}: {workflows.get(running)!r}, {expected}: {workflows.get(expected)!r}"
            )
    return complaints


def _about_people(totals: dict[str, object]) -> list[str]:
    days = totals.get("days")
    if not isinstance(days, int):
        return ["the result does not say how many days were played"]
    complaints = [
        f"{part}: none {what}, so nothing was shown"
        for since, part, what in SHOWN
        if days >= since and not _part(totals, part).get(what)
    ]
    if _part(totals, "people.complaints").get("late"):
        complaints.append("a complaint was not answered in time")
    if days >= SHOWN[0][0] and not totals.get("guide"):
        complaints.append("nothing says which case to open")
    return complaints


def _about_evidence(evidence: dict[str, object]) -> list[str]:
    complaints = []
    if evidence.get("verifies") is not True or not evidence.get("decisions"):
        complaints.append("the evidence of a case does not verify, or holds no decision")
    if evidence.get("change_is_found") is not True:
        complaints.append("a changed byte in the evidence of a case is not found")
    return complaints


def main() -> int:
    """Check; exit code 0 when the totals agree."""
    try:
        totals = json.load(sys.stdin)
    except ValueError:
        sys.stderr.write("the last line of the demo's output is not JSON\n")
        return 1
    if not isinstance(totals, dict):
        sys.stderr.write("the last line of the demo's output is not a JSON object\n")
        return 1
    complaints = complaints_about(totals)
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    return min(1, len(complaints))


if __name__ == "__main__":
    sys.exit(main())
