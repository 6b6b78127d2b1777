"""The sandbox as one ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from tenor.sandbox import bank, checkout, control, pages, sendgrid, stripe, twilio
from tenor.sandbox.guard import SameSiteOnly
from tenor.sandbox.service import Sandbox
from tenor.sandbox.settings import SandboxSettings
from tenor.sandbox.store import open_store
from tenor.sandbox.till import Till
from tenor.sandbox.webhooks import Clock, WebhookPoster

MOST_BODY_BYTES = 2 * 1024 * 1024


def create_app(settings: SandboxSettings, clock: Clock) -> FastAPI:
    """Open the memory and put the parts together; the application closes them when it ends.

    Raises:
        UnreadableMemory: The state folder is of another version.
    """
    store = open_store(settings.state_dir)
    poster = WebhookPoster(store, settings, clock)
    till = Till(store, clock)
    sandbox = Sandbox(settings, store, poster, clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        posting = asyncio.create_task(poster.run())
        yield
        posting.cancel()
        with suppress(asyncio.CancelledError):
            await posting
        await poster.close()
        await store.close()

    app = FastAPI(
        title="Tenor sandbox providers",
        docs_url=None,
        redoc_url=None,
        openapi_url="/sandbox/api/openapi.json",
        max_body_size=MOST_BODY_BYTES,
        lifespan=lifespan,
        # Looking for somebody to tell of each request takes longer than some answers.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[Middleware(SameSiteOnly, allowed_hosts=settings.allowed_hosts)],
    )
    app.include_router(twilio.routes(sandbox))
    app.include_router(sendgrid.routes(sandbox))
    app.include_router(stripe.routes(sandbox, till))
    app.include_router(bank.routes(sandbox, till))
    app.include_router(control.routes(sandbox))
    app.include_router(checkout.routes(sandbox, till))
    app.include_router(pages.routes(sandbox))
    app.mount("/sandbox/static", StaticFiles(directory=pages.STATIC_FOLDER), name="static")

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/sandbox", 307)

    @app.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> dict[str, str]:
        await store.faults()
        return {"status": "ok"}

    return app
