"""`demo`: the sample campaign, sent to the sandbox, in a folder of its own: nothing to prepare, nobody is reached."""

from __future__ import annotations

import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.cli.commands import program
from smscampaign.cli.screen import note
from smscampaign.errors import FileProblem, for_shell

#: The sample that is sent, and what stands beside it for later.
_SENT, _NEXT = "spring_sale.csv", "appointments.csv"
_SAMPLES = (_SENT, "spring_sale.toml", _NEXT, "appointments.toml")


def demo(
    folder: Annotated[
        Path, typer.Argument(help="Where the samples are put; made if it is not there.", metavar="FOLDER")
    ] = Path("smscampaign-demo"),
) -> None:
    """Put the samples into a folder, and send one to a sandbox on this computer: no keys, no cost, nobody reached.

    What stands there already is left as it is; run again, the campaign goes on.
    """
    from smscampaign.cli.app import run_app

    _put(folder)
    code = run_app(("run", str(folder / _SENT), "--sandbox", "--yes"))
    sys.stdout.flush()
    note("\nWhere it stands:", copy=f"{program()} status {for_shell(folder / _SENT)} --sandbox")
    note(
        "Another one to look at; your own file goes the same way:",
        copy=f"{program()} run {for_shell(folder / _NEXT)} --dry-run",
    )
    raise typer.Exit(code)


def _put(folder: Path) -> None:
    """The samples, except those that are there. Raises `FileProblem`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _SAMPLES:
            if not (folder / name).exists():
                (folder / name).write_bytes((_samples() / name).read_bytes())
    except OSError as error:
        what = f"the samples cannot be put there: {error.strerror}"
        raise FileProblem(what, where=str(folder), remedy="Name another folder.") from error


def _samples() -> Traversable:
    """In an installed package they travel with it; in a checkout they stand beside it."""
    inside = files("smscampaign") / "samples"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "sample_data"
