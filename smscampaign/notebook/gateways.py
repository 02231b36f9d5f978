"""One message by an open gateway: the question before it, and the page of its report."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Any

from smscampaign.bars import Bars
from smscampaign.campaign.keywords import PLACES, by_key, in_python, refuse_unknown
from smscampaign.campaign.lint import rules
from smscampaign.campaign.one_message import deliver_one
from smscampaign.campaign.progress import Watch
from smscampaign.campaign.readiness import Readiness
from smscampaign.campaign.trials import read_number, trial_to
from smscampaign.drawing import Bubble, Sheet, count, figure, mask, masked
from smscampaign.errors import NotConfirmed, SettingsProblem
from smscampaign.model import Purpose, Recipient, Status
from smscampaign.notebook.consent import in_kernel
from smscampaign.notebook.journals import stopping
from smscampaign.phone.normaliser import Normaliser
from smscampaign.translation import told
from smscampaign.ways import Report, Way

#: What may be said of a message besides its sender and the STOP clause: settings of a campaign of that name.
_MORE = ("priority", "validity", "send_at", "message_class", "coding", "region", "advertiser", "overrule")


def sent(way: Way, to: object, text: object, given: Mapping[str, Any], *, yes: bool) -> Report:
    """Send it, once somebody said yes."""
    with in_python():
        more = {name: value for name, value in given.items() if name not in {"sender", "no_stop_clause"}}
        refuse_unknown("send", {name: it for name, it in more.items() if name not in _MORE}, _KNOWN)
        for name, value in (("to", to), ("text", text)):
            if not isinstance(value, str) or not value.strip():
                raise SettingsProblem(
                    f"it is one {'number' if name == 'to' else 'text'}, as a text",
                    where=name,
                    remedy='Write: gateway.send("+33 6 …", "Your text", sender="MyShop"). Several people are a campaign.',
                )
        region, overruled = more.pop("region", None), rules(more.pop("overrule", ()))
        whom = _whom(str(to).strip(), region)
        purpose = Purpose.TRANSACTIONAL if given["no_stop_clause"] else Purpose.MARKETING
        options = by_key(
            {"purpose": purpose, "sender": given["sender"], "region": region or whom.country, **more}
        )
        options["account"] = None if way.rehearsal is not None else way.carrier.service
        trial = trial_to(whom, str(text), options, PLACES)
        open_one = way.of(trial.campaign.settings)
        return deliver_one(
            trial,
            open_one,
            ask=lambda ready: _said_yes(ready, whom.msisdn, yes=yes),
            at_work=_at_work,
            tell_of=lambda _: None,
            overruled=overruled,
        )


_KNOWN = ("to", "text", "sender", "no_stop_clause", *_MORE, "yes")


def _whom(number: str, region: str | None) -> Recipient:
    if region is None and not number.startswith(("+", "00")):
        raise SettingsProblem(
            "whose number it is depends on the country",
            where="to",
            remedy='Write it with its country code, such as +33 6 … for France, or say region="FR".',
        )
    # With its country code it is the same number wherever it is read.
    return read_number(Normaliser(region or "FR"), number, where="to")


@contextmanager
def _at_work() -> Iterator[tuple[Event, Watch]]:
    with stopping() as stop, Bars() as bars:
        yield stop, bars


def _said_yes(ready: Readiness, number: str, *, yes: bool) -> bool:
    """Whether the last four digits were typed; nothing typed is no. Raises `NotConfirmed` for others, and for nobody."""
    if yes and not in_kernel():
        return True
    if yes:
        raise NotConfirmed(
            "nothing was sent: in a notebook the last four digits are typed, so that “Run All” sends nothing",
            remedy="Take `yes` out of the line and run the cell: a box for them appears below it.",
        )
    if not in_kernel() and not (sys.stdin is not None and sys.stdin.isatty()):
        raise NotConfirmed(
            "nothing was sent: there is nobody here to ask", remedy="A script that may send says yes=True."
        )
    price = count(ready.waiting.credits, "credit") if ready.waiting.complete else "credits unknown"
    try:
        typed = input(
            f"{told(f'Type the last four digits of {mask(number)} to send it ({price}):')} "
        ).strip()
    except NotImplementedError:  # a notebook that a program runs has nobody who types
        return False
    if typed and typed != number[-4:]:
        raise NotConfirmed("nothing was sent: those are not its last four digits", remedy="Run it again.")
    return bool(typed)


def sheet_of_report(report: Report) -> Sheet:
    """The page that shows it, with the number masked."""
    left = "unknown" if report.credits_left is None else figure(report.credits_left)
    facts = (
        ("Status", str(report.status)),
        ("Ids", ", ".join(map(str, report.ids)) or "none"),
        ("Valid receivers", ", ".join(map(mask, report.valid_receivers)) or "none"),
        ("Invalid receivers", ", ".join(map(mask, report.invalid_receivers)) or "none"),
        ("Credits removed", figure(report.credits_removed)),
        ("Credits left", left),
    )
    said = {
        Status.ACCEPTED: "sent",
        Status.IN_DOUBT: "it may have been sent",
        Status.PENDING: "nothing was sent",
    }
    notes = [f"{masked(report.because)}."] if report.because else []
    if report.status is Status.IN_DOUBT:
        notes.append("wait for the phone before you try again.")
    return Sheet(
        f"One message to {mask(report.to)}",
        said.get(report.status, "it was refused"),
        facts,
        bubbles=(Bubble("Text", masked(report.text)),),
        notes=tuple(notes),
    )
