"""The use cases of collecting, in one place for whoever calls them."""

from api.collecting.links import (
    cancel_pay_link,
    create_pay_link,
    get_pay_link,
    list_pay_links,
)
from api.collecting.methods import (
    cancel_autopay,
    get_autopay,
    get_method,
    list_methods,
    remove_method,
    save_method,
    start_autopay,
)
from api.collecting.news import take_in
from api.collecting.opening import Opened, came_back, open_link
from api.collecting.queries import CollectionFilter
from api.collecting.reading import get_collection, list_collections
from api.collecting.working import claim, plan, record_outcome

__all__ = [
    "CollectionFilter",
    "Opened",
    "came_back",
    "cancel_autopay",
    "cancel_pay_link",
    "claim",
    "create_pay_link",
    "get_autopay",
    "get_collection",
    "get_method",
    "get_pay_link",
    "list_collections",
    "list_methods",
    "list_pay_links",
    "open_link",
    "plan",
    "record_outcome",
    "remove_method",
    "save_method",
    "start_autopay",
    "take_in",
]
