"""The command line and Python, on small files like those that people have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smscampaign.cli.app import run_app

#: Mobile numbers of France that belong to nobody: the range that the samples use as well.
FIRST, SECOND, THIRD = "07 99 00 00 01", "07 99 00 00 02", "07 99 00 00 03"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the commands are typed in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A command in this process: how it ended, what stands on standard output, what on the other."""

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_app([str(one) for one in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def dry_run(told: Callable[..., tuple[int, str, str]]) -> Callable[..., tuple[int, Any, str]]:
    """A dry run of a file: how it ended, its JSON (None without), and what was said beside it."""

    def call(file: object, message: str, *more: object) -> tuple[int, Any, str]:
        settings = ("--purpose", "transactional", "--region", "FR", "--sender", "Flore")
        code, out, err = told("run", file, "--dry-run", "--json", "--message", message, *settings, *more)
        return code, json.loads(out) if out.strip() else None, " ".join(err.split())

    return call
