"""The whole file of a campaign, planned into a journal and sealed there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module

from smscampaign import planning
from smscampaign.blocks import BLOCK
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.files import rows_about
from smscampaign.campaign.other_campaigns import lately_elsewhere
from smscampaign.campaign.progress import Watch, watched
from smscampaign.corrections import Correction, row_hashes
from smscampaign.errors import FileProblem, JournalProblem
from smscampaign.journal import corrections, tags
from smscampaign.journal.exclusions import Exclusion
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.store import Inputs, Journal, Record
from smscampaign.model import EditionKind, Row


@dataclass(frozen=True, slots=True)
class EditionRequest:
    """How an edition is to be made: of which kind, from what, watched by whom; and whether people may get what they had.

    `home` is where the campaign is kept, if the plan is made in a journal that is thrown away.
    """

    kind: EditionKind
    inputs: Inputs
    recipe: planning.Recipe
    watch: Watch
    send_again: bool = False
    home: Journal | None = None


def written(campaign: Campaign, store: Journal, request: EditionRequest, *, noted: bool = True) -> Record:
    """A first plan of the whole file, sealed. `noted` keeps the hashes of its rows."""
    tag = tags.first(store, request.inputs)
    record = store.begin(request.inputs, tag=tag, send_again=request.send_again)
    writer = writer_of(campaign, store, record, request)
    write(campaign, writer, (store, record), request.recipe, request.watch, noted=noted)
    found = store.find(campaign.name)
    if found is None:
        raise JournalProblem("the plan vanished from the journal", where=str(store.place))
    return found


def writer_of(
    campaign: Campaign,
    store: Journal,
    record: Record,
    request: EditionRequest,
    exclusions: Sequence[Exclusion] = (),
) -> PlanWriter:
    """What takes the rows of an unsealed plan; unless people may get what they had, it leaves out who had it elsewhere."""
    language, kind = request.recipe.language, PlanWriter
    if request.recipe.variants is not None:
        kind = import_module("smscampaign.campaign.variants").VariantWriter  # few campaigns try several texts
    if campaign.settings.prior.campaign:
        priors = import_module("smscampaign.campaign.priors")  # few campaigns follow another one
        exclusions = [*exclusions, priors.meant(campaign, request.home or store, request.inputs.gateway)]
    if request.send_again:
        return kind(store, record, language=language, exclusions=exclusions)
    elsewhere = lately_elsewhere(campaign, store, record, home=request.home)
    return kind(store, record, language=language, exclusions=exclusions, at_seal=elsewhere)


def write(
    campaign: Campaign,
    writer: PlanWriter,
    made: tuple[Journal, Record],
    recipe: planning.Recipe,
    watch: Watch,
    *,
    noted: bool = True,
) -> None:
    """Plan the whole file into an unsealed plan, with its corrections, and seal it. Raises `FileProblem`."""
    corrections.keep_corrections(*made, campaign.corrections.values())
    steps = planning.plan_into(
        writer,
        dropping(recipe, campaign.corrections.values()),
        _blocks(campaign, writer if noted else None),
        receivers_per_call=campaign.settings.limits.receivers_per_call,
        header_line=campaign.source.header_line,
        expected=rows_about(campaign.file, campaign.path),
    )
    watched(steps, watch)
    refuse_changed(campaign, made[1].inputs)


def refuse_changed(campaign: Campaign, inputs: Inputs) -> None:
    """Raise `FileProblem` when the file is not the one any more that the plan was to be made from."""
    if campaign.source.digest() != inputs.ingredients["file"]:
        raise FileProblem(
            "the file changed while it was being read",
            where=campaign.source.name,
            remedy="Run the command again.",
        )


def dropping(recipe: planning.Recipe, made: Iterable[Correction]) -> planning.Recipe:
    """The recipe, by which rows that somebody dropped are not sent."""
    return replace(recipe, dropped=frozenset(one.line for one in made if one.dropped))


def _blocks(campaign: Campaign, writer: PlanWriter | None) -> Iterator[Sequence[Row]]:
    """The rows in the file's order, but those that were put right come last: nobody loses his message to them."""
    if writer is not None:
        writer.note([campaign.source.header_line], row_hashes([campaign.source.header]))
    late: list[Row] = []
    for block in campaign.source.blocks():
        if writer is not None:
            writer.note(block.lines, row_hashes(block.fields))
        if campaign.corrections.keys().isdisjoint(block.lines):
            yield block
            continue
        late += [row for row in block if row.line in campaign.corrections]
        kept = block.without(
            [place for place, line in enumerate(block.lines) if line in campaign.corrections]
        )
        if len(kept):
            yield kept
    for first in range(0, len(late), BLOCK):
        yield late[first : first + BLOCK]
