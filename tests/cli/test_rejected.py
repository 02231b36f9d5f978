"""The error ladder: the file's faults one at a time, then the bad rows; a file of them to put right; `--strict`."""

from __future__ import annotations

import csv
import io
import json
import re
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscampaign.campaign import rejections
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.editions import planned
from smscampaign.journal.answers import answers
from smscampaign.journal.store import open_journal

from .conftest import OPTIONS, number

HEAD = "name;mobile;city"
TOML = """\
message = "Hello {{ name }} in {{ city }}"
purpose = "transactional"
region = "FR"
sender = "Sandbox"
"""
BAD = """\
Cy;O7 99 00 00 12;Lille
Dee;01 99 00 00 12;Lille
;07 99 00 00 13;Nice
Eve;;Nice
Flo;07 99 00 00 14
Gil;07 99 00 00 15;Brest;too much
Long {x};07 99 00 00 16;Brest
Ann again;+33 7 99 00 00 00;Paris
""".format(x="x" * 1300)


@pytest.fixture
def spring(folder):
    """`spring.csv`: two good rows, seven bad ones, a duplicate; with its settings."""
    file = folder / "spring.csv"
    good = f"Ann;{number(0)};Paris\nBob;{number(1)};Lyon\n"
    file.write_bytes(f"\ufeff{HEAD}\r\n{(good + BAD)}".encode())
    (folder / "spring.toml").write_text(TOML, "utf-8")
    return file


def table(path):
    """A file of rejected rows as it stands."""
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";"))


def mended(path, changes, *, drop=()):
    """Put cells of a file of rejected rows right: {(line, column): value}."""
    rows = table(path)
    for (line, column), value in changes.items():
        rows[line - 1][column] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(row for line, row in enumerate(rows, 1) if line not in drop)


EVERY_FAULT = (
    "Fix 2 numbers, fill the empty cells of 2 rows, shorten 1 message, mend the cells of 2 rows; 1 duplicate is left"
    " out."
)


def test_the_headline_and_then_the_bad_rows_with_their_cells(cli, spring):
    ended = cli("run", "spring.csv", "--dry-run")
    assert ended.code == 0
    assert "10 rows: 2 to send, 8 not" in ended.out
    assert EVERY_FAULT in ended.out
    told = ended.out.split(EVERY_FAULT)[1].split("\n\n")[0]
    reasons = [line.split("  ") for line in told.splitlines()[1:] if not line.startswith(" ")]
    assert [rows for _, rows in reasons][-1] == "1 row: 11"  # the duplicate, which nobody has to put right
    assert ["number-letters", "1 row: 4"] in reasons
    assert ["number-landline", "1 row: 5"] in reasons
    assert ["ragged-row", "2 rows: 8, 9"] in reasons
    sentence = "has letters in it; write the number in digits only. With digits for the letters it would be"
    assert f"    “O7 99 00 00 12” {sentence} +33799000012.\n" in told
    assert "    “01 99 00 00 12” is a landline" in told
    assert "    row 8: The row has 2 cells where the header has 3" in told
    assert "    row 9: The row has 4 cells where the header has 3" in told
    assert "at most 8 are allowed" in told
    assert "the same number as row 2" in ended.out
    assert "99 00 00 12" not in ended.err


@pytest.mark.parametrize("bad", [20, 21, 57])
def test_of_many_bad_rows_of_one_kind_two_are_told_and_eight_are_named(cli, people, bad):
    people(1, more="\n".join(f"P{n},01 99 00 {n // 100:02d} {n % 100:02d}" for n in range(bad)))
    ended = cli("run", "spring.csv", *OPTIONS, "--dry-run")
    assert f"Fix {bad} numbers." in ended.out
    assert ended.out.count("is a landline in France (FR); ask") == (2 if bad > 20 else bad)
    assert f"number-landline  {bad} rows: 3, 4, 5, 6, 7, 8, 9, 10 …" in ended.out


def test_all_empty_cells_of_a_row_are_named_and_the_first_is_shown(cli, folder):
    (folder / "spring.csv").write_text(
        "a,b,c,mobile\n,,,0799000001\nx,,,0799000002\n,y,z,0799000003\n", "utf-8"
    )
    ended = cli(
        *(
            "run",
            "spring.csv",
            "--dry-run",
            "--region",
            "FR",
            "--purpose",
            "transactional",
            "--sender",
            "Sandbox",
        ),
        *("--message", "{{ c }} {{ b }} {{ a|default('x') }}", "--json"),
    )
    told = json.loads(ended.out)
    assert told["to_do"] == "Fill the empty cells of 2 rows."
    assert [(one["column"], one["because"]) for one in told["rejected_rows"]] == [
        ("b", "The columns “b” and “c” are empty, and the message needs them."),
    ] * 2


def test_the_short_message_is_called_by_its_name(cli, people):
    people(1)
    ended = cli("run", "spring.csv", *OPTIONS, "--dry-run", "--short", "{{ nam }}")
    assert ended.code == 2
    assert "short message, line 1: the file has no column for {{ nam }}" in ended.err


def test_programs_get_the_same(cli, spring):
    told = json.loads(cli("run", "spring.csv", "--dry-run", "--json").out)
    assert told["to_do"] == EVERY_FAULT
    assert told["rejected"] == 7
    assert told["rejected_rows"][0] == {
        "row": 4,
        "column": "mobile",
        "cell": "O7 99 00 00 12",
        "reason": "number-letters",
        "because": "“O7 99 00 00 12” has letters in it; write the number in digits only.",
        "suggestion": "With digits for the letters it would be +33799000012.",
    }
    assert [one["row"] for one in told["rejected_rows"]] == [4, 5, 6, 7, 8, 9, 10]
    assert told["rejected_rows"][4]["column"] is None


def test_the_file_of_rejected_rows_holds_them_cell_for_cell(cli, spring, folder):
    ended = cli("run", "spring.csv", "--sandbox", "--yes")
    assert ended.code == 0
    path = folder / "spring.rejected.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(
        b"\xef\xbb\xbfname;mobile;city;sms_row;sms_reason;sms_suggestion;sms_correction;sms_hash\r\n"
    )
    rows = table(path)
    source = [line.split(";") for line in spring.read_text("utf-8-sig").splitlines()]
    for row, line in zip(rows[1:], (4, 5, 6, 7, 8, 9, 10), strict=True):
        cells = source[line - 1]
        assert row[: len(cells)] == cells
        assert row[len(cells)] == str(line)
        assert len(row) == len(cells) + 5
        assert re.fullmatch("h[0-9a-f]{16}", row[-1])
    assert rows[1][4].startswith("number-letters: “O7 99 00 00 12” has letters in it")
    assert "7 rejected rows in spring.rejected.csv. Put them right there, and send them by:" in ended.err
    assert "  smscampaign run spring.csv --sandbox\n" in ended.err
    assert "99 00 00 12" not in ended.err


def test_our_own_cells_are_no_formulas(cli, folder):
    (folder / "spring.csv").write_text("name,mobile\n=1+1,=2+2\n", "utf-8")
    cli("run", "spring.csv", *OPTIONS, "--dry-run", "--out", "plan.csv")
    (_, row) = csv.reader((folder / "spring.rejected.csv").read_text("utf-8").splitlines())
    assert row[:2] == ["=1+1", "=2+2"]
    assert not [cell for cell in row[2:] if cell[:1] in {"=", "+", "-", "@"}]


def test_as_it_is_the_file_of_rejected_rows_says_nothing_new(cli, spring, folder):
    assert cli("run", "spring.csv", "--sandbox", "--yes").code == 0
    before = (folder / "spring.rejected.csv").read_bytes()
    ended = cli("run", "spring.rejected.csv", "--sandbox", "--yes")
    assert ended.code == 0
    assert "Everything of this campaign was sent before" in ended.err
    assert EVERY_FAULT in ended.out
    assert (folder / "spring.rejected.csv").read_bytes() == before


def test_what_the_settings_say_of_the_other_files_characters_does_not_count(cli, spring, folder):
    text = spring.read_text("utf-8-sig").replace("Dee", "Zoë")
    spring.write_bytes(text.encode("cp1252"))
    (folder / "spring.toml").write_text(TOML + '[file]\nencoding = "windows-1252"\n', "utf-8")
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    mended(folder / "spring.rejected.csv", {(3, 1): "07 99 00 00 18"})
    shown = cli("run", "spring.rejected.csv", "--dry-run")
    assert "Hello Zoë in Lille" in shown.out
    assert "put right by spring.rejected.csv: row 5" in shown.out


@pytest.mark.parametrize("whose", ["ours", "ours, put right", "theirs"])
def test_when_nothing_is_rejected_any_more_only_a_file_of_ours_goes(cli, spring, folder, whose):
    path = folder / "spring.rejected.csv"
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    if whose == "theirs":
        path.write_text("name,mobile\nMine,1\n", "utf-8")
    elif whose != "ours":
        mended(path, {(2, 1): "07 99 00 00 12"})
    spring.write_text(f"{HEAD}\nAnn;{number(0)};Paris\n", "utf-8")
    ended = cli("run", "spring.csv", "--dry-run", "--out", "plan.csv")
    assert ended.code == 0
    assert path.exists() is (whose != "ours")
    assert ("spring.rejected.csv was removed: no row is rejected any more." in ended.err) is (whose == "ours")


def test_a_dry_run_without_out_leaves_nothing(cli, spring, folder):
    cli("run", "spring.csv", "--dry-run")
    cli("run", "spring.csv", "--dry-run", "--strict")
    assert sorted(path.name for path in folder.iterdir()) == ["spring.csv", "spring.toml"]


@pytest.mark.parametrize("how", ["option", "setting"])
def test_strict_sends_nothing_while_a_row_is_bad(cli, spring, folder, ovhcloud, how):
    here = ovhcloud()
    option = ["--strict"] if how == "option" else []
    if how == "setting":
        (folder / "spring.toml").write_text(TOML + "[limits]\nstrict = true\n", "utf-8")
    ended = cli("run", "spring.csv", "--yes", *option)
    assert ended.code == 2
    assert f"spring.csv: nothing was sent, because 7 rows are not right: {EVERY_FAULT}" in ended.err
    # Put right in a file of their own they would go, and the good rows of this one never.
    assert "spring.rejected.csv" not in ended.err
    assert not (folder / "spring.rejected.csv").exists()
    assert not list(here.accepted())
    assert not (folder / "spring.results.csv").exists()
    assert cli("run", "spring.csv", "--dry-run", *option).code == 2
    assert cli("run", "spring.csv", "--yes", "--no-strict").code == 0
    assert len(list(here.accepted())) == 2


def test_strict_does_not_mind_duplicates(cli, people, ovhcloud):
    ovhcloud()
    people(1, more=f"Twin,{number(0)}")
    assert cli("run", "spring.csv", *OPTIONS, "--yes", "--strict").code == 0


def test_the_command_for_the_rejected_rows_carries_the_options(cli, people, folder, ovhcloud):
    here = ovhcloud()
    people(1, more="Bad,12")
    where = ["--journal", "j.sqlite", "--delimiter=,"]
    ended = cli("run", "spring.csv", *OPTIONS, *where, "--yes", "--limit", 5)
    command = (
        "run spring.csv --message 'Hello {{ name }}' --purpose transactional --region FR --sender Sandbox"
    )
    assert f"  smscampaign {command} --journal j.sqlite --delimiter=,\n" in ended.err
    path = folder / "spring.rejected.csv"
    path.write_text(path.read_text("utf-8").replace("Bad,12", f"Good,{number(5)}"), "utf-8")
    assert cli("run", "spring.rejected.csv", *OPTIONS, *where, "--yes").code == 0
    assert [one["receiver"] for one in here.accepted()] == [number(0), number(5)]


#: Faults in the order in which they are told, each with how to put it into a campaign and what is said of it.
LADDER = {
    "settings that are no TOML": "spring.toml, line 1: this is not TOML",
    "a delimiter that is none": "--delimiter: 'x' cannot separate cells",
    "no such file": "there is no such file",
    "something else than a table": "PDF",
    "an encoding that is none": "--encoding: 'utf-9' is not a character set",
    "bytes that are no text": "not UTF-8",
    "a header and no rows": "the file has a header but no rows",
    "settings that lack something": "the campaign has no purpose and region",
    "a region that is none": "region: “XX” is not a country",
    "no column of numbers": "no column is named like one that holds phone numbers",
    "a country column that is not there": "--country-column: the file has no column 'land'",
    "a message that does not compile": "the message does not compile",
    "a column that is not there": "Did you mean {{ name }}?",
    "a row": "nothing was sent, because 1 row is not right: Fix 1 number.",
}


def test_what_is_wrong_with_the_file_is_told_one_thing_at_a_time_in_a_fixed_order(cli, folder):
    """A campaign with every fault at once; each is told, and put right, and the next one is told."""
    left = list(LADDER)

    def wrong(fault):
        return fault in left

    for fault, said in LADDER.items():
        file, toml = folder / "spring.csv", folder / "spring.toml"
        file.unlink(missing_ok=True)
        names = "name,column two" if wrong("no column of numbers") else "name,mobile"
        row = "Ann,01 99 00 00 12" if wrong("a row") else f"Ann,{number(0)}"
        text = names if wrong("a header and no rows") else f"{names}\n{row}"
        data = text.encode()
        if wrong("bytes that are no text"):
            data = "name,mobile\nZoé,1\n".encode() * 50 + b"\xff\xfe\x81\n" + data
        if wrong("something else than a table"):
            data = b"%PDF-1.4\n" + data
        if not wrong("no such file"):
            file.write_bytes(data)
        message = "Hi {{ nmae }}" if wrong("a column that is not there") else "Hi {{ name }}"
        message = "Hi {{ nmae" if wrong("a message that does not compile") else message
        rest = "" if wrong("settings that lack something") else 'purpose = "transactional"\nregion = "FR"\n'
        toml.write_text(
            "message = Hi" if wrong("settings that are no TOML") else f'message = "{message}"\n{rest}',
            "utf-8",
        )
        options = ["--strict"]
        options += ["--delimiter", "x"] if wrong("a delimiter that is none") else []
        options += ["--encoding", "utf-9"] if wrong("an encoding that is none") else []
        options += ["--region", "XX"] if wrong("a region that is none") and rest else []
        options += ["--country-column", "land"] if wrong("a country column that is not there") else []
        ended = cli("run", "spring.csv", "--dry-run", *options)
        assert ended.code == 2
        assert said in ended.err
        assert ended.err.count("Error:") == 1
        left.remove(fault)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kinds=st.lists(
        st.sampled_from(["good", "twin", "landline", "letters", "empty", "ragged", "nameless"]), max_size=14
    )
)
def test_every_row_is_sent_or_left_out_or_rejected_and_the_rejected_ones_are_sent_when_put_right(
    kinds, tmp_path_factory
):
    """Conservation, before and after, planned as `run` does."""
    folder = tmp_path_factory.mktemp("campaign")
    file = folder / "spring.csv"
    made = {
        "good": lambda n: f"P{n};{number(n)};Paris",
        "twin": lambda n: f"P{n};{number(0)};Paris",
        "landline": lambda n: f"P{n};01 99 00 00 {n:02d};Paris",
        "letters": lambda n: f"P{n};O7 99 00 00 {n:02d};Paris",
        "empty": lambda n: f"P{n};;Paris",
        "ragged": lambda n: f"P{n};{number(n)}",
        "nameless": lambda n: f";{number(n)};Paris",
    }
    rows = [f"First;{number(0)};Paris", *(made[kind](n) for n, kind in enumerate(kinds, 1))]
    file.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    (folder / "spring.toml").write_text(TOML, "utf-8")
    campaign = Campaign.load(file, options={})
    store = open_journal(folder / "spring.journal.sqlite")
    plan = planned(campaign, store, gateway="fake")
    statuses = [str(one.status) for one in answers(store, plan.record)]
    bad = sum(kind not in {"good", "twin"} for kind in kinds)
    assert len(statuses) == len(rows)
    assert statuses.count("rejected") == bad == rejections.bad_rows(plan.summary.not_sent)
    assert statuses.count("suppressed") == kinds.count("twin")
    assert statuses.count("pending") == 1 + kinds.count("good")
    saved = rejections.save_rejected(plan)
    store.mark_begun(plan.record, account="sms-1")
    store.close()
    assert (saved.path is None) == (bad == 0)
    if saved.path is not None:
        _put_right_and_compare(saved.path, folder, kinds)


def _put_right_and_compare(path, folder, kinds):
    rows = table(path)
    assert len(rows) - 1 == sum(kind not in {"good", "twin"} for kind in kinds)
    for at, row in enumerate(rows[1:], 1):
        line = int(row[-5])
        rows[at] = [f"P{line - 2}", number(line - 2), "Paris", *row[-5:]]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    store = open_journal(folder / "spring.journal.sqlite")
    plan = planned(Campaign.load(path, options={}), store, gateway="fake")
    sent = {one.recipient.msisdn for one in plan.sample(99)}
    assert sent == {number(n) for n, kind in enumerate(kinds, 1) if kind not in {"good", "twin"}}
    assert plan.summary.rows == len(kinds) + 1 == sum(plan.tally().messages.values())
    assert rejections.bad_rows(plan.summary.not_sent) == 0
    store.close()


@pytest.mark.parametrize(
    "change",
    [
        {(2, 0): "Cyril"},  # the number is as wrong as before
        {(3, 1): "01 99 00 00 13"},  # another number, wrong as well
        {(4, 1): "07 99 00 00 23"},  # the name is still missing
        {(5, 6): "maybe"},
    ],
)
def test_what_somebody_put_right_in_part_is_never_written_over(cli, spring, folder, change):
    path = folder / "spring.rejected.csv"
    plan = ("run", "spring.csv", "--dry-run", "--out", "plan.csv")
    assert cli(*plan).code == 0
    first = path.read_bytes()
    assert cli(*plan).code == 0
    assert path.read_bytes() == first
    assert not (folder / "spring.rejected-2.csv").exists()
    mended(path, change)
    before = path.read_bytes()
    assert cli(*plan).code == 0
    assert path.read_bytes() == before


def test_a_file_nobody_touched_is_written_anew_when_the_other_changes(cli, spring, folder):
    plan = ("run", "spring.csv", "--dry-run", "--out", "plan.csv")
    assert cli(*plan).code == 0
    spring.write_bytes(spring.read_bytes().replace(b"Cy;O7 99 00 00 12", b"Cy;O7 99 00 00 13"))
    assert cli(*plan).code == 0
    assert table(folder / "spring.rejected.csv")[1][1] == "O7 99 00 00 13"
    spring.write_bytes(spring.read_bytes().replace(b"Dee;01 99", b"New;01 99 00 00 44;Lille\nDee;01 99"))
    assert cli(*plan).code == 0
    assert [row[0] for row in table(folder / "spring.rejected.csv")[1:4]] == ["Cy", "New", "Dee"]
    assert not (folder / "spring.rejected-2.csv").exists()


@pytest.mark.parametrize("name", ["spring.toml", "spring.csv", "spring.rejected.csv"])
def test_results_are_never_written_over_what_it_comes_from(cli, spring, folder, name):
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    ended = cli("run", "spring.rejected.csv", "--dry-run", "--out", name)
    assert ended.code == 2
    assert f"--out: {name} is in use for something else" in ended.err
