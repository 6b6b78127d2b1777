"""The pages of the portal."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from api.web.portal import (
    agreeing,
    complaining,
    doors,
    home,
    notices,
    paying,
    preferences,
    promising,
    reporting,
)

ROUTERS: Final[Sequence[APIRouter]] = (
    doors.router,
    home.router,
    paying.router,
    promising.router,
    agreeing.router,
    reporting.router,
    complaining.router,
    preferences.router,
    notices.router,
)
