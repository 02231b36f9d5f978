"""A campaign: its recipients and its settings, and how they become a sealed plan."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from smscampaign import journal, planning, recipients
from smscampaign.campaign import retrying, wording
from smscampaign.campaign.amending import Making, edition_after, rehearse_edition
from smscampaign.campaign.changes import same
from smscampaign.campaign.files import new_tag, rows_about
from smscampaign.campaign.guarding import refuse_second_name
from smscampaign.campaign.noticing import placed, places_of, with_notices
from smscampaign.campaign.plans import Plan, sent_from
from smscampaign.campaign.watching import Watch, unwatched, watched
from smscampaign.drawing import masked
from smscampaign.errors import (
    FileProblem,
    JournalProblem,
    SettingsProblem,
)
from smscampaign.journal import Journal, Record
from smscampaign.languages import spoken
from smscampaign.message.template import compile_template
from smscampaign.model import EditionKind, Recipient
from smscampaign.names import printable
from smscampaign.phone import Normaliser
from smscampaign.settings.model import Settings, fingerprint, load_settings


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is to be sent: the recipients, and the settings. `places`: where each setting was chosen, for errors to name."""

    source: recipients.Source
    settings: Settings
    path: Path
    places: Mapping[str, str] = field(default_factory=lambda: places_of(None, {}, {}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", with_notices(self.source, self.settings))

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        settings: str | Path | None = None,
        options: Mapping[str, Any],
        places: Mapping[str, str] = MappingProxyType({}),
    ) -> Campaign:
        """The recipients at `path` with the settings beside them (`spring.csv`, `spring.toml`) or at `settings`.

        `options` are settings by their keys, and `places` says where they were given, if not by their own options. Raises
        `FileProblem` or `SettingsProblem`.
        """
        file = Path(path)
        own = _settings_beside(file)
        with placed(places_of(None, options, places)):
            rows = retrying.opened(file, options)
        inherited = rows is not None and own is None
        toml = Path(settings) if settings else _settings_beside(rows.parent) if rows and inherited else own
        chosen = places_of(toml, options, places)
        with placed(chosen):
            known = load_settings(toml, options, {key: chosen[key] for key in options if key in chosen})
            if rows is not None:
                known = retrying.settled(known, options, rows) if inherited else known
                return cls(rows, known, file, chosen)
            choices = recipients.Choices(**known.file.model_dump())
            return cls(recipients.open_recipients(file, choices), known, file, chosen)

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
        own = retrying.ingredient(self)
        ingredients = {"file": self.source.digest(), **self.settings.ingredients(), **own}
        settings = self.settings.model_dump(mode="json", by_alias=True)
        return journal.Inputs(self.name, gateway, account, fingerprint(ingredients), ingredients, settings)

    def plan(
        self,
        store: Journal,
        *,
        gateway: str,
        watch: Watch = unwatched,
        tag: Callable[[], str] = new_tag,
        kind: EditionKind = EditionKind.FIRST,
        kept: Journal | None = None,
        account: str = "",
    ) -> Plan:
        """The sealed plan of this campaign in `store`: made now, or found there as it was.

        `gateway` names where it will be sent, `account` from which account, where that is known besides by the settings;
        `kept` is the journal of the campaign when `store` is thrown away. Raises
        `ChangedInputs` when the campaign has begun and is no longer the same, unless `kind` asks for another edition of it.
        """
        recipe = self.recipe()
        inputs = self.inputs(gateway)

        def planned() -> bool:
            found = store.find(self.name)
            return found is not None and not anew(found) and kind is not EditionKind.RESTART

        def anew(found: Record) -> bool:
            if found.sealed_at is None or not same(found, inputs):
                return True
            return found.begun_at is None and retrying.overtaken(self, store, found)

        # Where several machines share the journal: beside those who deliver it, but alone to plan it.
        with store.driving(together=planned):
            refuse_second_name(self, store)
            record = store.find(self.name)
            if record is not None and record.begun_at is not None:
                record = edition_after(self, store, record, Making(kind, inputs, recipe, tag, watch))
            elif record is None or anew(record):
                homes = (store,) if kept is None else (store, kept)
                # Who shares people with it is asked before anything is planned: whoever comes later is found out at the yes.
                with retrying.Whose(self, inputs, EditionKind.FIRST, homes).relatives() as seen:
                    record = store.begin(inputs, tag=tag())
                    rows = journal.PlanWriter(store, record, language=recipe.language)
                    with retrying.sparing(self, rows, (store, record), seen) as writer:
                        self.write(writer, record, recipe, watch)
                record = store.find(self.name)
        if record is None:
            raise JournalProblem("the plan vanished from the journal", where=str(store.place))
        record = sent_from(record, account or self.settings.account)
        return Plan(self, store, record, journal.stored_summary(record))

    def rehearse(
        self,
        scratch: Journal,
        kept: Journal | None,
        *,
        gateway: str,
        watch: Watch = unwatched,
        kind: EditionKind = EditionKind.FIRST,
    ) -> Plan:
        """The plan that `plan` would make in `kept`, made in `scratch`: nothing is written where the campaign is kept."""
        if kept is not None:
            refuse_second_name(self, kept)
        record = kept.find(self.name) if kept is not None else None
        if kept is None or record is None or record.begun_at is None:
            return self.plan(scratch, gateway=gateway, watch=watch, kept=kept)
        making = Making(kind, self.inputs(record.inputs.gateway), self.recipe(), new_tag, watch)
        proposed = rehearse_edition(self, scratch, (kept, record), making)
        if proposed is not None:
            return proposed
        return replace(
            self.plan(scratch, gateway=gateway, watch=watch, kept=kept),
            in_force=journal.Edition(kept, record),
        )

    def write(
        self, writer: journal.PlanWriter, record: Record, recipe: planning.Recipe, watch: Watch
    ) -> None:
        """Plan the whole file into an unsealed plan and seal it. Raises `FileProblem`."""
        steps = planning.plan_into(
            writer,
            recipe,
            self.source.blocks(),
            receivers_per_call=self.settings.limits.receivers_per_call,
            header_line=self.source.header_line,
            expected=rows_about(self.source, self.path),
        )
        watched(steps, watch)
        if self.source.digest() != record.inputs.ingredients["file"]:
            raise FileProblem(
                "the file changed while it was being read",
                where=self.source.name,
                remedy="Run the command again.",
            )

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


def _settings_beside(file: Path) -> Path | None:
    """The settings that bear the file's name, if there are any."""
    # `.` and `/` have no name to put a suffix to.
    beside = file.with_suffix(".toml") if file.name else file
    return beside if beside.is_file() and beside != file else None


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
