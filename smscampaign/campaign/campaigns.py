"""A campaign: its recipients and its settings. It is data, the same for the command line and for `import smscampaign`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from smscampaign import planning
from smscampaign.campaign import wording
from smscampaign.campaign.keywords import PLACES, by_key, in_python, refuse_unknown, with_keywords
from smscampaign.campaign.notices import placed, places_of, with_notices
from smscampaign.campaign.rejected_file import named_for_its_file, refuse_nameless
from smscampaign.corrections import Correction, digest_of, typed_rows
from smscampaign.drawing import Viewable, masked, view
from smscampaign.errors import SettingsProblem, TemplateProblem, for_shell
from smscampaign.journal.store import Inputs
from smscampaign.languages import spoken
from smscampaign.message.template import compile_template
from smscampaign.model import Recipient
from smscampaign.names import canonical, printable
from smscampaign.phone.normaliser import Normaliser
from smscampaign.recipients import columns, frames, sources
from smscampaign.recipients.choices import Choices
from smscampaign.recipients.columns import NumberCheck
from smscampaign.recipients.corrected import Corrected
from smscampaign.recipients.sources import Source
from smscampaign.settings.model import Settings, fingerprint, load_settings
from smscampaign.ways import Way

if TYPE_CHECKING:
    from smscampaign.campaign.variants import Texts
    from smscampaign.keys import Keys
    from smscampaign.message.selection import Selection

#: The name of a campaign from a DataFrame that was given none.
UNNAMED = "campaign"


class TypedCorrections(NamedTuple):
    """Corrections as they were typed in a notebook: for each row its new cells by the columns' names, or None to drop it."""

    rows: Mapping[int, Mapping[str, str] | None]


class RejectedFileState(NamedTuple):
    """A file of rejected rows as it was when its corrections were taken: empty `digest` where there was none.

    `fresh` says that it corrects what no edition in force does, `odd` that it holds what was not taken.
    """

    path: Path
    digest: str = ""
    fresh: bool = False
    odd: bool = False


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Campaign(Viewable):
    """What is to be sent, and to whom.

    `recipients` is a path or a DataFrame; beside a path the settings file of the same name is read (`spring.csv`,
    `spring.toml`) unless `settings` names another. Every keyword overrides the setting of the same meaning (`smscampaign
    settings` lists them). Phone numbers in a DataFrame should be text: `pandas.read_csv(…, dtype=str)` keeps their leading
    zeros. Raises `FileProblem` or `SettingsProblem`.

    Inside, `source` are the recipients as they are read, and `places` says where each setting was chosen, for errors to name.
    `rejected` is the file of rejected rows that somebody named instead of the recipients, `typed` are corrections that were
    typed; `entry` is what became of the file of rejected rows. `reread` reads the settings once more.
    """

    _page: ClassVar = "plans.sheet_of_campaign"

    source: Source
    settings: Settings
    path: Path
    places: Mapping[str, str] = field(default_factory=lambda: places_of(None, {}, {}))
    rejected: Path | None = None
    typed: TypedCorrections | None = None
    entry: RejectedFileState | None = None
    reread: Callable[[], Settings] | None = field(default=None, compare=False)

    @with_keywords
    def __init__(self, recipients: Any = None, *, settings: Any = None, **options: Any) -> None:
        # `dataclasses.replace` gives the parts themselves, and so does whoever has them.
        parts = (
            {"settings": settings, **options}
            if "source" in options
            else _parts(recipients, settings, options)
        )
        for one in fields(self):
            default = one.default_factory() if callable(one.default_factory) else one.default
            object.__setattr__(self, one.name, parts.get(one.name, default))
        object.__setattr__(self, "source", with_notices(self.source, self.settings))

    @classmethod
    @with_keywords
    def load(
        cls,
        path: str | PathLike[str],
        *,
        settings: str | PathLike[str] | None = None,
        options: Mapping[str, Any] | None = None,
        places: Mapping[str, str] = MappingProxyType({}),
        **keywords: Any,
    ) -> Self:
        """The campaign whose recipients are in the file at `path`, with the settings beside them or at `settings`.

        A file of rejected rows stands for the file that they come from. A command gives its `options` by the settings' keys,
        and in `places` where they were given. Raises `FileProblem` or `SettingsProblem`.
        """
        if options is None:
            return cls(path, settings=settings, **keywords)
        return cls(**_from_file(Path(path), settings, options, places))

    def correct(self, rows: Any) -> Self:
        """This campaign with rows put right that could not be sent: for each its new cells by column, or None to drop it.

        Rows are called as `plan.rejections` calls them in front. A frame does, too, such as `plan.rejections(numbers=True)`
        with other cells in it; what is empty there, or as it was, is no correction. What is not taken the plan says. Raises
        `SettingsProblem` for no row or cell.
        """
        if isinstance(rows, Mapping):
            file, named = (
                self.file,
                isinstance(self.file, frames.FrameSource) and self.file.labels is not None,
            )
            typed = typed_rows(rows, labelled=named)
            lines = file.lines_of(typed) if isinstance(file, frames.FrameSource) else typed
        else:
            lines = typed_rows(view("corrections.in_a_frame")(self, rows))
        known = {} if self.typed is None else self.typed.rows
        return replace(self, typed=TypedCorrections({**known, **lines}))

    def plan(
        self,
        gateway: Way | None = None,
        *,
        journal: str | PathLike[str] | None = None,
        amend: bool = False,
        restart: bool = False,
        retry: str | None = None,
        send_again: bool = False,
        **unknown: object,
    ) -> Any:
        """The `Plan`: every row as one message or one reason, in a journal beside the file or at `journal`. Sends nothing.

        With an open gateway the rates are asked for there; without one nothing is asked over the network, and rates are known
        as far as they were asked for before. Raises what stops a campaign before its first row, and `ChangedInputs` when it
        has begun and is no longer the same. Then `amend` plans for those who have not had it, and nobody gets it twice;
        `restart` for everybody once more, and its code takes another word before it; `retry="temporary"` for those whose
        message failed for a while. Who had the same text from another campaign lately is left out, unless `send_again`.
        """
        refuse_unknown("plan", unknown, ("gateway", "journal", "amend", "restart", "retry", "send_again"))
        kind = {"amend": amend, "restart": restart, "retry": retry}
        return view("plans.planned")(self, gateway, journal=journal, send_again=send_again, **kind)

    def sent(self, *, rehearsal: bool = False, journal: str | PathLike[str] | None = None) -> Any:
        """The `Run` of this campaign, by whichever program it was sent: its tables, pictures and report. Sends nothing.

        Its journal is beside the file or at `journal`; with `rehearsal` it is the one of the command and the panel. Raises
        `JournalProblem` where nothing was sent from there.
        """
        return view("runs.run_of")(self, rehearsal=rehearsal, journal=journal)

    @property
    def name(self) -> str:
        """The campaign's name: set, or the file's."""
        return self.settings.name or printable(self.path.stem)

    def _language(self) -> str:
        return self.language

    @property
    def language(self) -> str:
        """What rows are told in: set, or the locale's. It is no ingredient of the plan: nobody receives it."""
        return self.settings.language or spoken(os.environ)

    def as_it_stands(self) -> Campaign:
        """With the settings and the message that stand in their files now; the recipients are read anew whenever they are."""
        return self if self.reread is None else replace(self, settings=self.reread())

    def recipe(self) -> planning.Recipe:
        """All that can be wrong before a row is read is found here: settings, region, columns, template."""
        self._complete()
        header, settings = self.source.names, self.settings
        normaliser = Normaliser(settings.region or "", settings.regions)
        judge = NumberCheck(
            lambda cells: [isinstance(one, Recipient) for one in normaliser.column(cells)], masked
        )
        numbers = columns.number_columns(
            header,
            settings.columns.number,
            rows=self.source.rows(),
            judge=judge,
            option=self.places["columns.number"],
            cut=sources.separated_by(self.source),
        )
        country = None
        if settings.columns.country is not None:
            country = columns.column(header, settings.columns.country, option=self.places["columns.country"])
        return planning.Recipe(
            width=len(header),
            numbers=numbers,
            country=country,
            normaliser=normaliser,
            template=compile_template(settings.message or "", header, region=settings.region),
            stop=settings.stop_clause,
            most_parts=settings.limits.parts,
            cheaper=wording.cheaper(settings),
            short=wording.short(settings, header),
            short_over=settings.text.short_over,
            language=self.language,
            keys=self._keys(numbers) if settings.once_per else None,
            selection=self._selection(),
            commas=self.source.delimiter == ",",
            variants=self._variants() if settings.variants.tried else None,
        )

    def _variants(self) -> Texts | None:
        """The texts that are tried, where there are several."""
        from smscampaign.campaign.variants import texts_of  # most campaigns have one

        option = self.places["variants.stratify"]
        return texts_of(self.settings, self.source.names, name=self.name, option=option)

    def _keys(self, numbers: tuple[int, ...]) -> Keys:
        """What gets one message, where that is not the number."""
        from smscampaign.keys import Keys  # most campaigns have none

        # In whatever order they are named, the same cells are the same key.
        names, option = tuple(sorted(self.settings.once_per, key=canonical)), self.places["once_per"]
        places = tuple([columns.column(self.source.names, one, option=option) for one in names])
        return Keys(names, places, frozenset(numbers))

    def _named_keys(self) -> list[str]:
        """What gets one message, by the columns' names: behind a letter may stand another column tomorrow."""
        names, option = self.source.names, self.places["once_per"]
        named = []
        for one in self.settings.once_per:
            place = columns.column(names, one, option=option)
            named.append(names[place] if columns.by_letter_alone(names, one, place) else one)
        return named

    def _selection(self) -> Selection | None:
        where = self.settings.where
        if where is None:
            return None
        from smscampaign.message.selection import compile_selection  # few campaigns have one

        try:
            return compile_selection(where, self.source.names, region=self.settings.region)
        except TemplateProblem as problem:
            problem.where = problem.where.replace("where", self.places["where"], 1)
            raise

    def inputs(self, gateway: str, account: str = "") -> Inputs:
        """What the plan is made from, with its fingerprint."""
        ingredients = {"file": self.source.digest(), **self.settings.ingredients()}
        if self.corrections:
            ingredients["corrections"] = digest_of(self.corrections.values())
        settings = self.settings.model_dump(mode="json", by_alias=True)
        if settings["once_per"]:
            settings["once_per"] = self._named_keys()
        return Inputs(self.name, gateway, account, fingerprint(ingredients), ingredients, settings)

    @property
    def file(self) -> Source:
        """The recipients as they stand, without any correction."""
        return self.source.file if isinstance(self.source, Corrected) else self.source

    @property
    def corrections(self) -> Mapping[int, Correction]:
        """The corrections that hold for it, by row."""
        return self.source.corrections if isinstance(self.source, Corrected) else {}

    def _complete(self) -> None:
        if self.settings.recurring and self.settings.limits.most_messages is None:
            raise SettingsProblem(
                "a recurring campaign is sent without anybody looking, so it has to say how many messages a night may have",
                where=self.places["limits.most_messages"],
                remedy="Set limits.most_messages: somewhat more than a usual night has. A night with more sends nothing.",
            )
        missing = self.settings.missing()
        if missing:
            options = " ".join(f"--{name} …" for name in missing)
            beside = self.path.with_suffix(".toml")
            proposed = f"let `smscampaign init {for_shell(self.path)}` propose a settings file to fill in"
            onward = f"fill in {beside.name}" if beside.is_file() else proposed
            in_memory = isinstance(self.file, frames.FrameSource)
            raise SettingsProblem(
                f"the campaign has no {_and(missing)}",
                where=self.source.name,
                remedy=self._whose_results()
                or (f"Give {options}." if in_memory else f"Give {options}, or {onward}."),
            )

    def _whose_results(self) -> str:
        """What to do where the results of a campaign were named instead of its file; empty where that is not so."""
        base = re.fullmatch(r"(.+?)(\.sandbox)?\.results", self.path.stem)
        files = [self.path.with_name(f"{base[1]}{end}") for end in (".csv", ".xlsx", ".ods")] if base else []
        rehearsed = " --sandbox" if base and base[2] else ""
        for file in files:
            if file.is_file():
                again = f"{for_shell(file)}{rehearsed}"
                return f"These are the results of {file.name}: `smscampaign run {again}` goes on with it."
        return ""


def _parts(given: Any, settings: str | PathLike[str] | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a campaign in Python: from a file, or from a DataFrame."""
    with in_python():
        known, toml = by_key(options), Path(settings) if settings else None
        if isinstance(given, str | PathLike):
            return _from_file(Path(given), toml, known, PLACES)
        reread = partial(load_settings, toml, known, PLACES)
        chosen = reread()
        source = frames.from_frame(given, name=chosen.name or UNNAMED)
        name = re.sub(r"[^\w-]+", "_", source.name).strip("_") or UNNAMED
        path = Path.cwd() / f"{name}.csv"
        return {"source": source, "settings": chosen, "path": path, "reread": reread}


def _from_file(
    path: Path, settings: str | PathLike[str] | None, options: Mapping[str, Any], places: Mapping[str, str]
) -> dict[str, Any]:
    """The parts of a campaign: the recipients at a path, or those whose rejected rows stand there."""
    refuse_settings(path)
    file, rejected = path, None
    parent = named_for_its_file(file)
    if parent is not None:
        file, rejected = parent, file

    def reread() -> Settings:
        toml = Path(settings) if settings else _settings_beside(file)
        return load_settings(toml, options, {key: chosen[key] for key in options if key in chosen})

    chosen = places_of(Path(settings) if settings else _settings_beside(file), options, places)
    with placed(chosen):
        known = reread()
        source = _opened(file, known)
    refuse_nameless(file, source.written if isinstance(source, sources.CsvFile) else source.header)
    parts = {"source": source, "settings": known, "path": file, "places": chosen, "rejected": rejected}
    return {**parts, "reread": reread}


def recipients_of(path: Path, options: Mapping[str, Any], places: Mapping[str, str]) -> Source:
    """The recipients at a path, read as `options` say, which were given at `places`; no settings are looked for."""
    with placed(places_of(None, options, places)):
        return _opened(path, load_settings(None, options, places))


def _opened(file: Path, known: Settings) -> Source:
    return sources.open_recipients(
        file, Choices(**known.file.model_dump(), region=known.region, may_be_empty=known.recurring)
    )


def refuse_settings(path: Path) -> None:
    """Raise `SettingsProblem` where the settings are given in place of the recipients."""
    if path.suffix.lower() == ".toml":
        raise SettingsProblem(
            "this is the settings file",
            where=str(path),
            remedy=f"Give the recipients' file, such as {path.with_suffix('.csv').name}: its settings stand beside it.",
        )


def _settings_beside(file: Path) -> Path | None:
    """The settings that bear the file's name, if there are any."""
    # `.` and `/` have no name to put a suffix to.
    beside = file.with_suffix(".toml") if file.name else file
    return beside if beside.is_file() and beside != file else None


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
