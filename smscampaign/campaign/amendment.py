"""Editions of a campaign that has begun: amended, for those who have not had it, which a recurring one is by itself; or
restarted, for everybody once more.

A new edition is planned beside what was sent. It takes the place of that at the yes, in one transaction which also cancels
what is still pending there: at no moment can a number be sent by both. Until then everything stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType

from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign import corrected_rows, corrections
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.changes import changed, difference, only_corrected, same
from smscampaign.campaign.corrected_rows import CorrectedRows
from smscampaign.campaign.exclusions import had_before
from smscampaign.campaign.plans import Plan, with_correction
from smscampaign.campaign.sealed import EditionRequest, write, writer_of
from smscampaign.drawing import count, figure, local
from smscampaign.errors import JournalProblem
from smscampaign.journal import cancellations, editions, fates, tags
from smscampaign.journal.corrections import adopt
from smscampaign.journal.exclusions import Exclusion
from smscampaign.journal.store import Journal, Record
from smscampaign.journal.summaries import stored_summary
from smscampaign.languages import say
from smscampaign.model import EditionKind, Reason, Row, Status, Tally


def plan_after(campaign: Campaign, store: Journal, record: Record, request: EditionRequest) -> Plan:
    """The plan that counts when the campaign is planned again: of `record`, of that put right, or of an edition beside it.

    Raises `ChangedInputs` with the whole difference when the inputs are others and no edition was asked for, and
    `JournalProblem` while it is not known who had the campaign.
    """
    if not _needed(campaign, store, record, request):
        return Plan(campaign, store, record, stored_summary(record))
    request = _recurring(campaign, record, request)
    changed_rows = _put_right(campaign, store, record, request)
    if changed_rows is not None and changed_rows.other is None:
        return _with_correction(campaign, (store, record), request, changed_rows.rows)
    _refuse_change(campaign, (store, record), request, changed_rows)
    found = store.find(campaign.name, proposed=True)
    if found is None or not _still_good(store, record, found, request):
        _write(campaign, store, (store, record), request)
        found = store.find(campaign.name, proposed=True)
    if found is None:
        raise JournalProblem("the plan vanished from the journal", where=store.name)
    return Plan(campaign, store, found, stored_summary(found))


def rehearse_edition(
    campaign: Campaign, scratch: Journal, kept: tuple[Journal, Record], request: EditionRequest
) -> Plan | None:
    """The edition that `plan_after` would make, made in another journal; None when there is none to make, or a correction.

    `kept` is the campaign where it was begun; nothing is written there. Raises what `plan_after` raises.
    """
    if not _needed(campaign, *kept, request):
        return None
    request = _recurring(campaign, kept[1], request)
    changed_rows = _put_right(campaign, *kept, request)
    if changed_rows is not None and changed_rows.other is None:
        return None
    _refuse_change(campaign, kept, request, changed_rows)
    _write(campaign, scratch, kept, replace(request, home=kept[0]))
    record = scratch.find(campaign.name, proposed=True)
    assert record is not None  # noqa: S101 - it was written a line above
    return Plan(campaign, scratch, record, stored_summary(record))


def _needed(campaign: Campaign, store: Journal, record: Record, request: EditionRequest) -> bool:
    """Whether the campaign is another one than what was planned, or is to be, or is asked to take up whom it left out.

    A recurring one takes up by itself what turned out not to have been sent in a night before.
    """
    if not same(record, request.inputs) or request.kind is EditionKind.RESTART:
        return True
    if request.kind is EditionKind.RETRY:
        return bool(_retries().needed(campaign, store, record))
    if campaign.settings.recurring and editions.waits_before(store, record):
        return True
    return request.kind is EditionKind.AMENDMENT and fates.left_out(store, record)


def _recurring(campaign: Campaign, record: Record, request: EditionRequest) -> EditionRequest:
    """What a change means where the campaign recurs: its next edition, unless it is no more than rows that were put right."""
    asked = request.kind is not EditionKind.FIRST or record.inputs.gateway != request.inputs.gateway
    if asked or not campaign.settings.recurring:
        return request
    before, now = record.inputs.ingredients, request.inputs.ingredients
    if before != now and {**before, "corrections": ""} == {**now, "corrections": ""}:
        return request
    return replace(request, kind=EditionKind.RECURRENCE)


def _put_right(
    campaign: Campaign, store: Journal, record: Record, request: EditionRequest
) -> CorrectedRows | None:
    """The rows that were put right, and whether others changed; None where more changed than the file and its corrections."""
    if request.kind is not EditionKind.FIRST or not only_corrected(record, request.inputs):
        return None
    return corrected_rows.put_right(campaign, store, record)


def _refuse_change(
    campaign: Campaign, kept: tuple[Journal, Record], request: EditionRequest, rows: CorrectedRows | None
) -> None:
    """Raise `ChangedInputs` where no other edition may be made, and `JournalProblem` while something is in doubt."""
    store, record = kept
    asked = request.kind not in {EditionKind.FIRST, EditionKind.RETRY}
    if (not asked and not same(record, request.inputs)) or record.inputs.gateway != request.inputs.gateway:
        told = difference(campaign, store, record, request.recipe, request.watch)
        if rows is not None:
            told = (f"row {rows.other} is another one, and was not rejected: so this is no correction", *told)
        raise changed(record, request.inputs, people=told)
    if request.kind is not EditionKind.RESTART:
        editions.refuse_other_keys(store, record, request.inputs)
    if request.kind is not EditionKind.RECURRENCE:  # which leaves alone who is in doubt: that holds his key
        editions.refuse_doubts(store, record)


def _asked_alike(found: Record, kind: EditionKind, request: EditionRequest) -> bool:
    return found.kind is kind and same(found, request.inputs) and found.send_again == request.send_again


def _still_good(store: Journal, record: Record, waiting: Record, request: EditionRequest) -> bool:
    """Whether a plan nobody said yes to yet says what one made now would say."""
    seen = waiting.seen == _known(store, record, request) and waiting.kind is request.kind
    seen = seen and waiting.send_again == request.send_again
    return seen and waiting.sealed_at is not None and same(waiting, request.inputs)


def _known(store: Journal, record: Record, request: EditionRequest) -> int:
    """What was known of the campaign: its last event, and for a retry also which messages failed for a while."""
    last = editions.last_event(store, record)
    return int(_retries().known(store, record, last)) if request.kind is EditionKind.RETRY else last


def _retries() -> ModuleType:
    """What only retries need."""
    return import_module("smscampaign.campaign.retries")


def _write(
    campaign: Campaign, store: Journal, before: tuple[Journal, Record], request: EditionRequest
) -> None:
    """Into a journal, after the edition `before`."""
    inputs = replace(request.inputs, account=before[1].inputs.account)
    exclusions: list[Exclusion] = []
    if request.kind is EditionKind.RETRY:
        exclusions = _retries().exclusions_of(campaign, *before)
    elif request.kind.adds:
        exclusions = had_before(campaign, *before, send_again=request.send_again)
    # Asked before its people are: what happens there meanwhile makes this plan an old one.
    known = _known(*before, request)
    tag, again = tags.first(store, inputs), request.send_again
    record = store.begin(inputs, tag=tag, kind=request.kind, seen=known, send_again=again)
    writer = writer_of(campaign, store, record, request, exclusions)
    write(campaign, writer, (store, record), request.recipe, request.watch)


def _with_correction(
    campaign: Campaign, kept: tuple[Journal, Record], request: EditionRequest, rows: Sequence[Row]
) -> Plan:
    """The campaign with the rows that were put right since, which become part of it at the yes.

    Where nothing is to be sent to any of them nobody has to say yes. What was cancelled stays as it was.
    """
    store, record = kept
    if cancellations.cancelled_at(store, record) is not None:
        as_it_was = corrections.in_force(campaign, store, record)
        return Plan(as_it_was, store, record, stored_summary(record))
    found, kind = store.find(campaign.name, proposed=True), EditionKind.CORRECTION
    if found is None or not found.sealed_at or not _asked_alike(found, kind, request):
        found = corrected_rows.propose(campaign, kept, request, rows)
    if stored_summary(found).messages:
        return with_correction(campaign, store, record, found)
    adopt(store, record, found)
    now = store.find(campaign.name) or record
    return Plan(campaign, store, now, stored_summary(now))


def edition_told(plan: Plan, store: Journal | None) -> Iterator[Finding]:
    """What a proposed edition would change, before somebody says yes to it; `store` is where the campaign has begun."""
    record = plan.record
    before = store.find(record.inputs.name) if store is not None else None
    if store is None or before is None or before.begun_at is None:
        return
    if not record.proposed:
        if store is not plan.store:  # a run tells where the campaign stands
            begun = f"This campaign has begun on {local(before.begun_at)}; {_onward(plan.standing())}"
            yield Finding("edition", Severity.WARNING, begun)
        return
    tally = fates.tally(store, before)
    if record.kind is EditionKind.RESTART:
        _, whole = fates.of_all_editions(store, before, tally)
        sent = whole.messages.get(Status.ACCEPTED, 0)
        told = f"it has sent {count(sent, 'message')} so far, and who is in this file gets it"
        anew = f"This begins the campaign anew: {told}"
        anew = f"This begins the campaign anew: {told} again" if sent else anew
        yield Finding("edition", Severity.WARNING, anew)
    else:
        yield Finding("edition", Severity.HINT, _still_to_come(plan))
    if pending := tally.messages.get(Status.PENDING, 0):
        dropped = (
            f"{count(pending, 'message')} of the campaign as it was not sent yet: cancelled there at the yes"
        )
        yield Finding("edition", Severity.HINT, dropped)


def _still_to_come(plan: Plan) -> str:
    already = sum(one.count for one in plan.summary.not_sent if one.reason is Reason.ALREADY_SENT)
    rows = say(
        "{figure} already had the campaign and gets nothing more",
        "{figure} already had the campaign and get nothing more",
        n=already,
        figure=figure(already),
    )
    new = figure(plan.summary.messages)
    if plan.record.kind is EditionKind.RETRY:
        return say(
            "{figure} message failed for a while and is sent once more; nobody else gets anything",
            "{figure} messages failed for a while and are sent once more; nobody else gets anything",
            n=plan.summary.messages,
            figure=new,
        )
    amended = plan.record.kind is EditionKind.AMENDMENT
    return (
        f"Amended: {new} are new or still waiting, {rows}"
        if amended
        else f"It goes on: {new} are new or still waiting, {rows}"
    )


def _onward(tally: Tally | None) -> str:
    """What running a campaign that has begun would do."""
    messages = tally.messages if tally else {}
    if messages.get(Status.PENDING):
        return "`smscampaign run` sends what is left of it"
    if messages.get(Status.IN_DOUBT):
        return "`smscampaign run` asks about what is in doubt"
    return "nothing of it is left to send"
