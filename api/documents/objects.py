"""Where the bytes of documents lie: a folder, or a bucket that speaks S3; written once.

Keys carry no names, and what is stored is encrypted by the caller.
"""

from pathlib import Path
from typing import Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, S3Store

from api.settings import Settings
from domain.errors import DomainError, ErrorCode

_TIMEOUT: Final = "20s"


class Objects:
    """The object store of an installation; it is opened when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        """Keep where it is."""
        self._settings = settings
        self._store: LocalStore | S3Store | None = None

    async def put(self, key: str, content: bytes) -> bool:
        """Write an object; false when there is one already, which stays as it is.

        Raises `UNAVAILABLE`.
        """
        try:
            await obstore.put_async(self._opened(), key, content, mode="create")
        except AlreadyExistsError:
            return False
        except (BaseError, OSError) as error:
            raise _away() from error
        return True

    async def get(self, key: str) -> bytes | None:
        """Read an object whole; null when there is none. Raises `UNAVAILABLE`."""
        try:
            found = await obstore.get_async(self._opened(), key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise _away() from error

    def _opened(self) -> LocalStore | S3Store:
        if self._store is None:
            self._store = _store(self._settings)
        return self._store


def _store(settings: Settings) -> LocalStore | S3Store:
    if not settings.documents_bucket:
        folder = Path(settings.documents_dir).absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder, mkdir=True)
    endpoint = settings.s3_endpoint
    key, secret = settings.s3_access_key_id, settings.s3_secret_access_key.get_secret_value()
    return S3Store(
        settings.documents_bucket,
        prefix=settings.documents_prefix or None,
        config={
            "region": settings.s3_region,
            # Without keys the machine's own role is used.
            **({"access_key_id": key, "secret_access_key": secret} if key else {}),
            **({"endpoint": endpoint, "virtual_hosted_style_request": False} if endpoint else {}),
        },
        client_options={"timeout": _TIMEOUT, "allow_http": endpoint.startswith("http://")},
    )


def _away() -> DomainError:
    return DomainError(ErrorCode.UNAVAILABLE, "The store of documents does not answer.")
