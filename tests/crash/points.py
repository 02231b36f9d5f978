"""`smscampaign`, with a death at a chosen moment: durable writes and calls are counted from outside, and at the chosen one
the process sends itself SIGKILL. Nothing of this is in the product; without a request for it nothing is wrapped.

`SMSCAMPAIGN_CRASH='{"dies_at": "before commit:3"}' python -m tests.crash.points run FILE --yes` is one command that
dies there (`7` instead of `KIND:N`: at the 7th point of any kind). With `"trail": FILE` it writes down what it passes.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

VARIABLE = "SMSCAMPAIGN_CRASH"

#: A process of a test that hangs ends by SIGALRM.
LONGEST = 100


class Points:
    """Counts the moments that are passed, writes each down before it is, and dies at one: `KIND:N`, or `N` of any kind."""

    def __init__(self, dies_at: str, trail: int) -> None:
        kind, _, number = dies_at.rpartition(":")
        self._kind, self._number = kind, int(number or 0)
        self._trail = trail
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, kind: str) -> None:
        """One moment is passed."""
        with self._lock:
            self._passed[kind] += 1
            os.write(self._trail, f"{kind}\n".encode())
            reached = self._passed[kind] if kind == self._kind else 0 if self._kind else self._passed.total()
            if self._number and reached == self._number:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, place: Any, name: str, kind: str) -> None:
        """A point before and a point after whatever `place.name` does."""
        real = getattr(place, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self(f"before {kind}")
            result = real(*args, **kwargs)
            self(f"after {kind}")
            return result

        setattr(place, name, wrapped)

    def wrap_everything(self) -> None:
        """Every commit that wrote something, every call, every step of writing a file, the lock."""
        from filelock import BaseFileLock

        self._wrap_commits()
        self._wrap_calls()
        self.around(os, "replace", "rename")
        self.around(os, "fsync", "fsync of a file")
        self.around(BaseFileLock, "acquire", "lock")
        self.around(BaseFileLock, "release", "unlock")

    def _wrap_commits(self) -> None:
        from sqlalchemy.engine.default import DefaultDialect

        real, changes = DefaultDialect.do_commit, {}

        def commit(dialect: DefaultDialect, connection: Any) -> None:
            driver = getattr(connection, "driver_connection", connection)
            wrote = driver.total_changes != changes.get(id(driver), 0)
            changes[id(driver)] = driver.total_changes
            if wrote:
                self("before commit")
            real(dialect, connection)
            if wrote:
                self("after commit")

        DefaultDialect.do_commit = commit  # type: ignore[method-assign]

    def _wrap_calls(self) -> None:
        import requests
        from urllib3.connection import HTTPConnection

        here = threading.local()
        send, getresponse = requests.Session.send, HTTPConnection.getresponse

        def sending(session: requests.Session, request: Any, **options: Any) -> Any:
            here.method = request.method
            self(f"before {request.method}")
            answer = send(session, request, **options)
            self(f"after {request.method}")
            return answer

        def waiting(connection: HTTPConnection) -> Any:
            self(f"sent {here.method}, not answered")
            return getresponse(connection)

        requests.Session.send = sending  # type: ignore[method-assign]
        HTTPConnection.getresponse = waiting  # type: ignore[method-assign,assignment]


def command(arguments: Sequence[str]) -> int:
    """One command line of the product; its exit code."""
    from smscampaign.cli import main

    try:
        main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def prepare(request: dict[str, Any]) -> None:
    """What a test asks of the process besides its command."""
    if size := request.get("largest_file"):
        # SIGXFSZ would end it; ignored, writing beyond the limit fails with EFBIG.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    if request.get("bound_by_permissions"):
        _give_up_capabilities()
    if timeout := request.get("timeout"):
        from smscampaign.gateway import clients

        clients.TIMEOUT = (timeout, timeout)


def _give_up_capabilities() -> None:
    """What lets root write where nobody may (capset(2), `_LINUX_CAPABILITY_VERSION_3`); others have nothing to give up."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    if libc.capset(header, none):
        raise OSError(ctypes.get_errno(), "the capabilities cannot be given up")


def _main() -> NoReturn:
    code = 70
    try:
        signal.alarm(LONGEST)
        request = json.loads(os.environ[VARIABLE])
        trail = os.open(request.get("trail", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        Points(request.get("dies_at", ""), trail).wrap_everything()
        prepare(request)
        code = command(sys.argv[1:])
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - shown as an interpreter would
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)  # nothing is tidied up that a command left


if __name__ == "__main__":
    _main()
