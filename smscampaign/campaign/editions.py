"""The edition of a campaign that counts in a journal: planned there, rehearsed beside it, or found as it stands."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from smscampaign.campaign import corrections
from smscampaign.campaign.amendment import plan_after, rehearse_edition
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.changes import same
from smscampaign.campaign.plans import Plan, with_correction
from smscampaign.campaign.progress import Watch, unwatched
from smscampaign.campaign.repeats import refuse_second_name
from smscampaign.campaign.sealed import EditionRequest, written
from smscampaign.errors import JournalProblem, SettingsProblem, for_shell
from smscampaign.journal.editions import waits_before
from smscampaign.journal.store import Edition, Journal, Record
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import EditionKind


def kind_of(*, amend: bool, restart: bool, retry: str | None = None) -> EditionKind:
    """Which edition of a campaign that has begun is asked for. Raises `SettingsProblem` for two at once.

    `retry` says what is tried again: `temporary`, and nothing else.
    """
    if retry:
        if retry != "temporary":
            raise SettingsProblem(
                f"{retry!r} cannot be tried again: only what failed for a while is, once",
                where="--retry",
                remedy="Write --retry temporary. Who failed for good is in the failed file, to be put right or taken out.",
            )
        if amend or restart:
            raise SettingsProblem(
                "retry sends to whose message failed for a while, amend and restart to others: one of them",
                where="--retry",
            )
        return EditionKind.RETRY
    if amend and restart:
        raise SettingsProblem(
            "amend sends to who is new and restart to everybody: one of them", where="--restart"
        )
    if restart:
        return EditionKind.RESTART
    return EditionKind.AMENDMENT if amend else EditionKind.FIRST


def planned(
    campaign: Campaign,
    store: Journal,
    *,
    gateway: str,
    watch: Watch = unwatched,
    kind: EditionKind = EditionKind.FIRST,
    account: str = "",
    send_again: bool = False,
) -> Plan:
    """The sealed plan of a campaign in `store`: made now, or found there as it was.

    `gateway` names where it will be sent, `account` from which account, where that is known besides by the settings.
    Rows that were put right since the campaign began become part of it. Raises `ChangedInputs` when the campaign has
    begun and is no longer the same otherwise, unless `kind` asks for another edition of it. With `send_again` people are not
    left out because they had the same text.
    """
    recipe = campaign.recipe()

    def unchanged() -> bool:
        found = store.find(campaign.name)
        if found is None or found.sealed_at is None or kind is EditionKind.RESTART:
            return False
        if campaign.settings.recurring and waits_before(store, found):
            return False
        asked = found.begun_at is not None or found.send_again == send_again
        return asked and same(found, as_corrected(campaign, store).inputs(gateway))

    # Where several machines share the journal: beside those who deliver it, but alone to plan it.
    with store.driving(together=unchanged):
        refuse_second_name(campaign, store)
        now = as_corrected(campaign, store)
        request = EditionRequest(kind, now.inputs(gateway), recipe, watch, send_again)
        record = store.find(campaign.name)
        _refuse_unbegun(campaign, record, kind)
        if record is not None and record.begun_at is not None:
            plan = plan_after(now, store, record, request)
        else:
            if record is None or record.sealed_at is None or not _as_asked(record, request):
                record = written(now, store, request)
            plan = Plan(now, store, record, stored_summary(record))
    return replace(plan, record=sent_from(plan.record, account or campaign.settings.account))


def _refuse_unbegun(campaign: Campaign, record: Record | None, kind: EditionKind) -> None:
    """Raise `JournalProblem` where something is to be tried again of what was never sent."""
    if kind is EditionKind.RETRY:
        import_module("smscampaign.campaign.retries").refuse_unbegun(campaign, record)


def _as_asked(record: Record, request: EditionRequest) -> bool:
    """Whether a plan that nobody said yes to yet is of these inputs, and leaves out whom it is to leave out."""
    if record.inputs.settings.get("prior", {}).get("campaign"):
        return False  # who is meant may have become another one since
    return same(record, request.inputs) and record.send_again == request.send_again


def rehearsed(
    campaign: Campaign,
    scratch: Journal,
    kept: Journal | None,
    *,
    gateway: str,
    watch: Watch = unwatched,
    kind: EditionKind = EditionKind.FIRST,
    send_again: bool = False,
) -> Plan:
    """The plan that `planned` would make in `kept`, made in `scratch`: nothing is written where the campaign is kept.

    Where that would be a correction, it is the whole plan as it is then.
    """
    if kept is not None:
        refuse_second_name(campaign, kept)
    record = kept.find(campaign.name) if kept is not None else None
    now, recipe = as_corrected(campaign, kept), campaign.recipe()
    begun = None if record is None or record.begun_at is None else record
    _refuse_unbegun(campaign, begun, kind)
    inputs = now.inputs(begun.inputs.gateway if begun else gateway)
    request = EditionRequest(kind, inputs, recipe, watch, send_again, kept)
    if kept is not None and begun is not None:
        proposed = rehearse_edition(now, scratch, (kept, begun), request)
        if proposed is not None:
            return proposed
    with scratch.driving():
        made = written(now, scratch, replace(request, inputs=now.inputs(gateway)), noted=False)
    if begun is not None:
        begun = replace(begun, inputs=replace(begun.inputs, fingerprint=request.inputs.fingerprint))
    there = Edition(kept, begun) if kept is not None and begun is not None else None
    made = sent_from(made, campaign.settings.account)
    return Plan(now, scratch, made, stored_summary(made), in_force=there)


def looked_at(
    campaign: Campaign, scratch: Journal, kept: Journal | None, *, gateway: str, watch: Watch = unwatched
) -> Plan:
    """The whole file as it stands, with the corrections that hold where it is kept: to be looked at, and never sent."""
    now = as_corrected(campaign, kept)
    request = EditionRequest(EditionKind.FIRST, now.inputs(gateway), now.recipe(), watch, home=kept)
    with scratch.driving():
        record = written(now, scratch, request, noted=False)
    return Plan(now, scratch, record, stored_summary(record))


def open_plan(campaign: Campaign, store: Journal, *, shown: Record | None = None) -> Plan:
    """The plan as it stands in a journal, whatever became of its inputs: for status and results.

    With `shown`, that plan if it waits to take the other's place. Raises `JournalProblem` when there is none, or
    the journal is another campaign's.
    """
    refuse_second_name(campaign, store)
    record = store.find(campaign.name)
    if shown is not None and record is not None and not record.same_plan(shown):
        waiting = store.find(campaign.name, proposed=True)
        record = waiting if waiting is not None and waiting.same_plan(shown) else record
    if record is None or record.sealed_at is None:
        raise JournalProblem(
            f"the campaign {campaign.name!r} was not planned here yet",
            where=str(store.place),
            remedy=f"Run `smscampaign run {for_shell(campaign.path)} --dry-run` to see its plan.",
        )
    now = corrections.in_force(campaign, store, record)
    if shown is not None:
        inputs, waiting = campaign.inputs(record.inputs.gateway), store.find(campaign.name, proposed=True)
        corrects = waiting is not None and waiting.kind is EditionKind.CORRECTION and waiting.sealed_at
        if waiting is not None and corrects and same(waiting, inputs):
            return with_correction(campaign, store, record, waiting)
        now = campaign if same(record, inputs) else now
    return Plan(now, store, sent_from(record, campaign.settings.account), stored_summary(record))


def sent_from(record: Record, account: str | None) -> Record:
    """A plan with the account that it is to be sent from; one that has begun keeps its own."""
    inputs = record.inputs
    return (
        record if inputs.account or not account else replace(record, inputs=replace(inputs, account=account))
    )


def as_corrected(campaign: Campaign, kept: Journal | None) -> Campaign:
    """With the corrections that hold where the campaign is kept, and those that somebody entered since.

    Raises `FileProblem` when the file of rejected rows cannot be read.
    """
    record = None if kept is None else kept.find(campaign.name)
    if kept is None or record is None or record.begun_at is None:
        return corrections.entered(campaign, campaign.recipe(), None)
    return corrections.entered(campaign, campaign.recipe(), (kept, record))
