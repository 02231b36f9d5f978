"""A sealed plan in its journal: what it says, what it costs, where it stands; and a run, which says what became of it.

Both are data, the same for the command line and for `import smscampaign`. What begins, delivers, asks or cancels are
functions over a plan; a few doors lead from here to what Python adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from smscampaign import pricing, results
from smscampaign.campaign.afterwards import Afterwards
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.codes import AGAIN, code_of, rehearsal_code, typed
from smscampaign.campaign.files import Files
from smscampaign.campaign.keywords import in_python, refuse_no_count, refuse_unknown
from smscampaign.campaign.old_results import tells_of_people
from smscampaign.compliance import leaves_at
from smscampaign.drawing import Viewable, view
from smscampaign.errors import FileProblem
from smscampaign.gateway.endpoints import SANDBOX
from smscampaign.journal import answers as journal_answers
from smscampaign.journal import corrections, course, facts, fates, peers
from smscampaign.journal.course import Course, CourseStep
from smscampaign.journal.exclusions import Exclusion
from smscampaign.journal.places import Place
from smscampaign.journal.queue import Queue
from smscampaign.journal.store import Edition, Journal, Record
from smscampaign.journal.summaries import stored_summary
from smscampaign.model import EditionKind, Message, PlanSummary, Purpose, Status, Tally
from smscampaign.ways import Way, open_way, pace_at


@dataclass(frozen=True, slots=True, repr=False)
class Plan(Viewable):
    """A sealed plan in its journal. It shows itself; its code, typed into `deliver`, is the yes without which nothing leaves.

    `in_force` is the edition that has begun where the campaign is kept, if that is what a plan in a journal that is thrown
    away shows: it goes on under that edition's code. `home` is where the campaign is kept when it is sent for real, if that
    is elsewhere. `correction` is the edition of rows that were put right and that are to become part of this one at the yes:
    `record` and `summary` are those of the campaign as it is then.
    """

    _page: ClassVar = "plans.sheet_of_plan"

    campaign: Campaign
    store: Journal
    record: Record
    summary: PlanSummary
    in_force: Edition | None = None
    home: Place | None = None
    correction: Record | None = None

    def _language(self) -> str:
        return self.campaign.language

    @property
    def code(self) -> str:
        """Four characters that name this very plan; typing them is the yes without which nothing leaves."""
        return code_of(self._named)

    @property
    def rehearsal_code(self) -> str:
        """The code that rehearses the same in the sandbox."""
        return rehearsal_code(self.record)

    @property
    def yes(self) -> str:
        """What has to be typed: the code; for a restart, by which people get the campaign twice, another word before it."""
        return self._with_its_word(self.code)

    def code_for(self, gateway: Way) -> str:
        """The code that `deliver` asks for with this open gateway: a rehearsal has another one than the real thing."""
        with in_python(self.campaign.language):
            way = open_way(gateway)
        if way.identity == SANDBOX:
            return self.rehearsal_code
        inputs = replace(self.record.inputs, gateway=way.identity)
        account = self.record.inputs.account or way.carrier.service
        return code_of(replace(self.record, inputs=inputs), account=account)

    def is_confirmed_by(self, words: object) -> bool:
        """Whether what was given as confirmation names this plan; nothing but a text ever does.

        Where no account was named, the plan may have been approved before anybody knew which one the keys see.
        """
        if not isinstance(words, str):
            return False
        codes = [self.code]
        if self.campaign.settings.account is None:
            codes.append(code_of(self._named, account=""))
        return typed(words) in [self._with_its_word(code) for code in codes]

    @property
    def _named(self) -> Record:
        return self.in_force.record if self.in_force is not None else self.record

    def _with_its_word(self, code: str) -> str:
        return f"{AGAIN} {code}" if self.again else code

    @property
    def again(self) -> bool:
        """Whether it is for everybody once more, and nobody said yes to that yet."""
        return self.record.proposed and self.record.kind is EditionKind.RESTART

    @property
    def rehearses(self) -> bool:
        """Whether it is for the sandbox, so that it reaches nobody."""
        return self.record.inputs.gateway == SANDBOX

    @property
    def calls_per_minute(self) -> float:
        """How fast its calls are made where it goes, unless a gateway was opened at another pace; 0 without a limit."""
        return pace_at(self.record.inputs.gateway, self.campaign.settings)

    @property
    def begun(self) -> bool:
        """Whether something may have left already."""
        return self.record.begun_at is not None

    def kept_until(self) -> datetime | None:
        """Until when OVHcloud keeps what it accepts of it: as it was planned, and not before the hours of commercial messages
        to France. None where nothing is kept any more.
        """
        settings, now = self.record.inputs.settings, self.store.clock()
        moment = (settings.get("sending") or {}).get("send_at")
        leaves = self.record.begun_at or now
        if moment is not None:
            leaves = max(leaves, datetime.fromisoformat(moment))
        held = settings.get("purpose") != Purpose.TRANSACTIONAL and not self.rehearses
        if held and any(one.country == "FR" for one in self.summary.countries):
            leaves = leaves_at(leaves)
        return leaves if leaves > now else None

    def waiting_correction(self) -> Record | None:
        """The correction, as long as it waits for its yes."""
        found = self.store.find(self.record.inputs.name, proposed=True) if self.correction else None
        return found if found and self.correction and found.same_plan(self.correction) else None

    @property
    def fresh(self) -> Plan | None:
        """What has not begun yet: the correction alone, or all of it; None where everything has begun."""
        correction = self.waiting_correction()
        if correction is not None:
            summary = stored_summary(correction)
            return replace(self, record=correction, summary=summary, correction=None)
        found = self.store.find(self.record.inputs.name)
        resumed = found is not None and found.same_plan(self.record) and found.begun_at is not None
        return None if resumed else self

    def sample(self, count: int) -> list[Message]:
        """The first messages as they will be sent; of a correction those of the rows that were put right."""
        return facts.sample(self.store, self.waiting_correction() or self.record, count)

    def sample_waiting(self, count: int) -> list[Message]:
        """The first messages that are still to be sent, once it has begun; of a correction its own."""
        if self.record.proposed or self.waiting_correction() is not None or self.standing() is None:
            return self.sample(count)
        journal, record = (
            (self.store, self.record)
            if self.in_force is None
            else (self.in_force.journal, self.in_force.record)
        )
        return facts.sample_waiting(journal, record, count)

    def tally(self) -> Tally:
        """Where the campaign stands, with a correction that waits."""
        tally, correction = fates.tally(self.store, self.record), self.waiting_correction()
        if correction is None:
            return tally
        more = fates.tally(self.store, correction)
        return corrections.corrected_tally(self.store, self.record, correction, tally, more)

    def standing(self) -> Tally | None:
        """Where it stands before a run, or before what a dry run shows; None where it has not begun."""
        if self.in_force is None:
            return self.tally() if self.begun else None
        tally = fates.tally(self.in_force.journal, self.in_force.record)
        planned = stored_summary(self.in_force.record)
        # What was put right since waits too, in calls of its own.
        more = max(self.summary.messages - planned.messages, 0)
        calls = max(self.summary.chunks - planned.chunks, int(more > 0))
        messages = {**tally.messages, Status.PENDING: tally.messages.get(Status.PENDING, 0) + more}
        return replace(
            tally,
            messages=messages,
            chunks={**tally.chunks, "pending": tally.chunks.get("pending", 0) + calls},
        )

    def unaccounted(self, tally: Tally) -> int:
        """How many rows of the plan a tally says nothing of, or says too much: 0 unless the journal has lost something."""
        return abs(self.summary.rows - sum(tally.messages.values()))

    def doubts(self) -> list[tuple[str, int, str]]:
        """The calls in doubt as (tag, receivers, why)."""
        return fates.doubts(self.store, self.record)

    def paused(self) -> CourseStep | None:
        """When and why it stands still, if the last run of it paused."""
        step = course.last_step(self.store, self.record)
        return step if step is not None and step.what is Course.PAUSED else None

    def tags(self) -> frozenset[str]:
        """The tags of what has begun in its journal, by which its calls are told.

        A plan that has not begun has the tag of the same campaign in another journal, and knows nothing of its calls.
        """
        return peers.tags_in(self.store)

    def price(self, rates: Mapping[str, Decimal]) -> pricing.Forecast:
        """The forecast of the whole plan; the rates are kept with the plan, so that the results can name them."""
        facts.keep_rates(self.store, self.record, rates)
        return pricing.forecast(self.summary.countries, rates)

    def price_waiting(self, rates: Mapping[str, Decimal], *, limit: int | None) -> pricing.Forecast:
        """The forecast of what is still to be sent."""
        if not self.begun and limit is None:
            return pricing.forecast(self.summary.countries, rates)
        waits = fates.waiting(self.store, self.record, limit=limit, correction=self.waiting_correction())
        return pricing.forecast(waits, rates)

    def rates(self) -> dict[str, Decimal]:
        """The rates the plan was last priced with."""
        return facts.stored_rates(self.store, self.record)

    def save_results(self, path: Path, *, running: bool = False, own: bool = False) -> Path:
        """Write the results file, and say where it is. Raises `FileProblem`, also where results of another campaign are.

        Those of a rehearsal, which reached nobody, may be replaced by another one's, and those that this very run wrote
        (`own`) by what became of it, also where it is a mere plan again because nothing left.
        With `running`, as it is when a run begins: what is pending may have been sent by the time somebody reads it.
        """
        source = self.campaign.file
        if source.digest() != self.record.inputs.ingredients["file"]:
            raise FileProblem(
                "the file is not the one that was planned, so its rows would get the answers of others",
                where=source.name,
                remedy="Put it back as it was; the journal keeps what happened.",
            )
        practice = self.rehearses and path == Files.beside(self.campaign.path, rehearsal=True).results
        known = self.tags().union([self.record.tag] if own else ())
        if not practice and tells_of_people(path, known=known):
            raise FileProblem(
                "these results tell who was sent to, by calls that this plan's journal knows nothing of: they are left"
                " as they are",
                where=str(path),
                remedy="Choose another place with --out FILE.",
            )
        answers = journal_answers.answers(
            self.store, self.record, running=running, language=self.campaign.language
        )
        width = max(
            self.summary.width, max((one.width for one in self.campaign.corrections.values()), default=0)
        )
        return results.save(source, answers, path, width=width)

    def preview(self, *what: int | str, numbers: bool = False, **unknown: object) -> Any:
        """A DataFrame of messages as they will be sent: the first 10, or what `show` shows; numbers masked unless asked for.

        By the recipients' own index where they are a frame with one, else by spreadsheet row. Raises `SettingsProblem` for
        anything else.
        """
        refuse_unknown("preview", unknown, ("numbers",))
        return view("plans.preview_of")(self, what or (10,), numbers=numbers)

    @property
    def messages(self) -> Any:
        """A DataFrame: every message as it will be sent; `plan.messages(numbers=True)` shows the numbers."""
        return view("plans.all_messages_of")(self)

    @property
    def rejections(self) -> Any:
        """A DataFrame: every row that is not sent, with the reason, what would help, and its cells.

        `plan.rejections(numbers=True)` shows the numbers.
        """
        return view("plans.rejections_of")(self)

    @property
    def findings(self) -> Any:
        """A DataFrame: what is allowed and still unwise; `smscampaign lint --explain SMS001` says why a rule is one."""
        return view("plans.findings_of")(self)

    @property
    def advice(self) -> Any:
        """What one accent costs: which characters make texts dear, where they stand, what swapping them saves."""
        return view("plans.advice_of")(self)

    def show(self, *what: int | str, numbers: bool = False, **unknown: object) -> Any:
        """Messages as on a phone: `first`, `longest`, `shortest`, `costliest`, `random`, `shapes`, `warnings`, `row 12`, or 3
        for the first three.

        The STOP clause is in them, and the borders between the parts are marked. Raises `SettingsProblem` for anything else.
        """
        refuse_unknown("show", unknown, ("numbers",))
        return view("plans.messages_of")(self, what or ("first",), numbers=numbers)

    def deliver(
        self,
        gateway: Way,
        *,
        confirm: str = "",
        limit: int | None = None,
        send_again: bool = False,
        overrule: Iterable[str] = (),
        **unknown: object,
    ) -> Run:
        """Send what is pending, once somebody gave the code of this plan; without it nothing is sent.

        In a notebook the code is typed into a box that appears, so that no cell holds it; a script gives it as `confirm`.

        `limit` takes the first so many rows only. Doing it again resumes: nobody gets a message twice. An error of the linter
        that stops it is named in `overrule=["SMS003"]`, if it is meant so. Raises
        `SentBefore` when people would get a text they had from another campaign, unless `send_again`;
        `NotConfirmed` for another code than the plan's with this gateway, `ChangedInputs` when the plan is no longer what
        was shown, `GatewayProblem` when the account cannot be used.
        """
        refuse_unknown("deliver", unknown, ("gateway", "confirm", "limit", "send_again", "overrule"))
        if limit is not None:
            refuse_no_count("limit", limit)
        asked = {"limit": limit, "send_again": send_again, "overrule": overrule}
        run: Run = view("plans.delivered")(self, gateway, confirm=confirm, **asked)
        return run


@dataclass(frozen=True, slots=True, repr=False)
class Run(Afterwards):
    """What became of a plan. It shows itself; its results can be read as long as the journal is there.

    `tally`: rows by status, calls by state, and the credits charged, when it ended. `halt`: why it stopped before its end,
    if it did. `confirmed` is False where nobody said yes, and nothing was sent. `doubts`: the calls in doubt as (tag,
    receivers, why). `remarks`: what was said on the way. `saved`: where the results are, if they were kept. `way`: the
    gateway of a notebook, which must live as long as the results of a rehearsal are asked for.
    """

    plan: Plan
    tally: Tally
    halt: str | None = None
    interrupted: bool = False
    confirmed: bool = True
    doubts: tuple[tuple[str, int, str], ...] = ()
    remarks: tuple[str, ...] = ()
    saved: Path | None = None
    way: Way | None = field(default=None, compare=False)

    @property
    def stopped(self) -> str | None:
        """Why it stopped before its end, if it did."""
        return self.halt

    def _language(self) -> str:
        return self.plan.campaign.language


def queue_of(plan: Plan, exclusions: Sequence[Exclusion] = ()) -> Queue:
    """Its calls as a queue, for whoever holds the journal's lock; the exclusions are asked when calls are claimed."""
    settings = plan.campaign.settings
    return Queue(
        plan.store,
        plan.record,
        sender=settings.sender,
        terms=settings.terms,
        exclusions=exclusions,
        language=plan.campaign.language,
    )


def with_correction(campaign: Campaign, store: Journal, record: Record, correction: Record) -> Plan:
    """The plan of a campaign as it is once a correction that waits is part of it."""
    inputs = replace(correction.inputs, account=record.inputs.account)
    summary = corrections.corrected_summary(store, record, correction)
    return Plan(campaign, store, replace(record, inputs=inputs), summary, correction=correction)
