"""The sandbox as one Starlette application: the API, its own endpoints, and the page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount

from smscampaign.phone.normaliser import Normaliser
from smscampaign.sandbox import control, credentials, page, storage
from smscampaign.sandbox.admission import opens
from smscampaign.sandbox.answers import service
from smscampaign.sandbox.api import PREFIX, Application
from smscampaign.sandbox.clock import Clock
from smscampaign.sandbox.faults import Injector
from smscampaign.sandbox.lastcalls import LastCalls
from smscampaign.sandbox.world import World

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from smscampaign.sandbox.admission import Address
    from smscampaign.sandbox.settings import Sandbox
    from smscampaign.sandbox.store import Store

# The page may run and load nothing but what this sandbox serves, and no other page may frame it.
_GUARD = (
    b"default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    b"style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_EVERYWHERE = [
    (b"x-sandbox", b"smscampaign"),
    (b"content-security-policy", _GUARD),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]

_AT_THE_DOOR = frozenset({b"host", b"authorization"})
_OTHER_NAME = "This sandbox goes by addresses, localhost and the name given with --host only"
_NO_KEYS = "Other machines reach this sandbox: give its application key as user name and its application secret as password"


def create_world(settings: Sandbox, store: Store, *, clock: Clock | None = None) -> World:
    """One sandbox around an open store; what the settings name and the store lacks is created."""
    clock = clock or Clock()
    if kept := store.objects.get("clock", "", ""):
        clock.restore(kept)
    if settings.start is not None:
        clock.set(clock.parse(settings.start))
    if settings.speed is not None:
        clock.hurry(settings.speed)
    if settings.start is not None or settings.speed is not None:
        store.objects.put("clock", "", "", clock.state())
    store.prepare(settings, now=clock.now())
    if not settings.credentials:
        settings = replace(settings, credentials=(credentials.kept(store),))
    # Receivers come in international form, so the region never decides.
    return World(settings, clock, store, Injector(seed=settings.seed), Normaliser("FR"))


def create_app(world: World, place: Address) -> ASGIApp:
    """The ASGI application of one sandbox that listens at `place`."""
    calls = LastCalls(Application(world), world.clock)
    app = Starlette(
        routes=[
            *page.routes(world, calls),
            *control.routes(world),
            *storage.routes(world),
            Mount(PREFIX, calls),
        ],
        exception_handlers={404: _not_found, 405: _not_found},
    )
    app.router.redirect_slashes = False
    return _Door(_Lanes(calls, _Says(app)), world, place)


class _Door:
    """Turns away what was sent to a name of somebody else, or does not bring the keys where they are asked for."""

    def __init__(self, inside: ASGIApp, world: World, place: Address) -> None:
        self._inside, self._keys, self._place = inside, world.settings.credentials, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = {name: value.decode("latin-1") for name, value in scope["headers"] if name in _AT_THE_DOOR}
        inside = self._inside
        if not self._place.goes_by(told.get(b"host", "")):
            inside = _Says(_refusal(403, _OTHER_NAME))
        elif self._place.wants_keys(scope["path"]) and not opens(told.get(b"authorization", ""), self._keys):
            inside = _Says(_refusal(401, _NO_KEYS, {"WWW-Authenticate": 'Basic realm="smscampaign sandbox"'}))
        await inside(scope, receive, send)


class _Lanes:
    """Lets the API's calls past the routing of the page: they are many, and the page is one."""

    def __init__(self, api: ASGIApp, rest: ASGIApp) -> None:
        self._api, self._rest = api, rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inside = scope["type"] == "http" and scope["path"].startswith(PREFIX + "/")
        await (self._api if inside else self._rest)(scope, receive, send)


class _Says:
    """Says in the headers of everything outside the API that it is a sandbox; the API says so itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_EVERYWHERE]
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)


def _refusal(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """One that the API's clients understand as well."""
    return JSONResponse(service(status, message).body, status_code=status, headers=headers)


async def _not_found(request: Request, error: Exception) -> Response:
    return _refusal(404, "Got an invalid (or empty) URL")
