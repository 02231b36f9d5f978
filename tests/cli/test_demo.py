"""`demo` in an empty folder, and what travels with the package for it."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from smscampaign.cli.commands import program

ROOT = Path(__file__).resolve().parents[2]


def test_in_an_empty_folder_it_sends_the_sample_and_what_it_prints_works(cli, folder):
    ended = cli("demo")
    assert ended.code == 0, ended.err
    assert "accepted 1 158" in ended.words
    assert {one.name for one in folder.iterdir()} == {"smscampaign-demo"}
    printed = [line.strip() for line in ended.err.splitlines() if line.startswith("  ")][-2:]
    for line in printed:
        words = line.split()[1 + line.split().index("smscampaign") if "-m" in line else 1 :]
        assert cli(*words).code == 0, line
    assert (folder / "smscampaign-demo" / "appointments.csv").exists()


def test_again_it_goes_on_and_nothing_that_stands_there_is_written_over(cli, folder):
    mine = folder / "mine"
    mine.mkdir()
    (mine / "appointments.csv").write_text("name,mobile\n", "utf-8")
    assert cli("demo", "mine").code == 0
    again = cli("demo", "mine")
    assert again.code == 0
    assert "nothing is left to send" in again.err
    assert (mine / "appointments.csv").read_text("utf-8") == "name,mobile\n"


def test_a_folder_that_cannot_be_made_is_said(cli, folder):
    (folder / "taken").write_text("", "utf-8")
    ended = cli("demo", "taken")
    assert ended.code == 2
    assert "the samples cannot be put there" in ended.err


def test_every_package_and_sample_is_in_the_wheel():
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {one.parent.relative_to(ROOT) for one in (ROOT / "smscampaign").rglob("*.py")}
    found = {".".join(one.parts) for one in folders}
    assert set(packed["packages"]) == {*found, "smscampaign.samples"}
    assert packed["package-dir"]["smscampaign.samples"] == "sample_data"


@pytest.mark.parametrize("activated", [True, False])
def test_a_program_that_is_in_the_path_for_this_call_only_is_named_by_its_place(
    tmp_path, monkeypatch, activated
):
    """As `uvx` and `pipx run` put it there: the shell that is pasted into does not find it."""
    place = tmp_path / "env" / "bin" / "smscampaign"
    place.parent.mkdir(parents=True)
    place.touch(0o755)
    monkeypatch.setattr(sys, "argv", [str(place)])
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    monkeypatch.setenv("PATH", str(place.parent))
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "env"))
    if not activated:
        monkeypatch.delenv("VIRTUAL_ENV")
    assert program() == ("smscampaign" if activated else str(place))
