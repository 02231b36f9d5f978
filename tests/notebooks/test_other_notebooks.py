"""Faults in a notebook, and an account of one's own, executed: nothing leaves without what only a person types."""

import re
import shutil
from pathlib import Path

import pytest

from smscampaign import sandbox
from tests.notebooks.test_first_campaign import NUMBER, TIME, answered, executed, said

ROOT = Path(__file__).parents[2]
NAMES = ("03_rehearse_with_faults.ipynb", "04_your_own_account.ipynb")

pytestmark = [pytest.mark.xdist_group("notebook"), pytest.mark.timeout(600)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the notebooks and the samples, with a home of its own."""
    for name in ("notebooks", "sample_data"):
        ignored = shutil.ignore_patterns("*.sqlite*", "*.results.csv", ".*")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("HOME", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "notebooks"


@pytest.fixture
def account(monkeypatch):
    """An account as the environment leads to it: a sandbox."""
    with sandbox.running(settings=sandbox.Sandbox()) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        yield here


def numbers_in(shown):
    """Full numbers, but for the practice's own, which its author wrote into the message."""
    return NUMBER.search(TIME.sub("", shown).replace("01 99 00 56 78", ""))


def read(name):
    import nbformat

    return nbformat.read(ROOT / "notebooks" / name, as_version=4)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_committed_without_outputs_and_without_logic(name):
    code = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    logic = re.compile(r"^\s*(def|for|while|class|if|try|lambda)\b", re.MULTILINE)
    assert [cell.source for cell in code if logic.search(cell.source)] == []
    assert all(len(cell.source.splitlines()) <= 4 for cell in code)


def test_run_all_of_the_faults_sends_nothing(folder):
    shown = said(executed(folder, read(NAMES[0])))
    assert "Nothing was sent" in shown
    assert "(0, 0)" in shown
    assert not numbers_in(shown)


def test_lost_answers_repeat_nothing_and_lose_nobody(folder):
    notebook = read(NAMES[0])
    told = answered(folder, notebook, lambda prompt: re.match(r"Type (\w{4}) to send", prompt)[1])
    assert re.search(r"\(5\d, 0\)", told), told[-2000:]
    assert "Error" not in told
    # Run again from the top everything was sent before: nothing is asked.
    told = answered(folder, notebook, lambda prompt: pytest.fail("nothing is asked for"))
    assert re.search(r"\(5\d, 0\)", told), told[-2000:]
    assert not numbers_in(told)


def test_an_account_is_looked_at_and_run_all_sends_nothing(folder, account):
    shown = said(executed(folder, read(NAMES[1])))
    assert "every right that is needed" in shown or "can be used" in shown
    assert list(account.accepted()) == []
    assert not numbers_in(shown)


def test_the_last_four_digits_send_one_message_to_oneself(folder, account):
    notebook = read(NAMES[1])
    (cell,) = [one for one in notebook.cells if one.cell_type == "code" and "gateway.send(" in one.source]
    cell.source = cell.source.replace("+33 7 99 00 12 34", "+33 6 12 34 56 78")
    told = answered(folder, notebook, lambda prompt: "5678")
    assert len(list(account.accepted())) == 1
    assert "Ids" in told
    assert not re.search(r"6\D*12\D*34\D*56\D*78", told)
