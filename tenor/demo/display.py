"""What the demo shows a person: progress while it runs, and its table at the end."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tenor.demo.guide import Example
from tenor.demo.totals import EvidenceTotals, Totals
from tenor.portfolio.display import ROWS_PER_LINE, Steps, problems_table
from tenor.portfolio.importing import ImportReport

_DAYS_PER_LINE = 10
"""Where there is no terminal, a line of progress comes so often."""


class Display:
    """Tells how far the demo is: a bar on a terminal, now and then a line elsewhere."""

    def __init__(self, console: Console) -> None:
        """Write to a console."""
        self._console = console

    def say(self, line: str) -> None:
        """Write a plain line."""
        self._console.print(escape(line))

    def rows(self, total: int) -> Steps:
        """Follow the rows of an import."""
        return Steps(self._console, "Rows entered", total, ROWS_PER_LINE)

    def days(self, total: int) -> Steps:
        """Follow the days of a run."""
        return Steps(self._console, "Days", total, _DAYS_PER_LINE)

    def refused(self, report: ImportReport) -> None:
        """List the rows that were not entered, if any."""
        if report.problems:
            self._console.print(problems_table(report.problems))


def totals_table(totals: Totals) -> Table:
    """The result as a table: what, and how much."""
    table = Table(
        title=f"{totals.days} days of {totals.loans} loans", title_justify="left", pad_edge=False
    )
    table.add_column("what")
    table.add_column("how much")
    messages, cases, asked = totals.messages, totals.cases, totals.escalations
    workflows, advice, people = totals.workflows, totals.assessments, totals.people
    rows = (
        ("Loans", f"{totals.loans} of {totals.customers} customers, {totals.loans_closed} closed"),
        ("Rows refused", str(totals.rows_refused)),
        ("Messages sent", _listed(messages.sent)),
        ("at the providers", _listed(messages.at_provider)),
        ("Messages withheld", _listed(messages.withheld)),
        (
            "Other messages",
            f"expired {messages.expired}, failed {messages.failed}, unknown {messages.unknown}, "
            f"waiting {messages.waiting}, received {messages.received}",
        ),
        ("Documents", _listed(totals.documents)),
        ("Cases", f"opened {cases.opened}, open {cases.open} ({_listed(cases.open_by_stage)})"),
        ("Cases closed", _listed(cases.closed)),
        ("Promises", _listed(totals.promises)),
        ("Holds", _listed(totals.holds)),
        ("Arrangements", _listed(people.arrangements)),
        ("Settlements", _listed(people.settlements)),
        (
            "Complaints",
            f"received {people.complaints.received}, acknowledged "
            f"{people.complaints.acknowledged}, answered {people.complaints.resolved}, "
            f"late {people.complaints.late}",
        ),
        (
            "Deaths",
            f"told {people.deaths.told}, verified {people.deaths.verified}, loans passed on "
            f"{people.deaths.passed_on}",
        ),
        (
            "Owners of cases",
            f"{_listed(people.casework.assigned)}; handed over {people.casework.handed_over}",
        ),
        ("Risk of open cases", _listed(people.casework.risk)),
        (
            "Escalations",
            f"asked {asked.asked}, acknowledged {asked.acknowledged}, "
            f"re-escalated {asked.re_escalated}",
        ),
        (
            "Pay links",
            f"created {totals.links.created}, paid {totals.links.paid}, "
            f"expired {totals.links.expired}",
        ),
        (
            "Autopay",
            f"charged {totals.autopay.charged}, failed {totals.autopay.failed}, "
            f"retried {totals.autopay.retried}, collected {totals.autopay.collected}",
        ),
        (
            "At the gateway",
            f"{totals.gateway.charges} payments, {totals.gateway.postings} posted",
        ),
        ("Evidence", _evidence(totals.evidence)),
        ("Tasks", _listed(totals.tasks)),
        (
            "Assessments",
            f"made {advice.made}, with a plan {advice.plans}, "
            f"advice requested {advice.advice_requested}, given {advice.advice_given}",
        ),
        *(
            (
                f"{currency}",
                f"disbursed {money.disbursed:,f}, collected {money.collected:,f}, "
                f"outstanding {money.outstanding:,f}, overdue {money.overdue:,f}, "
                f"fees {money.fees:,f}",
            )
            for currency, money in sorted(totals.money.items())
        ),
        ("Journal", "balances" if totals.journal_balanced else "DOES NOT BALANCE"),
        ("Unsettled", str(totals.unsettled)),
        (
            "Workflows running",
            f"{workflows.loans_running} for {workflows.active_loans} active loans, "
            f"{workflows.cases_running} for {workflows.open_cases} open cases",
        ),
    )
    for what, much in rows:
        table.add_row(what, much)
    return table


def guide_table(examples: Mapping[str, Example]) -> Table:
    """Which case to open for what, and why it is where it is."""
    table = Table(title="What to open", title_justify="left", pad_edge=False)
    for heading in ("to see", "case", "customer", "what its story says", "why it is where it is"):
        table.add_column(heading)
    for what, example in examples.items():
        table.add_row(what, example.case, example.customer, example.line, example.why)
    return table


def _evidence(found: EvidenceTotals) -> str:
    """Whether the pack of a case proves itself."""
    if not found.case:
        return "no case"
    holds = "verifies" if found.verifies else "DOES NOT VERIFY"
    changed = "fails" if found.change_is_found else "VERIFIES TOO"
    return (
        f"the pack of {found.case} ({found.messages} messages, {found.decisions} decisions) "
        f"{holds}; with one byte changed it {changed}"
    )


def _listed(counts: Mapping[str, int]) -> str:
    """Counts by name; those that are zero too, for they say that nothing was so."""
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts)) or "none"
