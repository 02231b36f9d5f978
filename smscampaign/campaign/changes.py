"""Whether a campaign is still what was planned, and how it differs when it is not."""

from __future__ import annotations

from decimal import Decimal
from itertools import takewhile

from smscampaign import planning, pricing
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.codes import code_of, typed
from smscampaign.campaign.progress import Watch
from smscampaign.campaign.sealed import write
from smscampaign.drawing import discreet, mask, masked_body
from smscampaign.errors import ChangedInputs, NotConfirmed, for_shell
from smscampaign.journal import comparison, facts
from smscampaign.journal.comparison import Comparison, Difference
from smscampaign.journal.plan import PlanWriter
from smscampaign.journal.store import Inputs, Journal, Record, open_journal
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import Message, PlanSummary

#: The ingredients that no option puts back.
_NO_OPTIONS = ("message", "file", "corrections")

#: Characters shown of a text that is given as an example.
SHOWN = 50


def same(record: Record, inputs: Inputs) -> bool:
    """Whether the plan was made from these inputs, for this gateway."""
    return (record.inputs.fingerprint, record.inputs.gateway) == (inputs.fingerprint, inputs.gateway)


def only_corrected(record: Record, inputs: Inputs) -> bool:
    """Whether at most the file and its corrections are others: then its rows say whether it is a correction."""
    before, after = record.inputs.ingredients, inputs.ingredients
    other = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return record.inputs.gateway == inputs.gateway and other <= {"file", "corrections"}


def refuse_changed(record: Record, inputs: Inputs) -> None:
    """Raise `ChangedInputs`, with the ingredients that differ, unless the plan that was shown was made from these inputs."""
    if not same(record, inputs):
        raise ChangedInputs(
            "nothing was sent: what the plan was made from has changed since it was shown:\n  "
            + "\n  ".join(_changes(record.inputs, inputs)),
            where=inputs.name,
            remedy="Look at the plan as it is now: by the same command, or in Python by making campaign and plan anew.",
        )


def changed(record: Record, inputs: Inputs, *, people: tuple[str, ...] = ()) -> ChangedInputs:
    """The error for a campaign that has begun and whose inputs are others; `people` says how its messages differ."""
    before, after, changes = record.inputs, inputs, _changes(record.inputs, inputs)
    add, leave_out = _back(before, after)
    ways = (
        "Put it back as it was, and it goes on as it was planned; or send this, with --amend, to those who have not had the"
        f" campaign, and to nobody twice.\n{_put_back(add, leave_out)}".rstrip()
        if before.gateway == after.gateway
        else "Put it back as it was to go on, or begin another campaign beside it with --journal FILE."
    )
    error = ChangedInputs(
        "this campaign has begun, and what it was planned from has changed:\n  "
        + "\n  ".join([*changes, *people]),
        where=inputs.name,
        remedy=ways,
    )
    if before.gateway == after.gateway:
        error.add, error.leave_out = add, leave_out
    return error


def _changes(before: Inputs, after: Inputs) -> list[str]:
    """The ingredients that differ."""
    from smscampaign.settings import differences  # most campaigns are what they were

    changes: list[str] = []
    for name in {**after.ingredients, **before.ingredients}:
        was, becomes = (some.ingredients.get(name, "") for some in (before, after))
        if was != becomes:
            shown = zip((was, becomes), apart(was, becomes, SHOWN), strict=True)
            whole = "{}: was {}, is {}".format(name, *(_short(*one) for one in shown))
            section = differences.SECTIONS.get(name)
            changes += differences.told(before.settings, after.settings, section) if section else [whole]
    if before.gateway != after.gateway:
        changes.append(f"where it is sent: was {before.gateway}, is {after.gateway}")
    was, becomes = _named_account(before), _named_account(after)
    if was != becomes:
        changes.append(f"account: was {was or 'not named'}, is {becomes or 'not named'}")
    return changes


def _back(before: Inputs, after: Inputs) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """The options that make it what it was: to add, and to leave out; none where options cannot."""
    if any(before.ingredients.get(name) != after.ingredients.get(name) for name in _NO_OPTIONS):
        return (), ()
    from smscampaign.settings import differences  # most campaigns are what they were

    return differences.putting_back(before.settings, after.settings)


def _put_back(add: tuple[tuple[str, ...], ...], leave_out: tuple[str, ...]) -> str:
    words = " ".join(for_shell(word) for option in add for word in option)
    said = [f"add {words}"] * bool(add) + [f"leave out {' '.join(leave_out)}"] * bool(leave_out)
    return f"To put it back {' and '.join(said)}" if said else ""


def _named_account(inputs: Inputs) -> str:
    """The account that the settings or an option named when the plan was made; empty where none did."""
    return str(inputs.settings.get("account") or "")


def refuse_other(campaign: Campaign, store: Journal, inputs: Inputs, *, code: str, watch: Watch) -> None:
    """Raise `NotConfirmed`, with the difference, where `code` names the plan kept here and the campaign is another by now.

    `inputs` are what it is made from now. It is asked before the campaign is planned anew, which would take the place of the
    approved plan. One that has begun stays, and planning it refuses the same.
    """
    approved = typed(code).split()[-1:]
    for record in (store.find(campaign.name), store.find(campaign.name, proposed=True)):
        if record is None or record.sealed_at is None or record.begun_at:
            continue
        accounts = [_named_account(record.inputs)]
        if not same(record, inputs):
            accounts += [inputs.account, ""]
        elif accounts == [_named_account(inputs)]:
            continue
        if any(approved == [code_of(record, account=one)] for one in accounts):
            people = difference(campaign, store, record, campaign.recipe(), watch)
            raise NotConfirmed(
                "nothing was sent: what the approved plan was made from has changed:\n  "
                + "\n  ".join([*_changes(record.inputs, inputs), *people]),
                where="--confirm",
                remedy="Put it back as it was, or look at the plan as it is now and approve that.",
            )


def difference(
    campaign: Campaign, store: Journal, record: Record, recipe: planning.Recipe, watch: Watch
) -> tuple[str, ...]:
    """How the messages of the campaign as it is now differ from those of `record`, in lines to read.

    It is planned into a journal that is thrown away; of its people's numbers only a few digits are shown.
    """
    inputs = campaign.inputs(record.inputs.gateway)
    if inputs.fingerprint == record.inputs.fingerprint:
        return ()
    from smscampaign.scratch import scratch_folder  # a run makes none

    with scratch_folder() as folder:
        scratch = open_journal(folder / "plan.sqlite", clock=store.clock, scratch=True)
        try:
            now = scratch.begin(inputs, tag="scratch")
            writer = PlanWriter(scratch, now, language=recipe.language)
            write(campaign, writer, (scratch, now), recipe, watch, noted=False)
            found = scratch.find(inputs.name)
            now = found or now
            compared = comparison.compare((store, record), (scratch, now))
        finally:
            scratch.close()
    summaries = stored_summary(record), stored_summary(now)
    rates = pricing.RateCache().known(record.inputs.gateway) | facts.stored_rates(store, record)
    return tuple(_lines(compared, summaries, rates))


def _lines(
    compared: Comparison, summaries: tuple[PlanSummary, PlanSummary], rates: dict[str, Decimal]
) -> list[str]:
    before, now = summaries
    kinds = (
        (compared.added, "new"),
        (compared.removed, "gone"),
        (compared.changed, "with another text"),
    )
    counts = ", ".join(f"{_figure(kind.count)} {word}" for kind, word in kinds)
    figures = (
        ("rows that cannot or may not be sent", *(_figure(one.rows - one.messages) for one in summaries)),
        ("distinct texts", *(_figure(one.texts) for one in summaries)),
        ("credits", *(_credits(one, rates) for one in summaries)),
    )
    lines = [f"people: {counts} (by number; {_figure(before.messages)} before, {_figure(now.messages)} now)"]
    lines += [f"{what}: {was} before, {becomes} now" for what, was, becomes in figures if was != becomes]
    return [*lines, *_examples(compared)]


def _examples(compared: Comparison) -> list[str]:
    lines = [f"row {one.line} is new: {_named(one)}" for one in _seconds(compared.added)]
    gone = [was for was, _ in compared.removed.examples if was]
    lines += [f"row {one.line} of the old file is gone: {_named(one)}" for one in gone]
    for was, becomes in compared.changed.examples:
        if was and becomes:
            texts = "“{}” has become “{}”".format(*apart(_body(was), _body(becomes), SHOWN))
            lines.append(f"row {becomes.line} has another text: {mask(becomes.recipient.msisdn)}, {texts}")
    return lines


def _seconds(kind: Difference) -> list[Message]:
    return [becomes for _, becomes in kind.examples if becomes]


def _named(one: Message) -> str:
    return f"{mask(one.recipient.msisdn)}, “{apart(_body(one), '', SHOWN)[0]}”"


def _body(one: Message) -> str:
    return " ".join(masked_body(one).split())


def _credits(summary: PlanSummary, rates: dict[str, Decimal]) -> str:
    forecast = pricing.forecast(summary.countries, rates)
    if forecast.complete:
        return _figure(forecast.credits)
    known = f"{_figure(forecast.credits)} and " if forecast.by_country else ""
    return f"{known}unknown for {', '.join(forecast.unknown)}"


def _figure(number: int | Decimal) -> str:
    figure = f"{number:,}".replace(",", " ")
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def _short(value: str, shown: str) -> str:
    return f"another content ({value[:8]})" if len(value) == 64 else repr(shown) if shown else "not set"


def apart(one: str, other: str, most: int) -> tuple[str, str]:
    """Two texts with their numbers masked, cut to `most` characters around the place where they begin to differ."""
    texts = discreet(one), discreet(other)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    start = max(0, same - most // 2) if max(map(len, texts)) > most else 0
    first, second = (
        f"{'…' * (start > 0)}{text[start : start + most]}{'…' * (len(text) > start + most)}" for text in texts
    )
    return first, second
