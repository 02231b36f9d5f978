"""A file that somebody drops: it arrives in pieces, and is kept for its owner alone (0600) beside its journal."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from smscampaign.errors import FileProblem
from smscampaign.languages import say
from smscampaign.names import printable

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
        """Keep one piece; gives the file once it is whole. Raises `FileProblem`."""
        if at == 0:
            self._file, self._at = self._begun(name), 0
        if self._file is None or at != self._at or size > _MOST:
            raise FileProblem(say("The file did not arrive whole; drop it once more."), where=printable(name))
        try:
            with self._file.open("ab") as file:
                file.write(part)
        except OSError as error:
            raise FileProblem(str(error.strerror), where=self._file.name) from error
        self._at += len(part)
        if self._at < size:
            return None
        target = self._target(name)
        os.replace(self._file, target)
        self._file = None
        return target

    def _begun(self, name: str) -> Path:
        target = self._target(name)
        beside = target.with_name(f".{target.name}.part")
        try:
            beside.unlink(missing_ok=True)
            os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise FileProblem(str(error.strerror), where=str(target.parent)) from error
        return beside

    def _target(self, name: str) -> Path:
        """Under the name it has, or under the one the panel was opened with. Never in the place of another file."""
        own = Path(name.replace("\\", "/")).name
        suffix = Path(own).suffix.lower()
        if suffix not in KINDS:
            raise FileProblem(
                say("This is no list of recipients: {kinds} are.", kinds=" ".join(KINDS)),
                where=printable(own),
            )
        target = Path.cwd() / own if self._place is None else self._place.with_suffix(suffix)
        if target.exists():
            raise FileProblem(
                say(
                    "There is a file of this name already, and it stays as it is: remove it, or rename this one."
                ),
                where=target.name,
            )
        return target
