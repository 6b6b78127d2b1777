"""What is personal about a user, at rest: name and address under a key of his own.

The address is found again by its blind index. Destroying a user's key erases both.
"""

from typing import Final

from api.identity.tables import UserRow
from api.security.vault import Vault

ERASED: Final = "(erased)"
"""The name and address of a user whose key was destroyed."""

_EMAIL: Final = "users.email"
_NAME: Final = "users.name"


def seal(vault: Vault, user: UserRow, email: str, name: str) -> None:
    """Give a new user an address, in lower case, and a name, under a fresh key."""
    user.wrapped_key = vault.new_wrapped_key()
    cipher = vault.cipher(user.wrapped_key)
    user.email_index = email_index(vault, email)
    user.email_ct = cipher.encrypt(email, _EMAIL)
    user.name_ct = cipher.encrypt(name, _NAME)


def email_index(vault: Vault, email: str) -> bytes:
    """What an address in lower case is found by."""
    return vault.blind_index("user-email", email)


def email_of(vault: Vault, user: UserRow) -> str:
    """A user's address."""
    if user.wrapped_key is None:
        return ERASED
    return vault.cipher(user.wrapped_key).decrypt(user.email_ct, _EMAIL)


def name_of(vault: Vault, user: UserRow) -> str:
    """What a user is called."""
    if user.wrapped_key is None:
        return ERASED
    return vault.cipher(user.wrapped_key).decrypt(user.name_ct, _NAME)


def rename(vault: Vault, user: UserRow, name: str) -> None:
    """Call a user something else; nothing for one whose key was destroyed."""
    if user.wrapped_key is not None:
        user.name_ct = vault.cipher(user.wrapped_key).encrypt(name, _NAME)
