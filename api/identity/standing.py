"""Whether what a token says of its holder is still so."""

from api.identity import queries
from api.security.principal import Principal
from api.work import Work


async def is_good(work: Work, principal: Principal) -> bool:
    """True while the holder exists, is not disabled, and is what the token says he is.

    A role, a customer or a scope that was taken away ends the token with it, and so does the end
    of the session it was issued in.
    """
    if principal.user_id is not None:
        user = await queries.user_standing(work, principal.user_id, principal.session_id)
        return user is not None and user == (principal.role.value, principal.customer_id, False)
    client = await queries.client_standing(work, principal.id)
    return client is not None and not client.disabled and principal.scopes <= client.scopes
