"""The error ladder: the file's faults one at a time, then the bad rows; a file of them to put right and run; `--strict`."""

from __future__ import annotations

import csv
import io
import json
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscampaign import campaign as story
from smscampaign.campaign import rejecting
from smscampaign.journal import answers, open_journal

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
    told = ended.out.split(EVERY_FAULT)[1].split("\n\n")[0].splitlines()[1:]
    assert [row.split()[0] for row in told] == ["row", "4", "5", "6", "7", "8", "9", "10"]
    sentence = "has letters in it; write the number in digits only. With digits for the letters it would be"
    assert told[1].strip().split("  ")[1:] == ["mobile", "O7 99 00 00 12", f"{sentence} +33799000012."]
    assert "01 99 00 00 12  is a landline" in told[2]
    assert told[3].split()[:2] == ["6", "name"]
    assert "The row has 2 cells where the header has 3" in told[5]
    assert "The row has 4 cells where the header has 3" in told[6]
    assert "at most 8 are allowed" in told[7]
    assert "the same number as row 2" in ended.out
    assert "99 00 00 12" not in ended.err


@pytest.mark.parametrize("bad", [20, 21, 57])
def test_of_many_bad_rows_the_first_20_are_told_and_the_rest_counted(cli, people, bad):
    people(1, more="\n".join(f"P{n},01 99 00 {n // 100:02d} {n % 100:02d}" for n in range(bad)))
    ended = cli("run", "spring.csv", *OPTIONS, "--dry-run")
    assert f"Fix {bad} numbers." in ended.out
    assert ended.out.count("is a landline in France (FR); ask") == 20 + (bad > 20)
    if bad > 20:
        more = bad - 20
        assert f"… and {more} more bad row{'' if more == 1 else 's'}." in ended.out
        assert f"number-landline    {bad}" in ended.out
    else:
        assert "number-landline" not in ended.out


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
    assert path.read_bytes().startswith(b"\xef\xbb\xbfname;mobile;city;sms_row;sms_reason;sms_suggestion\r\n")
    rows = table(path)
    source = [line.split(";") for line in spring.read_text("utf-8-sig").splitlines()]
    for row, line in zip(rows[1:], (4, 5, 6, 7, 8, 9, 10), strict=True):
        cells = source[line - 1]
        assert row[: len(cells)] == cells
        assert row[len(cells)] == str(line)
        assert len(row) == len(cells) + 3
    assert rows[1][4].startswith("number-letters: “O7 99 00 00 12” has letters in it")
    assert "7 rejected rows in spring.rejected.csv. Put them right there; this sends them:" in ended.err
    assert "  smscampaign run spring.rejected.csv --sandbox\n" in ended.err
    assert "99 00 00 12" not in ended.err


def test_our_own_cells_are_no_formulas(cli, folder):
    (folder / "spring.csv").write_text("name,mobile\n=1+1,=2+2\n", "utf-8")
    cli("run", "spring.csv", *OPTIONS, "--dry-run", "--out", "plan.csv")
    (_, row) = csv.reader((folder / "spring.rejected.csv").read_text("utf-8").splitlines())
    assert row[:2] == ["=1+1", "=2+2"]
    assert not [cell for cell in row[2:] if cell[:1] in {"=", "+", "-", "@"}]


def test_as_it_is_the_file_of_rejected_rows_sends_nothing(cli, spring, folder):
    assert cli("run", "spring.csv", "--sandbox", "--yes").code == 0
    ended = cli("run", "spring.rejected.csv", "--sandbox", "--yes")
    assert ended.code == 2
    assert "7 rows: 0 to send, 7 not" in ended.out
    assert EVERY_FAULT.split(";", maxsplit=1)[0] in ended.out


def test_put_right_and_run_it_sends_only_those_and_nobody_twice(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes").code == 0
    before = spring.read_bytes()
    path = folder / "spring.rejected.csv"
    mended(
        path,
        {
            (2, 1): "07 99 00 00 12",
            (3, 1): number(1),  # Bob's, who had it
            (4, 0): "Fay",
            (5, 1): "07 99 00 00 17",
            (8, 0): "Short",
        },
    )
    ended = cli("run", "spring.rejected.csv", "--yes")
    assert ended.code == 0, ended.err
    assert "7 rows: 4 to send, 3 not" in ended.out
    assert "Mend the cells of 2 rows; 1 had the campaign already." in ended.out
    assert "(row 3 of spring.csv)" in ended.out
    got = [one["receiver"] for one in here.accepted()]
    assert sorted(got) == sorted([number(0), number(1), *(f"+337990000{n}" for n in (12, 13, 16, 17))])
    results = lines_of(folder / "spring.rejected.results.csv")
    assert [row["sms_status"] for row in results] == [
        *("accepted", "suppressed", "accepted", "accepted", "rejected", "rejected", "accepted")
    ]
    assert "sms_suggestion" not in results[0]
    assert spring.read_bytes() == before
    again = cli("run", "spring.rejected.csv", "--yes")
    assert again.code == 0
    assert "nothing is left to send" in again.err
    assert [row[0] for row in table(folder / "spring.rejected-2.csv")[1:]] == ["Flo", "Gil"]
    assert cli("run", "spring.csv", "--yes").code == 0  # and it stays as it was put right
    assert table(path)[1][1] == "07 99 00 00 12"
    assert len(list(here.accepted())) == 6


def lines_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), delimiter=";"))


def test_what_the_parent_has_still_to_send_is_left_to_it(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes", "--limit", 1).code == 1
    mended(folder / "spring.rejected.csv", {(2, 1): number(1), (3, 1): "07 99 00 00 18"})
    ended = cli("run", "spring.rejected.csv", "--yes")
    assert ended.code == 0
    assert "this number is waiting to be sent from row 3 of spring.csv" in ended.out
    assert cli("run", "spring.csv", "--yes").code == 0
    assert sorted(one["receiver"] for one in here.accepted()) == sorted(
        [number(0), number(1), "+33799000018"]
    )


def test_the_parent_does_not_send_what_its_rejected_rows_got(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes").code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): "07 99 00 00 12"})
    assert cli("run", "spring.rejected.csv", "--yes").code == 0
    spring.write_bytes(
        spring.read_bytes().replace(b"Cy;O7", b"Cy;07").replace(b"Dee;01 99 00 00 12", b"Dee;07 99 00 00 19")
    )
    (folder / "spring.toml").write_text(TOML.replace("Hello", "Good day"), "utf-8")
    ended = cli("run", "spring.csv", "--yes", "--amend")
    assert ended.code == 0, ended.err
    (cy,) = [row for row in lines_of(folder / "spring.results.csv") if row["name"] == "Cy"]
    assert cy["sms_status"] == "suppressed"
    assert "(row 2 of spring.rejected.csv)" in cy["sms_reason"]
    assert sorted(one["receiver"] for one in here.accepted()) == sorted(
        [number(0), number(1), "+33799000012", "+33799000019"]
    )


def test_a_rehearsal_looks_at_rehearsals(cli, spring, folder, ovhcloud):
    ovhcloud()
    assert cli("run", "spring.csv", "--sandbox", "--yes").code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): number(0)})
    assert "had the campaign" in cli("run", "spring.rejected.csv", "--sandbox", "--dry-run").out
    assert "7 rows: 1 to send" in cli("run", "spring.rejected.csv", "--dry-run").out


def test_what_the_settings_say_of_the_other_files_characters_does_not_count(cli, spring, folder):
    text = spring.read_text("utf-8-sig").replace("Dee", "Zoë")
    spring.write_bytes(text.encode("cp1252"))
    (folder / "spring.toml").write_text(TOML + '[file]\nencoding = "windows-1252"\n', "utf-8")
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    mended(folder / "spring.rejected.csv", {(3, 1): "07 99 00 00 18"})
    assert "Hello Zoë in Lille" in cli("run", "spring.rejected.csv", "--dry-run").out


def test_a_file_of_that_name_that_is_not_ours_has_nothing_to_do_with_it(cli, spring, folder, ovhcloud):
    ovhcloud()
    theirs = folder / "spring.rejected.csv"
    theirs.write_text(f"name,mobile,city\nMine,{number(0)},Rome\n", "utf-8")
    before = theirs.read_bytes()
    ended = cli("run", "spring.csv", "--yes")
    assert theirs.read_bytes() == before
    assert "spring.rejected.csv was not written by smscampaign and was left as it is" in ended.err
    assert len(table(folder / "spring.rejected-2.csv")) == 8
    assert "the campaign has no message" in cli("run", "spring.rejected.csv", "--dry-run").err
    assert "1 row: 1 to send" in cli("run", "spring.rejected.csv", *OPTIONS, "--dry-run").out


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
    ended = cli("run", "spring.csv", *OPTIONS, "--yes", "--limit", 5, "--out", "r.csv", "--delimiter=,")
    command = "run spring.rejected.csv --message 'Hello {{ name }}' --purpose transactional --region FR --sender Sandbox\n"
    assert f"  smscampaign {command}" in ended.err
    path = folder / "spring.rejected.csv"
    path.write_text(path.read_text("utf-8").replace("Bad,12", f"Good,{number(5)}"), "utf-8")
    assert cli("run", "spring.rejected.csv", *OPTIONS, "--yes").code == 0
    assert [one["receiver"] for one in here.accepted()] == [number(0), number(5)]


#: Faults in the order in which they are told, each with how to put it into a campaign and what is said of it.
LADDER = {
    "settings that are no TOML": "spring.toml: this is not TOML",
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
    """Conservation over the two files, planned as `run` does."""
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
    campaign = story.Campaign.load(file, options={})
    store = open_journal(folder / "spring.journal.sqlite")
    plan = campaign.plan(store, gateway="fake")
    statuses = [str(one.status) for one in answers(store, plan.record)]
    bad = sum(kind not in {"good", "twin"} for kind in kinds)
    assert len(statuses) == len(rows)
    assert statuses.count("rejected") == bad == rejecting.bad_rows(plan.summary.not_sent)
    assert statuses.count("suppressed") == kinds.count("twin")
    assert statuses.count("pending") == 1 + kinds.count("good")
    saved = rejecting.save_rejected(plan)
    store.mark_begun(plan.record, account="sms-1")
    assert (saved.path is None) == (bad == 0)
    if saved.path is not None:
        _put_right_and_compare(saved.path, folder, kinds)
    store.close()


def _put_right_and_compare(path, folder, kinds):
    rows = table(path)
    assert len(rows) - 1 == sum(kind not in {"good", "twin"} for kind in kinds)
    for at, row in enumerate(rows[1:], 1):
        line = int(next(cell for cell in row[2:] if cell.isdecimal()))
        rows[at] = [f"P{line - 2}", number(line - 2), "Paris", str(line), "", ""]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    retry = story.Campaign.load(path, options={})
    store = open_journal(folder / "spring.rejected.journal.sqlite")
    plan = retry.plan(store, gateway="fake")
    sent = {one.recipient.msisdn for one in plan.sample(99)}
    assert sent == {number(n) for n, kind in enumerate(kinds, 1) if kind not in {"good", "twin"}}
    assert plan.summary.not_sent == ()
    store.close()


def test_a_plan_nobody_said_yes_to_is_made_anew_when_its_relative_began_meanwhile(
    cli, spring, folder, ovhcloud
):
    here = ovhcloud()
    waits = cli("run", "spring.csv")  # nobody is here to say yes: planned, and not begun
    assert waits.code == 2
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): number(1)})
    assert cli("run", "spring.rejected.csv", "--yes").code == 0
    assert [one["receiver"] for one in here.accepted()] == [number(1)]
    assert cli("run", "spring.csv", "--yes").code == 0
    assert sorted(one["receiver"] for one in here.accepted()) == [number(0), number(1)]
    bob = lines_of(folder / "spring.results.csv")[1]
    assert (bob["name"], bob["sms_status"]) == ("Bob", "suppressed")
    assert "(row 2 of spring.rejected.csv)" in bob["sms_reason"]


def test_a_journal_that_cannot_be_asked_stops_its_relatives(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes").code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): "07 99 00 00 12"})
    for path in folder.glob("spring.journal.*"):
        path.unlink()
    (folder / "spring.journal.sqlite").write_text(
        "no database, and long enough to be looked at" * 30, "utf-8"
    )
    ended = cli("run", "spring.rejected.csv", "--yes")
    assert ended.code == 2
    assert "spring.journal.sqlite: who had the campaign from spring.csv cannot be told" in ended.err
    assert len(list(here.accepted())) == 2


def test_a_restart_of_the_parent_is_for_everybody(cli, spring, folder, ovhcloud):
    ovhcloud()
    assert cli("run", "spring.csv", "--yes").code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): "07 99 00 00 12"})
    assert cli("run", "spring.rejected.csv", "--yes").code == 0
    spring.write_bytes(spring.read_bytes().replace(b"Cy;O7", b"Cy;07"))
    assert "10 rows: 3 to send" in cli("run", "spring.csv", "--restart", "--dry-run").out
    assert "10 rows: 0 to send" in cli("run", "spring.csv", "--amend", "--dry-run").out


def test_named_campaigns_in_one_journal_are_told_apart(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    (folder / "spring.toml").write_text('name = "Spring sale"\n' + TOML, "utf-8")
    one = ["--yes", "--journal", "spring.journal.sqlite"]
    assert cli("run", "spring.csv", *one).code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): "07 99 00 00 12", (3, 1): number(1)})
    ended = cli("run", "spring.rejected.csv", *one, "--limit", 1)
    assert ended.code == 0
    assert ended.out.startswith("Spring sale.rejected  spring.rejected.csv")
    assert len(list(here.accepted())) == 3
    mended(folder / "spring.rejected.csv", {(5, 1): "07 99 00 00 17"})
    ended = cli("run", "spring.rejected.csv", *one, "--amend")
    assert ended.code == 0, ended.err
    assert [one["receiver"] for one in here.accepted()][2:] == ["+33799000012", "+33799000017"]
    statuses = [row["sms_status"] for row in lines_of(folder / "spring.rejected.results.csv")]
    assert statuses[:4] == ["accepted", "suppressed", "rejected", "accepted"]


@pytest.mark.parametrize(
    "change",
    [
        {(2, 0): "Cyril"},  # the number is as wrong as before
        {(3, 1): "01 99 00 00 13"},  # another number, wrong as well
        {(4, 1): "07 99 00 00 23"},  # the name is still missing
        {(5, 3): "", (5, 4): "", (5, 5): ""},
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


def test_what_was_left_to_the_other_file_and_is_sent_by_nobody_is_told_and_taken_up(
    cli, spring, folder, ovhcloud
):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes", "--limit", 1).code == 1
    mended(folder / "spring.rejected.csv", {(2, 1): number(1), (3, 1): "07 99 00 00 18"})
    assert cli("run", "spring.rejected.csv", "--yes").code == 0
    assert json.loads(cli("status", "spring.rejected.csv", "--json").out)["forsaken"] == 0
    spring.write_text(f"{HEAD}\nAnn;{number(0)};Paris\n", "utf-8")  # Bob's row is taken out
    assert cli("run", "spring.csv", "--yes", "--amend").code == 0
    ended = cli("run", "spring.rejected.csv", "--yes")
    assert ended.code == 1
    assert (
        "1 row was left to another file that was to send to the same number, and does not any more"
        in " ".join(ended.err.split())
    )
    assert "run spring.rejected.csv --yes --amend" in ended.err
    assert "--amend takes it up" in lines_of(folder / "spring.rejected.results.csv")[0]["sms_reason"]
    status = cli("status", "spring.rejected.csv")
    assert "`run --amend` sends it from here" in status.err
    assert json.loads(cli("status", "spring.rejected.csv", "--json").out)["forsaken"] == 1
    assert cli("run", "spring.rejected.csv", "--yes", "--amend").code == 0
    assert cli("run", "spring.rejected.csv", "--yes").code == 0
    assert sorted(one["receiver"] for one in here.accepted()) == sorted(
        [number(0), number(1), "+33799000018"]
    )


@pytest.mark.parametrize("name", ["spring.toml", "spring.csv", "spring.rejected.csv"])
def test_results_are_never_written_over_what_it_comes_from(cli, spring, folder, name):
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    ended = cli("run", "spring.rejected.csv", "--dry-run", "--out", name)
    assert ended.code == 2
    assert f"--out: {name} is in use for something else" in ended.err


def test_it_is_a_campaign_like_any_other(cli, spring, folder, ovhcloud):
    ovhcloud()
    assert cli("run", "spring.csv", "--yes").code == 0
    mended(folder / "spring.rejected.csv", {(2, 1): "07 99 00 00 12", (3, 1): number(0)})
    sent = cli("run", "spring.rejected.csv", "--yes", "--json")
    told = json.loads(sent.out)
    assert (told["to_send"], told["rejected"], told["not_sent"]["already-sent"]) == (1, 5, 1)
    assert told["rejected_file"] == "spring.rejected-2.csv"
    for command in ("status", "audit", "receipts", "reconcile", "lint", "advise"):
        ended = cli(command, "spring.rejected.csv")
        assert ended.code == 0, (command, ended.out, ended.err)
