"""A call that is called absent was not taken, in every story with one program at work; and where nothing is hidden and nobody
else uses the account, no doubt is left to a person.
"""

from __future__ import annotations

import os
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings

from smscampaign.journal.queue import Queue
from smscampaign.journal.store import open_journal
from smscampaign.model import Purpose, Terms
from tests.absence import BODIES, MISLEADING, PLAIN_STORIES, STORIES, Story

PATIENT = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

#: Some twenty seconds of stories; `SMSCAMPAIGN_STORIES=5000` for an hour of them.
EXAMPLES = int(os.environ.get("SMSCAMPAIGN_STORIES", "100"))


def told(steps, tmp_path_factory, planted, clock):
    """The doubts at the end of a story; whatever is called absent in it is looked at on the way."""
    with closing(open_journal(tmp_path_factory.mktemp("law") / "j.sqlite", clock=clock)) as store:
        queue = Queue(store, planted(store, BODIES), sender=None, terms=Terms(Purpose.MARKETING))
        Story([queue], clock).tell([("settle", 0, 0), *steps, ("settle", 0, 500), ("settle", 0, 500)])
        return queue.doubts()


@settings(PATIENT, max_examples=EXAMPLES)
@given(STORIES)
def test_what_is_called_absent_was_not_taken(tmp_path_factory, planted, clock, steps):
    told(steps, tmp_path_factory, planted, clock)


@pytest.mark.parametrize("steps", MISLEADING.values(), ids=MISLEADING)
def test_what_misleads_a_witness_leaves_the_doubt(tmp_path_factory, planted, clock, steps):
    assert told(steps, tmp_path_factory, planted, clock) != []


@settings(PATIENT, max_examples=40)
@given(PLAIN_STORIES)
def test_where_nothing_is_hidden_no_doubt_is_left(tmp_path_factory, planted, clock, steps):
    assert told(steps, tmp_path_factory, planted, clock) == []
