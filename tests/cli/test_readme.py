"""What the README and `make demo` tell a newcomer to type works as it stands, in a fresh folder, line after line."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from .conftest import Terminal

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
FIVE_MINUTES = README.split("## Five minutes")[1].split("\n### ")[0]

#: How commands end that neither failed nor end with 0: the linter found something; there was nothing to cancel.
ENDS = {"lint": 1, "cancel": 2}


@pytest.fixture
def clone(folder: Path) -> Path:
    """A clone as `make demo` leaves it: the samples, and the program in `.venv`."""
    shutil.copytree(
        ROOT / "sample_data",
        folder / "sample_data",
        ignore=lambda _, names: {
            name for name in names if name.startswith(".") or name.count(".") > 1
        },  # what campaigns left there
    )
    assert (Path(sys.prefix) / "bin" / "activate").exists(), "the tests run in an environment of their own"
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture
def bare(clean: dict[str, str]) -> dict[str, str]:
    """An environment in which nothing is found but what the system brings."""
    return {**clean, "PATH": "/usr/bin:/bin"}


def typed_in(text: str) -> list[str]:
    block = re.search(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block
    lines = [line.partition(" #")[0].strip() for line in block[1].splitlines()]
    return [line for line in lines if line]


def test_the_commands_of_the_readme_work_in_the_order_they_stand_in(clone, bare):
    lines = typed_in(FIVE_MINUTES)
    assert len(lines) > 10
    script = "\n".join(f"{line}\necho \"ended $?: '{line}'\"" for line in lines)
    screen = Terminal(partial(subprocess.Popen, ["sh", "-c", script]), bare)
    for line in lines:
        if re.search(r" run .*--sandbox", line):
            screen.wait_for("anything else to stop: ")
            screen.type(re.findall(r"Type (\w{4}) to send", screen.text)[-1])
        code = ENDS.get(line.split()[1], 0)
        screen.wait_for("ended ")
        screen.wait_for(f"'{line}'")
        assert f"ended {code}: '{line}'" in screen.text, screen.text
    screen.close()
    assert "Error" not in screen.text
    assert (clone / "customers.sandbox.results.csv").exists()


def test_the_settings_of_the_readme_fit_its_sample(clone, cli):
    settings = re.search(r"^```toml\n(.*?)^```", FIVE_MINUTES, re.MULTILINE | re.DOTALL)
    assert settings
    shutil.copy("sample_data/appointments.csv", "customers.csv")
    Path("customers.toml").write_text(settings[1], "utf-8")
    ended = cli("run", "customers.csv", "--dry-run")
    assert ended.code == 0, ended.err
    assert "61 rows: 56 to send, 5 not" in ended.out


def test_the_commands_that_make_demo_prints_work_as_they_are_printed(clone, bare):
    demo = re.search(r"^demo:.*\n\t(.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert demo
    shown = subprocess.run(
        ["sh", "-c", demo[1].replace("$(BIN)", ".venv/bin")],
        env=bare,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stderr
    commands = re.findall(r"^  (.*smscampaign .*)$|`(.*smscampaign .*)`", shown, re.MULTILINE)
    assert len(commands) == 3, shown
    for one in commands:
        again = subprocess.run(
            ["sh", "-c", "".join(one)], check=False, env=bare, capture_output=True, text=True, timeout=60
        )
        assert again.returncode in {0, 1}, again.stderr  # the linter ends with 1 where it found something
        assert "Error" not in again.stderr


def test_the_script_of_the_readme_says_how_it_ended(clone, bare):
    found = re.search(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found
    Path("campaign.py").write_text(found[1], "utf-8")
    ended = subprocess.run(
        [".venv/bin/python", "campaign.py"],
        env=bare,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "the plan for spring_sale.csv" in ended.stdout
    assert re.search(r'Nothing was sent.*confirm="\w{4}"', ended.stdout, re.DOTALL)
