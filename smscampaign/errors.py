"""What stops the operator: one error tree, each error saying what, where and what to do.

- `CampaignError`
    - `FileProblem`       the recipients' file cannot be read as it is
    - `SettingsProblem`   the settings or the options are wrong or incomplete
    - `TemplateProblem`   the message cannot be used as a template for this file
    - `JournalProblem`    the journal is locked, damaged, or belongs to something else
    - `ChangedInputs`     the campaign has begun, and its file, message or settings changed since
    - `SentBefore`        people would get a text they had from another campaign
    - `GatewayProblem`    OVHcloud's answer says the operator must change something
    - `NotConfirmed`      nobody said yes
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_UNDER_WAY = "Messages were sent, or may have been, before this happened."


class CampaignError(Exception):
    """An error for the operator.

    `what` is one sentence; `where` names the place (file, spreadsheet row, column, setting); `remedy` is what to do next.
    None of them ever holds a secret or a full phone number.
    """

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


class SettingsProblem(CampaignError):
    """A setting or an option is missing, unknown or wrong."""


class TemplateProblem(CampaignError):
    """The message does not compile, or asks for a column the file does not have."""


class JournalProblem(CampaignError):
    """The journal cannot be opened, is held by another process, or belongs to something else."""


class ChangedInputs(CampaignError):
    """The campaign has begun to leave, and what it was planned from is no longer the same."""


class SentBefore(CampaignError):
    """The same text went to the same people before, from another campaign or another journal."""


class GatewayProblem(CampaignError):
    """OVHcloud cannot be used as things are: keys, rights, account, sender or credits.

    `code` is OVHcloud's own error code where it gave one, such as `NOT_GRANTED_CALL`.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "", code: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.code = code


class NotConfirmed(CampaignError):
    """Nothing was sent because nobody said yes to this very plan."""


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
    """Whether messages were sent, or may have been, before this exception ended it."""
    return _UNDER_WAY in getattr(error, "__notes__", ())
