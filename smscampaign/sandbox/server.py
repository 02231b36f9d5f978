"""Starting and stopping a sandbox: as a process of its own, or inside this one on a free loopback port."""

from __future__ import annotations

import base64
import csv
import http.client
import io
import os
import signal
import socket
import ssl
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from os import PathLike
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from smscampaign.errors import for_shell
from smscampaign.sandbox.admission import Address, is_loopback
from smscampaign.sandbox.settings import Sandbox, SandboxProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    import uvicorn

    from smscampaign.sandbox.clock import Clock
    from smscampaign.sandbox.engine import SandboxServer
    from smscampaign.sandbox.faults import Fault
    from smscampaign.sandbox.world import World

LOOPBACK = "127.0.0.1"
Certificate = tuple[str | PathLike[str], str | PathLike[str]]
"""The files of a certificate and of its key, in PEM."""
_START_LIMIT = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that is serving: where it is, its account, and the keys that open it."""

    endpoint: str
    url: str
    account: str
    application_key: str
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)
    world: World = field(repr=False)

    def environment(self) -> dict[str, str]:
        """The variables by which the `ovh` package finds it."""
        return {
            "OVH_ENDPOINT": self.endpoint,
            "OVH_APPLICATION_KEY": self.application_key,
            "OVH_APPLICATION_SECRET": self.application_secret,
            "OVH_CONSUMER_KEY": self.consumer_key,
        }

    def announcement(self) -> str:
        """What is printed on start: one line to paste into a shell, then one for people, with the account and the page."""
        variables = " ".join(f"{name}={for_shell(value)}" for name, value in self.environment().items())
        return f"export {variables}\nAccount {self.account}, inbox {self.url}"

    def accepted(self) -> Iterator[dict[str, str]]:
        """What was really accepted, one mapping per receiver: time, call, tag, receiver, sender, parts, credits, message."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or LOOPBACK, place.port, timeout=60)
        if place.scheme == "https":  # this very process, so there is nobody to mistake it for
            context = ssl._create_unverified_context()  # noqa: S323
            connection = http.client.HTTPSConnection(
                place.hostname or LOOPBACK, place.port, timeout=60, context=context
            )
        try:
            keys = base64.b64encode(f"{self.application_key}:{self.application_secret}".encode()).decode()
            connection.request("GET", "/_sandbox/accepted.csv", headers={"Authorization": f"Basic {keys}"})
            answer = connection.getresponse()
            yield from csv.DictReader(io.TextIOWrapper(answer, encoding="utf-8", newline=""))
        finally:
            connection.close()

    def recharge(self, more: Decimal | int) -> None:
        """Add credits to its account."""
        left = self.world.store.credits(self.account) or Decimal(0)
        self.world.store.set_credits(self.account, left + more)

    def forward(self, seconds: float) -> None:
        """Move its clock on. Raises ValueError when that is too far."""
        self.world.clock.step(seconds)
        self.world.store.objects.put("clock", "", "", self.world.clock.state())

    def answer(self, receiver: str, text: str) -> None:
        """Somebody answers the last message that he got. Raises SandboxProblem where he cannot."""
        from smscampaign.sandbox.replies import ReplyProblem, reply

        try:
            reply(self.world, text, receiver=receiver)
        except ReplyProblem as error:
            raise SandboxProblem(str(error)) from error

    def add_faults(self, *faults: Fault) -> None:
        """Put faults in force (see `smscampaign.sandbox.faults`)."""
        self.world.injector.add(faults)

    def clear_faults(self) -> None:
        """Behave again."""
        self.world.injector.clear()


def serve(
    settings: Sandbox | None = None,
    *,
    host: str = LOOPBACK,
    port: int = 8080,
    database: str | Path = ":memory:",
    faults: Sequence[Fault] = (),
    announce: Callable[[str], None] | None = None,
    tls: Certificate | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM. Port 0 takes a free one.

    One line says on start where the sandbox is; `announce` takes it instead of standard output. With `tls` it speaks HTTPS:
    the files of a certificate and of its key. Raises SandboxProblem when the port, the database or the certificate
    cannot be had.
    """
    _check(tls)
    with _prepared(settings or Sandbox(), host=host, port=port, database=database) as (plain, sock):
        running = _secured(plain, tls)
        running.add_faults(*faults)
        say = announce or _print
        server = _server(
            running.world, host, sock=sock, on_start=lambda: say(running.announcement()), tls=tls
        )
        _until_signalled(server, sock)


@contextmanager
def running(
    database: str | Path = ":memory:",
    *,
    settings: Sandbox | None = None,
    port: int = 0,
    clock: Clock | None = None,
    faults: Sequence[Fault] = (),
    tls: Certificate | None = None,
) -> Iterator[Running]:
    """A sandbox in a thread of this process, on loopback. It is serving inside the `with` and stopped after it."""
    _check(tls)
    with _prepared(settings or Sandbox(), host=LOOPBACK, port=port, database=database, clock=clock) as (
        plain,
        sock,
    ):
        here = _secured(plain, tls)
        here.add_faults(*faults)
        started = threading.Event()
        server = _server(here.world, LOOPBACK, sock=sock, on_start=started.set, tls=tls)
        thread = threading.Thread(target=server.run, args=([sock],), name="smscampaign-sandbox", daemon=True)
        thread.start()
        try:
            if not started.wait(_START_LIMIT):
                raise SandboxProblem("The sandbox did not start serving; try again.")
            yield here
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _prepared(
    settings: Sandbox, *, host: str, port: int, database: str | Path, clock: Clock | None = None
) -> Iterator[tuple[Running, socket.socket]]:
    """The store opened, the port bound, and both closed at the end."""
    # The web server and the phone number metadata load when a sandbox starts, not when the package is imported.
    from smscampaign.sandbox.app import create_world
    from smscampaign.sandbox.store import open_store

    store = open_store(database)
    try:
        world = create_world(settings, store, clock=clock)
        sock = _bind(host, port)
        try:
            yield _describe(world, sock), sock
        finally:
            sock.close()
    finally:
        store.close()


def _describe(world: World, sock: socket.socket) -> Running:
    host, port = sock.getsockname()[:2]
    shown = {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    key = world.settings.credentials[0]
    return Running(
        endpoint=f"http://{shown}:{port}/1.0",
        url=f"http://{shown}:{port}/",
        account=world.settings.account_names()[0],
        application_key=key.application_key,
        application_secret=key.application_secret,
        consumer_key=key.consumer_key,
        world=world,
    )


def _bind(host: str, port: int) -> socket.socket:
    try:
        return _listening(host, port)
    except (OSError, OverflowError) as error:
        raise SandboxProblem(
            f"Port {port} of {host} cannot be used: {error}. Stop what uses it, or take another (0 takes a free one)."
        ) from error


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named; without it every answer waits 40 ms for an acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there the option would let two servers share a port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock


def _secured(here: Running, tls: Certificate | None) -> Running:
    if tls is None:
        return here
    secure = {name: "https" + getattr(here, name).removeprefix("http") for name in ("endpoint", "url")}
    return replace(here, **secure)


def _check(tls: Certificate | None) -> None:
    if tls is None:
        return
    if missing := [str(one) for one in tls if not os.path.isfile(one)]:  # OpenSSL would wait for a pipe
        raise SandboxProblem(f"{missing[0]} is no file. docs/sandbox.md says how to make a certificate.")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(*tls)
    except (OSError, ValueError) as error:
        raise SandboxProblem(
            f"The certificate {tls[0]} and the key {tls[1]} cannot be used: {error}. docs/sandbox.md says how to make them."
        ) from error


def _server(
    world: World, name: str, *, sock: socket.socket, on_start: Callable[[], object], tls: Certificate | None
) -> SandboxServer:
    from smscampaign.sandbox.engine import build

    host, port = sock.getsockname()[:2]
    options = {} if tls is None else {"ssl_certfile": tls[0], "ssl_keyfile": tls[1]}
    place = Address(name, reached=not is_loopback(host))
    return build(world, place=place, on_start=on_start, bind=lambda: _listening(host, port), options=options)


def _until_signalled(server: uvicorn.Server, sock: socket.socket) -> None:
    """Run in the main thread until a signal, which here is the wanted end.

    uvicorn has its own handlers while it serves, and raises the signal again once it has stopped: these catch that one,
    and one that comes before.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run([sock])
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
