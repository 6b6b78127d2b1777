"""`python healthcheck.py URL`: exit code 0 when the address answers 200, for container images."""

import sys
import urllib.error
import urllib.request

OK = 200


def main() -> int:
    """Ask once."""
    url = sys.argv[1]
    if not url.startswith("http://127.0.0.1:"):
        sys.stderr.write("only this machine is asked\n")
        return 2
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:  # noqa: S310 - checked above
            return 0 if answer.status == OK else 1
    except (urllib.error.URLError, OSError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
