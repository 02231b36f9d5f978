"""Where a report is written: whole or not at all, for its owner alone, and over nothing but another report."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from smscampaign.errors import FileProblem

#: By this a report is known; it stands within the first lines.
MARK = '<meta name="generator" content="smscampaign report">'
_HEAD = 1024


def refuse_others(path: Path) -> None:
    """Raise `FileProblem` where a file stands that is not empty and no report: somebody else's is left as it is."""
    try:
        if path.exists() and not path.is_file():
            raise _unwritable(path, OSError(errno.EINVAL, "it is no file but a folder, a device or a pipe"))
        if not path.exists() or not path.stat().st_size:
            return
        with path.open("rb") as file:
            ours = MARK.encode() in file.read(_HEAD)
    except OSError as error:
        raise _unwritable(path, error) from error
    if not ours:
        raise FileProblem(
            "this file is no report of smscampaign, and is left as it is",
            where=str(path),
            remedy="Move it away, or choose another place with --out FILE.",
        )


def write(page: str, path: Path) -> Path:
    """Write a report beside `path` and move it into place. Mode 0600. Raises `FileProblem`."""
    refuse_others(path)
    name = ""
    try:
        # mkstemp makes the file 0600 and leaves no moment in which others could open it.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if name:
            with suppress(FileNotFoundError):
                os.unlink(name)
    return path


def _unwritable(path: Path, error: OSError) -> FileProblem:
    return FileProblem(
        f"the report cannot be written ({error.strerror})",
        where=str(path),
        remedy="Choose another place with --out FILE.",
    )
