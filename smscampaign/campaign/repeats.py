"""The guard: whether people had this very campaign before, from another journal, or from one that is not here any more.

It is asked of what stands beside the file: campaigns of its name, an unreadable journal, results that no journal explains.
Who had the same text from another campaign is left out row by row (`other_campaigns`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import Files
from smscampaign.campaign.old_results import emptied, tells_of_people, unexplained
from smscampaign.campaign.plans import Plan
from smscampaign.databases import identity, may_be_opened
from smscampaign.drawing import local, masked
from smscampaign.errors import FileProblem, JournalProblem, SentBefore, for_shell
from smscampaign.gateway.endpoints import LOOPBACK, SANDBOX
from smscampaign.journal import comparison, marks, neighbours, peers, tags
from smscampaign.journal.contacts import Contacts
from smscampaign.journal.peers import Peer, Turn
from smscampaign.journal.places import Place, Server, from_here
from smscampaign.journal.store import Journal, Record, journal_exists, open_journal

#: What `Files.beside` calls journals: one that cannot be read is named. Other names are looked at where they are journals.
PATTERN = "*.journal.sqlite"

#: How a journal that cannot be read is put right.
PUT_RIGHT = "the version of smscampaign that wrote it, or `smscampaign recover FILE` where it is damaged"

#: Characters shown of a text.
SHOWN = 50

#: Gateways that reach nobody: what went there is compared with what goes there.
_NOBODY = frozenset({SANDBOX, LOOPBACK, "fake"})


class Repeat(NamedTuple):
    """This very campaign, by its name: in which journal, how many people had it there, and when the last of them.

    `waiting` are those who are still to get it there: then `at` is when it began. `at_the_door` is the turn of one that is
    only about to begin.
    """

    campaign: str
    journal: str
    people: int
    at: datetime
    waiting: int = 0
    at_the_door: Turn | None = None
    #: The journal as a command names it from here.
    option: str = ""


@dataclass(frozen=True, slots=True)
class Repeats:
    """What the guard found, and what it could not read, each with why.

    `unread` are the journal of this very file and those whose mark says that a campaign began; `remembered` is what results
    beside it say of people of whom no journal here knows, `shown` what OVHcloud does. `known` are the tags of campaigns that
    the journals know, `journal` is where the plan stands, if that is kept.
    """

    repeats: tuple[Repeat, ...]
    passed_over: tuple[str, ...]
    remembered: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    journal: Place | None = None

    @property
    def told(self) -> tuple[str, ...]:
        """All that speaks against sending, in words."""
        return (*self.unread, *self.remembered, *self.shown, *map(repeat_told, self.repeats))

    def others_give_way_to(self, turn: Turn) -> bool:
        """Whether nothing speaks against the plan of this turn but others about to begin, all of which give way to it."""
        doors = [one.at_the_door for one in self.repeats]
        others = bool(doors) and all(one is not None and one > turn for one in doors)
        return others and not (self.unread or self.remembered)


#: What is found when nobody looks.
NOTHING = Repeats((), ())


@dataclass(slots=True)
class _Found:
    """What was found so far; `known` are the tags of the campaigns in all journals that were looked at."""

    repeats: list[Repeat] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    journal: Place | None = None
    known: set[str] = field(default_factory=set)

    def look(self) -> Repeats:
        """To be handed on."""
        return Repeats(
            tuple(self.repeats),
            tuple(self.passed_over),
            tuple(self.remembered),
            tuple(self.unread),
            known=frozenset(self.known),
            journal=self.journal,
        )


def look_around(plan: Plan, *, home: Place | None = None, results: Path | None = None) -> Repeats:
    """Who had a campaign of its name within the last `limits.repeat_days` days (0: never asked).

    Looks at the journals beside the campaign's own and beside the recipients, and at the results there; these are only read.
    `home` is where the campaign is kept when `plan` stands in a journal that is thrown away,
    `results` where else its results are written.
    """
    found = _Found()
    if not plan.summary.messages:
        return found.look()
    since = plan.store.clock() - timedelta(days=plan.campaign.settings.remembered_days)
    place = home or plan.store.place
    if place == plan.store.place:
        found.journal = place
        _take(plan, plan.store, since, found, at_home=True)
    elif isinstance(place, Server) and journal_exists(place):
        kept = open_journal(place, create=False)
        try:
            _take(plan, kept, since, found, at_home=True)
        finally:
            kept.close()
    own = _files(plan).journal
    for path in beside(plan.campaign, place, plan.record, (plan.store,)):
        at_home = isinstance(place, Path) and identity(path) == identity(place)
        try:
            with neighbours.looked_at(path) as other:
                _take(plan, other, since, found, at_home=at_home)
        except JournalProblem as problem:
            if isinstance(own, Path) and path == own.resolve():
                found.unread.append(f"{path.name} knows who had this campaign, but {problem.what}")
            elif plan.campaign.settings.same_text_days and marks.marked(path) and not plan.rehearses:
                # Its mark says that people had something from it: this text, perhaps.
                found.unread.append(f"{path.name} knows who had its campaign, but {problem.what}")
            else:
                found.passed_over.append(f"{path.name} was not looked at: {problem.what}")
    if isinstance(own, Path) and place != own and not own.exists() and journal_exists(own):
        found.unread.append(
            f"{own.name} knows who had this campaign, but it is gone: its mark says that it began"
        )
    _remember(plan, results, since, found)
    return found.look()


def refuse_repeats(look: Repeats) -> None:
    """Raise `SentBefore` when somebody would get what they had before, or may."""
    again = "To send it to them all the same, add --send-again."
    if look.unread:
        raise SentBefore(
            "nothing was sent: " + "; ".join(look.unread),
            remedy=f"Keep that journal and put it right: {PUT_RIGHT}. {again}",
        )
    if look.remembered:
        ask = "" if look.journal is None else marks.recover(look.journal)
        lost = f"If that is lost, OVHcloud can be asked who had it: {ask}. " if ask else ""
        raise SentBefore(
            "nothing was sent, because people had this campaign before:\n  " + "\n  ".join(look.told),
            remedy="If it is the same campaign, bring back its journal, or name it with --journal FILE: only that knows"
            f" who had it. {lost}If it is another campaign that they are to get as well, add --send-again (and --out FILE to"
            " keep the results as they are).",
        )
    if look.shown:
        raise SentBefore(
            "nothing was sent, because OVHcloud shows that people had this text lately (it was asked about a few):\n  "
            + "\n  ".join(look.told),
            remedy="If it is the same campaign, bring back its journal, or name it with --journal FILE. If that is lost, put"
            " the file back as it was: then OVHcloud is asked for the campaign itself, and `smscampaign recover` finds out"
            " who had it. If it is another campaign that they are to get as well, add --send-again.",
        )
    if look.repeats:
        had = (
            "a campaign they had before"
            if any(one.people for one in look.repeats)
            else "the same campaign twice"
        )
        wait = ""
        if any(one.at_the_door for one in look.repeats):
            wait = "Look with `status` whether the other one has begun; if not, run this again. "
        raise SentBefore(
            f"nothing was sent, because people would get {had}:\n  " + "\n  ".join(look.told),
            remedy=f"{wait}If it is the same campaign, go on with it by `--journal {for_shell(look.repeats[0].option)}`."
            f" If not, take them out of the file, or give it a --name of its own. {again}",
        )


def refuse_second_name(campaign: Campaign, store: Journal) -> None:
    """Raise `JournalProblem` when the journal that belongs to the file holds a campaign of another name that has begun."""
    if isinstance(store.place, Server):
        return
    own = [Files.beside(campaign.path, rehearsal=rehearsal).journal for rehearsal in (False, True)]
    if store.place.resolve() not in [path.resolve() for path in own if isinstance(path, Path)]:
        return
    names = comparison.begun_in(store)
    if names and campaign.name not in names:
        raise JournalProblem(
            f"this file's journal holds the campaign {_listed(names)}, which has begun, and not {campaign.name!r}",
            where=store.name,
            remedy=f"Go on with it by --name {for_shell(names[-1])} (or `name` in the settings), or give the new campaign"
            " a journal of its own with --journal FILE.",
        )


def refuse_unbegun(plan: Plan, results: Path) -> None:
    """Raise `JournalProblem` for a plan that never began: its journal knows nothing of whoever had the campaign."""
    if not plan.begun:
        raise JournalProblem(
            "nothing was sent from this journal: it holds a plan that never began",
            where=from_here(plan.store.place),
            remedy=sent_elsewhere(plan, results)
            or f"Run `smscampaign run {for_shell(plan.campaign.path)} --dry-run` to see it.",
        )


def sent_elsewhere(plan: Plan, results: Path) -> str:
    """From which other journal a plan that never began may have been sent, in words; empty where nothing says so."""
    names = dict.fromkeys(for_shell(from_here(path)) for path in _begun_elsewhere(plan))
    if names:
        options = " or ".join(f"`--journal {name}`" for name in names)
        return f"This campaign, or one of its name, was sent from another journal: name it with {options}."
    with suppress(FileProblem):
        if tells_of_people(results, known=plan.tags()):
            return (
                f"{results.name} tells of people who were sent to, from a journal that is not known here: bring it back, or"
                f" name it with --journal FILE. If it is lost, {marks.recover(plan.store.place)} asks OVHcloud."
            )
    return ""


def _begun_elsewhere(plan: Plan) -> Iterator[Path]:
    """The journals here, and the one that this computer remembers, in which a campaign of its name or its tag has begun."""
    mine = plan.record
    for path in beside(plan.campaign, plan.store.place, mine, (plan.store,)):
        with suppress(JournalProblem), neighbours.looked_at(path) as other:
            begun = [one for one in peers.peers_in(other, own=False) if not one.at_the_door]
            alike = [
                one for one in begun if kind_of_gateway(one.gateway) == kind_of_gateway(mine.inputs.gateway)
            ]
            if any(one.tag == mine.tag or one.name == mine.inputs.name for one in alike):
                yield path
    word, journal = tags.Note(mine.inputs.gateway, mine.tag).said()
    if word and Path(journal).is_file() and identity(Path(journal)) != _identity_of(plan.store.place):
        yield Path(journal)


def _identity_of(place: Place) -> tuple[int, int] | None:
    return identity(place) if isinstance(place, Path) else None


def repeat_told(repeat: Repeat) -> str:
    """One finding in words."""
    number = repeat.people or repeat.waiting
    people = people_of(number)
    source = f"this campaign ({repeat.campaign!r}) from {repeat.journal}"
    if repeat.people:
        more = f"; {_people(repeat.waiting)} more still wait for it there" if repeat.waiting else ""
        return f"{people} had {source}, last sent on {local(repeat.at)}{more}"
    course = "is about to begin" if repeat.at_the_door else f"began on {local(repeat.at)}"
    return f"{people} still {'waits' if number == 1 else 'wait'} for {source}, which {course}"


def people_of(number: int) -> str:
    """`1 person`, `2 people`."""
    return "1 person" if number == 1 else f"{_people(number)} people"


def start_of(body: str) -> str:
    """How a text begins, in quotes; numbers in it are masked."""
    text = " ".join(masked(body).split())
    return f"“{text if len(text) <= SHOWN else f'{text[: SHOWN - 1]}…'}”"


def _in(plan: Plan, other: Journal, since: datetime) -> Iterator[Repeat]:
    mine = plan.record.inputs
    for peer in peers.peers_in(other, own=False):
        alike = kind_of_gateway(peer.gateway) == kind_of_gateway(mine.gateway)
        found = _repeat(plan, other, peer, since) if peer.name == mine.name and alike else None
        if found is not None:
            yield found


def _repeat(plan: Plan, other: Journal, peer: Peer, since: datetime) -> Repeat | None:
    """Whom a plan would send to although they had it in another journal, or are to get it; None when there is nobody."""
    if not peer.counts(since):
        return None
    had, waiting, last = 0, 0, peer.begun_at or peer.at
    for texts in peers.texts_by_number(plan.store, plan.record.id):
        for contacts in Contacts(other, (peer.id,)).of(texts, since).values():
            had += sum(one.at is not None for one in contacts)
            waiting += sum(one.at is None for one in contacts)
            last = max([last, *(one.at for one in contacts if one.at is not None)])
    if not (had or waiting):
        return None
    door = peer.turn if peer.at_the_door else None
    return Repeat(peer.name, other.name, had, last, waiting, door, from_here(other.place))


def kind_of_gateway(gateway: str) -> str:
    """Whom a gateway reaches, as far as plans are compared: people, or nobody in one way or another."""
    return gateway if gateway in _NOBODY else "people"


def _take(plan: Plan, other: Journal, since: datetime, found: _Found, *, at_home: bool) -> None:
    """What a journal says against this plan, and whose tags it knows; in its own journal its name stands for itself."""
    if plan.campaign.settings.remembered_days and not at_home:
        found.repeats += _in(plan, other, since)
    found.known |= peers.tags_in(other)


def _remember(plan: Plan, results: Path | None, since: datetime, found: _Found) -> None:
    """What results say. A rehearsal may be repeated, and another edition knows of the one before it."""
    if not plan.campaign.settings.remembered_days or plan.record.proposed or plan.rehearses:
        return
    usual = [path.resolve() for path in _results(plan)]
    for path in dict.fromkeys([results.resolve(), *usual] if results is not None else usual):
        if path in usual and emptied(path):  # another place may be new, as `mktemp` makes one
            found.remembered.append(
                f"{path.name} is empty: what it said of who had this campaign is lost (if it is new, remove it)"
            )
        try:
            if unexplained(path, known=found.known, since=since):
                found.remembered.append(
                    f"{path.name} says that people were sent to, or may have been, by a campaign no journal here knows of"
                )
        except FileProblem as problem:
            found.passed_over.append(f"{path.name} was not looked at: {problem.what}")


def _results(plan: Plan) -> Iterator[Path]:
    """Where its results are written unless another place is named."""
    usual = _files(plan).results
    yield usual
    # What a run before set aside, or wrote under a number because a spreadsheet program held the file.
    with suppress(OSError):  # a folder that may not be listed
        yield from sorted(one for one in usual.parent.iterdir() if _kept(one.name, usual.stem))


def _kept(name: str, stem: str) -> bool:
    return name.startswith((f"{stem}-", f"{stem}.")) and name.endswith(".csv")


def _files(plan: Plan) -> Files:
    return Files.beside(plan.campaign.path, rehearsal=plan.rehearses)


def _people(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _listed(names: list[str]) -> str:
    return " and ".join(map(repr, names))


def beside(campaign: Campaign, place: Place, record: Record, ours: Collection[Journal]) -> list[Path]:
    """The journals in the folders of the recipients and of the journal at `place`, without those that are `ours`."""
    rehearses = record.inputs.gateway == SANDBOX
    # A rehearsal reaches nobody: what others left beside the recipients speaks against it only where it is kept itself.
    kept = () if rehearses else (campaign.path,)
    folders = {path.resolve().parent for path in (*kept, place) if isinstance(path, Path)}
    usual = Files.beside(campaign.path, rehearsal=rehearses)
    own = {identity(path) for path in (*(one.place for one in ours), usual.sandbox) if isinstance(path, Path)}
    found = {path.resolve() for folder in folders for path in (*_journals(folder, own), *_gone(folder))}
    gone = isinstance(usual.journal, Path) and not usual.journal.exists()
    return sorted(found - ({usual.journal.resolve()} if gone and isinstance(usual.journal, Path) else set()))


def _gone(folder: Path) -> Iterator[Path]:
    """The journals that are not there, and whose marks say that a campaign has begun in them."""
    try:
        for mark in folder.glob("*.mark"):
            name = mark.name.removesuffix(".mark")
            path = mark.with_name(f"{name}.sqlite" if name.endswith(".journal") else name)
            if not path.exists() and marks.marked(path):
                yield path
    except OSError:
        return  # a folder that may not be listed


def _journals(folder: Path, own: Collection[tuple[int, int] | None]) -> Iterator[Path]:
    try:
        for path in folder.iterdir():
            if not may_be_opened(path) or identity(path) in own:
                continue
            if path.match(PATTERN) or neighbours.is_journal(path):
                yield path
    except OSError:
        return  # a folder that may not be listed
