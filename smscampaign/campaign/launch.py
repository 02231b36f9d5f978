"""Launching a plan: the yes, what stands in the way under the lock, the moment it comes into force, and its run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib import import_module

from smscampaign.campaign import gates
from smscampaign.campaign.changes import same
from smscampaign.campaign.other_campaigns import ahead_of, from_elsewhere
from smscampaign.campaign.plans import Plan, Run, queue_of
from smscampaign.campaign.repeats import NOTHING, Repeats, look_around
from smscampaign.campaign.run import CallOptions, run, settle
from smscampaign.campaign.witness import Witness, alone, note
from smscampaign.delivery.brakes import Brakes, Thresholds
from smscampaign.errors import CampaignError, ChangedInputs, NotConfirmed, SentBefore, under_way
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal import corrections, course, editions, tags
from smscampaign.journal.course import Course
from smscampaign.journal.exclusions import Exclusion
from smscampaign.journal.peers import turn_of
from smscampaign.journal.store import Record
from smscampaign.journal.turns import Turns
from smscampaign.model import EditionKind, Status

#: How often a plan that may begin before another one looks whether that gave way, and after how many seconds again.
LOOKS, BETWEEN_LOOKS = 50, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOptions(CallOptions):
    """How a plan is launched, besides how its calls are made.

    `facts` are what the gates are asked about. `in_force` is called with the plan once it is the campaign, before its first
    message leaves.
    """

    facts: gates.GateFacts = field(default_factory=gates.GateFacts)
    in_force: Callable[[Plan], object] = lambda _: None


def deliver(plan: Plan, gateway: Gateway, options: LaunchOptions, *, confirm: str, account: str = "") -> Run:
    """Settle what is in doubt, then send what is pending. Without anything of either, nothing is begun.

    Raises `NotConfirmed` unless `confirm` is this plan's code, `ChangedInputs` when it was made anew since it was shown, and
    what `gates.refuse` raises.
    """
    refuse_unconfirmed(plan, confirm)
    with plan.store.driving(together=True), alone(plan, options.tell):
        now = _still_kept(plan)
        # What was shown, as it stands in the journal; with a correction, as it is once that is part of it.
        shown = replace(now, inputs=replace(plan.record.inputs, account=now.inputs.account))
        # Since it was shown it may have begun under another tag.
        plan = replace(plan, record=replace(plan.record, tag=now.tag))
        kept, facts = replace(plan, record=shown), replace(options.facts, service=account)
        witness = Witness(gateway, options.stop, options.tell, options.settle, options.watch)
        begun = now.inputs.account
        # What has begun was let in then: who came after it knows of it.
        fresh, correction = plan.fresh, plan.waiting_correction()
        if fresh is None:
            gates.refuse(gates.of(kept, facts))
        if correction is None and (now.begun_at is not None or now.kind.adds):
            witness.refuse_older_copy(plan)
        with nullcontext() if fresh is None else _entering(fresh):
            if fresh is not None:
                look = NOTHING if facts.send_again else _looked_at_the_door(fresh, options)
                gates.refuse(gates.of(kept, replace(facts, looked=look)))
                if correction is None:
                    plan = witness.unsent(plan, send_again=facts.send_again, known=look.known)
            if correction is not None:
                corrections.adopt(plan.store, now, correction, send_again=facts.send_again)
            else:
                editions.put_in_force(plan.store, now, account=account or begun, send_again=facts.send_again)
        if correction is not None:
            # Now that its calls have the campaign's tag they can be asked about.
            witness.refuse_older_copy(plan)
        elif fresh is not None:
            witness.acknowledge(plan)
        options.in_force(plan)
        course.tell_course(plan.store, now, Course.RESUMED if now.begun_at else Course.BEGUN)
        note(plan.store, plan.record)
        if plan.store.shared:
            one = f"{plan.record.inputs.gateway} {account or begun}".strip()
            options.pace.share(Turns(plan.store, one).take)
        queue = queue_of(plan, [*from_elsewhere(plan), *_first_arrived(plan)])
        with under_way():
            halt = run(
                queue,
                gateway,
                options,
                brakes=_brakes(plan),
                waiting=lambda: plan.tally().messages.get(Status.PENDING, 0),
                resumed=now.begun_at is not None,
            )
            return _ended(plan, now, halt, options)


def _ended(plan: Plan, now: Record, halt: str | None, options: LaunchOptions) -> Run:
    if plan.store.alone() and queue_of(plan).untouched():
        # A wrong key or an unknown sender: nothing left, so it may be changed.
        plan.store.mark_unbegun(now)
        tags.Note(plan.record.inputs.gateway, plan.record.tag).say("", "")
        editions.step_back(plan.store, plan.record)
    note(plan.store, plan.record)
    return Run(plan, plan.tally(), halt, options.stop.is_set())


def _first_arrived(plan: Plan) -> list[Exclusion]:
    """What a retry is asked at its claims besides: whether the first message arrived after all."""
    if plan.record.kind is not EditionKind.RETRY:
        return []
    asked: list[Exclusion] = import_module("smscampaign.campaign.retries").at_claims(plan.store, plan.record)
    return asked


@contextmanager
def _entering(plan: Plan) -> Iterator[None]:
    """While a plan begins, others that are about to send the same see it; where it does not begin after all, no longer."""
    editions.enter(plan.store, plan.record)
    try:
        yield
    except (CampaignError, KeyboardInterrupt):
        if plan.store.alone():  # else another machine may be on its way in with the same plan
            editions.step_back(plan.store, plan.record)
        raise


def refuse_unconfirmed(plan: Plan, confirm: object) -> None:
    """Raise `NotConfirmed` unless `confirm` names this plan."""
    if not plan.is_confirmed_by(confirm):
        raise NotConfirmed(
            "nothing was sent: the confirmation does not name this plan",
            remedy="The plan shows its code, which changes with the file, the message and the settings, and with where it is"
            " sent and from which account: a rehearsal has another one.",
        )


def _looked_at_the_door(plan: Plan, options: LaunchOptions) -> Repeats:
    """What speaks against sending once everybody knows that this plan is about to begin.

    Of two journals that are about to send the same campaign, each of which may see the other, the one with the lower turn
    waits for the other one, which does not wait, to give way or to begin. Of two campaigns with a text in common the one with
    the lower turn begins, and the other one waits for that: then it leaves out whom that has. Raises `SentBefore` where it
    waits in vain.
    """
    look, turn = look_around(plan, results=options.facts.results), turn_of(plan.store, plan.record)
    first = ahead_of(plan)
    for _ in range(LOOKS):
        if not (first or look.others_give_way_to(turn)):
            break
        options.stop.wait(BETWEEN_LOOKS)
        look, first = look_around(plan, results=options.facts.results), ahead_of(plan)
    if first is not None:
        raise SentBefore(
            f"nothing was sent: the campaign {first.name!r} is about to begin with the same text, and who gets it there is"
            " not known yet",
            remedy="Look with `status` whether it has begun, and run this again; to send to all the same, add --send-again.",
        )
    return look


def reconcile(plan: Plan, gateway: Gateway, options: LaunchOptions) -> None:
    """Ask about every call in doubt, in all editions of the series; nothing is sent."""
    with plan.store.driving(together=True):
        for edition in editions.in_doubt(plan.store, plan.record):
            queue = queue_of(replace(plan, record=edition))
            queue.recover()
            settle(queue, gateway, options)


def _brakes(plan: Plan) -> Brakes:
    thresholds = Thresholds(**plan.campaign.settings.brakes.model_dump())
    return Brakes(thresholds, plan.rates())


def _still_kept(plan: Plan) -> Record:
    """The plan as the journal has it now. Raises `ChangedInputs` where another took its place."""
    now = plan.store.find(plan.record.inputs.name)
    if plan.record.proposed and (now is None or not now.same_plan(plan.record)):
        now = plan.store.find(plan.record.inputs.name, proposed=True)
    # A plan made anew may get the old one's number. A correction that waits has the inputs that were shown.
    shown = plan.waiting_correction() or now
    if now is None or shown is None or not now.same_plan(plan.record) or not same(shown, plan.record.inputs):
        raise ChangedInputs("the plan was made anew since it was shown", remedy="Look at the new one first.")
    return now
