"""What stops the operator: one error tree, each error saying what, where and what to do.

- `CampaignError`
    - `FileProblem`       the recipients' file cannot be read as it is
    - `SettingsProblem`   the settings or the options are wrong or incomplete
        - `SheetProblem`  which sheet of a workbook is meant has to be said
    - `TemplateProblem`   the message cannot be used as a template for this file
    - `JournalProblem`    the journal is locked, damaged, or belongs to something else
    - `ChangedInputs`     the campaign has begun, and its file, message or settings changed since
    - `SentBefore`        people would get a text they had from another campaign
    - `GatewayProblem`    OVHcloud's answer says the operator must change something
    - `NotConfirmed`      nobody said yes
"""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath

#: Signs that a terminal obeys or that nobody sees: controls, bidirectional marks and the like, bytes that are no UTF-8.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_UNDER_WAY = "Messages were sent, or may have been, before this happened."


class CampaignError(Exception):
    """An error for the operator.

    `what` is one sentence; `where` names the place (file, spreadsheet row, column, setting); `remedy` is what to do next.
    None of them ever holds a secret or a full phone number. `code` is for programs: the kind of error. `command` is one to
    copy, where who was asked knows it.
    """

    code: str = "problem"
    command: str = ""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n{self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: where in our code it was noticed helps nobody who runs a notebook."""
        return [f"{type(self).__name__}: {self}"]


class FileProblem(CampaignError):
    """The recipients' file cannot be read as it is."""

    code = "file"


class SettingsProblem(CampaignError):
    """A setting or an option is missing, unknown or wrong."""

    code = "settings"


class SheetProblem(SettingsProblem):
    """Which sheet of a workbook is meant has to be said: one of `sheets`."""

    def __init__(self, what: str, *, where: str, remedy: str, sheets: tuple[str, ...]) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.sheets = sheets


class TemplateProblem(CampaignError):
    """The message does not compile, or asks for a column the file does not have."""

    code = "template"


class JournalProblem(CampaignError):
    """The journal cannot be opened, is held by another process, or belongs to something else."""

    code = "journal"


class ChangedInputs(CampaignError):
    """The campaign has begun to leave, and what it was planned from is no longer the same.

    `add` are the options, with their values, and `leave_out` the names of others, that make it what it was.
    """

    code = "changed-inputs"
    add: tuple[tuple[str, ...], ...] = ()
    leave_out: tuple[str, ...] = ()


class SentBefore(CampaignError):
    """The same text went to the same people before, from another campaign or another journal."""

    code = "sent-before"


class GatewayProblem(CampaignError):
    """OVHcloud cannot be used as things are: keys, rights, account, sender or credits.

    `code` is OVHcloud's own error code where it gave one, such as `NOT_GRANTED_CALL`.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", code: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.code = code

    @property
    def lacks_right(self) -> bool:
        """Whether the keys may not ask this: what else they may, they may all the same."""
        return self.code == "NOT_GRANTED_CALL"


class NotConfirmed(CampaignError):
    """Nothing was sent because nobody said yes to this very plan."""

    code = "not-confirmed"


def for_shell(word: object) -> str:
    """A word of a command that is printed for copying, as bash, zsh and ksh read it: each remedy that names a file uses it.

    It is on one line and holds nothing that a terminal obeys; a path that begins with a hyphen is told from an option.
    """
    spelled = f"./{word}" if isinstance(word, PurePath) and str(word).startswith("-") else str(word)
    if not any(unicodedata.category(sign) in _UNSEEN for sign in spelled):
        return shlex.quote(spelled)
    return "$'{}'".format("".join(map(_escaped, spelled)))


def _escaped(sign: str) -> str:
    if unicodedata.category(sign) in _UNSEEN:
        return "".join(f"\\x{byte:02x}" for byte in sign.encode(errors="surrogateescape"))
    return f"\\{sign}" if sign in "\\'" else sign


@contextmanager
def under_way() -> Iterator[None]:
    """Round everything that may send: an exception that leaves it says so, and `was_under_way` finds it."""
    try:
        yield
    except Exception as error:
        if not was_under_way(error):
            error.add_note(_UNDER_WAY)
        raise


def was_under_way(error: BaseException) -> bool:
    """Whether messages were sent, or may have been, before this exception ended it, or one that it came after."""
    seen = set[int]()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        if _UNDER_WAY in getattr(at, "__notes__", ()):
            return True
        seen.add(id(at))
        at = at.__cause__ or at.__context__
    return False
