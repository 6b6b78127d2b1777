"""The door of casework: who works which case, and what there is to do."""

from api.casework.handing import hand_over
from api.casework.hours import set_hours
from api.casework.leasing import keep, release, renew, take_next
from api.casework.teams import (
    change_portfolio,
    create_team,
    edit_team,
    get_team,
    get_workload,
    list_portfolio,
    list_teams,
    list_workloads,
    put_caseworker,
)

__all__ = [
    "change_portfolio",
    "create_team",
    "edit_team",
    "get_team",
    "get_workload",
    "hand_over",
    "keep",
    "list_portfolio",
    "list_teams",
    "list_workloads",
    "put_caseworker",
    "release",
    "renew",
    "set_hours",
    "take_next",
]
