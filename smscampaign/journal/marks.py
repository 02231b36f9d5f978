"""The mark: a small file beside a journal that says how far that journal had come.

A journal that is gone, empty, or an older copy of itself is told by it. It is written after each commit and before the next
call, so that it is never ahead of its journal, without fsync: it may be behind after a power cut, and then says less.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from smscampaign.errors import JournalProblem, for_shell

if sys.platform != "win32":
    import fcntl

#: How journals are named beside their recipients: of such a file that cannot be read it is believed that it was one.
NAMED = ".journal.sqlite"

_LINE = re.compile(rb"smscampaign-mark ([0-9a-f]{32}) ([0-9]{20})\n")
_LENGTH = len(f"smscampaign-mark {'0' * 32} {0:020}\n")


class MarkState(NamedTuple):
    """How far a journal had come: its random `identity`, and how many transactions have written in it.

    A mark that cannot be read has no identity: it says that there was a journal, and no more.
    """

    identity: str
    counter: int


class Mark:
    """The mark of one journal: `spring.journal.mark` beside `spring.journal.sqlite`, `camp.db.mark` beside `camp.db`."""

    def __init__(self, journal: Path) -> None:
        name = journal.name
        self.path = journal.with_name(
            f"{name.removesuffix('.sqlite') if name.endswith(NAMED) else name}.mark"
        )
        self._handle: int | None = None
        self._mutex = threading.Lock()

    def read(self) -> MarkState | None:
        """What it says; None where there is none."""
        try:
            handle = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return MarkState("", 0)
        try:
            return _reached(handle)
        finally:
            os.close(handle)

    def write(self, now: MarkState) -> None:
        """Say how far the journal has come; never less than it says already. Raises `JournalProblem`."""
        try:
            with self._mutex, _Alone(self._opened()) as handle:
                before = _reached(handle)
                if before.identity != now.identity or before.counter < now.counter:
                    _write(handle, f"smscampaign-mark {now.identity} {now.counter:020}\n".encode())
        except OSError as error:
            raise JournalProblem(
                f"the mark of the journal cannot be written ({error.strerror})",
                where=str(self.path),
                remedy="Make room, or make the place writable, and run the command again: what is recorded so far is safe.",
            ) from error

    def remove(self) -> None:
        """Nothing was sent from this journal after all: it may be deleted like any other file."""
        self.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give its descriptor back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _opened(self) -> int:
        """Kept open: opening takes longer than all the rest. One that was deleted meanwhile is made anew."""
        if self._handle is not None and not os.fstat(self._handle).st_nlink:
            self.close()
        if self._handle is None:
            if self.path.is_symlink() or (self.path.exists() and not self.path.is_file()):
                raise JournalProblem(
                    "the mark of the journal is no file of its own",
                    where=str(self.path),
                    remedy="Move it away, and run the command again: the mark is then written anew.",
                )
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
            self._handle = os.open(self.path, flags, 0o600)
            if hasattr(os, "fchmod"):
                os.fchmod(self._handle, 0o600)
        return self._handle


def _reached(handle: int) -> MarkState:
    try:
        found = _LINE.match(_read(handle))
    except OSError:
        found = None
    return MarkState(found[1].decode(), int(found[2])) if found else MarkState("", 0)


def _read(handle: int) -> bytes:
    if sys.platform == "win32":
        os.lseek(handle, 0, os.SEEK_SET)
        return os.read(handle, _LENGTH)
    return os.pread(handle, _LENGTH, 0)


def _write(handle: int, line: bytes) -> None:
    if sys.platform == "win32":
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, line)
    else:
        os.pwrite(handle, line, 0)


class _Alone:
    """A short lock: `receipts` and `cancel` of another process write it too."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def __enter__(self) -> int:
        if sys.platform != "win32":  # there it says less for a moment, at worst
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        return self._handle

    def __exit__(self, *_: object) -> None:
        if sys.platform != "win32":
            fcntl.flock(self._handle, fcntl.LOCK_UN)


def marked(journal: Path) -> bool:
    """Whether a mark beside it says that a campaign has begun in it."""
    said = Mark(journal.resolve()).read()
    return said is not None and bool(said.identity or journal.name.endswith(NAMED))


def gone(journal: Path, mark: Mark) -> JournalProblem:
    """The journal is not there, or empty, although its mark says that a campaign has begun in it, or somebody works on it."""
    if mark.read() is None:
        return JournalProblem(
            "the journal was moved away or deleted while this program was at work, so that nothing more is sent",
            where=str(journal),
            remedy="Bring it back, or run the command again: where it is not there the campaign is planned anew.",
        )
    how = "empty" if journal.exists() else "gone"
    return JournalProblem(
        f"the journal is {how}, and {mark.path.name} says that a campaign has begun in it",
        where=str(journal),
        remedy="Do not send this campaign again: only the journal knows who had it. Bring it back from where it was moved to,"
        f" or bring its newest copy and run {recover(journal)}. If there is none, put the file back as it was when it was"
        f" sent, move {mark.path.name} away and run the command again: it stops where OVHcloud has the campaign, and then"
        f" {recover(journal)} finds out who had it.",
    )


def refuse_behind(
    journal: Path, mark: Mark, said: MarkState | None, reached: MarkState, *, marked: bool
) -> None:
    """Raise `JournalProblem` where the mark `said` more than the journal knows, or is another journal's.

    What the mark said was read before the journal was, because both may be written to meanwhile.
    """
    if said is None or (marked and not said.identity):
        return
    if said.identity != reached.identity:
        raise JournalProblem(
            f"this is not the journal that {mark.path.name} is of: a campaign has begun in another one that was here",
            where=str(journal),
            remedy="Bring that journal back: only it knows who had its campaign. If the people here are to get this one all"
            f" the same, move {mark.path.name} away and run the command again.",
        )
    if said.counter > reached.counter:
        raise JournalProblem(
            f"this journal is an older copy: by {mark.path.name} it does not know what was sent last",
            where=str(journal),
            remedy="Bring back the journal itself. If that is lost, this copy can ask OVHcloud what was sent since:"
            f" {recover(journal)}.",
        )


def missing(journal: Path, mark: Mark) -> str:
    """The mark of a journal from which something may have been sent is not there; it was made anew."""
    return (
        f"{mark.path.name} was missing or spoiled, and was written anew. If {journal.name} is a copy from before the last"
        f" run, run {recover(journal)} before anything is sent"
    )


def recover(journal: object) -> str:
    """The command for a journal that is not whole."""
    return f"`smscampaign recover {for_shell(journal)}`"


def counted(raw: Connection) -> MarkState | None:
    """One transaction more has written; how far that is, where something may have been sent from this journal.

    Raises `sqlite3.Error`: it is the driver's own connection, because SQLAlchemy takes ten times as long.
    """
    rows = raw.execute(
        "UPDATE about SET counter = counter + 1 RETURNING identity, counter, marked"
    ).fetchall()  # all of them: a statement that may go on keeps the transaction from its end
    return next((MarkState(identity, counter) for identity, counter, marked in rows if marked), None)
