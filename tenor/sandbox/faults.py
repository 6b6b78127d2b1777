"""Answers that never come or say nothing: what the client of a troubled provider sees."""

import asyncio

from fastapi import Request, Response

_HTTP_CLIENT_CLOSED_REQUEST = 499
_LONGEST_HOLD_SECONDS = 300.0


def garbage() -> Response:
    """A success that no client of the provider can read, as a proxy in between might send it."""
    return Response("<html><body>It works!</body></html>", 200, media_type="text/html")


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
