"""What a report says, section by section: sentences, tables, and what is drawn of them. How it looks is said elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from smscampaign.causes import failure_of
from smscampaign.drawing import masked
from smscampaign.experiments import words
from smscampaign.journal.figures import Fared, Outcomes
from smscampaign.languages import mark, say
from smscampaign.model import Delivery, Status
from smscampaign.report.contents import About, Section, table_of
from smscampaign.report.networks import network
from smscampaign.report.pictures import Curves, bars
from smscampaign.report.words import (
    REMEDIES,
    country,
    length,
    moment,
    money,
    number,
    reason,
    share,
)
from smscampaign.translation import told

_ANSWERED = mark("answered")

#: Bars of one picture; the rest stands in the table.
_MOST = 8
#: Moments named under a curve.
_TICKS = 4


#: Title, caption and first head of two sections that are alike.
_COUNTRIES = (mark("By country"), mark("Messages to each country"), mark("country"))
_NETWORKS = (mark("By network"), mark("Messages over each network"), mark("network"))


def sections(about: About, found: Outcomes) -> list[Section]:
    """All that there is to say; a section of which nothing is known is left out."""
    drawn = (
        _funnel(found),
        _reasons(about, found),
        _times(found),
        _fared("countries", _COUNTRIES, _named(found.by_country, country)),
        _fared("networks", _NETWORKS, _networks(found)),
        _cost(found),
        _replies(found),
        _compared(about),
        _doubts(found),
        _settings(about),
    )
    return [one for one in drawn if one is not None]


def _funnel(found: Outcomes) -> Section:
    steps = [
        (mark("rows"), found.rows),
        (mark("with a message"), found.sendable),
        (mark("accepted by OVHcloud"), found.accepted),
        (mark("delivered"), found.delivered),
        *([(_ANSWERED, found.answered.people)] if found.answered else []),
    ]
    rows, before = [], found.rows
    for name, people in steps:
        fewer = "–" if name == _ANSWERED else number(before - people)
        rows.append((told(name), number(people), share(people, found.rows), fewer))
        before = people
    standing = [(told(one.value), number(count)) for one, count in _in_order(Status, found.by_status)]
    ended = [(told(one.value), number(count)) for one, count in _in_order(Delivery, found.by_delivery)]
    tables = [
        table_of(
            mark("People at each step"),
            (mark("step"), mark("people"), mark("of the rows"), mark("fewer than before")),
            rows,
            1,
            2,
            3,
        ),
        table_of(mark("What became of the rows"), (mark("status"), mark("rows")), standing, 1),
    ]
    if ended:
        tables.append(table_of(mark("What the networks say"), (mark("delivery"), mark("messages")), ended, 1))
    picture = bars([(told(name), people, number(people)) for name, people in steps])
    earlier = found.editions - 1
    sentence = say(
        "With {n} earlier edition of this campaign.",
        "With {n} earlier editions of this campaign.",
        n=earlier,
    )
    return Section(
        "funnel",
        told(mark("From the file to the phone")),
        (told(sentence),) if earlier > 0 else (),
        tuple(tables),
        picture,
    )


def _compared(about: About) -> Section | None:
    found = about.comparison
    if found is None:
        return None
    verdict = found.verdict
    texts = table_of(
        mark("What people did by the text they got"),
        words.heads(found.measure),
        [words.measured(one) for one in verdict.measured],
        *(1, 2, 3),
    )
    pairs = table_of(
        mark("How far they are apart"), words.PAIRS, list(map(words.pair, verdict.comparisons)), 1
    )
    said = words.verdict(verdict, end=found.end, now=about.made_at)
    return Section(
        "texts", told(mark("Several texts")), (said,), (texts, pairs) if verdict.comparisons else (texts,)
    )


def _in_order(
    kinds: type[Status] | type[Delivery], counts: Mapping[Any, int]
) -> list[tuple[Status | Delivery, int]]:
    return [(one, counts[one]) for one in kinds if counts.get(one)]


def _reasons(about: About, found: Outcomes) -> Section | None:
    rows: list[tuple[str, int, str, str]] = []
    for one in found.unsent:
        rows.append((told(one.reason.status.value), one.rows, reason(one.reason), told(REMEDIES[one.reason])))
    for said in found.because:
        why = masked(told(said.detail)) if said.detail else told(mark("other reasons"))
        rows.append((told(said.status.value), said.messages, why, told(_OF_STATUS.get(said.status, ""))))
    rows += _failed(about, found)
    if not rows:
        return None
    rows.sort(key=lambda one: -one[1])
    table = table_of(
        mark("People by reason"),
        (mark("status"), mark("people"), mark("reason"), mark("what to do")),
        [(status, number(people), why, what) for status, people, why, what in rows],
        1,
    )
    picture = bars([(why, people, number(people)) for _, people, why, _ in rows[:_MOST]])
    return Section("reasons", told(mark("Who did not get it, and why")), (), (table,), picture)


def _failed(about: About, found: Outcomes) -> list[tuple[str, int, str, str]]:
    """Accepted messages that did not arrive; codes that mean the same together."""
    rows: Counter[tuple[str, str, str]] = Counter()
    for delivery in (Delivery.FAILED, Delivery.UNKNOWN):
        for code, messages in found.codes(delivery).items():
            failure = about.failures.get(code) or failure_of(code, None)
            meaning = masked(f"{told(failure.words)} ({told(failure.duration)})")
            rows[told(delivery.value), meaning, told(failure.advice)] += messages
    return [(status, messages, meaning, advice) for (status, meaning, advice), messages in rows.items()]


#: What to do about messages that were not accepted.
_OF_STATUS = {
    Status.REFUSED: mark("OVHcloud did not take it. Put the cause right, and run the campaign again."),
    Status.SUPPRESSED: mark("Left out by a rule: nothing is to be done."),
    Status.IN_DOUBT: mark(
        "`smscampaign reconcile` asks OVHcloud about it; nothing is sent again before that."
    ),
}


def _times(found: Outcomes) -> Section | None:
    times = found.times
    if times.start is None or not any(times.delivered):
        return None
    starts = [times.start + times.size * at for at in range(len(times.left))]
    rows = [
        (moment(start, size=times.size), number(left), number(arrived))
        for start, left, arrived in zip(starts, times.left, times.delivered, strict=True)
    ]
    quiet = {at for at, row in enumerate(zip(times.left, times.delivered, strict=True)) if not any(row)}
    every = max(len(starts) // _TICKS, 1)
    inside = starts[-1] - starts[0] + times.size
    pattern = "%H:%M" if inside.days < 1 else "%d.%m. %H:%M" if inside.days < 4 else "%d.%m."
    ticks = tuple((at, f"{starts[at].astimezone():{pattern}}") for at in range(0, len(starts), every))
    sentences = [told(say("{what}, by this computer's clock.", what=length(times.size).capitalize()))]
    if times.undated:
        sentences.append(
            told(
                say(
                    "{figure} more message was delivered at a time that nobody told.",
                    "{figure} more messages were delivered at a time that nobody told.",
                    n=times.undated,
                    figure=number(times.undated),
                )
            )
        )
    table = table_of(
        mark("Messages over time"),
        (mark("from"), mark("sent off"), mark("delivered")),
        [row for at, row in enumerate(rows) if at not in quiet],
        1,
        2,
    )
    curves = Curves(
        (told(mark("sent off")), told(mark("delivered"))),
        (_summed(times.left), _summed(times.delivered)),
        ticks,
    )
    return Section("times", told(mark("Delivery over time")), tuple(sentences), (table,), curves)


def _summed(counts: tuple[int, ...]) -> tuple[int, ...]:
    total, found = 0, [0]
    for one in counts:
        total += one
        found.append(total)
    return tuple(found)


def _named(fared: Mapping[str, Fared], name: Callable[[str], str]) -> list[tuple[str, Fared]]:
    return [(name(code), one) for code, one in fared.items()]


def _networks(found: Outcomes) -> list[tuple[str, Fared]]:
    known = found.by_operator
    return [] if set(known) <= {""} else _named(known, network)


def _fared(name: str, words: tuple[str, str, str], rows: list[tuple[str, Fared]]) -> Section | None:
    if not rows:
        return None
    title, caption, what = words
    table = table_of(
        caption,
        _heads(what),
        [
            (
                called,
                *(number(one) for one in fared[:4]),
                share(fared.delivered, fared.accepted),
                number(fared.parts),
                money(fared.credits),
            )
            for called, fared in rows
        ],
        *range(1, 8),
    )
    picture = bars(
        [
            (called, one.delivered, f"{number(one.delivered)} / {number(one.accepted)}")
            for called, one in rows[:_MOST]
        ]
    )
    sentence = told(mark("The bars are what was delivered, of what OVHcloud accepted."))
    return Section(name, told(title), (sentence,), (table,), picture)


def _heads(what: str) -> tuple[str, ...]:
    counted = (mark("messages"), mark("accepted"), mark("delivered"), mark("failed"))
    return (what, *counted, mark("of the accepted"), mark("parts"), mark("credits by rate"))


def _cost(found: Outcomes) -> Section | None:
    bill = found.bill
    if not found.accepted:
        return None
    parts = sum(one.parts for one in found.groups if one.status is Status.ACCEPTED)
    rows = [
        (told(mark("parts accepted")), number(parts)),
        (told(mark("forecast: parts by the rate of their country")), money(found.forecast)),
        (told(mark("billed")), number(bill.charged)),
    ]
    if found.forecast is not None:
        rows.append((told(mark("difference")), number(bill.charged - found.forecast)))
    rows.append((told(mark("for each delivered message")), _each(found, found.delivered)))
    if found.answered:
        rows.append((told(mark("for each person who answered")), _each(found, found.answered.people)))
    sentences = [
        told(
            say(
                "Of {n} call the price and the forecast were compared: {differing} differed.",
                "Of {n} calls the price and the forecast were compared: {differing} differed.",
                n=bill.compared,
                differing=number(bill.differing),
            )
        )
    ]
    if bill.unpriced:
        sentences.append(
            told(
                say(
                    "Of {n} call OVHcloud did not tell the price: it is reckoned by the rates.",
                    "Of {n} calls OVHcloud did not tell the price: it is reckoned by the rates.",
                    n=bill.unpriced,
                )
            )
        )
    table = table_of(mark("Credits"), (mark("what"), mark("amount")), rows, 1)
    forecast = (
        []
        if found.forecast is None
        else [(told(mark("forecast")), float(found.forecast), money(found.forecast))]
    )
    picture = bars([*forecast, (told(mark("billed")), float(bill.charged), number(bill.charged))])
    return Section("cost", told(mark("What it cost")), tuple(sentences), (table,), picture)


def _each(found: Outcomes, people: int) -> str:
    each = found.each(people)
    return "–" if each is None else number(each)


def _replies(found: Outcomes) -> Section | None:
    answered = found.answered
    if answered is None:
        return None
    base = found.delivered or found.accepted
    rows = [
        (told(mark("people who answered")), number(answered.people), share(answered.people, base)),
        (told(mark("people who said STOP")), number(answered.stops), share(answered.stops, base)),
    ]
    whose = mark("of the delivered") if found.delivered else mark("of the accepted")
    table = table_of(mark("People who answered"), (mark("what"), mark("people"), whose), rows, 1, 2)
    sentence = say(
        "{figure} reply came in.",
        "{figure} replies came in.",
        n=answered.replies,
        figure=number(answered.replies),
    )
    unsure = say(
        "{figure} of them may answer another campaign.",
        "{figure} of them may answer another campaign.",
        n=answered.possible,
        figure=number(answered.possible),
    )
    sentences = (told(sentence), *([told(unsure)] if answered.possible else []))
    picture = bars([(called, people, number(people)) for called, people in _people(found)])
    return Section("replies", told(mark("Replies and STOP")), sentences, (table,), picture)


def _people(found: Outcomes) -> list[tuple[str, int]]:
    assert found.answered is not None  # noqa: S101
    return [
        (told(_ANSWERED), found.answered.people),
        (told(mark("STOP")), found.answered.stops),
    ]


#: What became of a doubt.
_DOUBTS = {
    "open": mark("still in doubt: nothing of it is sent again before OVHcloud was asked"),
    "found": mark("OVHcloud was asked and has it: it counts as accepted"),
    "not-there": mark("OVHcloud was asked and does not have it: it waited again"),
    "assumed-sent": mark("a person decided that it was sent"),
    "resent": mark("a person decided that it was not sent: it waited again"),
}


def _doubts(found: Outcomes) -> Section:
    title = told(mark("In doubt, and what was done"))
    if not found.doubted:
        return Section("doubts", title, (told(mark("No call was ever in doubt.")),))
    rows = [(told(_DOUBTS[one.became]), number(one.calls), number(one.receivers)) for one in found.doubted]
    table = table_of(
        mark("Calls that were in doubt"),
        (mark("what became of them"), mark("calls"), mark("receivers")),
        rows,
        1,
        2,
    )
    return Section("doubts", title, (), (table,))


def _settings(about: About) -> Section:
    table = table_of(
        mark("Settings that were chosen"), (mark("setting"), mark("value")), list(about.settings)
    )
    return Section(
        "settings", told(mark("Text and settings")), (), (table,) if about.settings else (), text=about.text
    )
