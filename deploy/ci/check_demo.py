"""Checks the totals of a demo run: reads its JSON object from standard input.

Whatever the numbers are, they must agree with one another: the journal balances, the provider
holds as many messages as were recorded as sent, nothing is unsettled, and each open case and
active loan has exactly one running workflow.
"""

import json
import sys

COUNTS = (
    "loans_active",
    "cases_open",
    "workflows_running",
    "messages_sent",
    "messages_at_provider",
    "unsettled",
)


def complaints_about(totals: dict[str, object]) -> list[str]:
    """Return what does not agree, in words; nothing when all is well."""
    counts: dict[str, int] = {}
    for name in COUNTS:
        value = totals.get(name)
        if isinstance(value, bool) or not isinstance(value, int):
            return [f"{name} is not a whole number: {value!r}"]
        counts[name] = value
    complaints: list[str] = []
    if totals.get("journal_balanced") is not True:
        complaints.append("the journal does not balance")
    if counts["messages_sent"] != counts["messages_at_provider"]:
        complaints.append(
            f"{counts['messages_sent']} messages were recorded as sent, "
            f"{counts['messages_at_provider']} are at the provider"
        )
    if counts["unsettled"] != 0:
        complaints.append(f"{counts['unsettled']} things are unsettled")
    expected = counts["loans_active"] + counts["cases_open"]
    if counts["workflows_running"] != expected:
        complaints.append(
            f"{counts['workflows_running']} workflows run for {counts['loans_active']} active "
            f"loans and {counts['cases_open']} open cases"
        )
    if counts["messages_sent"] == 0:
        complaints.append("no message was sent, so nothing was shown")
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
