"""The lock: it covers what pyproject.toml asks for, on every Python, and whatever is installed obeys it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
LINES = [
    line for line in (TOP / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")
]
PINS = [Requirement(line) for line in LINES]
ASKED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *(one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra),
]


def test_a_line_is_one_version_and_says_nothing_of_where_it_comes_from() -> None:
    assert [
        line for line in LINES if not re.fullmatch(r"[a-z0-9-]+==[\w.+!]+( ; [\w.'\"=!<> ()-]+)?", line)
    ] == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_everything_that_is_asked_for_has_one_version_that_will_do(python: str) -> None:
    here = {
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    pins = [pin for pin in PINS if pin.marker is None or pin.marker.evaluate(here)]
    versions = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins}
    assert len(versions) == len(pins)
    wanted = [Requirement(one) for one in ASKED]
    for one in wanted:
        if one.name != "smscampaign":
            assert one.specifier.contains(versions[canonicalize_name(one.name)]), one


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_every_target_installs_from_the_lock() -> None:
    targets = ["demo", "test", "check", "coverage", "bench", "lab"]
    done = subprocess.run(
        ["make", "-n", "-B", *targets], cwd=TOP, capture_output=True, text=True, check=True, timeout=60
    )
    installs = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert installs
    lock = "PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt "
    assert [line for line in installs if not line.startswith(lock)] == []
