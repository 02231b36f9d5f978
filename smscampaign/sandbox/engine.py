"""uvicorn as this sandbox runs it: it says when it serves, works in the background meanwhile, and can shut its doors."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

import uvicorn

from smscampaign.sandbox.app import create_app
from smscampaign.sandbox.callbacks import Callbacks
from smscampaign.sandbox.connection import Protocol
from smscampaign.sandbox.documents import Exports

if TYPE_CHECKING:
    from collections.abc import Callable

    from smscampaign.sandbox.admission import Address
    from smscampaign.sandbox.world import World

_LOG = logging.getLogger("smscampaign.sandbox")
# Idle connections of a paced client must outlive its pauses: one closed in the moment of a call leaves that call in doubt.
_KEEP_ALIVE = 3600
# A call that a fault made hang must not keep the sandbox from stopping.
_GRACE = 1
_LOOK = 0.02


class SandboxServer(uvicorn.Server):
    """One sandbox that serves on a socket which is bound already; `bind` binds another to the same address."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        world: World,
        on_start: Callable[[], object],
        bind: Callable[[], socket.socket],
    ) -> None:
        super().__init__(config)
        self._world, self._on_start, self._bind = world, on_start, bind
        self._background: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        work = (Callbacks(self._world).run(), Exports(self._world).run(), self._mind_the_doors())
        self._background = [asyncio.create_task(one) for one in work]
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, and the work in the background first."""
        for task in self._background:
            task.cancel()
        await super().shutdown(sockets)

    async def _mind_the_doors(self) -> None:
        """Listen to nobody while there is an outage, so that connections are refused, and listen again after it."""
        while True:
            await asyncio.sleep(_LOOK)
            if self._world.outage.on and self.servers:
                for server in self.servers:
                    server.close()
                self.servers = []
            elif not self._world.outage.on and not self.servers:
                await self._listen()

    async def _listen(self) -> None:
        try:
            sock = self._bind()
        except OSError as error:
            _LOG.warning("the sandbox cannot listen again: %s", error)
            return
        loop = asyncio.get_running_loop()
        self.servers = [await loop.create_server(self._protocol, sock=sock, ssl=self.config.ssl)]

    def _protocol(self) -> asyncio.Protocol:
        return Protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)


def build(
    world: World,
    *,
    place: Address,
    on_start: Callable[[], object],
    bind: Callable[[], socket.socket],
    options: dict[str, Any],
) -> SandboxServer:
    """The server of one sandbox; `options` go to uvicorn."""
    config = uvicorn.Config(
        create_app(world, place),
        http=Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        **options,
    )
    return SandboxServer(config, world=world, on_start=on_start, bind=bind)
