"""A plan and its outcome, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Console

from smscampaign.campaign import preview
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.plans import Plan
from smscampaign.cli import commands, rejections
from smscampaign.cli.screen import count, facts, hang, note, plain, shorten, table, thousands, warn
from smscampaign.drawing import duration, local
from smscampaign.errors import for_shell
from smscampaign.journal import fates
from smscampaign.languages import mark, marks, put_right, say
from smscampaign.model import CountryCount, Delivery, Encoding, Message, PlanSummary, Status, Tally
from smscampaign.pricing import Forecast, RateCache, known_words
from smscampaign.translation import told

#: Messages shown before sending, and characters of a text shown in the table.
SHOWN, TEXT_SHOWN = 5, 70


def show_plan(console: Console, plan: Plan, forecast: Forecast, *, limit: int | None) -> None:
    """Everything a person should know before saying yes; of a campaign that has begun also how much of it is left."""
    summary, campaign, begun = plan.summary, plan.campaign, plan.standing()
    left = summary.messages if begun is None else begun.messages.get(Status.PENDING, 0)
    console.print(f"[bold]{plain(campaign.name)}[/]  {plain(campaign.source.name)}")
    console.print(plain(told(_rows_words(summary, left, begun))))
    for remark in campaign.source.remarks:
        hang(console, "  ", remark)
    rejections.show_not_sent(console, plan, briefly=begun is not None)
    console.print()
    facts(console, _facts(plan, begun, forecast))
    if summary.messages and begun is None:
        _show_countries(console, summary.countries, forecast)
    if left and (messages := plan.sample_waiting(SHOWN)):
        _show_messages(console, messages, "next" if begun else "first")
    _show_warnings(plan, left, limit)


def _rows_words(summary: PlanSummary, left: int, begun: Tally | None) -> str:
    rows, kept = count(summary.rows, "row"), thousands(summary.rows - summary.messages)
    passed = f" ({count(summary.blank, 'empty row')} passed over)" if summary.blank else ""
    if begun is None:
        return f"{rows}: {thousands(left)} to send, {kept} not{passed}"
    if not left:
        return f"{rows}: nothing left to send of {thousands(summary.messages)}, {kept} not{passed}"
    return f"{rows}: {thousands(left)} left to send of {thousands(summary.messages)}, {kept} not{passed}"


def show_standing(
    console: Console,
    tally: Tally,
    plan: Plan | None = None,
    *,
    before: Decimal = Decimal(0),
    drawn: bool = False,
) -> None:
    """Where a campaign stands; of a plan that was amended the editions before it are told as well.

    `before`: the credits that were charged before the run that ended with this. `drawn`: with a small bar beside each figure.
    """
    rows = sum(tally.messages.values()) if drawn else 0
    _show_counts(console, "status", tally.messages, whole=rows)
    if tally.deliveries:
        console.print()
        accepted = tally.messages.get(Status.ACCEPTED, 0) if drawn else 0
        _show_counts(console, "delivery", tally.deliveries, whole=accepted)
    if before == tally.credits and before:
        console.print(told(f"{_charged(tally)}, all before this run"))
    else:
        earlier = f", {thousands(before)} before this run" if before else ""
        console.print(told(f"{_charged(tally)}{earlier}"))
    editions, whole = fates.of_all_editions(plan.store, plan.record, tally) if plan else (1, tally)
    if editions > 1:
        had = ", ".join(f"{thousands(number)} {status}" for status, number in whole.messages.items())
        earlier = count(editions - 1, "earlier edition")
        console.print(told(f"In all, with {earlier}: {had or 'nobody had it'}, {_charged(whole)}"))


def _show_counts(
    console: Console, head: str, counts: Mapping[Status, int] | Mapping[Delivery, int], *, whole: int
) -> None:
    """Figures; beside each a bar, as long as it is of the whole, where there is one."""
    rows = [(told(name.value), thousands(number)) for name, number in counts.items()]
    if not whole:
        table((head, "messages"), rows, console=console, numeric=["messages"])
        return
    from smscampaign.cli.gauges import gauge

    drawn = [(*row, gauge(number, whole)) for row, number in zip(rows, counts.values(), strict=True)]
    table((head, "messages", ""), drawn, console=console, numeric=["messages"])


def show_kept(plan: Plan, tally: Tally) -> None:
    """Until when OVHcloud keeps what it has accepted, and how it is taken back until then."""
    moment = plan.kept_until() if tally.messages.get(Status.ACCEPTED) else None
    if moment is not None:
        sandbox = " --sandbox" if plan.rehearses else ""
        day = told(_DAYS[moment.astimezone().weekday()])
        note(
            f"OVHcloud keeps what it has accepted until {day}, {local(moment)}. Until then"
            f" `smscampaign cancel {for_shell(plan.campaign.path)}{sandbox}` takes it back."
        )


def _charged(tally: Tally) -> str:
    untold = f" ({count(tally.unpriced, 'call')} by rate: OVHcloud did not tell the price)"
    return f"{count(tally.credits, 'credit')} charged" + (untold if tally.unpriced else "")


def show_doubts(plan: Plan, *, still: str = "", decide: str = "") -> None:
    """The first calls in doubt and why, how many there are besides, and `decide`, the command that asks OVHcloud.

    With a tag it is for who knows better, about calls that OVHcloud was asked about and that stayed in doubt.
    """
    doubts = plan.doubts()
    for tag, receivers, why in doubts[:SHOWN]:
        warn(f"{still}in doubt: call {tag}, {count(receivers, 'receiver')}: {why}")
    if len(doubts) > SHOWN:
        warn(f"{count(len(doubts) - SHOWN, 'more call')} {still}in doubt.")
    if not (doubts and decide):
        return
    asked_about = fates.asked_about(plan.store, plan.record)
    asked = [tag for tag, *_ in doubts if tag in asked_about]
    if len(asked) < len(doubts):
        some = count(len(doubts) - len(asked), "call")
        note(
            f"OVHcloud was not asked yet about {some}. `run` asks first and then goes on; to ask and send nothing:",
            copy=decide,
        )
    if asked:
        note(
            "Nothing in doubt is sent again by itself. `reconcile` asks OVHcloud again; whoever knows better decides:",
            copy=f"{decide} --resend {asked[0]}",
        )
        if len(asked) > 1:
            note("or, about all of them at once:", copy=f"{decide} --resend --all")
        note("or, to take it for sent:", copy=f"{decide} --assume-sent {asked[0]}")


def doubts_json(plan: Plan) -> list[dict[str, Any]]:
    """The calls in doubt for programs."""
    return [{"call": tag, "receivers": receivers, "because": why} for tag, receivers, why in plan.doubts()]


def summary_json(plan: Plan, forecast: Forecast) -> dict[str, Any]:
    """A plan for programs."""
    summary, packs = plan.summary, RateCache().packs_for(forecast, plan.record.inputs.gateway)
    return {
        "campaign": plan.campaign.name,
        "file": plan.campaign.source.name,
        "remarks": list(plan.campaign.source.remarks),
        "code": plan.code,
        "rows": summary.rows,
        "to_send": summary.messages,
        "not_sent": {one.reason.value: one.count for one in summary.not_sent},
        "not_sent_examples": {
            one.reason.value: {"row": one.line, "because": one.detail} for one in summary.not_sent
        },
        **rejections.not_sent_json(plan),
        "repairs": {one.repair.value: one.count for one in summary.repairs},
        "first_messages": [_message_json(one) for one in plan.sample(SHOWN)],
        "first_messages_cut": summary.messages > SHOWN,
        "texts": summary.texts,
        "parts": summary.parts,
        "encodings": {Encoding.GSM7: summary.gsm7, Encoding.UCS2: summary.ucs2},
        "changed": _changed_json(plan),
        "calls": summary.chunks,
        "credits": forecast.credits if forecast.complete else None,
        "credits_by_country": {
            one.country: forecast.by_country.get(one.country) for one in summary.countries
        },
        "money": packs and packs.figures(forecast.credits),
    }


def _changed_json(plan: Plan) -> dict[str, int] | None:
    changed = preview.changed(plan)
    if changed is None:
        return None
    return {"messages_looked_at": changed.looked_at, "short": changed.short, "swapped": changed.swapped}


def tally_json(plan: Plan, tally: Tally) -> dict[str, Any]:
    """Where a campaign stands, for programs: this edition, and all of them together."""
    editions, whole = fates.of_all_editions(plan.store, plan.record, tally)
    return {**_tally_json(tally), "all_editions": {"editions": editions, **_tally_json(whole)}}


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "messages": {status.value: number for status, number in tally.messages.items()},
        "calls_by_state": tally.chunks,
        "deliveries": {name.value: number for name, number in tally.deliveries.items()},
        "credits_charged": tally.credits,
        "unpriced_calls": tally.unpriced,
    }


def nothing_left(tally: Tally) -> bool:
    """Whether nobody is waiting and nothing is in doubt."""
    return not tally.messages.get(Status.PENDING) and not tally.messages.get(Status.IN_DOUBT)


def _message_json(one: Message) -> dict[str, Any]:
    return {
        "row": one.line,
        "number": one.recipient.msisdn,
        "country": one.recipient.country,
        "encoding": one.text.encoding.value,
        "parts": one.text.parts,
        "text": one.text.body,
    }


_DAYS = (
    *(mark("Monday"), mark("Tuesday"), mark("Wednesday"), mark("Thursday"), mark("Friday")),
    *(mark("Saturday"), mark("Sunday")),
)
_HEADINGS = {
    "first": marks("The first message", "The first {n} messages"),
    "next": marks("The next message", "The next {n} messages"),
}


def _show_messages(console: Console, messages: list[Message], which: str) -> None:
    rows = [{**_message_json(one), "text": shorten(one.text.body, TEXT_SHOWN)} for one in messages]
    first = say(*_HEADINGS[which], n=len(rows))
    console.print(f"\n[bold]{told(first)}[/]")
    lines = [list(row.values()) for row in rows]
    heads = ("row", "number", "country", "encoding", "parts", "text")
    table(heads, lines, console=console, numeric=["row", "parts"], cut="text")
    # Nobody says yes to a text that he has not read to its end.
    body = " ".join(messages[0].text.body.split())
    hang(console, told(f"row {messages[0].line} in full: "), body, ours=False)


def _show_countries(console: Console, countries: tuple[CountryCount, ...], forecast: Forecast) -> None:
    prices = {country: thousands(credits) for country, credits in forecast.by_country.items()}
    rows = [
        (one.country, thousands(one.messages), thousands(one.parts), prices.get(one.country, told("unknown")))
        for one in countries
    ]
    heads = ("country", "messages", "parts", "credits")
    console.print()
    table(heads, rows, console=console, numeric=heads[1:])


def _facts(plan: Plan, begun: Tally | None, forecast: Forecast) -> list[tuple[str, str]]:
    summary = plan.summary
    pairs = [("Plan", plan.code), ("Sender", _sender_words(plan.campaign, summary))]
    pairs.append(("Purpose", _purpose_words(plan.campaign)))
    moment = plan.campaign.settings.sending.send_at
    if moment is not None:
        leaves = f"{told(_DAYS[moment.weekday()])}, {moment:%Y-%m-%d %H:%M %Z}"
        pairs.append(("Leaves", f"{leaves}: OVHcloud keeps it till then"))
    if plan.campaign.settings.variants.tried and begun is None:
        pairs.append(("Tried", _tried_words(plan)))
    if summary.repairs:
        pairs.append(("Put right", _repair_words(summary, plan.campaign.language)))
    if summary.messages and begun is None:
        pairs += [
            ("Texts", _text_words(summary)),
            *[("Changed", words) for words in [_changed_words(plan)] if words],
            ("Credits", _credit_words(plan, forecast)),
            *[
                (mark("Price"), packs.words(forecast.credits))
                for packs in [RateCache().packs_for(forecast, plan.record.inputs.gateway)]
                if packs
            ],
        ]
    if summary.messages:
        pairs.append(("Calls", _call_words(plan, begun)))
    return pairs


def _repair_words(summary: PlanSummary, language: str) -> str:
    """Each number that could be read in one way only, in the language of the reasons."""
    return "; ".join(put_right(one.repair, one.count, one.line, language) for one in summary.repairs)


def _tried_words(plan: Plan) -> str:
    """Several texts: who gets which, and what can be told by that."""
    from smscampaign.campaign.comparison import prospect  # few campaigns try several

    found = prospect(plan)
    if found is None:
        return ""
    texts = ", ".join(f"{name} {thousands(people)}" for name, people in found.people.items())
    spared = f", {thousands(found.held_out)} held out" if found.held_out else ""
    if found.shows >= 1:
        return f"{texts}{spared}; too few people to tell the texts apart"
    shows, base = f"{found.shows:.1%}", f"{found.base:.1%}"
    return f"{texts}{spared}; a text is called better from {shows} on, where {base} do it with another"


def _text_words(summary: PlanSummary) -> str:
    encodings = ", ".join(
        f"{thousands(number)} {name}"
        for name, number in (("GSM-7", summary.gsm7), ("UCS-2", summary.ucs2))
        if number
    )
    texts = count(summary.texts, "distinct text")
    return f"{texts}; {count(summary.messages, 'message')} ({encodings}) of {count(summary.parts, 'part')} in all"


def _changed_words(plan: Plan) -> str:
    """What `[text]` did to the texts, that it did nothing included; nothing where it was asked for nothing."""
    changed = preview.changed(plan)
    if changed is None:
        return ""
    wording = plan.campaign.settings.text
    pieces = []
    if wording.short:
        pieces.append(
            f"{count(changed.short, 'message')} with the short text"
            if changed.short
            else f"the short text nowhere: no text takes more than {count(wording.short_over, 'part')} and fewer with it"
        )
    if wording.typography == "gsm" or wording.swaps:
        pieces.append(
            f"{count(changed.swapped, 'message')} with swapped characters"
            if changed.swapped
            else "no characters swapped otherwise: no text would take fewer parts"
            if changed.short
            else "no characters swapped: no text would take fewer parts"
        )
    few = changed.looked_at < plan.summary.messages
    first = f" (of the first {thousands(changed.looked_at)}; the others were not looked at)" if few else ""
    return "; ".join(pieces) + first


def _credit_words(plan: Plan, forecast: Forecast) -> str:
    """What is known of the credits, and by which prices; then how to ask for what is not known, or is not of today."""
    countries = [one.country for one in plan.summary.countries]
    old = RateCache().as_published(plan.record.inputs.gateway, countries) if plan.store.scratch else ()
    asked = " ".join(dict.fromkeys([*old, *forecast.unknown]))
    known = known_words(forecast, thousands(forecast.credits), published=bool(old))
    return known + (
        f". To ask OVHcloud for today's prices: {commands.program()} rates {asked}" if asked else ""
    )


def _call_words(plan: Plan, begun: Tally | None) -> str:
    pace = plan.calls_per_minute
    number = begun.chunks.get("pending", 0) if begun else plan.summary.chunks
    whole = sum(begun.chunks.values()) if begun else number
    calls = f"{thousands(number)} left of {count(whole, 'API call')}" if begun else count(number, "API call")
    if not (pace and number):
        return calls
    return f"{calls}, {duration(number / pace)} at {pace:g} a minute"


def _show_warnings(plan: Plan, left: int, limit: int | None) -> None:
    above = plan.campaign.settings.limits.parts_warning
    long = sum(number for parts, number in plan.summary.spread if parts > above)
    if long:
        warn(f"{count(long, 'message')} of more than {above} parts: some networks drop them.")
    if limit is not None and limit < left:
        warn(f"--limit {limit}: no more than {count(limit, 'message')} will be sent this time.")


def _sender_words(campaign: Campaign, summary: PlanSummary) -> str:
    if campaign.settings.sender:
        return campaign.settings.sender
    abroad = sum(one.messages for one in summary.countries if one.country != "FR")
    words = (
        "a short number, which can be answered for 48 hours; OVHcloud gives it to French accounts,"
        " for numbers of metropolitan France"
    )
    return words + (f": {count(abroad, 'message')} here would go elsewhere and be refused" if abroad else "")


def _purpose_words(campaign: Campaign) -> str:
    if campaign.settings.stop_clause:
        return "marketing: with the STOP clause (11 characters), and in France held at night, on Sundays and on holidays"
    return "transactional by your declaration: without the STOP clause, and never held back"
