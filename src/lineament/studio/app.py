"""The web application: routes, what guards them, and what they share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lineament import __version__
from lineament.studio import sign_in
from lineament.studio.database.wiring import ROUTERS as DATABASE_ROUTERS
from lineament.studio.database.wiring import add_database, watching
from lineament.studio.errors import add_handlers, readable
from lineament.studio.opening import start_opening
from lineament.studio.routes import fit, jobs, landmarks, measure, pages, scans, several
from lineament.studio.security import Guard
from lineament.studio.settings import Settings
from lineament.studio.sign_in import Sessions
from lineament.studio.state import Studio

ROUTERS = (
    sign_in.router,
    jobs.router,
    scans.router,
    landmarks.router,
    fit.router,
    measure.router,
    several.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Make a studio.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    FastAPI
        An ASGI application; `app.state.studio` is the `Studio`.
    """
    studio = Studio(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        studio.warm()
        for path in settings.preload:
            start_opening(studio, studio.workspace.create(None, readable(path.name), "file", path=path))
        try:
            async with watching(app):
                yield
        finally:
            studio.close()

    app = FastAPI(
        title="Lineament Studio",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.studio = studio
    add_database(app, studio, Sessions(settings))
    app.add_middleware(Guard, settings=settings)
    add_handlers(app)
    for router in (*ROUTERS, *DATABASE_ROUTERS, pages.router):
        app.include_router(router)
    return app
