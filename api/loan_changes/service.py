"""The use cases of changes to loans, in one place for whoever calls them."""

from api.loan_changes.ground import hold
from api.loan_changes.limits import get as get_limits
from api.loan_changes.limits import put as put_limits
from api.loan_changes.making import LAW, approve, ask, make_agreed, reject
from api.loan_changes.queries import limit_of, loan_of
from api.loan_changes.reading import list_changes, one, payoff_quote
from api.loan_changes.versions import list_versions

__all__ = [
    "LAW",
    "approve",
    "ask",
    "get_limits",
    "hold",
    "limit_of",
    "loan_of",
    "list_changes",
    "list_versions",
    "make_agreed",
    "one",
    "payoff_quote",
    "put_limits",
    "reject",
]
