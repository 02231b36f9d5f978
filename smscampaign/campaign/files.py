"""The files of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from smscampaign.campaign.old_results import tells_of_people
from smscampaign.databases import COMPANIONS, REHEARSALS, identity, open_to_others
from smscampaign.errors import JournalProblem, SettingsProblem
from smscampaign.gateway.endpoints import SANDBOX
from smscampaign.journal.fates import gateways_of, newest_accepted
from smscampaign.journal.places import Place
from smscampaign.journal.store import open_journal
from smscampaign.recipients.frames import FrameSource
from smscampaign.recipients.sources import Source

#: Bytes of a file from which its rows are reckoned, and how zipped ones begin, workbooks among them.
_HEAD, _PACKED = 262_144, b"PK"


def rows_about(source: Source, path: Path) -> int | None:
    """About how many rows there are: by the beginning of a text file and its size; None for what is packed or gone."""
    if isinstance(source, FrameSource):
        return len(source.frame)
    if not path.is_file():
        return None  # a pipe would be waited for
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        size = path.stat().st_size
    except OSError:
        return None
    if not head or head.startswith(_PACKED):
        return None
    return max(round(size / len(head) * head.count(b"\n")) - 1, 1)


def set_aside(results: Path, edition: int, *, known: Collection[str] = ()) -> Path | None:
    """Keep the results of an edition that another takes the place of, under a name of their own; None when there are none.

    Edition 0 is what stood there before the first: it is kept where it tells of people who were sent to, and of nobody by a
    call of the `known` tags.
    """
    if not results.exists() or not (edition or tells_of_people(results, known=known)):
        return None
    numbers = ("", *(f"-{again}" for again in range(2, 1000)))
    names = (f"{results.stem}.edition-{edition}{number}{results.suffix}" for number in numbers)
    kept = next(path for path in map(results.with_name, names) if not path.exists())
    results.rename(kept)
    with suppress(PermissionError):
        open_to_others([kept])
    return kept


#: How journals, their companions and sandboxes are named.
_NO_RESULTS = (".journal.sqlite", ".sandbox.sqlite", "-wal", "-shm", ".lock", ".mark")


@dataclass(frozen=True, slots=True)
class Files:
    """What stands beside the recipients; a rehearsal has its own, so that it never passes for the real thing."""

    journal: Place
    results: Path
    sandbox: Path

    @classmethod
    def beside(cls, path: Path, *, rehearsal: bool) -> Files:
        """The files of the campaign whose recipients are at `path`."""
        mark = ".sandbox" if rehearsal else ""
        hidden = path.parent / REHEARSALS
        return cls(
            (hidden if rehearsal else path.parent) / f"{path.stem}{mark}.journal.sqlite",
            path.with_name(f"{path.stem}{mark}.results.csv"),
            hidden / f"{path.stem}.sandbox.sqlite",
        )

    @property
    def rehearsal_over(self) -> bool:
        """A rehearsal goes with its sandbox: where that is gone, nobody has what its journal says."""
        kept = self.journal
        return isinstance(kept, Path) and kept.parent.name == REHEARSALS and not self.sandbox.exists()

    def forget_rehearsal(self) -> None:
        """Remove the journal of a rehearsal that is over; one that somebody put there and that knows of more stays."""
        if self.rehearsal_over and isinstance(self.journal, Path) and _only_rehearses(self.journal):
            remove_journal(self.journal)

    def refuse_taken(self, recipients: Path, *, inputs: Iterable[Path | None] = ()) -> None:
        """Raise `SettingsProblem` where results or journal would be written over a file of the campaign, or are no file.

        `inputs` are what it reads besides the recipients. A file is known by whatever name: another spelling, a link.
        """
        read = [recipients, recipients.with_suffix(".toml"), *filter(None, inputs)]
        read += [recipients.with_name(f"{recipients.stem}.rejected.csv"), *_with_companions(self.sandbox)]
        usual = [Files.beside(recipients, rehearsal=one).journal for one in (False, True)]
        journals = [one for place in (*usual, self.journal) for one in _with_companions(place)]
        for option, path, taken in (
            ("--journal", self.journal, [*read, *(one for one in journals if one.name.endswith(COMPANIONS))]),
            ("--out", self.results, [*read, *journals]),
        ):
            if not isinstance(path, Path):
                continue
            # Also of another campaign: what stands beside a journal is no place for results.
            foreign = option == "--out" and path.name.endswith(_NO_RESULTS)
            if foreign or any(_same(path, other) for other in taken):
                what = f"{path} is in use for something else, and would be written over"
            elif path.exists() and not (path.is_file() or path.is_dir()):
                what = f"{path} is no file but a device or a pipe"
            else:
                continue
            raise SettingsProblem(what, where=option, remedy="Choose another file.")


def forget_what_is_unknown(place: Place, knows: Callable[[str], bool]) -> None:
    """A rehearsal is tied to its sandbox: where that one does not know the last call that the journal at `place` calls
    accepted, it is another one, or an older copy, and the rehearsal begins anew.

    A journal that knows of anything else than rehearsals stays, wherever it stands: people have what it calls accepted.
    """
    if not (isinstance(place, Path) and place.exists()):
        return
    with closing(open_journal(place, create=False)) as store:
        last = newest_accepted(store) if gateways_of(store) == {SANDBOX} else ""
    if last and not knows(last):
        remove_journal(place)


def _only_rehearses(place: Path) -> bool:
    """Whether a journal knows of rehearsals alone, as far as it can be read."""
    if not place.exists():
        return True
    try:
        with closing(open_journal(place, create=False)) as store:
            return gateways_of(store) <= {SANDBOX}
    except JournalProblem:
        return True


def remove_journal(place: Path) -> None:
    """Remove a rehearsal's journal, with what stands beside it."""
    for one in _with_companions(place):
        one.unlink(missing_ok=True)


def _with_companions(place: Place) -> list[Path]:
    """A database and the files that stand beside it; of a server none."""
    if not isinstance(place, Path):
        return []
    mark = place.with_name(f"{place.name.removesuffix('.sqlite')}.mark")
    return [place, mark, *(place.with_name(place.name + suffix) for suffix in COMPANIONS)]


def _resolved(path: Path) -> Path:
    """Where links lead to. Raises `OSError`, or `RuntimeError` before Python 3.13, where one leads back to itself."""
    try:
        return path.resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        return path.resolve()


def _same(one: Path, other: Path) -> bool:
    """Whether both are the same file, or would be where the size of letters does not count."""
    if str(_resolved(one)).casefold() == str(_resolved(other)).casefold():
        return True
    found = identity(one)
    return found is not None and found == identity(other)
