"""One table of settings: options, `--set`, `settings`, what `init` writes and the page agree, and errors name places."""

from __future__ import annotations

import json
import runpy
import tomllib
from pathlib import Path

import pytest

from smscampaign.cli.app import build_app
from smscampaign.settings.model import Settings
from smscampaign.settings.table import SECTIONS, SETTINGS, in_section

from .conftest import OPTIONS, Ended

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def plan(cli, people, folder):
    """A dry run of two people, with a settings file, and its figures."""
    people(2)

    def call(*more: object, toml: str = "") -> Ended:
        (folder / "spring.toml").write_text(toml, "utf-8")
        return cli("run", "spring.csv", *OPTIONS, "--dry-run", "--json", *more)

    return call


def refused(ended: Ended) -> str:
    assert ended.code == 2, ended
    assert not ended.out or json.loads(ended.out).keys() == {"error"}  # with --json
    assert "Traceback" not in ended.err
    return ended.err


# The table --------------------------------------------------------------------------------------------------------


def test_every_setting_is_a_field_with_its_default_and_every_field_a_setting():
    fields = {}
    for name, field in Settings.model_fields.items():
        section = getattr(field.annotation, "model_fields", None)
        if section is None:
            fields[name] = field.default
        else:
            fields |= {f"{name}.{one.alias or key}": one.default for key, one in section.items()}
    assert fields == {one.key: one.default for one in SETTINGS}
    assert {one.section for one in SETTINGS} == set(SECTIONS)
    for names in ("key", "flag", "keyword"):
        assert len({getattr(one, names) for one in SETTINGS}) == len(SETTINGS)


def test_the_help_of_run_is_short_and_its_other_options_are_hidden(cli):
    command = build_app("run").commands["run"]
    options = [one for one in command.params if one.param_type_name == "option"]
    assert len([one for one in options if not one.hidden]) <= 22
    assert {one.flag for one in SETTINGS} <= {name for one in options for name in one.opts}


def test_the_help_of_run_at_80_columns(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = "\n".join(line.rstrip() for line in cli("run", "--help").out.splitlines() if "Usage:" not in line)
    assert f"{shown.strip()}\n" == Path(__file__).with_name("run_help.txt").read_text("utf-8")


def test_the_page_is_made_from_the_table():
    made = runpy.run_path(str(DOCS / "make_settings.py"))["page"]()
    assert made == (DOCS / "settings.md").read_text("utf-8"), "run python docs/make_settings.py"


def test_all_settings_are_listed_with_default_bounds_meaning_and_option(cli):
    shown = cli("settings").out
    for one in SETTINGS:
        assert f"{one.key}: {one.usual}" in shown
        assert one.flag in shown
        assert one.meaning in shown
    assert "limits.parts: 8 (1 or more)  --max-parts\n      Parts above which a text is refused.\n" in shown
    assert "brakes.share: 0.25 (more than 0, at most 1)" in shown


def test_one_setting_a_section_and_json(cli):
    assert cli("settings", "limits.parts").out.count("\n") == 3
    assert json.loads(cli("settings", "limits.parts", "--json").out) == {
        "key": "limits.parts",
        "type": "whole number",
        "default": 8,
        "unless_set": "8",
        "least": 1,
        "over": None,
        "most": None,
        "choices": [],
        "meaning": "Parts above which a text is refused.",
        "option": "--max-parts",
        "keyword": "max_parts",
    }
    assert [one["key"] for one in json.loads(cli("settings", "--json").out)] == [one.key for one in SETTINGS]
    assert len(json.loads(cli("settings", "ramp", "--json").out)) == len(list(in_section("ramp")))


@pytest.mark.parametrize(
    ("slip", "meant"), [("limits.prats", "limits.parts"), ("max_parts", "limits.parts"), ("brake", "brakes")]
)
def test_a_slip_gets_the_nearest_names_wherever_it_stands(cli, plan, slip, meant):
    told = refused(cli("settings", slip))
    assert f"unknown setting '{slip}'" in told
    assert meant in told.partition("Did you mean ")[2].partition("?")[0]
    assert meant in refused(plan("--set", f"{slip}=1")).partition("Did you mean ")[2]
    table, _, name = slip.rpartition(".")
    toml = f"[{table}]\n{name} = 1\n" if table else f"{name} = 1\n"
    told = refused(plan(toml=toml))
    assert f"spring.toml, line {2 if table else 1}: unknown setting '{slip}'" in told
    assert meant in told.partition("Did you mean ")[2]


def test_what_init_proposes_can_all_be_set(cli, folder):
    (folder / "spring.csv").write_text("name,mobile\nAnn,+447400123456\n", "utf-8")
    assert cli("init", "spring.csv").code == 0
    text = (folder / "spring.toml").read_text("utf-8")
    head, *sections = text.partition("[text]")
    filled = head + "".join(sections).replace("\n# ", "\n")
    found = Settings.model_validate(tomllib.loads(filled))
    assert (found.limits.parts, found.ramp.first, found.sending.validity) == (8, "1%", 2880)
    # Both 60 and 120 are what holds anyway, and the rest of what is written is the default.
    assert found.brakes == Settings().brakes
    shown = dict.fromkeys(("calls_per_minute", "repeat_days", "most_messages", "most_credits"))
    assert found.limits.model_copy(update=shown) == Settings().limits


# --set ------------------------------------------------------------------------------------------------------------


def test_set_beats_the_file_and_the_file_the_default(plan):
    long = ("--message", "x" * 500)
    assert json.loads(plan(*long).out)["to_send"] == 2
    assert json.loads(plan(*long, toml="[limits]\nparts = 2\n").out)["to_send"] == 0
    for option in (("--set", "limits.parts=9"), ("--max-parts", "9"), ("--set", "limits.parts = 9")):
        assert json.loads(plan(*long, *option, toml="[limits]\nparts = 2\n").out)["to_send"] == 2


@pytest.mark.parametrize(
    ("word", "texts"),
    [
        ("message=Hi", "Hi"),
        ('message="Hi"', "Hi"),
        ("message=42", "42"),
        ("message=a = b", "a = b"),
        ("message=true", "true"),
        ("message=[1]", "[1]"),
        ("message=Hi # there", "Hi # there"),
    ],
)
def test_a_value_is_toml_else_text(plan, cli, folder, word, texts):
    (folder / "spring.toml").unlink(missing_ok=True)
    ended = cli("run", "spring.csv", *OPTIONS[2:], "--dry-run", "--set", word, "--show", "first")
    assert ended.code == 0, ended
    assert f"│ {texts}" in ended.out


def test_lists_and_tables_can_be_set(plan):
    assert plan("--set", 'lint.ignore=["SMS004", "SMS001"]', "--set", "text.swaps=ê=e").code == 0
    assert plan("--set", 'text.swaps={ "ê" = "e" }', "--set", "regions=RE,GP").code == 0


@pytest.mark.parametrize(
    ("option", "place", "why"),
    [
        (("--max-parts", "0"), "--max-parts", "limits.parts = 0: it should be greater than or equal to 1"),
        (("--set", "limits.parts=0"), "--set limits.parts", "limits.parts = 0: it should be greater"),
        (("--set", "limits.parts=many"), "--set limits.parts", "limits.parts = 'many': a whole number"),
        (("--pace", "fast"), "--pace", "limits.calls_per_minute = 'fast': a number is needed here"),
        (("--brake-share", "2"), "--brake-share", "brakes.share = 2: it should be less than or equal to 1"),
        (("--set", "brakes.bill=perhaps"), "--set brakes.bill", "true or false is needed here"),
        (("--priority", "urgent"), "--priority", "'high', 'medium', 'low' or 'veryLow'"),
        (("--purpose", "spam"), "--purpose", "purpose = 'spam': it should be 'marketing' or 'transactional'"),
        (("--swap", "letters"), "--swap", "such as ê=e"),
        (("--set", "sending.send_at=soon"), "--set sending.send_at", "not a date and a time"),
        (("--number-column", "x"), "--number-column", "the file has no column 'x'"),
        (("--set", "columns.number=x"), "--set columns.number", "the file has no column 'x'"),
        (("--set", "file.delimiter=x"), "--set file.delimiter", "'x' cannot separate cells"),
        (("--set", "limits.parts"), "--set limits.parts", "there is no value"),
        (("--set", "limits=3"), "--set limits", "'limits' is a section"),
    ],
)
def test_an_error_of_a_setting_names_its_key_and_where_it_was_set(plan, option, place, why):
    # The same key stands in the file, where it is right: that is not the place.
    told = refused(plan(*option, toml="[limits]\nparts = 4\ncalls_per_minute = 3\n"))
    assert f"Error: {place}: " in told
    assert why in told


def test_an_error_of_the_file_names_the_file(plan):
    assert "Error: spring.toml, line 2: limits.parts = 0" in refused(plan(toml="[limits]\nparts = 0\n"))
    told = refused(plan(toml='[file]\ndelimiter = "x"\n'))
    assert "Error: spring.toml, file.delimiter: 'x' cannot separate cells" in told


def test_set_and_its_option_must_agree(plan):
    told = refused(plan("--set", "limits.parts=3", "--max-parts", "4"))
    assert "--set limits.parts: limits.parts is given twice, by --max-parts as well" in told
    assert "given twice" in refused(plan("--set", "limits.parts=3", "--set", "limits.parts=4"))
    assert plan("--set", "limits.parts=3", "--max-parts", "3", "--set", "limits.parts=3").code == 0
    assert (
        plan(
            "--strict", "--set", "limits.strict=true", "--pace", "30", "--set", "limits.calls_per_minute=30.0"
        ).code
        == 0
    )
    assert "given twice" in refused(plan("--no-strict", "--set", "limits.strict=true"))


def test_set_is_part_of_the_commands_to_copy(cli, people, folder):
    people(1, more="Bad,12")
    asked = (
        "--set",
        "sender=Sandbox",
        "--set",
        "file.delimiter=,",
        "--set=ramp.wait=0",
        "--sandbox",
        "--yes",
    )
    ended = cli("run", "spring.csv", *OPTIONS[:-2], *asked)
    assert ended.code == 0, ended
    (again,) = [line for line in ended.err.splitlines() if line.startswith("  smscampaign run spring.csv")][
        -1:
    ]
    assert again.endswith(" --set sender=Sandbox --set file.delimiter=, --set=ramp.wait=0 --sandbox")
