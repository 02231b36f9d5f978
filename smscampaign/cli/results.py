"""`results`: the answer again, in another form."""

from __future__ import annotations

import json as documents
import sys
from pathlib import Path
from typing import Annotated

import typer

from smscampaign.campaign import result_forms
from smscampaign.campaign.result_forms import Form, form_of
from smscampaign.cli import options
from smscampaign.cli.screen import ANSWER, note, print_json
from smscampaign.cli.status import opened
from smscampaign.errors import SettingsProblem
from smscampaign.results import replacing
from smscampaign.sheets import documents as json_documents
from smscampaign.sheets.tables import MARK


@options.with_settings()
def results(
    ctx: typer.Context,
    file: options.File,
    form: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="In which form: a workbook, Parquet, JSON or CSV; else by the ending of --out.",
            metavar="xlsx|parquet|json|csv",
        ),
    ] = None,
    schema: Annotated[
        bool,
        typer.Option("--schema", help="What the columns of the CSV hold, as a Frictionless Table Schema."),
    ] = False,
    rehearsal: options.Rehearsal = False,
    json: options.Json = False,
    settings: options.SettingsFile = None,
    journal: options.JournalFile = None,
    results: options.OutFile = None,
) -> None:
    """Write the results again, by what the journal knows: as a workbook, Parquet, JSON or CSV. Needs no network."""
    if schema + json + bool(form) > 1:
        raise SettingsProblem("--schema, --json and --as say different things: one of them", where="--as")
    wanted = form_of(form, results)
    with opened(ctx) as (files, plan):
        if schema:
            _say(documents.dumps(result_forms.schema_of(plan), ensure_ascii=False, indent=1) + "\n", results)
        elif json:
            table = result_forms.table_of(plan)
            ANSWER.given = True
            sys.stdout.writelines(json_documents.pieces(table, campaign=plan.campaign.name))
        else:
            path = results or _beside(files.results, wanted)
            note("Results:", copy=str(result_forms.write(plan, wanted, path)))


def _beside(path: Path, form: Form) -> Path:
    return path if form is Form.CSV else path.with_suffix(f".{form}")


def _say(text: str, path: Path | None) -> None:
    """To standard output, or to a file."""
    if path is None:
        print_json(documents.loads(text))
        return
    with replacing(path, mark=MARK.encode()) as there:
        there.write_text(text, "utf-8")
    note("Schema:", copy=str(path))
