"""SQLite files that may be in use: they are opened through SQLite and by nothing else, be it to read how they begin.

On POSIX systems closing any descriptor of a file drops all locks that the process holds on it. SQLite in another process then
believes that it is alone and deletes the -wal and the -shm under whoever still writes to them
(https://sqlite.org/howtocorrupt.html, section 2.2). SQLite itself knows which files it has open, by device and inode.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from smscampaign.errors import JournalProblem

#: What stands beside a database or a journal by its name and more, and is never opened to see what it is.
COMPANIONS = ("-wal", "-shm", "-journal", ".lock", ".mark")

#: Bytes of the smallest page, and so of the smallest database that holds anything.
SMALLEST = 512

#: Seconds that a file in use may keep whoever only looks at it waiting.
PATIENCE = 2.0


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


def connect(path: Path, *, write: bool = False) -> sqlite3.Connection:
    """A connection to a file that is there, only to read unless `write`. Errors come with the first statement."""
    # As bytes: a file's name need not be UTF-8.
    where = f"file:{quote(os.fsencode(path.resolve()))}?mode={'rw' if write else 'ro'}"
    opened = sqlite3.connect(where, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    if not write:
        opened.execute("PRAGMA query_only=ON")
    return opened


@contextmanager
def tidied(path: Path) -> Iterator[None]:
    """Whoever reads a database in WAL mode makes a -wal and a -shm beside it. Afterwards they are gone, if there was no -wal.

    In the way that SQLite has for that: the last to close such a database removes them.
    """
    log = path.resolve()
    log = log.with_name(f"{log.name}-wal")
    bare = not _size(log)
    try:
        yield
    finally:
        if bare and log.exists():
            with suppress(sqlite3.Error), closing(connect(path, write=True)) as last:
                last.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone()


def tables_in(path: Path) -> frozenset[str] | None:
    """The names of a database's tables; None for whatever is none, and what cannot be opened. Nothing is written."""
    if not may_be_opened(path) or _size(path) < SMALLEST:
        return None
    try:
        with tidied(path), closing(connect(path)) as opened:
            names = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return frozenset(name for (name,) in names)
    except (OSError, sqlite3.Error):
        return None


def is_database(path: Path) -> bool:
    """Whether it is an SQLite database, or stands beside one and belongs to it: nothing that others may open."""
    if not may_be_opened(path) or _size(path) < SMALLEST:
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


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


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
