"""How a command ends that an exception ended: one message, and an exit code."""

from __future__ import annotations

import traceback
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from smscampaign.cli.screen import ANSWER, as_called, err, note, plain, print_json, show_error
from smscampaign.drawing import discreet
from smscampaign.errors import CampaignError, was_under_way
from smscampaign.journal.places import without_secrets

#: Exit codes: nothing left undone, something left undone, nothing done at all.
DONE, PARTLY, NOTHING = 0, 1, 2

# Characters of each text of an error: thirty columns, named in full, and some sentences.
_LONGEST = 4_000

_HOUSE = Path(__file__).parents[1]


class Ending(NamedTuple):
    """What ended a command: what is wrong, where, what to do, and a code for programs."""

    what: str
    where: str = ""
    remedy: str = ""
    code: str = "system"
    command: str = ""

    def show(self, *, json: bool) -> None:
        """For people on standard error; with `json` also as the one document, unless that is there already."""
        # What somebody typed or wrote stands in them, and may be of any length.
        what, where, remedy = map(_cut, (self.what, self.where, self.remedy))
        show_error(what, where=where, remedy=remedy, command=self.command)
        if json and not ANSWER.given:
            told = {"what": what, "where": where, "remedy": as_called(remedy), "code": self.code}
            print_json({"error": {name: discreet(text) for name, text in told.items()}})


def _cut(text: str) -> str:
    """A text without its middle where it is very long."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def failed(error: BaseException | None, *, debug: bool, json: bool) -> int:
    """Tell what happened, and whether messages left before. Gives the exit code: 1 if they did or may have, else 2.

    The texts of exceptions that are not ours may quote cells and keys: of those the kind and the place are told, and the
    rest with `debug` only.
    """
    error = error or RuntimeError()
    # Who reads standard error may have gone as well; the exit code says it then.
    with suppress(OSError, ValueError):
        if debug:
            _show_traceback(error)
        if not isinstance(error, BrokenPipeError):  # else whoever read the output has gone
            _ending_of(error).show(json=json)
            _tell_what_was_sent(error)
    return 1 if was_under_way(error) else 2


def _ending_of(error: BaseException) -> Ending:
    match error:
        case CampaignError():
            return Ending(error.what, error.where, error.remedy, error.code or "gateway", error.command)
        case MemoryError() | ImportError() if isinstance(error, MemoryError) or _UNMAPPED in str(error):
            return Ending("there is not enough memory", remedy="Close other programs, or split the file.")
        case RuntimeError() if str(error) == _NO_THREAD:
            what = "no thread can be started: the system is out of memory or of processes"
            remedy = "Close other programs, or allow more of them or more memory (`ulimit -u`, `ulimit -v`)."
            return Ending(what, remedy=remedy)
        case RuntimeError() if str(error).startswith(_LOOP):  # before Python 3.13 it is no OSError
            where = str(error).removeprefix(_LOOP).strip("'")
            return Ending("this link leads back to itself", where, "Remove it.")
        case OSError(errno=int()):
            where = error.filename if isinstance(error.filename, str) else ""
            return Ending(f"the system says: {error.strerror}", where, _MORE)
    said = f"this is a defect of smscampaign, not a mistake of yours: {_place(error)}"
    return Ending(said, remedy=f"Please report that line. {_MORE}", code="defect")


def _tell_what_was_sent(error: BaseException) -> None:
    if was_under_way(error):
        note("Messages were sent, or may have been: `status` says how it stands, and `run` goes on.")
    elif not isinstance(error, CampaignError):
        note("This command sent nothing.")


_LOOP = "Symlink loop from "
_UNMAPPED = "failed to map segment"  # of a library, in an ImportError
_NO_THREAD = "can't start new thread"

_MORE = "`smscampaign --debug` and then the command shows more."


def _place(error: BaseException) -> str:
    """`KeyError in planning.py, line 12`: the last of our own lines that it went through."""
    ours = [
        f"{path.relative_to(_HOUSE)}, line {line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if (path := Path(frame.f_code.co_filename)).is_relative_to(_HOUSE)
    ]
    return f"{type(error).__name__} in {ours[-1]}" if ours else type(error).__name__


def _show_traceback(error: BaseException) -> None:
    for line in "".join(traceback.format_exception(error)).splitlines():
        err().print(plain(discreet(without_secrets(line))), soft_wrap=True)
