"""From a request to a principal that may do what it asks."""

from uuid import UUID

from fastapi import Request

from api.security.policy import POLICY
from api.security.principal import Principal
from contracts.names import Role
from domain.errors import DomainError, ErrorCode

ANONYMOUS = Principal(id="anonymous", role=Role.SERVICE)


def operation_of(request: Request) -> str:
    """The operation id of the route that serves this request."""
    route = request.scope["route"]
    operation: str = route.operation_id or route.name
    return operation


def authorise(operation: str, principal: Principal | None) -> Principal:
    """The principal, if the policy has a row for the operation that fits it.

    Raises `UNAUTHENTICATED` without a token and `FORBIDDEN` with one that is not enough.
    """
    rule = POLICY.get(operation)
    if rule is not None and rule.public:
        return principal or ANONYMOUS
    if principal is None:
        raise DomainError(ErrorCode.UNAUTHENTICATED, "Send a bearer token.")
    if rule is None or principal.role not in rule.roles:
        raise DomainError(
            ErrorCode.FORBIDDEN,
            f"The role {principal.role.value} may not do this.",
            {"operation": operation},
        )
    if rule.scope is not None and rule.scope not in principal.scopes:
        raise DomainError(
            ErrorCode.FORBIDDEN,
            f"The token lacks the scope {rule.scope.value}.",
            {"operation": operation, "scope": rule.scope.value},
        )
    return principal


def visible_customer(principal: Principal) -> UUID | None:
    """The only customer whose things may be seen, or null when all may be.

    A customer's log-in that is tied to nobody sees nobody: the null id of no customer.
    """
    if principal.role is Role.CUSTOMER:
        return principal.customer_id or UUID(int=0)
    return None
