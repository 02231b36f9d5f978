"""What every test may rely on: no way off this machine, no keys of its owner, and some things made one way everywhere."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from smscampaign.journal.places import Server
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.store import Inputs, Journal, Record, open_journal
from smscampaign.model import Encoding, Message, Recipient, Text
from smscampaign.sandbox import Fault, Running
from smscampaign.sandbox.faults import Injector

# What a script starts in the background ignores Ctrl-C, and so would everything that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where Python is told not to keep compiled modules, each process of the command would compile all of the product anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# xdist sets it, and what goes into a pipe is as wide as it says.
os.environ.pop("COLUMNS", None)

# In memory where that can be had: no power fails here, and each fsync of thousands of small journals takes milliseconds of a
# disk. A container may have very little of it.
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2**31:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# Each journal has an engine of its own, and each engine compiles every statement anew: that was half of what the tests did.
# Here those of one kind of database share what is compiled; what a statement is kept under is SQLAlchemy's own key.
_COMPILED: dict[type, LRUCache] = {}
Engine._compiled_cache = property(
    lambda engine: _COMPILED.setdefault(type(engine.dialect), LRUCache(2000)), lambda engine, own: None
)
DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)
DefaultDialect.__hash__ = lambda one: hash(type(one))

# A machine that stands still for a second is no finding: an example would be "too slow", and the next time "flaky".
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

Planted = Callable[..., Record]
_HOME = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None})


@pytest.fixture(autouse=True)
def _stay_at_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that looks further than loopback fails, even if the code it tests swallows the error."""
    left: list[str] = []
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(family: int, address: object) -> None:
        if family in {socket.AF_INET, socket.AF_INET6} and address[0] not in _HOME:
            left.append(str(address))
            raise OSError(f"the tests do not leave this machine: {address}")

    def resolving(host, *args, **kwargs):
        host = host.decode() if isinstance(host, bytes) else host
        if host not in _HOME:
            if not host.endswith(".invalid"):  # RFC 6761: a name that certainly leads nowhere
                left.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(
        socket.socket, "connect", lambda sock, to: (check(sock.family, to), connect(sock, to))[1]
    )
    monkeypatch.setattr(
        socket.socket, "connect_ex", lambda sock, to: (check(sock.family, to), connect_ex(sock, to))[1]
    )
    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    yield
    assert not left, f"this test tried to reach {left}"


@pytest.fixture(autouse=True)
def _nobodys_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither keys, proxies, caches nor the language of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("OVH_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    # By chance, because `mktemp` counts what is there: beside thousands of others that takes 2 ms, and 2 more of `tmp_path`.
    cache = tmp_path_factory.getbasetemp() / "caches" / secrets.token_hex(8)
    cache.mkdir(parents=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr("ovh.config.CONFIG_PATH", [])
    monkeypatch.setattr("smscampaign.gateway.endpoints.PLACES", ())


@pytest.fixture
def once_called(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Faults of a sandbox that come into force with the first call: before it begins, a campaign is asked about."""

    def add(here: Running, *faults: Fault) -> None:
        injector, decide, waiting = here.world.injector, Injector.decide, list(faults)

        def deciding(asked: Injector, method: str, path: str) -> object:
            if asked is injector and (method, path.endswith("/jobs")) == ("POST", True):
                asked.add(waiting)
                waiting.clear()
            return decide(asked, method, path)

        monkeypatch.setattr(Injector, "decide", deciding)

    return add


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "test.journal.sqlite", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def inputs() -> Callable[..., Inputs]:
    def make(name: str = "spring", **changes: object) -> Inputs:
        values = {
            "gateway": "fake",
            "account": "",
            "fingerprint": "f" * 64,
            "ingredients": {},
            "settings": {},
        }
        return Inputs(name=name, **{**values, **changes})

    return make


@pytest.fixture
def message() -> Callable[..., Message]:
    """A message to the n-th number of a range reserved for fiction (ARCEP, decision 2018-0881: 06 39 98 xx xx)."""

    def make(line: int, body: str = "Hello", *, number: int | None = None, country: str = "FR") -> Message:
        msisdn = f"+336399{80000 + (line if number is None else number):05d}"
        return Message(line, Recipient(msisdn, country), Text(body, Encoding.GSM7, len(body), 1))

    return make


@pytest.fixture
def planted(inputs: Callable[..., Inputs], message: Callable[..., Message]) -> Planted:
    """A sealed plan with one message for each body, from row 2 on."""

    def make(journal: Journal, bodies: Sequence[str], *, size: int = 500, tag: str = "tagtagtagt") -> Record:
        writer = PlanWriter(journal, journal.begin(inputs(), tag=tag))
        writer.add([message(line, body) for line, body in enumerate(bodies, 2)])
        writer.seal(receivers_per_call=size, width=2, blank=0)
        record = journal.find("spring")
        assert record is not None
        return record

    return make


def _postgresql(name: str) -> str | None:
    """A program of the server; Debian keeps them where no PATH leads."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(places[0]) if places else None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """A throw-away PostgreSQL server; the folder of its socket. It listens on no port."""
    initdb, postgres = _postgresql("initdb"), _postgresql("postgres")
    if initdb is None or postgres is None:
        assert os.environ.get("CI") != "true", (
            "CI must test on PostgreSQL: install Debian's package postgresql"
        )
        pytest.skip("needs a PostgreSQL server: install Debian's package postgresql")
    # A short name: a socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="sms-pg-"))
    other = {}
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data, log = folder / "data", folder / "log"
    subprocess.run(
        [initdb, "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        timeout=60,
        **other,
    )
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [postgres, "-D", data, "-k", folder, "-h", "", "-F", "-c", "max_connections=60"],
            stdout=stream,
            stderr=stream,
            cwd=folder,
            **other,
        )
    try:
        _wait_for(folder, server, log)
        yield folder
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(folder)


def _wait_for(folder: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < limit:
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(folder), user="tester", dbname="postgres").close()
            return
        time.sleep(0.02)
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text('utf-8')}")


@pytest.fixture
def new_database(postgresql: Path) -> Callable[[], AbstractContextManager[Server]]:
    """Empty databases of one's own."""

    @contextmanager
    def make() -> Iterator[Server]:
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(
            host=str(postgresql), user="tester", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            yield Server(f"postgresql+psycopg://tester@/{name}?host={postgresql}")
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return make


@pytest.fixture
def database(new_database: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """An empty database of its own."""
    with new_database() as server:
        yield server
