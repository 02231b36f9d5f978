"""A command in a real process without the second that Python takes to load it: one process has loaded everything, and forks.

`Forked` is `subprocess.Popen` for `python -m MODULE …`: the same arguments, pipes, signals and exit status. Its process has a
number, a folder, an environment, descriptors and, where asked for, a session of its own; what runs in it is `MODULE`'s
`__main__`, and it ends as the interpreter ends. What an interpreter reads at its start is that of the process that forks:
there is one for every environment that differs in more than `LATE`.

Whatever is about the start itself (imports, encodings, options of Python) wants `subprocess` and a new interpreter.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

#: Beginnings of the names of variables that are read while a command runs, and not when Python or a library is loaded.
LATE = ("OVH_", "HOME", "XDG_", "COLUMNS", "TERM", "SMSCAMPAIGN_", "PYTEST_")

_ROOT = Path(__file__).parents[1]
#: What commands import in the end.
_OTHERS = (
    *(
        "encodings.utf_8_sig",
        "filelock",
        "oauthlib.oauth2",
        "phonenumbers.data.region_FR",
        "psycopg",
        "pydantic.type_adapter",
    ),
    *(
        "requests_oauthlib",
        "rich._emoji_codes",
        "sqlalchemy.dialects.sqlite",
        "typer._adapters",
        "typer._click.decorators",
    ),
)
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_LARGEST = 1 << 20


class Forked(subprocess.Popen):
    """`python -m MODULE …`, forked."""

    def __init__(self, module: str, arguments: Sequence[object], **options: Any) -> None:
        super().__init__(["-m", module, *map(str, arguments)], **options)

    def _execute_child(
        self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *others: Any
    ) -> None:  # type: ignore[no-untyped-def]
        *_, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite = others[:9]
        environment = dict(os.environ if env is None else env)
        request = {
            "module": args[1],
            "arguments": args[2:],
            "folder": str(cwd or Path.cwd()),
            "environment": environment,
            "session": others[-2],
        }
        streams = [own if own != -1 else usual for usual, own in enumerate((p2cread, c2pwrite, errwrite))]
        try:
            self.pid = _server(_early(environment)).fork(request, streams)
            self._child_created = True
        finally:
            self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)


class _Server:
    """A process that forks; it ends with the process that started it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # What it forks becomes a child of this process, which alone may wait for it.
        if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "this process cannot take the children of others")
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._one_at_a_time = threading.Lock()
        with theirs:
            command = [sys.executable, "-m", "tests.forks", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, cwd=_ROOT, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        atexit.register(self._close)

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> int:
        with self._one_at_a_time:
            socket.send_fds(self._ours, [json.dumps(request).encode()], streams)
            return int(self._ours.recv(_LARGEST))

    def _close(self) -> None:
        self._ours.close()
        self._process.wait(30)


def _early(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(one for one in environment.items() if not one[0].startswith(LATE)))


@cache
def _server(environment: tuple[tuple[str, str], ...]) -> _Server:
    return _Server(dict(environment))


# In the process that forks, and in those it forks ------------------------------------------------------------------


def _load() -> None:
    """All that commands import; nothing is opened, and no thread begins.

    Except for `ovh`, which reads files when it is loaded, and for what cannot be loaded without it.
    """
    modules = [path.relative_to(_ROOT).with_suffix("") for path in (_ROOT / "smscampaign").rglob("*.py")]
    names = [".".join(one.parts).removesuffix(".__init__") for one in modules]
    sys.modules["ovh"] = None  # type: ignore[assignment]
    for name in (*names, *_OTHERS):
        if not name.endswith(".__main__") and not name.startswith("smscampaign.notebook"):
            try:
                importlib.import_module(name)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] != "ovh":
                    raise
    del sys.modules["ovh"]


def _serve(requests: socket.socket) -> dict[str, Any]:
    """Fork a process for each request; a request is given back in the process that was forked for it."""
    while True:
        text, streams, _, _ = socket.recv_fds(requests, _LARGEST, 3)
        if not text:
            os._exit(0)
        number, told = os.pipe()
        gone, held = os.pipe()
        if (between := os.fork()) == 0:
            if child := os.fork():
                os.write(told, str(child).encode())
                os._exit(0)
            os.close(held)
            os.read(gone, 1)  # nothing: it ends when whoever stood between is gone
            requests.close()
            for usual, given in enumerate(streams):
                os.dup2(given, usual)
            os.closerange(3, max(*streams, number, told, gone, held) + 1)
            request: dict[str, Any] = json.loads(text)
            return request
        os.waitpid(between, 0)
        # From now on its child belongs to who asked for it.
        requests.send(os.read(number, 100))
        for one in (*streams, number, told, gone, held):
            os.close(one)


def _become(request: Mapping[str, Any]) -> None:
    """Be the process that was asked for."""
    if request["session"]:
        os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.path[0] = request["folder"]
    sys.argv[1:] = request["arguments"]
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        stream = _stream(descriptor, mode, getattr(sys, name))
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _stream(descriptor: int, mode: str, usual: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream as `create_stdio` of Python's pylifecycle.c makes it, with the encoding of this interpreter."""
    plain = usual.write_through  # PYTHONUNBUFFERED
    stream = open(descriptor, f"{mode}b", buffering=0 if plain and mode == "w" else -1, closefd=False)  # noqa: SIM115 - it stays open
    lines = not plain and (descriptor == 2 or os.isatty(descriptor))
    return io.TextIOWrapper(
        stream, usual.encoding, usual.errors, "\n", line_buffering=lines, write_through=plain
    )


def _main() -> None:
    requests = socket.socket(fileno=int(sys.argv[1]))
    _load()
    if threading.active_count() > 1:
        raise RuntimeError("whoever forks has one thread")
    gc.collect()
    gc.freeze()
    request = _serve(requests)
    _become(request)
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
