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
from api.casework.views import (
    delete_view,
    edit_view,
    filters_of,
    get_view,
    list_views,
    look_of,
    save_view,
)

__all__ = [
    "change_portfolio",
    "create_team",
    "delete_view",
    "edit_team",
    "edit_view",
    "filters_of",
    "get_team",
    "get_view",
    "get_workload",
    "hand_over",
    "keep",
    "list_portfolio",
    "list_teams",
    "list_views",
    "list_workloads",
    "look_of",
    "put_caseworker",
    "release",
    "renew",
    "save_view",
    "set_hours",
    "take_next",
]
