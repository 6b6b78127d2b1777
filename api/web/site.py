"""What a site is: its root, its cookie, and how long its sessions last."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Site:
    """One of the sites that this process serves.

    Attributes:
        name: Its name in the database and in cookies.
        root: The path under which all its pages are.
        idle: A session ends when nobody did anything for so long.
        lifetime: A session ends after so long, whatever is done.
        cookie_path: The browser sends the cookie to these pages only.
    """

    name: str
    root: str
    idle: timedelta
    lifetime: timedelta
    cookie_path: str = "/"

    @property
    def log_in(self) -> str:
        """The path of the page at which people come in."""
        return f"{self.root}/log-in"

    def cookie(self, *, secure: bool) -> str:
        """The name of its cookie; over HTTPS its prefix makes browsers insist on that.

        `__Host-` binds a cookie to the host as well, but only one for all paths.
        """
        prefix = "__Host-" if self.cookie_path == "/" else "__Secure-"
        return f"{prefix if secure else ''}tenor-{self.name}"

    def has(self, path: str) -> bool:
        """Tell whether a path is one of this site."""
        return path == self.root or path.startswith(f"{self.root}/")


CONSOLE: Final = Site("console", "/console", timedelta(minutes=30), timedelta(hours=12))
"""For the staff."""

PORTAL: Final = Site(
    "portal", "/portal", timedelta(minutes=15), timedelta(hours=2), cookie_path="/portal"
)
"""For customers, on phones that others may pick up."""

SITES: Final[tuple[Site, ...]] = (CONSOLE, PORTAL)


def site_of(path: str) -> Site | None:
    """The site a path belongs to; none for what is no page."""
    return next((site for site in SITES if site.has(path)), None)
