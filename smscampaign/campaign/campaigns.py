"""A campaign: its recipients and its settings, and how they become a sealed plan."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

from smscampaign import journal, planning, recipients
from smscampaign.campaign import corrected_rows, corrections, wording
from smscampaign.campaign.amending import Making, plan_after, rehearse_edition
from smscampaign.campaign.changes import same
from smscampaign.campaign.files import new_tag, rows_about
from smscampaign.campaign.keywords import PLACES, by_key, in_python, with_keywords
from smscampaign.campaign.noticing import placed, places_of, with_notices
from smscampaign.campaign.plans import Plan, sent_from
from smscampaign.campaign.rejected_file import named_for_its_file, refuse_nameless
from smscampaign.campaign.repeats import refuse_second_name
from smscampaign.campaign.views import Shown, view
from smscampaign.campaign.watching import Watch, unwatched, watched
from smscampaign.corrections import Correction, digest_of, row_hashes
from smscampaign.drawing import masked
from smscampaign.errors import (
    FileProblem,
    JournalProblem,
    SettingsProblem,
)
from smscampaign.journal import Journal, Record
from smscampaign.languages import spoken
from smscampaign.message.template import compile_template
from smscampaign.model import EditionKind, Recipient, Row
from smscampaign.names import printable
from smscampaign.phone import Normaliser
from smscampaign.settings.model import Settings, fingerprint, load_settings

#: The name of a campaign from a DataFrame that was given none.
UNNAMED = "campaign"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Campaign(Shown):
    """What is to be sent, and to whom.

    `recipients` is a path or a DataFrame; beside a path the settings file of the same name is read (`spring.csv`,
    `spring.toml`) unless `settings` names another. Every keyword overrides the setting of the same meaning (`smscampaign
    settings` lists them). Phone numbers in a DataFrame should be text: `pandas.read_csv(…, dtype=str)` keeps their leading
    zeros. Raises `FileProblem` or `SettingsProblem`.

    Inside, `source` are the recipients as they are read, and `places` says where each setting was chosen, for errors to name.
    `rejected` is the file of rejected rows that somebody named instead of the recipients, `typed` are corrections that were
    typed; `entry` is what became of the file of rejected rows.
    """

    source: recipients.Source
    settings: Settings
    path: Path
    places: Mapping[str, str] = field(default_factory=lambda: places_of(None, {}, {}))
    rejected: Path | None = None
    typed: corrections.Typed | None = None
    entry: corrections.Entry | None = None

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
    ) -> Campaign:
        """The campaign whose recipients are in the file at `path`, with the settings beside them or at `settings`.

        A file of rejected rows stands for the file that they come from. A command gives its `options` by the settings' keys,
        and in `places` where they were given. Raises `FileProblem` or `SettingsProblem`.
        """
        if options is None:
            return cls(path, settings=settings, **keywords)
        return cls(**_from_file(Path(path), settings, options, places))

    def corrected(self, rows: Mapping[int, Mapping[str, str] | None]) -> Campaign:
        """This campaign with rows put right that could not be sent: for each its new cells by column, or None to drop it.

        Rows are counted as in `plan.rejections`. Only what was rejected can be put right; what is not taken the plan says.
        """
        known = {} if self.typed is None else self.typed.rows
        return replace(self, typed=corrections.Typed({**known, **rows}))

    def plan(
        self,
        gateway: Any = None,
        *,
        journal: str | PathLike[str] | None = None,
        amend: bool = False,
        restart: bool = False,
    ) -> Plan:
        """The plan: every row as one message or one reason, in a journal beside the file or at `journal`. Sends nothing.

        With an open gateway the rates are asked for there; without one nothing is asked over the network, and rates are known
        as far as they were asked for before. Raises what stops a campaign before its first row, and `ChangedInputs` when it
        has begun and is no longer the same. Then `amend` plans for those who have not had it, and nobody gets it twice;
        `restart` for everybody once more, and its code takes another word before it.
        """
        made: Plan = view("planned")(self, gateway, journal=journal, amend=amend, restart=restart)
        return made

    @property
    def name(self) -> str:
        """The campaign's name: set, or the file's."""
        return self.settings.name or printable(self.path.stem)

    @property
    def language(self) -> str:
        """What rows are told in: set, or the locale's. It is no ingredient of the plan: nobody receives it."""
        return self.settings.language or spoken(os.environ)

    def recipe(self) -> planning.Recipe:
        """All that can be wrong before a row is read is found here: settings, region, columns, template."""
        self._complete()
        header, settings = self.source.names, self.settings
        normaliser = Normaliser(settings.region or "", settings.regions)
        judge = recipients.Judge(
            lambda cells: [isinstance(one, Recipient) for one in normaliser.column(cells)], masked
        )
        number = recipients.number_column(
            header,
            settings.columns.number,
            rows=self.source.rows(),
            judge=judge,
            option=self.places["columns.number"],
        )
        country = None
        if settings.columns.country is not None:
            country = recipients.column(
                header, settings.columns.country, option=self.places["columns.country"]
            )
        return planning.Recipe(
            width=len(header),
            number=number,
            country=country,
            normaliser=normaliser,
            template=compile_template(settings.message or "", header),
            stop=settings.stop_clause,
            most_parts=settings.limits.parts,
            cheaper=wording.cheaper(settings),
            short=wording.short(settings, header),
            short_over=settings.text.short_over,
            language=self.language,
        )

    def inputs(self, gateway: str, account: str = "") -> journal.Inputs:
        """What the plan is made from, with its fingerprint."""
        ingredients = {"file": self.source.digest(), **self.settings.ingredients()}
        if self.corrections:
            ingredients["corrections"] = digest_of(self.corrections.values())
        settings = self.settings.model_dump(mode="json", by_alias=True)
        return journal.Inputs(self.name, gateway, account, fingerprint(ingredients), ingredients, settings)

    @property
    def file(self) -> recipients.Source:
        """The recipients as they stand, without any correction."""
        return corrections.as_they_stand(self.source)

    @property
    def corrections(self) -> Mapping[int, Correction]:
        """The corrections that hold for it, by row."""
        return self.source.corrections if isinstance(self.source, recipients.Corrected) else {}

    def as_corrected(self, kept: Journal | None) -> Campaign:
        """With the corrections that hold where the campaign is kept, and those that somebody entered since.

        Raises `FileProblem` when the file of rejected rows cannot be read.
        """
        record = None if kept is None else kept.find(self.name)
        if kept is None or record is None or record.begun_at is None:
            return corrections.entered(self, self.recipe(), None)
        return corrections.entered(self, self.recipe(), (kept, record))

    def planned(
        self,
        store: Journal,
        *,
        gateway: str,
        watch: Watch = unwatched,
        tag: Callable[[], str] = new_tag,
        kind: EditionKind = EditionKind.FIRST,
        account: str = "",
    ) -> Plan:
        """The sealed plan of this campaign in `store`: made now, or found there as it was.

        `gateway` names where it will be sent, `account` from which account, where that is known besides by the settings.
        Rows that were put right since the campaign began become part of it. Raises `ChangedInputs` when the campaign has
        begun and is no longer the same otherwise, unless `kind` asks for another edition of it.
        """
        recipe = self.recipe()

        def unchanged() -> bool:
            found = store.find(self.name)
            if found is None or found.sealed_at is None or kind is EditionKind.RESTART:
                return False
            return same(found, self.as_corrected(store).inputs(gateway))

        # Where several machines share the journal: beside those who deliver it, but alone to plan it.
        with store.driving(together=unchanged):
            refuse_second_name(self, store)
            now = self.as_corrected(store)
            making = Making(kind, now.inputs(gateway), recipe, tag, watch)
            record = store.find(self.name)
            if record is not None and record.begun_at is not None:
                plan = plan_after(now, store, record, making)
            else:
                if record is None or record.sealed_at is None or not same(record, making.inputs):
                    record = now.written(store, making)
                plan = Plan(now, store, record, journal.stored_summary(record))
        return replace(plan, record=sent_from(plan.record, account or self.settings.account))

    def rehearse(
        self,
        scratch: Journal,
        kept: Journal | None,
        *,
        gateway: str,
        watch: Watch = unwatched,
        kind: EditionKind = EditionKind.FIRST,
    ) -> Plan:
        """The plan that `plan` would make in `kept`, made in `scratch`: nothing is written where the campaign is kept.

        Where that would be a correction, it is the whole plan as it is then.
        """
        if kept is not None:
            refuse_second_name(self, kept)
        record = kept.find(self.name) if kept is not None else None
        now, recipe = self.as_corrected(kept), self.recipe()
        begun = None if record is None or record.begun_at is None else record
        making = Making(kind, now.inputs(begun.inputs.gateway if begun else gateway), recipe, new_tag, watch)
        if kept is not None and begun is not None:
            proposed = rehearse_edition(now, scratch, (kept, begun), making)
            if proposed is not None:
                return proposed
        with scratch.driving():
            made = now.written(scratch, replace(making, inputs=now.inputs(gateway)), noted=False)
        if begun is not None:
            begun = replace(begun, inputs=replace(begun.inputs, fingerprint=making.inputs.fingerprint))
        there = journal.Edition(kept, begun) if kept is not None and begun is not None else None
        return Plan(now, scratch, made, journal.stored_summary(made), in_force=there)

    def written(self, store: Journal, making: Making, *, noted: bool = True) -> Record:
        """A first plan of the whole file, sealed. `noted` keeps the hashes of its rows."""
        record = store.begin(making.inputs, tag=making.tag())
        writer = journal.PlanWriter(store, record, language=making.recipe.language)
        self.write(writer, (store, record), making.recipe, making.watch, noted=noted)
        found = store.find(self.name)
        if found is None:
            raise JournalProblem("the plan vanished from the journal", where=str(store.place))
        return found

    def write(
        self,
        writer: journal.PlanWriter,
        made: tuple[Journal, Record],
        recipe: planning.Recipe,
        watch: Watch,
        *,
        noted: bool = True,
    ) -> None:
        """Plan the whole file into an unsealed plan, with its corrections, and seal it. Raises `FileProblem`."""
        journal.keep_corrections(*made, self.corrections.values())
        steps = planning.plan_into(
            writer,
            corrected_rows.dropping(recipe, self.corrections.values()),
            self._blocks(writer if noted else None),
            receivers_per_call=self.settings.limits.receivers_per_call,
            header_line=self.source.header_line,
            expected=rows_about(self.file, self.path),
        )
        watched(steps, watch)
        self.refuse_changed(made[1].inputs)

    def refuse_changed(self, inputs: journal.Inputs) -> None:
        """Raise `FileProblem` when the file is not the one any more that the plan was to be made from."""
        if self.source.digest() != inputs.ingredients["file"]:
            raise FileProblem(
                "the file changed while it was being read",
                where=self.source.name,
                remedy="Run the command again.",
            )

    def _blocks(self, writer: journal.PlanWriter | None) -> Iterator[list[Row]]:
        """The rows in the file's order, but those that were put right come last: nobody loses his message to them."""
        if writer is not None:
            writer.note([self.source.header_line], row_hashes([self.source.header]))
        late: list[Row] = []
        for block in self.source.blocks():
            if writer is not None:
                writer.note([row.line for row in block], row_hashes([row.fields for row in block]))
            kept = block
            if self.corrections:
                late += [row for row in block if row.line in self.corrections]
                kept = [row for row in block if row.line not in self.corrections]
            if kept:
                yield kept
        for first in range(0, len(late), recipients.BLOCK):
            yield late[first : first + recipients.BLOCK]

    def _complete(self) -> None:
        missing = self.settings.missing()
        if missing:
            options = " ".join(f"--{name} …" for name in missing)
            beside = self.path.with_suffix(".toml")
            proposed = (
                f"let `smscampaign init {shlex.quote(str(self.path))}` propose a settings file to fill in"
            )
            raise SettingsProblem(
                f"the campaign has no {_and(missing)}",
                where=self.source.name,
                remedy=f"Give {options}, or {f'fill in {beside.name}' if beside.is_file() else proposed}.",
            )


def _parts(given: Any, settings: str | PathLike[str] | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a campaign in Python: from a file, or from a DataFrame."""
    with in_python():
        known, toml = by_key(options), Path(settings) if settings else None
        if isinstance(given, str | PathLike):
            return _from_file(Path(given), toml, known, PLACES)
        recipients.open_recipients(given)
        chosen = load_settings(toml, known, PLACES)
        source = recipients.from_frame(given, name=chosen.name or UNNAMED)
        name = re.sub(r"[^\w-]+", "_", source.name).strip("_") or UNNAMED
        return {"source": source, "settings": chosen, "path": Path.cwd() / f"{name}.csv"}


def _from_file(
    path: Path, settings: str | PathLike[str] | None, options: Mapping[str, Any], places: Mapping[str, str]
) -> dict[str, Any]:
    """The parts of a campaign: the recipients at a path, or those whose rejected rows stand there."""
    file, rejected = path, None
    parent = named_for_its_file(file)
    if parent is not None:
        file, rejected = parent, file
    toml = Path(settings) if settings else _settings_beside(file)
    chosen = places_of(toml, options, places)
    with placed(chosen):
        known = load_settings(toml, options, {key: chosen[key] for key in options if key in chosen})
        choices = recipients.Choices(**known.file.model_dump())
        source = recipients.open_recipients(file, choices)
    refuse_nameless(file, source.header)
    return {"source": source, "settings": known, "path": file, "places": chosen, "rejected": rejected}


def _settings_beside(file: Path) -> Path | None:
    """The settings that bear the file's name, if there are any."""
    # `.` and `/` have no name to put a suffix to.
    beside = file.with_suffix(".toml") if file.name else file
    return beside if beside.is_file() and beside != file else None


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
