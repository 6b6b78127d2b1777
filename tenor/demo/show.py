"""One run of the demo on a started stack: users, books, clock, portfolio, days, result."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from contracts.base import Wire
from contracts.clocks import NewTestClock, TestClock
from contracts.identity import User
from contracts.names import Role
from tenor.client import LogInData, RestClient
from tenor.demo import advice
from tenor.demo.browser import Browser
from tenor.demo.display import Display
from tenor.demo.driver import STARTS_AT, Driver
from tenor.demo.floor import Caseworkers, open_floor
from tenor.demo.gather import gather_totals
from tenor.demo.guide import people_to_show
from tenor.demo.households import households_of
from tenor.demo.lives import Life, lives_of
from tenor.demo.phones import Phones
from tenor.demo.script import Script
from tenor.demo.team import Team
from tenor.demo.totals import Totals
from tenor.portfolio.books import enter_books, read_books
from tenor.portfolio.importing import import_portfolio
from tenor.portfolio.reading import read_portfolio
from tenor.stack import PROJECT_ROOT, Stack

EXAMPLES: Final = PROJECT_ROOT / "examples"
PORTFOLIO: Final = EXAMPLES / "portfolio.csv"
BOOKS: Final = EXAMPLES / "books.toml"

_STAFF: Final = {
    "manager": Role.MANAGER,
    "advisor": Role.ADVISOR,
    "agent": Role.AGENT,
    "colleague": Role.AGENT,
}
"""The users of the staff, by the name in front of their addresses."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is."""

    loans: int
    days: int
    seed: int
    portfolio: Path = PORTFOLIO
    books: Path = BOOKS


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run came to, and who can log in to look around."""

    totals: Totals
    log_ins: dict[str, LogInData] = field(repr=False)
    """By what they are: `admin`, `manager`, `advisor`, `agent`, and the agent's `colleague`."""


class _NewStaff(Wire):
    """A user to be made; the contract's own type hides its password when it is dumped."""

    email: str
    name: str
    role: Role
    password: str


class _NewCustomerUser(_NewStaff):
    """The same for a customer."""

    customer_id: UUID


async def show(stack: Stack, size: Size, display: Display) -> Shown:
    """Run the demo.

    Raises `RestError`, `DemoError`, `SandboxError`, and `PortfolioError` for the example files.
    """
    portfolio, books = read_portfolio(size.portfolio), read_books(size.books)
    log_ins = {"admin": LogInData(stack.admin_email, stack.admin_password)} | {
        name: LogInData(f"{name}@tenor.example", secrets.token_urlsafe(15)) for name in _STAFF
    }
    async with (
        _opened(stack, log_ins) as (team, phones),
        Browser(stack.sandbox_url) as browser,
    ):
        people = await _hire(team.admin, log_ins)
        await enter_books(team.admin, books)
        await open_floor(team, people)
        clock = await team.admin.post(
            "/test-clocks", TestClock, NewTestClock(name="demo", starts_at=STARTS_AT), "demo:clock"
        )
        wanted = min(size.loans, len(portfolio.rows))
        with display.rows(wanted) as rows:
            imported = await import_portfolio(
                team.admin, portfolio, test_clock_id=clock.id, limit=wanted, on_row=rows.done
            )
        display.refused(imported)
        lives = lives_of(size.seed, imported.loans)
        household = households_of(lives)
        async with _in_trouble(stack, team.admin, lives) as in_trouble:
            driver = Driver(
                size.seed,
                team,
                phones,
                clock.id,
                lives,
                script=Script(
                    size.seed,
                    STARTS_AT.date(),
                    team,
                    lives,
                    clock.id,
                    people=people,
                    in_trouble=in_trouble,
                    household=household,
                ),
                browser=browser,
            )
            with display.days(size.days) as days:
                await driver.run(size.days, lambda on, count: days.done(count, f"until {on}"))
        display.say("Adding up ...")
        totals = await gather_totals(
            team.admin,
            phones,
            stack.temporal_address,
            clock.id,
            imported,
            advisor=team.advisor,
            browser=browser,
            people=people_to_show(lives, household),
            seed=size.seed,
            days=size.days,
        )
    return Shown(totals, log_ins)


@asynccontextmanager
async def _opened(
    stack: Stack, log_ins: dict[str, LogInData]
) -> AsyncIterator[tuple[Team, Phones]]:
    """Clients of everybody who takes part, closed at the end."""
    async with AsyncExitStack() as open_now:
        clients = {
            name: await open_now.enter_async_context(RestClient(stack.api_url, who))
            for name, who in log_ins.items()
        }
        phones = await open_now.enter_async_context(Phones(stack.sandbox_url))
        team = Team(
            admin=clients["admin"],
            manager=clients["manager"],
            advisor=clients["advisor"],
            agent=clients["agent"],
        )
        yield team, phones


@asynccontextmanager
async def _in_trouble(
    stack: Stack, admin: RestClient, lives: Mapping[int, Life]
) -> AsyncIterator[Sequence[advice.Client]]:
    """The customers who ask for advice, each with a log-in of his own, closed at the end."""
    async with AsyncExitStack() as open_now:
        clients = []
        for place, life in enumerate(advice.in_trouble(lives)):
            number = life.person.number
            who = LogInData(f"customer{number}@tenor.example", secrets.token_urlsafe(15))
            new = _NewCustomerUser(
                email=who.email,
                name=f"Customer {number}",
                role=Role.CUSTOMER,
                password=who.password,
                customer_id=life.customer_id,
            )
            await admin.post("/users", User, new, f"demo:user:{number}")
            rest = await open_now.enter_async_context(RestClient(stack.api_url, who))
            clients.append(advice.Client(life, place, rest))
        yield clients


async def _hire(admin: RestClient, log_ins: dict[str, LogInData]) -> Caseworkers:
    """Make the users of the demo's staff."""
    hired: dict[str, UUID] = {}
    for name, role in _STAFF.items():
        who = log_ins[name]
        new = _NewStaff(email=who.email, name=f"Demo {name}", role=role, password=who.password)
        hired[name] = (await admin.post("/users", User, new, f"demo:user:{name}")).id
    return Caseworkers(hired["agent"], hired["colleague"], hired["advisor"])
