"""`estimate`: what a text costs, before there is any file."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from smscampaign.cli import options
from smscampaign.cli.screen import note, out, print_json, records, table
from smscampaign.message import parts
from smscampaign.model import Encoding

_BRACES = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}")


def estimate(
    text: Annotated[str, typer.Argument(help="The text as it would be sent.", show_default=False)],
    json: options.Json = False,
) -> None:
    """Encoding, length and parts of a text, with and without the STOP clause."""
    rows = []
    for purpose, stop in (("marketing", True), ("transactional", False)):
        measured = parts.measure(text, stop=stop)
        rows.append((purpose, measured.encoding.value, measured.units, measured.parts))
    heads = ("purpose", "encoding", "units", "parts")
    if json:
        print_json(
            {"text": text, "estimates": records(heads, rows), "ucs2_because_of": list(parts.offenders(text))}
        )
        return
    table(heads, rows, console=out(), numeric=["units", "parts"])
    _remark(text)
    offenders = parts.offenders(text)
    if offenders:
        note(f"{Encoding.UCS2} because of: {' '.join(offenders)}")


def _remark(text: str) -> None:
    """What the figures cannot say: that there is nothing to send, or that values will take the place of a part of it."""
    if not text.strip():
        note("The text is empty: no campaign sends it.")
    if braces := _BRACES.search(text):
        note(
            f"{braces.group()} is counted as it is written here; the values of a file are longer or shorter:"
            " `smscampaign run FILE --dry-run` counts them."
        )
