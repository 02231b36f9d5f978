"""What a report says before its sections and after them: the whole of it in a sentence or two, and from what it was made."""

from __future__ import annotations

from smscampaign.drawing import local
from smscampaign.journal.figures import Outcomes
from smscampaign.languages import say
from smscampaign.model import Delivery
from smscampaign.report.contents import About
from smscampaign.report.words import money, number, share
from smscampaign.translation import told


def headline(found: Outcomes) -> str:
    """The whole of it in one sentence or two."""
    if not found.accepted:
        return told(say("Of {rows} rows nobody has been sent a message.", rows=number(found.rows)))
    values = {"rows": number(found.rows), "credits": number(found.bill.charged)}
    known = found.by_delivery
    if not known[Delivery.DELIVERED] + known[Delivery.FAILED]:
        sentence = say(
            "Of {rows} rows OVHcloud accepted {accepted} for {credits} credits; what became of them is not known yet.",
            accepted=number(found.accepted),
            **values,
        )
        return told(sentence)
    first = say(
        "Of {rows} rows {delivered} got their message ({share}), for {credits} credits.",
        delivered=number(found.delivered),
        share=share(found.delivered, found.rows),
        **values,
    )
    each = found.each(found.delivered)
    second = say("That is {each} for each of them.", each=money(each)) if each is not None else None
    waiting = known[Delivery.WAITING]
    third = (
        say(
            "{figure} message has no final receipt yet.",
            "{figure} messages have no final receipt yet.",
            n=waiting,
            figure=number(waiting),
        )
        if waiting
        else None
    )
    return " ".join(told(one) for one in (first, second, third) if one is not None)


def made(about: About, found: Outcomes) -> tuple[str, ...]:
    """When it was made, and from what."""
    said = [
        say(
            "Made on {when} by smscampaign {version} from {journal}.",
            when=local(about.made_at),
            version=about.version,
            journal=about.journal,
        )
    ]
    if found.first is not None and found.last is not None:
        said.append(
            say(
                "The first call was made on {first}, the last on {last}.",
                first=local(found.first),
                last=local(found.last),
            )
        )
    if about.rehearsal:
        said.append(say("A rehearsal: it was sent to a sandbox, and reached nobody."))
    return tuple(map(told, said))
