"""What a notebook keeps of a table holds no full number, wherever a caller's frame has them; the frame itself stays whole."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import smscampaign as sms
from smscampaign.notebook.tables import discreetly

#: A full number of these people, however it is written.
NUMBER = re.compile(r"6[ .]?12[ .]?34[ .]?\d\d[ .]?\d\d")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    numbers = ["0612340001", "0612340002", "06123"]
    frame = pd.DataFrame(
        {"name": ["A", "B", "C"], "mobile": numbers, "note": ["call 06 12 34 00 55", "", "0612340066"]},
        index=pd.Index(numbers, name="id"),
    )
    campaign = sms.Campaign(
        frame, message="Hi {{ name }}", purpose="transactional", region="FR", sender="Sandbox"
    )
    with sms.sandbox() as gateway:
        plan = campaign.plan(gateway)
        return plan.deliver(gateway, confirm=plan.code_for(gateway))


def test_neither_the_index_nor_a_remark_shows_a_number_and_both_join(run) -> None:
    for table in (run.results, run.plan.messages, run.plan.rejections):
        assert not NUMBER.search(repr(table) + table._repr_html_())
    part = run.results[["note", "sms_status"]]
    assert not NUMBER.search(repr(discreetly(part)))
    assert list(run.results.index) == ["0612340001", "0612340002", "06123"]
    assert NUMBER.search(repr(discreetly(run.results(numbers=True))))
