"""A file that somebody drops: it arrives in pieces, and is kept for its owner alone (0600) beside its journal."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from smscampaign.errors import FileProblem
from smscampaign.languages import say
from smscampaign.names import printable
from smscampaign.settings.file import is_text

#: What recipients may be.
KINDS = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".xls", ".xlsb", ".zip")

#: A dropped file that grows beyond this is no list of people.
_MOST = 4 * 1024**3


def found(path: Path) -> Path:
    """The file at `path`, or the one of that name and another ending, which somebody dropped there."""
    if path.is_file():
        return path
    others = [path.with_suffix(one) for one in KINDS if path.with_suffix(one).is_file()]
    return others[0] if len(others) == 1 else path


def is_private(path: Path) -> bool:
    """Whether only its owner can read it, as it is with what was dropped."""
    return path.is_file() and stat.S_IMODE(path.stat().st_mode) == 0o600


class Upload:
    """The file that is arriving; `place` is where it will be, if its kind does not say otherwise."""

    def __init__(self, place: Path | None) -> None:
        self._place = place
        self._file: Path | None = None
        self._at = 0

    def take(self, name: str, size: int, at: int, part: bytes) -> Path | None:
        """Keep one piece; gives the file once it is whole. Raises `FileProblem`, and keeps nothing of it then."""
        try:
            return self._take(name, size, at, part)
        except OSError as error:
            self._drop()
            raise FileProblem(str(error.strerror), where=printable(name)) from error
        except FileProblem:
            self._drop()
            raise

    def _take(self, name: str, size: int, at: int, part: bytes) -> Path | None:
        if at == 0:
            self._file, self._at = self._begun(name), 0
        if self._file is None or at != self._at or not at + len(part) <= size <= _MOST:
            raise FileProblem(say("The file did not arrive whole; drop it once more."), where=printable(name))
        with self._file.open("ab") as file:
            file.write(part)
        self._at += len(part)
        return self._stored(name) if self._at == size else None

    def _begun(self, name: str) -> Path:
        """A file of this upload alone: another panel may take one of the same name meanwhile."""
        self._drop()
        target = self._target(name)
        handle, beside = tempfile.mkstemp(prefix=".upload-", suffix=".part", dir=target.parent)
        os.close(handle)  # made for its owner alone
        return Path(beside)

    def _stored(self, name: str) -> Path:
        target = self._target(name)
        if self._file is not None:
            os.replace(self._file, target)
        self._file = None
        return target

    def _drop(self) -> None:
        """People's numbers are not left in a piece of a file that nobody sees."""
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink()
        self._file = None

    def _target(self, name: str) -> Path:
        """Under the name it has, or under the one the panel was opened with. Never in the place of another file."""
        own = Path(name.replace("\\", "/")).name
        suffix = Path(own).suffix.lower()
        if suffix not in KINDS or not is_text(own):
            raise FileProblem(
                say("This is no list of recipients: {kinds} are.", kinds=" ".join(KINDS)),
                where=printable(own),
            )
        target = Path.cwd() / own if self._place is None else self._place.with_suffix(suffix)
        if os.path.lexists(target):
            raise FileProblem(
                say(
                    "There is a file of this name already, and it stays as it is: remove it, or rename this one."
                ),
                where=target.name,
            )
        return target
