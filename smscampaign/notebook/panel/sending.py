"""The process that sends: the `run` command in a session of its own, so that it goes on when the kernel ends.

It takes the journal's lock and starts the rehearsal's sandbox itself. Code and keys reach it as one line on standard input,
and what it says on standard error, where no full number stands, goes to a log that only its owner reads. How far it has come,
everybody reads in the journal.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smscampaign.campaign.files import Files
from smscampaign.databases import make_room
from smscampaign.errors import JournalProblem
from smscampaign.journal.drivers import AtWork, at_work
from smscampaign.journal.store import open_journal
from smscampaign.languages import say
from smscampaign.notebook.panel.wishes import NO_WISHES, Wishes

#: Of what a process said, so many bytes are read.
_END = 4000

#: Seconds in which a process that was asked to end has ended.
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done in a process of its own: `run`, `cancel` or `receipts` of the campaign at `file`, and wishes."""

    file: Path
    rehearsal: bool
    command: str = "run"
    wishes: Wishes = NO_WISHES

    @property
    def files(self) -> Files:
        """Where the campaign keeps its journal and its results."""
        return Files.beside(self.file, rehearsal=self.rehearsal)

    @property
    def log(self) -> Path:
        """Where the process writes what it has to say: beside the journal."""
        place = self.files.journal
        beside = place if isinstance(place, Path) else self.files.results
        return beside.with_name(f"{beside.name.removesuffix('.journal.sqlite')}.sending.log")

    @property
    def asks(self) -> bool:
        """Whether it asks alone, so that no code is typed for it."""
        return self.command == "receipts"

    def words(self) -> list[str]:
        """The command. The code is in none of its words, because every user of a computer sees those."""
        way = ["--sandbox"] if self.rehearsal else []
        how = ["--follow"] if self.asks else ["--confirm", "-"]
        return [
            sys.executable,
            "-m",
            "smscampaign",
            self.command,
            str(self.file.absolute()),
            *how,
            *way,
            *(self.wishes.words() if self.command == "run" else ()),
        ]


@dataclass(frozen=True, slots=True)
class Sent:
    """A process that was started, what for, and where in its log it begins to speak."""

    process: subprocess.Popen[bytes]
    errand: Errand
    begins: int

    @property
    def ended(self) -> int | None:
        """Its exit code; None as long as it is at work."""
        return self.process.poll()

    def error(self) -> str:
        """The error that it ended with, as it told it; empty where there was none.

        Others may write into the same log meanwhile: who ended well had no error.
        """
        if not self.ended:
            return ""
        try:
            with self.errand.log.open("rb") as log:
                log.seek(self.begins)
                text = log.read()[-_END:].decode("utf-8", "replace").strip()
        except OSError:
            return ""
        _, found, said = text.rpartition("Error: ")
        return said if found else ""


def start(errand: Errand, code: str = "") -> Sent:
    """Start it. `code` is what somebody typed: whether it names the plan, the process decides. Who only asks needs none.

    Raises `JournalProblem` where its log cannot be written.
    """
    try:
        handle = _opened(errand.log)
    except OSError as error:
        raise JournalProblem(
            say(
                "Nothing was sent: the log of the sending cannot be written ({why}).",
                why=error.strerror or "",
            ),
            where=errand.log.name,
            remedy=say("Make room, or copy the recipients to a folder of yours."),
        ) from error
    try:
        begins = os.fstat(handle).st_size
        process = subprocess.Popen(  # noqa: S603 - our own command
            errand.words(),
            stdin=subprocess.DEVNULL if errand.asks else subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # rows and texts of people: the journal has them, and a log is no place for them
            stderr=handle,
            env={**_without_keys(), **(_keys() if errand.asks else {})},
            **_detached(),
        )
    finally:
        os.close(handle)
    _hand_over(process, {"confirm": code, "environment": _keys()})
    return Sent(process, errand, begins)


def _opened(log: Path) -> int:
    """Its log, for its owner alone: a regular file, because a pipe would wait for whoever reads it."""
    make_room(log)
    flags = (
        os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    handle = os.open(log, flags, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no regular file", str(log))
    if hasattr(os, "fchmod"):
        os.fchmod(handle, 0o600)  # a log of before may have been opened to others
    return handle


def end(sent: Sent) -> None:
    """End a process that asks: what came is kept, and whoever asks again goes on from there."""
    if sent.ended is None:
        sent.process.terminate()
        try:
            sent.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            sent.process.kill()


def ask_to_stop(errand: Errand, driver: AtWork) -> bool:
    """Let the calls under way be recorded and make no more; False where that driver is not at work any more.

    Raises `JournalProblem` where it is at work on another computer.
    """
    now = at_work_on(errand)
    # A run plans, and then delivers, under numbers of their own: its process is what is asked to stop.
    if now is None or (now.pid, now.host) != (driver.pid, driver.host):
        return False
    if driver.host != socket.gethostname():
        raise JournalProblem(
            f"the campaign is sent from another computer ({driver.host})",
            where=errand.files.results.name,
            remedy="Stop it there: with Ctrl-C, or in its own panel.",
        )
    try:
        os.kill(driver.pid, signal.SIGTERM)
    except ProcessLookupError:
        return False  # it has just ended
    return True


def at_work_on(errand: Errand) -> AtWork | None:
    """Who is at work on its journal."""
    place = errand.files.journal
    if not isinstance(place, Path) or not place.exists():
        return None
    with closing(open_journal(place, create=False)) as store:
        return at_work(store)


def _hand_over(process: subprocess.Popen[bytes], line: dict[str, Any]) -> None:
    """One line, and the end of the file: a process that does not get it whole does nothing."""
    pipe = process.stdin
    if pipe is None:
        return
    try:
        pipe.write(f"{json.dumps(line)}\n".encode())
        pipe.close()
    except BrokenPipeError:
        return  # it has ended already, and its log says why


def _keys() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("OVH_")}


def _without_keys() -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("OVH_")}
    # A notebook's own settings of Python and of terminals are no concern of it.
    return {**others, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}


def _detached() -> dict[str, Any]:
    """Out of the kernel's session, whose end would be its own."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
