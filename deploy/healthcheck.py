"""`python healthcheck.py [PATH]`: exit code 0 when this container's process answers 200.

The API answers on 8080, every other process on `TENOR_HEALTH_PORT`; without a path it is asked
whether it is ready.
"""

import http.client
import os
import sys

OK = 200


def main(arguments: list[str], environment: dict[str, str]) -> int:
    """Ask once."""
    path = arguments[0] if arguments else "/health/ready"
    port = int(environment.get("TENOR_HEALTH_PORT") or "8080")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        return 0 if connection.getresponse().status == OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
