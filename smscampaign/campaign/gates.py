"""What stands in the way of a plan, and what should be known before it leaves: one list, in one order.

The command line and the notebook ask for it and draw it; the run itself asks once more under the lock of its journal. Whoever
draws it decides nothing: a finding of the severity `stop` refuses the run, whoever began it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from smscampaign import databases, results
from smscampaign.advice.catalogue import CATALOGUE, DAMAGED, PLACEHOLDER
from smscampaign.advice.findings import Finding, Severity
from smscampaign.campaign import preview
from smscampaign.campaign.allowances import too_much
from smscampaign.campaign.changes import refuse_changed, same
from smscampaign.campaign.editions import as_corrected
from smscampaign.campaign.lint import check
from smscampaign.campaign.notices import held
from smscampaign.campaign.plans import Plan
from smscampaign.campaign.ramp import ramp_of
from smscampaign.campaign.rejections import bad_rows, headline
from smscampaign.campaign.repeats import Repeats, look_around, refuse_repeats, refuse_second_name
from smscampaign.drawing import count, local
from smscampaign.errors import (
    CampaignError,
    ChangedInputs,
    FileProblem,
    GatewayProblem,
    JournalProblem,
    SentBefore,
    SettingsProblem,
    for_shell,
)
from smscampaign.gateway.protocol import Gateway
from smscampaign.journal import cancellations
from smscampaign.journal.places import Place
from smscampaign.journal.store import Edition
from smscampaign.model import Account, Reason, Status, Tally
from smscampaign.pricing import Forecast
from smscampaign.recipients.consent_columns import named_for_consent

#: What lets people have what they had before.
SEND_AGAIN = "--send-again"


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gates are asked about besides the plan.

    `limit`: how many rows this run takes. `send_again`: people may get what they had before. `overruled`: the rules of the
    linter whose errors stop nothing, because somebody named them. `results`: where these are written. `home`: where the
    campaign is kept, for a plan in a journal that is thrown away. `service`: the account that it is sent from; `account`:
    what OVHcloud says of that, None where nobody asked; `unseen`: the keys may not see it. `ahead`: how far OVHcloud's clock
    is ahead of this computer's, as far as anybody asked. `waiting`: what the messages that wait cost. `looked` and `linted`:
    what was found before, so that nobody looks twice.
    """

    limit: int | None = None
    send_again: bool = False
    results: Path | None = None
    home: Place | None = None
    service: str = ""
    account: Account | None = None
    unseen: bool = False
    ahead: timedelta = timedelta(0)
    waiting: Forecast | None = None
    looked: Repeats | None = None
    linted: tuple[Finding, ...] | None = None
    overruled: frozenset[str] = frozenset()

    def asked(self, gateway: Gateway, waiting: Forecast, *, service: str = "") -> GateFacts:
        """With the account it is sent from and what OVHcloud says of it.

        Raises `GatewayProblem` when it does not answer, or not these keys.
        """
        facts = replace(self, service=service, waiting=waiting)
        try:
            facts = replace(facts, account=gateway.account())
        except GatewayProblem as problem:
            if not problem.lacks_right:
                raise
            facts = replace(facts, unseen=True)
        return replace(facts, ahead=gateway.ahead)

    def knowing(self, found: Iterable[Finding]) -> GateFacts:
        """With what the linter has found, for the run itself."""
        return replace(self, linted=tuple(one for one in found if one.code in CATALOGUE))


def of(plan: Plan, facts: GateFacts) -> list[Finding]:
    """All that stands in the way of this plan, or should be known, in the order in which it is told."""
    return [one for gate in GATES for one in gate(plan, facts)]


def stops(found: Iterable[Finding]) -> list[Finding]:
    """Those of them that stop a run."""
    return [one for one in found if one.severity is Severity.STOP]


def to_be_known(found: Iterable[Finding]) -> list[Finding]:
    """Those that stop nothing and are not about the texts: what a person should know before it leaves."""
    return [one for one in found if one.severity is Severity.WARNING and one.code not in CATALOGUE]


def refuse(found: Iterable[Finding]) -> None:
    """Raise the error of the first one that stops a run, if any does."""
    for one in stops(found):
        raise ERRORS[one.code](one.what, where=one.where, remedy=one.remedy)


def all_passed_over(plan: Plan) -> bool:
    """Whether nothing is sent because a rule leaves out each row, and none is wrong: that is no failure."""
    counts = plan.summary.not_sent
    rules = {Reason.NOT_SELECTED, Reason.SAME_TEXT_LATELY, Reason.NOT_IN_PRIOR}
    by_rule = any(one.reason in rules for one in counts)
    return by_rule and not plan.summary.messages and not bad_rows(counts)


def nothing_to_do(plan: Plan, tally: Tally | None) -> bool:
    """Whether a run has nothing to send, to ask about or to put in force; `tally`: None in a dry run."""
    if not plan.summary.messages and not plan.record.kind.adds:
        return True
    if tally is None or plan.record.proposed:
        return False
    return not (tally.messages.get(Status.PENDING) or tally.messages.get(Status.IN_DOUBT))


def _places(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """Results could not be written or no journal made where they belong; one that is there says itself what is wrong."""
    path, home = facts.results, facts.home
    if path is not None:
        yield from _refused("results-place", lambda: results.refuse_place(path))
    if isinstance(home, Path) and not home.exists():
        yield from _refused("journal-place", lambda: databases.refuse_place(home))


def _second_name(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """The journal of this file belongs to a campaign of another name."""
    yield from _refused("second-name", lambda: refuse_second_name(plan.campaign, plan.store))


def _changed(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """The file, the message, the settings or what was put right are no longer those of the plan that was shown."""
    campaign, gateway = plan.campaign.as_it_stands(), plan.record.inputs.gateway
    now = campaign.inputs(gateway)
    if same(plan.record, now) and not plan.store.scratch:
        now = as_corrected(campaign, plan.store).inputs(gateway)
    yield from _refused("changed", lambda: refuse_changed(plan.record, now))


def _other_account(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """Another account knows nothing of what was sent from the first."""
    begun = (plan.record if plan.in_force is None else plan.in_force.record).inputs.account
    if facts.service and begun not in {"", facts.service}:
        yield _stop(
            "other-account",
            f"this campaign has begun from the account {begun}, and {facts.service} knows nothing of what it sent",
            remedy=f"Go on with --account {begun}, or begin another campaign beside it with --journal FILE.",
        )


def _cancelled(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """A campaign that was cancelled is never resumed."""
    edition = plan.in_force or Edition(plan.store, plan.record)
    moment = cancellations.cancelled_at(edition.journal, edition.record)
    if moment is not None:
        yield _stop(
            "cancelled",
            f"this campaign was cancelled on {local(moment)}; nothing is sent",
            where=edition.journal.name,
            remedy="It stays cancelled: `status` shows what had left before. To send it anew, to everybody in the file:"
            " --restart.",
        )


def _rejected_rows(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """Rows are rejected, and the settings are strict about that; of a campaign that has begun, too."""
    counts = plan.summary.not_sent
    bad = bad_rows(counts)
    if bad and plan.campaign.settings.limits.strict:
        number = f"{bad:,}".replace(",", " ")
        yield _stop(
            "rejected-rows",
            f"nothing was sent, because {number} {'row is' if bad == 1 else 'rows are'} not right: {headline(counts)}",
            where=plan.campaign.source.name,
            remedy="Put that right in this very file and run it again. Without --strict the good rows go at once, and the"
            " others are written to a file of their own.",
            overruled_by="--no-strict",
        )


def _same_text(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """Rows are left out because their numbers had the same text a short while ago."""
    for one in plan.summary.not_sent:
        if one.reason is Reason.SAME_TEXT_LATELY and not _begun(plan):
            alone = one.count == 1
            what = (
                f"{one.count} {'row is' if alone else 'rows are'} left out, because {'its' if alone else 'their'} number had"
                f" the same text lately; {SEND_AGAIN} sends it all the same"
            )
            yield Finding("same-text", Severity.WARNING, what, f"row {one.line}", overruled_by=SEND_AGAIN)


def _nothing(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """No row can be sent. An amendment may be made for what it cancels."""
    if not (plan.summary.messages or plan.record.kind.adds or plan.campaign.settings.recurring):
        what = "No row of this file can be sent"
        selection = plan.campaign.recipe().selection
        if all_passed_over(plan) and selection is not None:
            what = f"No row of this file is selected{held(plan.campaign.source, selection.columns)}"
        yield Finding("nothing-to-send", Severity.WARNING, what, plan.campaign.source.name)


def _whom(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """People who may not be meant, and those who may be and are left out."""
    selects = plan.campaign.settings.where or named_for_consent(plan.campaign.source.names)
    if not _begun(plan) and (selects or bad_rows(plan.summary.not_sent) > plan.summary.messages):
        from smscampaign.campaign import audience  # most plans have nothing of it

        yield from audience.findings(plan)


def _too_much(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """More is to be sent than the settings allow."""
    yield from too_much(plan, facts.limit, facts.waiting)


def _first_slice(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """A first slice is asked for that could not be judged."""
    yield from _refused("first-slice", lambda: ramp_of(plan, limit=facts.limit))


def _past_moment(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """It is to leave at a moment that is over: refused before its first message; of what goes on after it, told."""
    moment = plan.campaign.settings.sending.send_at
    if moment is None or moment > plan.store.clock() + facts.ahead:
        return
    standing = plan.standing()
    if not plan.summary.messages or nothing_to_do(plan, standing):
        return
    past = f"{moment:%Y-%m-%d %H:%M %Z} is past"
    if standing is None:
        yield _stop(
            "past-moment",
            f"{past}: it would leave at once",
            where="--send-at",
            remedy="Change send_at (--send-at), or take it out of the settings to send at once.",
        )
    else:
        what = f"{past}: what is left leaves at once. At another moment: --send-at with --amend"
        yield Finding("past-moment", Severity.WARNING, what)


def unusable(account: Account) -> Iterator[Finding]:
    """An account that nothing is sent from."""
    if account.status != "enable":
        what = f"the account is not usable: its status is {account.status}"
        yield _stop("account", what, where=account.name, remedy="Ask OVHcloud's support why.")


def _account(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """The account must be usable, and able to pay for what waits."""
    if facts.unseen:
        what = "The keys may not see the account (GET /sms/*), so its credits were not checked"
        yield Finding("account-unseen", Severity.WARNING, what)
    account, waiting = facts.account, facts.waiting
    if account is None:
        return
    yield from unusable(account)
    if waiting is None:
        return
    if account.credits_left < waiting.credits or (account.credits_left <= 0 and waiting.unknown):
        yield _stop(
            "credits",
            f"not enough credits: {account.credits_left} left, and what is to be sent takes {waiting.credits}",
            where=account.name,
            remedy="Buy credits, or send fewer rows with --limit N. Nothing was sent.",
        )


def _sent_before(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """People had this campaign from another journal; or results beside it say so that no journal explains.

    What has begun was let in then: whoever came after it knows of it. Of a correction only its own people are asked about.
    """
    fresh = plan.fresh if plan.correction else None if _begun(plan) else plan
    if fresh is None:
        return
    look = facts.looked or look_around(fresh, home=facts.home, results=facts.results)
    for remark in look.passed_over:
        yield Finding("unread-journal", Severity.WARNING, remark)
    if facts.send_again:
        for one in look.told:
            yield Finding("sent-before", Severity.WARNING, one)
    else:
        yield from _refused("sent-before", lambda: refuse_repeats(look), overruled_by=SEND_AGAIN)


def _linted(plan: Plan, facts: GateFacts) -> Iterator[Finding]:
    """What the linter found: told before the first message leaves, and an obstacle whenever the settings are strict."""
    strict = plan.campaign.settings.limits.strict
    if _begun(plan) and not strict:
        return
    found = facts.linted
    if found is None:
        found = tuple(check(plan, most=None if strict else preview.LOOKED_AT))
    yield from found
    if not strict:
        yield from _damaged(plan, found, facts.overruled)
        return
    errors = sorted({one.code for one in found if one.severity is Severity.ERROR} - facts.overruled)
    if errors:
        file = for_shell(plan.campaign.path)
        yield _stop(
            "strict",
            f"nothing was sent, because of what the linter calls an error: {', '.join(errors)}",
            where=plan.campaign.source.name,
            remedy=f"`smscampaign lint {file}` says what to do. If it is meant so: --ignore {errors[0]}, or go without"
            " --strict.",
            overruled_by=f"--ignore {errors[0]}",
        )


#: What people would get in a state that nobody can have meant.
_CERTAIN = frozenset({PLACEHOLDER.id, DAMAGED.id})


def _damaged(plan: Plan, found: Iterable[Finding], overruled: Collection[str]) -> Iterator[Finding]:
    """Texts are certainly damaged: a placeholder is not filled in, or letters are lost."""
    for one in found:
        if one.code in _CERTAIN and one.code not in overruled:
            yield _stop(
                "damaged-texts",
                f"{one.what} ({one.code}, {count(one.messages, 'message')})",
                where=f"{plan.campaign.source.name}, {one.where}",
                remedy=f'{one.remedy} If it is meant so: --ignore {one.code}, or ignore = ["{one.code}"] under [lint].',
                overruled_by=f"--ignore {one.code}",
            )


Gate = Callable[[Plan, GateFacts], Iterator[Finding]]

#: In the order in which they are told. What is added here is asked by every front end and by the run itself.
GATES: tuple[Gate, ...] = (
    _places,
    _second_name,
    _cancelled,
    _changed,
    _other_account,
    _rejected_rows,
    _same_text,
    _nothing,
    _whom,
    _too_much,
    _first_slice,
    _past_moment,
    _account,
    _sent_before,
    _linted,
)

#: What a run is ended with by each of them that can stop it.
ERRORS: dict[str, type[CampaignError]] = {
    "results-place": FileProblem,
    "journal-place": JournalProblem,
    "second-name": JournalProblem,
    "changed": ChangedInputs,
    "other-account": ChangedInputs,
    "cancelled": JournalProblem,
    "rejected-rows": FileProblem,
    "too-much": SettingsProblem,
    "first-slice": SettingsProblem,
    "past-moment": SettingsProblem,
    "account": GatewayProblem,
    "credits": GatewayProblem,
    "sent-before": SentBefore,
    "strict": SettingsProblem,
    "damaged-texts": SettingsProblem,
}


def _begun(plan: Plan) -> bool:
    """Whether the campaign has begun, be it in another journal than this plan is looked at in."""
    return plan.begun or plan.in_force is not None


def _stop(code: str, what: str, *, where: str = "", remedy: str = "", overruled_by: str = "") -> Finding:
    return Finding(code, Severity.STOP, what, where, remedy, overruled_by=overruled_by)


def _refused(code: str, ask: Callable[[], object], *, overruled_by: str = "") -> Iterator[Finding]:
    """The finding that an error of this gate's kind is."""
    try:
        ask()
    except ERRORS[code] as error:
        yield _stop(code, error.what, where=error.where, remedy=error.remedy, overruled_by=overruled_by)
