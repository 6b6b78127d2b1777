"""What may be done from a page with a thing that has versions: told the one it showed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel

from api.work import Work


@dataclass(frozen=True, slots=True)
class VersionedAct:
    """One thing that may be done.

    Attributes:
        operation: The REST operation whose row in the policy says who may.
        read: Makes its command of the form; raises `InvalidForm`.
        do: The use case, told the version that the page showed.
    """

    operation: str
    read: Callable[[Mapping[str, str]], BaseModel]
    do: Callable[[Work, UUID, Mapping[str, str], int], Awaitable[BaseModel]]
