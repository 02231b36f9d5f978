"""A campaign of a few rows in a folder of its own, with nothing of this machine's configuration around it."""

import os

import pytest

import smscampaign as sms

NUMBERS = [f"07 99 00 00 {n:02d}" for n in range(10, 22)]
MESSAGE = "Hello {{ name }}, the sale begins."


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current folder: empty, and the home and the cache too."""
    for name in [*os.environ]:
        if name.startswith("OVH_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    here = tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def spring(folder):
    """`spring.csv`: 12 good rows, a duplicate, a landline and a word."""
    file = folder / "spring.csv"
    rows = [f"P{n},{number}" for n, number in enumerate(NUMBERS)]
    rows += ["Twin,+33799000010", "Home,01 99 00 12 34", "Wrong,call me maybe 0799000099"]
    file.write_text("\n".join(["name,mobile", *rows]) + "\n", "utf-8")
    (folder / "spring.toml").write_text(
        f'message = "{MESSAGE}"\npurpose = "marketing"\nregion = "FR"\nsender = "MyShop"\n', "utf-8"
    )
    return file


@pytest.fixture
def campaign(spring):
    """The campaign of `spring.csv`."""
    return sms.Campaign.load(spring)


@pytest.fixture
def plan(campaign):
    """Its plan."""
    return campaign.plan()
