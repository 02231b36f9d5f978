"""Evidence: whether a campaign's journal agrees with itself and with its file, and the story of one number or one call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smscampaign.campaign.plans import Plan
from smscampaign.errors import SettingsProblem
from smscampaign.journal import laws, stories
from smscampaign.journal.laws import Check
from smscampaign.journal.stories import Chapter
from smscampaign.model import Recipient
from smscampaign.phone.normaliser import Normaliser

#: The one check that is about the file and not about the journal.
FILE = "the file has the rows that were planned"

_TAG = re.compile(r"[a-z0-9]{10}-[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class Story:
    """A story: of the number asked for (E.164), or of a call's tag; a chapter for each edition that knows it."""

    number: str
    tag: str
    chapters: tuple[Chapter, ...]


def audited(plan: Plan) -> Iterator[tuple[int, Check]]:
    """All checks of all editions, with the edition's number, each as soon as it is done."""
    for record in plan.store.editions(plan.record.inputs.name):
        for check in laws.audit(plan.store, record):
            yield record.edition, check
    yield plan.record.edition, _file(plan)


def story_of(plan: Plan, asked: str) -> Story:
    """The story of a number, however it is written, or of a call's tag.

    Raises `SettingsProblem` when it is neither.
    """
    name = plan.record.inputs.name
    if _TAG.fullmatch(asked.strip()):
        tag = asked.strip()
        chapter = stories.call_chapter(plan.store, name, tag)
        return Story("", tag, () if chapter is None else (chapter,))
    recipient = Normaliser(_region(plan))(asked)
    if not isinstance(recipient, Recipient):
        raise SettingsProblem(
            "this is neither a number nor the tag of a call",
            where=asked,
            remedy=f"{recipient.detail} Tags are like {plan.record.tag}-1; they stand in the results as sms_tag.",
        )
    number = recipient.msisdn
    return Story(number, "", tuple(stories.number_chapters(plan.store, name, number)))


def _region(plan: Plan) -> str:
    planned = plan.record.inputs.settings.get("region")
    return str(planned or plan.campaign.settings.region or "")


def _file(plan: Plan) -> Check:
    """The rows of the file itself, read again, where it is still the one that was planned."""
    name, source = FILE, plan.campaign.source
    if source.digest() != plan.record.inputs.ingredients.get("file"):
        return Check(name, 1, 1, f"{source.name} is not the file that was planned")
    rows = sum(1 for _ in source.rows())
    missing = abs(rows - plan.summary.rows)
    told = f"{rows} rows are in {source.name}, {plan.summary.rows} were planned" if missing else ""
    return Check(name, rows, missing, told)
