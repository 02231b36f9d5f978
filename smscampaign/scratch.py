"""Folders for journals that are thrown away: only this user can enter them, and who was killed leaves none for long."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "smscampaign-scratch-"


class ScratchFolder:
    """A folder that goes with the last object that holds it, or with the program.

    It is locked as long as it is in use: the lock goes with the process, however that ends, and the next one removes
    what is not locked any more.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        held = None
        while held is None:  # somebody else may sweep it between the two
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))  # 0700, whoever else uses the machine
            held = _hold(self.path)
        self.close = weakref.finalize(self, _remove, self.path, held)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """The path of one that is gone after the block."""
    folder = ScratchFolder()
    try:
        yield folder.path
    finally:
        folder.close()


def _hold(folder: Path) -> int | None:
    """A lock on a folder, as a descriptor; -1 where folders cannot be locked, None when it is somebody's or gone."""
    if sys.platform == "win32":
        return -1
    import fcntl

    descriptor = None
    with suppress(OSError):  # somebody holds it, or it went meanwhile
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), os.lstat(folder)):
            return descriptor
    if descriptor is not None:
        os.close(descriptor)
    return None


def _remove(folder: Path, held: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if held >= 0:
        os.close(held)


def _sweep(place: Path) -> None:
    """Remove what programs left that were killed; what somebody uses, or somebody else owns, stays."""
    if sys.platform == "win32":
        return
    with suppress(OSError), os.scandir(place) as found:
        for one in found:
            if one.name.startswith(_PREFIX) and one.is_dir(follow_symlinks=False):
                mine = one.stat(follow_symlinks=False).st_uid == os.getuid()
                held = _hold(Path(one.path)) if mine else None
                if held is not None:
                    _remove(Path(one.path), held)
