"""`reconcile --resend TAG` and `--assume-sent TAG`: a person decides about calls that OVHcloud says nothing certain of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event

from smscampaign.bars import Bars
from smscampaign.campaign.cancellation import cancelled_at
from smscampaign.campaign.decisions import decide, doubtful, doubts_now, hear
from smscampaign.campaign.plans import Plan
from smscampaign.cli.consent import Confirmation, Consent
from smscampaign.cli.screen import count, err, note, plain, warn
from smscampaign.errors import SettingsProblem
from smscampaign.translation import told
from smscampaign.ways import Way

#: Stands for the tag of a call: `--resend --all`.
ALL = "--all"


@dataclass(frozen=True, slots=True)
class Decision:
    """The tags of calls to be taken for sent, and of calls to be made again, and who said yes to it.

    `everything` is what is asked for all calls that stay in doubt after OVHcloud was asked about each.
    """

    assume_sent: tuple[str, ...]
    resend: tuple[str, ...]
    consent: Consent
    everything: bool = False

    @classmethod
    def of(
        cls, assume_sent: Sequence[str] | None, resend: Sequence[str] | None, consent: Consent
    ) -> Decision | None:
        """What was asked for, each call once; None when nothing was. Raises `SettingsProblem` for both at once."""
        sent, anew = dict.fromkeys(assume_sent or ()), dict.fromkeys(resend or ())
        everything = ALL in anew
        anew.pop(ALL, None)
        both = sorted(sent.keys() & anew.keys())
        if both:
            raise SettingsProblem(
                "a call is either assumed to be sent or sent again",
                where=", ".join(both),
                remedy="Name it with one of --assume-sent and --resend.",
            )
        named = sent or anew or everything
        return cls(tuple(sent), tuple(anew), consent, everything) if named else None

    def about(self, tags: Sequence[str]) -> Decision:
        """With these calls, which are in doubt now, to be made again unless they are taken for sent."""
        anew = dict.fromkeys([*self.resend, *(tag for tag in tags if tag not in self.assume_sent)])
        return replace(self, resend=tuple(anew))


def carry_out(plan: Plan, decision: Decision, way: Way | None) -> None:
    """Hear the witnesses where something would be sent again, ask the person, and write down what was decided."""
    tags = [*decision.assume_sent, *decision.resend]
    if not tags:
        note("Nothing is in doubt any more, so there is nothing to decide.")
        return
    about = doubts_now(plan, tags)
    silent: dict[str, str] = {}
    if decision.resend and way is not None:
        settle = plan.campaign.settings.settling(way.settle)
        with way.carrier.heeding(Event(), note), Bars(lasting=True) as bars:
            silent = hear(plan, way.carrier, decision.resend, settle=settle, watch=bars)
    _show(plan, decision, silent)
    decision.consent.given(plan, Confirmation("decide so", "nothing was decided"))
    decide(plan, assume_sent=decision.assume_sent, resend=decision.resend, about=about)
    note(f"Decided and recorded: {count(len(tags), 'call')}.")
    if decision.resend and cancelled_at(plan) is None:
        note("`run` sends again what was decided so.")


def _show(plan: Plan, decision: Decision, silent: Mapping[str, str]) -> None:
    for tag, receivers, why in doubtful(plan, [*decision.assume_sent, *decision.resend]):
        what = "is sent again by the next run" if tag in decision.resend else "is taken for sent"
        err().print(plain(told(f"Call {tag}, {count(receivers, 'receiver')}, {what}. Until now: {why}.")))
        if tag in silent:
            err().print(plain(told(f"OVHcloud could not be asked about it: {silent[tag]}.")))
    if decision.resend:
        warn(
            "whoever did get the first message gets a second one. The control panel of OVHcloud and a receiver you know"
            " can tell."
        )
