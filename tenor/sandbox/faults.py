"""An answer that never comes: what the client of a timed-out provider sees."""

import asyncio

from fastapi import Request, Response

_HTTP_CLIENT_CLOSED_REQUEST = 499
_LONGEST_HOLD_SECONDS = 300.0


async def answer_never(request: Request) -> Response:
    """Hold the request until the client gives up; its body must have been read before."""

    async def client_gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(client_gone(), _LONGEST_HOLD_SECONDS)
    except TimeoutError:
        return Response(status_code=504)
    # Nobody reads this: the connection is closed.
    return Response(status_code=_HTTP_CLIENT_CLOSED_REQUEST)
