"""`sms.init`: a settings file to fill in, proposed from the recipients' own columns."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from smscampaign.campaign.keywords import PLACES, by_key, in_python
from smscampaign.campaign.proposals import Proposal, write_proposal
from smscampaign.drawing import Sheet, Viewable
from smscampaign.errors import SettingsProblem


class ProposalView(Viewable):
    """Settings that were written, what they say of the file, and what is to be filled in; `path` is where they are."""

    def __init__(self, made: Proposal) -> None:
        self.path = made.settings
        self._made = made

    def __fspath__(self) -> str:
        return str(self.path)

    def sheet(self) -> Sheet:
        """The page that shows it."""
        made = self._made
        asked = ", ".join(made.found.columns) or "nothing: no column has a name"
        said = [("Message", f"to be filled in; it may ask for {asked}"), *made.told]
        greeting = f"Hello {made.found.greeting}, …" if made.found.greeting else "Hello, …"
        return Sheet(
            made.settings.name,
            f"settings for {made.recipients.name}",
            tuple(said),
            action=f"Fill in {' and '.join(made.open_ones)} there, or give it here:",
            code=f"campaign = sms.Campaign.load({str(made.recipients)!r}, message={greeting!r}{_unsure(made)})",
        )


def init(
    recipients: str | PathLike[str],
    *,
    force: bool = False,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
) -> ProposalView:
    """Write a commented settings file beside the recipients, proposed from their columns, and show what was found.

    Over settings that are there only with `force`. The other keywords say how the file is read. Raises `FileProblem` and
    `SettingsProblem`.
    """
    if not isinstance(recipients, str | PathLike):
        raise SettingsProblem(
            f"settings are proposed for a file, and not for a value of the type {type(recipients).__name__}",
            where="init",
            remedy='Give the path of a file. A DataFrame has its settings as keywords: sms.Campaign(df, message="…").',
        )
    read = {"encoding": encoding, "delimiter": delimiter, "sheet": sheet, "header_row": header_row}
    with in_python():
        given = by_key({name: value for name, value in read.items() if value is not None})
        return ProposalView(write_proposal(Path(recipients), given, PLACES, force=force))


def _unsure(made: Proposal) -> str:
    """The keywords of what has to be said and is not certain, with what it seems to be."""
    hints = made.found.hints
    first = {key: next((one.value for one in hints.get(key, ())), "…") for key in made.unsure}
    return "".join(f", {PLACES[key]}={value!r}" for key, value in first.items())
