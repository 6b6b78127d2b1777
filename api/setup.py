"""The first data of an installation: an administrator, service clients, the shipped strategies."""

from api.identity import service as identity
from api.settings import Settings
from api.strategies import service as strategies
from api.work import Work


async def set_up(work: Work, settings: Settings) -> None:
    """Make what is missing; what is there stays. Safe to run at every start."""
    await identity.bootstrap(work, settings)
    await strategies.ensure_shipped(work)
