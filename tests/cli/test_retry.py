"""What failed for a while is sent once more, by the command that `receipts` and `status` name."""

from __future__ import annotations

import shlex

from .conftest import OPTIONS, number


def test_the_command_that_receipts_names_sends_once_more_what_failed_for_a_while(cli, people, ovhcloud):
    here = ovhcloud(receipt_delay=0, unreachable_share=0.5)
    people(20)
    assert cli("run", "spring.csv", *OPTIONS, "--yes").code == 0
    here.forward(4 * 86_400)
    heard = cli("receipts", "spring.csv", *OPTIONS)
    assert heard.code == 0
    (named,) = [line for line in heard.err.splitlines() if line.endswith("--retry temporary")]
    assert named in cli("status", "spring.csv", *OPTIONS).err.splitlines()
    words = shlex.split(named)
    assert cli(*words[words.index("run") :], "--yes").code == 0
    sent = [one["receiver"] for one in here.accepted()]
    again = {one for one in sent if sent.count(one) > 1}
    assert 0 < len(again) < 20
    assert len(sent) == 20 + len(again)
    assert set(sent) == {number(n) for n in range(20)}
    here.forward(4 * 86_400)
    assert cli("receipts", "spring.csv", *OPTIONS).code == 0
    assert "--retry" not in cli("status", "spring.csv", *OPTIONS).err
