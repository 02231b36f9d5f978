"""SQLite files that may be in use: they are opened through SQLite and by nothing else, be it to read how they begin.

On POSIX systems closing any descriptor of a file drops all locks that the process holds on it. SQLite in another process then
believes that it is alone and deletes the -wal and the -shm under whoever still writes to them
(https://sqlite.org/howtocorrupt.html, section 2.2). SQLite itself knows which files it has open, by device and inode.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from smscampaign.errors import JournalProblem

#: What stands beside a database or a journal by its name and more, and is never opened to see what it is.
COMPANIONS = ("-wal", "-shm", "-journal", ".lock", ".mark")

#: Bytes of the smallest page, and so of the smallest database that holds anything.
SMALLEST = 512

#: SQLite's codes for a disk that is full, fails, or may not be written (https://sqlite.org/rescode.html).
_OF_THE_DISK = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)

#: Bytes without which a journal cannot even be read: its -shm and a few pages of its -wal.
_LEAST_ROOM = 1 << 18

#: Seconds that a file in use may keep whoever only looks at it waiting.
PATIENCE = 2.0

#: Seconds for whoever looks through a folder: a journal in use is in WAL mode, and keeps nobody who reads it waiting.
GLANCE = 0.1


def identity(path: Path) -> tuple[int, int] | None:
    """Which file it is, by whatever name: its device and inode; None where there is none."""
    try:
        at = path.stat()
    except OSError:
        return None
    return at.st_dev, at.st_ino


def may_be_opened(path: Path) -> bool:
    """Whether it is a regular file that does not belong to a database beside it."""
    try:
        return not path.name.endswith(COMPANIONS) and stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def open_to_others(paths: Iterable[Path]) -> list[Path]:
    """Those that others may read although they were narrowed to 0600: their file system keeps no rights.

    By their names: none is opened. Raises PermissionError for one that others may read and somebody else owns.
    """
    return [path for path in paths if os.name != "nt" and not _narrowed(path)]


def _narrowed(path: Path) -> bool:
    try:
        at = path.lstat()  # what a link leads to is not ours
        if not stat.S_ISREG(at.st_mode) or not at.st_mode & 0o077:
            return True
        if os.geteuid() not in {0, _owner(at)}:
            raise PermissionError(errno.EPERM, "it belongs to somebody else", str(path))
        with suppress(OSError):
            path.chmod(0o600)
        return not path.stat().st_mode & 0o077
    except FileNotFoundError:
        return True


def _owner(at: os.stat_result) -> int:
    return at.st_uid


def connect(path: Path, *, write: bool = False, patience: float | None = None) -> sqlite3.Connection:
    """A connection to a file that is there, only to read unless `write`. Errors come with the first statement."""
    # As bytes: a file's name need not be UTF-8.
    where = f"file:{quote(os.fsencode(path.resolve()))}?mode={'rw' if write else 'ro'}"
    waits = PATIENCE if patience is None else patience
    opened = sqlite3.connect(where, uri=True, timeout=waits, isolation_level=None, check_same_thread=False)
    if not write:
        opened.execute("PRAGMA query_only=ON")
    return opened


@contextmanager
def tidied(path: Path) -> Iterator[None]:
    """Whoever reads a database in WAL mode makes a -wal and a -shm beside it. Afterwards they are gone, if there was no -wal.

    In the way that SQLite has for that: the last to close such a database removes them. Who holds it locked removes them
    himself, and is not waited for.
    """
    log = path.resolve()
    log = log.with_name(f"{log.name}-wal")
    bare = not size_of(log)
    try:
        yield
    finally:
        if bare and log.exists():
            with suppress(sqlite3.Error), closing(connect(path, write=True, patience=0)) as last:
                last.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone()


def tables_in(path: Path) -> frozenset[str] | None:
    """The names of a database's tables; None for whatever is none, and what cannot be opened. Nothing is written."""
    if not may_be_opened(path) or size_of(path) < SMALLEST:
        return None
    try:
        with tidied(path), closing(connect(path, patience=GLANCE)) as opened:
            names = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return frozenset(name for (name,) in names)
    except (OSError, sqlite3.Error):
        return None


def is_database(path: Path) -> bool:
    """Whether it is an SQLite database, or stands beside one and belongs to it: nothing that others may open."""
    if not may_be_opened(path) or size_of(path) < SMALLEST:
        return any(path.name.endswith(one) and _base(path, one).exists() for one in COMPANIONS)
    try:
        with tidied(path), closing(connect(path)) as opened:
            opened.execute("PRAGMA schema_version").fetchone()
    except sqlite3.DatabaseError as error:
        # Locked, damaged: that only a database can be. What is none, or may not be read at all, others tell better.
        return (error.sqlite_errorcode & 0xFF) not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN}
    return True


def written(path: Path) -> tuple[int, int, int, int]:
    """When a database and its -wal were written last, in nanoseconds, and their sizes: by their names, none is opened."""
    return *_written(path), *_written(f"{path}-wal")


def _written(path: Path | str) -> tuple[int, int]:
    try:
        at = os.stat(path)
    except OSError:
        return 0, 0
    return at.st_mtime_ns, at.st_size


def _base(path: Path, companion: str) -> Path:
    return path.with_name(path.name.removesuffix(companion) or path.name)


def kept_to_owner(journal: Path, mark: Path) -> tuple[str, ...]:
    """Narrow those that are there to mode 0600; answers a remark on each that others can read all the same.

    Raises `JournalProblem` for one that others can read and somebody else owns.
    """
    names = [journal.name + suffix for suffix in ("", *COMPANIONS)]
    try:
        seen = open_to_others([mark, *map(journal.with_name, names)])
    except PermissionError as error:
        raise JournalProblem(
            "others can read this file, which holds numbers and texts, and it belongs to somebody else",
            where=str(error.filename),
            remedy="Let its owner narrow it: chmod 600 FILE.",
        ) from None
    return tuple(f"Others can read {one.name}: the file system keeps no rights" for one in seen)


def is_locked(error: BaseException | None) -> bool:
    """Whether SQLite waited for another program, in vain."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_the_disk(error: object, *, but: int = 0) -> bool:
    """Whether SQLite says that the disk is full or the place read-only, and nothing of what the file holds."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK - {but}


def locked(path: Path) -> JournalProblem:
    """What the operator is told of a file that another program holds."""
    return JournalProblem(
        "another program keeps the journal locked",
        where=str(path),
        remedy="Close it there, such as in a database browser, and run the command again.",
    )


def unwritable(path: Path, why: object) -> JournalProblem:
    """What the operator is told of a place or a disk that takes nothing."""
    # Never "take another journal" where there is one: the new one would not know who has the message already.
    remedy = "Choose a writable place with --journal FILE."
    if size_of(path):
        remedy = "Make room, or make the place writable, and run the command again: what is recorded so far is safe in it."
    return JournalProblem(
        f"the journal cannot be written ({_full(path, why) or why})", where=str(path), remedy=remedy
    )


def _full(path: Path, why: object) -> str:
    """That its disk is full, where that is so: of a -shm that finds no room SQLite says "disk I/O error"."""
    with suppress(OSError):
        room = shutil.disk_usage(path.resolve().parent).free
        if is_the_disk(why, but=sqlite3.SQLITE_READONLY) and room < _LEAST_ROOM:
            return f"the disk is full: {room >> 10} KB are left"
    return ""


def in_the_way(path: Path, error: BaseException | None) -> JournalProblem | None:
    """What the operator is told where nothing is wrong with the file: another program holds it, or the disk is to blame."""
    error = getattr(error, "orig", error)  # SQLAlchemy's has SQLite's in it
    if is_locked(error):
        return locked(path)
    why = error.strerror if isinstance(error, OSError) else error if is_the_disk(error) else None
    return unwritable(path, why) if why else None


#: The hidden folder beside the recipients where rehearsals keep what is no result.
REHEARSALS = ".sandbox"


def make_room(path: Path) -> None:
    """Make the folder of rehearsals, for its owner only, where `path` is to stand in it or deeper. Raises `OSError`."""
    for folder in (path.parent.parent, path.parent):
        if REHEARSALS in {folder.name, folder.parent.name}:
            folder.mkdir(mode=0o700, exist_ok=True)


def refuse_place(path: Path) -> None:
    """Raise `JournalProblem` where no file could be made at `path`, as whoever makes one would. None is left behind."""
    if path.is_symlink():
        raise JournalProblem(
            "the journal is a link, and what it leads to is not there",
            where=str(path),
            remedy="Only that journal knows who had its campaign: bring it back, or remove the link for a new campaign.",
        )
    try:
        waits = path.parent.name == REHEARSALS and not path.parent.exists()
        with tempfile.TemporaryFile(dir=path.parent.parent if waits else path.parent):
            return
    except OSError as error:
        raise unwritable(path, error.strerror) from error


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
