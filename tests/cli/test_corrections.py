"""Law 8, by the sandbox's own record: a correction touches only what was rejected, and nobody gets two messages by it.

`spring.rejected.csv` is put right as people do it: by hand, with a spreadsheet program, twice, wrongly.
"""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from smscampaign.corrections import row_hash
from smscampaign.sandbox import Fault, FaultKind

from .conftest import number

HEAD = "name;mobile;city;code"
TOML = """\
message = "Hello {{ name }} in {{ city }}, code {{ code }}"
purpose = "transactional"
region = "FR"
sender = "Sandbox"
"""
ANN, BOB, ROB = number(0), number(1), number(2)
ROWS = [
    f"Ann;{ANN};Paris;00123",
    "Cy;O7 99 00 00 12;Lille;00456",
    f"Bob;{BOB};Lyon;2026-03-02",
    "Dee;01 99 00 00 12;Lille;33799000012",
    ";07 99 00 00 13;Nice;0",
    "Flo;07 99 00 00 14;Brest",
    f"Rob;{ROB};Lens;7",
    f"Ann again;{ANN};Paris;8",
]
GOOD = [ANN, BOB, ROB]


@pytest.fixture
def spring(folder):
    """`spring.csv`: three good rows (2, 4, 8), four bad ones (3, 5, 6, 7), a duplicate (9); with its settings."""
    file = folder / "spring.csv"
    write(file, ROWS)
    (folder / "spring.toml").write_text(TOML, "utf-8")
    return file


def write(file, rows):
    file.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")


def table(folder, name="spring.rejected.csv"):
    """The file of rejected rows as it stands."""
    text = (folder / name).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def save(folder, rows, *, name="spring.rejected.csv", encoding="utf-8"):
    with (folder / name).open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)


def put_right(folder, changes=None, *, drop=(), name="spring.rejected.csv"):
    """Change cells of the file of rejected rows, {(row of spring.csv, column): cell}; write `drop` beside some rows."""
    rows = table(folder, name)
    at = {int(row[-5]): row for row in rows[1:]}
    for (line, column), cell in (changes or {}).items():
        at[line][column] = cell
    for line in drop:
        at[line][-2] = "drop"
    save(folder, rows, name=name)


def results(folder, name="spring.results.csv"):
    """The results, each row's line by its number in spring.csv."""
    text = (folder / name).read_text("utf-8-sig")
    return {int(row["sms_row"]): row for row in csv.DictReader(io.StringIO(text), delimiter=";")}


def statuses(folder):
    return {line: row["sms_status"] for line, row in results(folder).items()}


def got(here):
    return Counter(one["receiver"] for one in here.accepted())


def texts(here):
    return {one["receiver"]: one["message"] for one in here.accepted()}


def once(*numbers):
    return Counter(numbers)


@pytest.fixture
def sent(cli, spring, ovhcloud):
    """The good rows are sent, and the rejected ones written."""
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(here) == once(*GOOD)
    return here


CY, DEE, FAY, FLO = "+33799000012", "+33799000018", "+33799000013", "+33799000014"


@pytest.mark.parametrize("name", ["spring.csv", "spring.rejected.csv"])
def test_put_right_they_are_sent_and_the_lines_of_all_others_stay_as_they_were(cli, sent, folder, name):
    before, file = results(folder), (folder / "spring.csv").read_bytes()
    put_right(folder, {(3, 1): "07 99 00 00 12", (6, 0): "Fay"})
    ended = cli("run", name, "--yes")
    assert ended.code == 0, ended.err
    assert "put right by spring.rejected.csv: rows 3 and 6" in ended.out
    assert got(sent) == once(*GOOD, CY, FAY)
    after = results(folder)
    assert {line: row for line, row in after.items() if line not in {3, 6}} == {
        line: row for line, row in before.items() if line not in {3, 6}
    }
    assert (after[3]["sms_status"], after[3]["sms_number"]) == ("accepted", CY)
    assert after[3]["mobile"] == "O7 99 00 00 12"  # the file's own cells, untouched
    assert (folder / "spring.csv").read_bytes() == file
    # One campaign: one journal, one results file, and the file of what is still to be put right.
    assert sorted(path.name for path in folder.glob("*.csv")) == [
        *("spring.csv", "spring.rejected.csv", "spring.results.csv")
    ]
    assert [path.name for path in folder.glob("*.sqlite")] == ["spring.journal.sqlite"]
    assert [row[0] for row in table(folder)[1:]] == ["Dee", "Flo"]
    assert cli("audit", "spring.csv").code == 0


@pytest.mark.parametrize("name", ["spring.csv", "spring.rejected.csv"])
def test_lint_and_advise_look_at_the_file_with_the_corrections_in_force(cli, sent, folder, name):
    """Also at those that the file of rejected rows, which was written anew, holds no more."""
    put_right(folder, {(3, 1): "07 99 00 00 12", (6, 0): "Fay"})
    assert cli("run", name, "--yes").code == 0
    put_right(folder, {(7, 3): "0"})
    assert "5 messages (8 rows in the file) looked at" in cli("lint", name).err
    assert "This is about 5 of 8 rows" in cli("advise", name).err
    assert not list(folder.glob("*plan*"))


def moved(cells):
    return [cells[1], cells[0], *cells[2:]]


def renamed(cells):
    return ["comment" if cells[0] == "name" else "call them", *cells[1:]]


@pytest.mark.parametrize("change", [moved, renamed])
def test_columns_that_stand_elsewhere_put_nobody_else_s_cells_into_a_text(cli, sent, folder, change):
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    save(folder, [change(row) for row in table(folder)])
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 2
    assert "the columns are not those of spring.csv, in their order: name, mobile, city, code" in ended.err
    assert got(sent) == once(*GOOD)


def test_running_it_again_and_again_sends_nothing_more(cli, sent, folder):
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    corrected = table(folder)
    for name in ("spring.csv", "spring.rejected.csv", "spring.csv"):
        save(folder, corrected)  # somebody keeps bringing the file back
        assert cli("run", name, "--yes").code == 0
        assert got(sent) == once(*GOOD, CY)
    ended = cli("run", "spring.csv", "--yes")
    assert "Everything of this campaign was sent before" in ended.err


def test_a_number_that_had_it_gets_it_no_second_time(cli, sent, folder):
    before = results(folder)
    put_right(folder, {(3, 1): BOB, (5, 1): ANN})
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(sent) == once(*GOOD)
    after = results(folder)
    assert after[3]["sms_reason"].startswith("duplicate: the same number as row 4")
    assert after[5]["sms_reason"].startswith("duplicate: the same number as row 2")
    assert all(after[line] == before[line] for line in (2, 4, 6, 7, 8, 9))


def test_two_rows_put_right_to_one_number_get_one_message(cli, sent, folder):
    put_right(folder, {(3, 1): CY, (5, 1): "07 99 00 00 12"})
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(sent) == once(*GOOD, CY)
    assert statuses(folder)[3] == "accepted"
    assert results(folder)[5]["sms_reason"].startswith("duplicate: the same number as row 3")
    # Mistyped, and put right once more.
    put_right_again = {row[0]: row for row in table(folder)[1:]}
    assert "Dee" not in put_right_again


def test_who_waits_keeps_his_own_message_whoever_is_put_right_before_him(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes", "--limit", 1).code == 1
    put_right(folder, {(3, 1): BOB, (5, 1): "07 99 00 00 18"})
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(here) == once(*GOOD, DEE)
    assert texts(here)[BOB].startswith("Hello Bob")
    assert statuses(folder)[3] == "suppressed"


def test_before_the_campaign_began_it_is_planned_with_them(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--dry-run", "--out", "plan.csv").code == 0
    put_right(folder, {(3, 1): ROB, (5, 1): "07 99 00 00 18"})
    ended = cli("run", "spring.rejected.csv", "--yes")
    assert ended.code == 0, ended.err
    assert got(here) == once(*GOOD, DEE)
    assert texts(here)[ROB].startswith("Hello Rob"), "he was in the file, and keeps his message"
    assert len(statuses(folder)) == len(ROWS)
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(here) == once(*GOOD, DEE)


def test_nothing_is_taken_before_the_yes(cli, sent, folder):
    before = results(folder)
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    asked = cli("run", "spring.csv")
    assert asked.code == 2
    assert got(sent) == once(*GOOD)
    assert table(folder)[1][1] == "07 99 00 00 12"
    put_right(folder, {(3, 1): "O7 99 00 00 12"})  # taken back
    assert cli("run", "spring.csv", "--yes").code == 0
    assert (got(sent), results(folder)) == (once(*GOOD), before)


def test_a_dry_run_shows_it_and_leaves_everything_as_it_was(cli, sent, folder):
    put_right(folder, {(3, 1): "07 99 00 00 12"}, drop=[5])
    before = {path.name: path.read_bytes() for path in folder.glob("*.csv")}
    shown = cli("run", "spring.csv", "--dry-run")
    assert shown.code == 0
    assert "put right by spring.rejected.csv: row 3" in shown.out
    assert "dropped by spring.rejected.csv: row 5" in shown.out
    assert "8 rows: 1 left to send of 4, 4 not" in shown.out
    assert "1 left of 4 API calls" in shown.out
    cli("run", "spring.csv", "--dry-run", "--out", "plan.csv")
    assert {path.name: path.read_bytes() for path in folder.glob("spring*.csv")} == before
    code = next(line.split()[1] for line in shown.out.splitlines() if line.startswith("Plan "))
    assert cli("run", "spring.csv", "--confirm", code).code == 0
    assert got(sent) == once(*GOOD, CY)


def test_a_row_that_is_dropped_is_suppressed_and_asked_about_no_more(cli, sent, folder):
    before = results(folder)
    put_right(folder, drop=[3, 6])
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 0, ended.err
    after = results(folder)
    assert [after[line]["sms_reason"].split(":")[0] for line in (3, 6)] == ["dropped"] * 2
    assert [after[line]["sms_status"] for line in (3, 6)] == ["suppressed"] * 2
    assert all(after[line] == before[line] for line in (2, 4, 5, 7, 8, 9))
    assert [row[0] for row in table(folder)[1:]] == ["Dee", "Flo"]
    assert got(sent) == once(*GOOD)


def test_put_right_wrongly_and_then_once_more(cli, sent, folder):
    put_right(folder, {(3, 1): "01 99 00 00 33"})
    assert cli("run", "spring.csv", "--yes").code == 0
    assert results(folder)[3]["sms_reason"].startswith("number-landline")
    assert table(folder)[1][1] == "01 99 00 00 33"  # as somebody left it
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(sent) == once(*GOOD, CY)


def test_what_was_put_right_and_sent_is_not_put_right_once_more(cli, sent, folder):
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    kept = table(folder)
    assert cli("run", "spring.csv", "--yes").code == 0
    kept[1][1] = "07 99 00 00 19"
    save(folder, kept)
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 0
    assert "row 3 was put right before and is sent" in ended.out
    assert got(sent) == once(*GOOD, CY)


def test_rows_in_another_order_are_still_themselves(cli, sent, folder):
    put_right(folder, {(3, 1): "07 99 00 00 12", (5, 1): "07 99 00 00 18", (6, 0): "Fay"})
    head, *rows = table(folder)
    save(folder, [head, *reversed(rows)])
    assert cli("run", "spring.csv", "--yes").code == 0
    assert texts(sent)[CY] == "Hello Cy in Lille, code 00456"
    assert texts(sent)[DEE].startswith("Hello Dee")
    assert got(sent) == once(*GOOD, CY, DEE, FAY)


def test_a_good_row_that_is_pasted_in_is_sent_nothing(cli, sent, folder):
    rows = table(folder)
    ours = rows[1][4:]
    pasted = ROWS[0].split(";")
    rows += [pasted, ["New", number(40), "Nice", "1", "", "", "", "", ""], [*ROWS[2].split(";"), *ours]]
    # Another one with a hash of its own making, for a row that was sent.
    forged = ["Ann", number(41), "Paris", "00123"]
    rows.append([*forged, "2", "number-letters: x", "", "", f"h{row_hash(pasted).hex()}"])
    save(folder, rows)
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 0
    assert got(sent) == once(*GOOD)
    said = " ".join(ended.out.split())
    assert "rows 6 and 7 of spring.rejected.csv are none of the rejected rows" in said
    assert "row 3 stands there twice" in said
    assert "row 2 can be sent as it stands in the file" in said
    assert table(folder) == rows  # nothing of it is lost


def test_what_a_spreadsheet_program_made_of_other_columns_does_not_count(cli, sent, folder):
    rows = table(folder)
    by_name = {row[0]: row for row in rows[1:]}
    by_name["Cy"][1], by_name["Cy"][3] = "07 99 00 00 12", "456"
    by_name["Dee"][1], by_name["Dee"][3] = "799000018", "3,3799E+10"
    by_name[""][0], by_name[""][1] = "Fay", "7 99 00 00 13"
    by_name["Flo"].insert(3, "9")
    save(folder, rows, encoding="cp1252")
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 0
    assert "that a spreadsheet program wrote in another way" in ended.out
    assert texts(sent)[CY] == "Hello Cy in Lille, code 00456"
    assert texts(sent)[DEE] == "Hello Dee in Lille, code 33799000012"
    assert texts(sent)[FLO] == "Hello Flo in Brest, code 9"
    assert got(sent) == once(*GOOD, CY, DEE, FAY, FLO)


def test_columns_that_nothing_is_made_of_do_not_count(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    (folder / "spring.toml").write_text(TOML.replace(", code {{ code }}", ""), "utf-8")
    assert cli("run", "spring.csv", "--yes").code == 0
    put_right(folder, {(3, 3): "scribbled", (5, 3): "x"})
    ended = cli("run", "spring.csv", "--yes")
    assert "Everything of this campaign was sent before" in ended.err
    assert got(here) == once(*GOOD)


def test_a_row_that_is_another_one_now_is_told_and_left(cli, sent, folder, spring):
    put_right(folder, {(3, 1): "07 99 00 00 12", (5, 1): "07 99 00 00 18"})
    rows = [*ROWS[:1], f"New;{number(30)};Nancy;1", *ROWS[1:]]
    write(spring, rows)
    ended = cli("run", "spring.csv", "--yes", "--amend")
    assert ended.code == 0, ended.err
    assert "rows 3 and 5, each of which is another one in the file now" in ended.out
    assert got(sent) == once(*GOOD, number(30))


def test_a_file_put_right_in_place_is_a_correction_and_needs_no_amend(cli, sent, folder, spring):
    before = results(folder)
    write(spring, [*ROWS[:1], "Cy;07 99 00 00 12;Lille;00456", *ROWS[2:]])
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 0, ended.err
    assert got(sent) == once(*GOOD, CY)
    after = results(folder)
    assert all(after[line] == before[line] for line in after if line != 3)
    assert after[3]["mobile"] == "07 99 00 00 12"
    again = cli("run", "spring.csv", "--yes")
    assert "Everything of this campaign was sent before" in again.err
    # What was put right is no rejected row any more: to change it now is a change.
    write(spring, [*ROWS[:1], "Cy;07 99 00 00 19;Lille;00456", *ROWS[2:]])
    ended = cli("run", "spring.csv", "--yes")
    assert (ended.code, "--amend" in ended.err) == (2, True)
    assert got(sent) == once(*GOOD, CY)


def test_both_ways_at_once(cli, sent, folder, spring):
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    write(spring, [*ROWS[:3], "Dee;07 99 00 00 18;Lille;33799000012", *ROWS[4:]])
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(sent) == once(*GOOD, CY, DEE)
    # Then the master file gets what the file of rejected rows said before.
    write(
        spring,
        [
            ROWS[0],
            "Cy;07 99 00 00 12;Lille;00456",
            ROWS[2],
            "Dee;07 99 00 00 18;Lille;33799000012",
            *ROWS[4:],
        ],
    )
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(sent) == once(*GOOD, CY, DEE)
    assert statuses(folder)[3] == statuses(folder)[5] == "accepted"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([f"Ann;{number(50)};Paris;00123", *ROWS[1:]], "row 2"),
        ([f"Anne;{ANN};Paris;00123", "Cy;07 99 00 00 12;Lille;00456", *ROWS[2:]], "row 2"),
        ([*ROWS[:7], f"Ann again;{number(51)};Paris;8"], "row 9"),  # a duplicate is no rejected row
        ([*ROWS, f"New;{number(52)};Nice;1"], "row 10"),
        (ROWS[:7], "row 9"),
        ([*ROWS[:6], ROWS[7], ROWS[6]], "row 8"),
    ],
)
def test_any_other_change_of_the_file_is_one(cli, sent, folder, spring, rows, told):
    write(spring, rows)
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 2
    assert "this campaign has begun, and what it was planned from has changed" in ended.err
    assert f"{told} " in ended.err
    assert "--amend" in ended.err
    assert got(sent) == once(*GOOD)


def test_the_header_is_no_row_that_can_be_put_right(cli, sent, folder, spring):
    spring.write_text("\n".join(["Name;mobile;city;code", *ROWS]) + "\n", "utf-8")
    assert cli("run", "spring.csv", "--yes").code == 2


def test_what_ovhcloud_refused_is_not_sent_by_way_of_a_correction(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.STATUS, status=400, nth=2))
    assert cli("run", "spring.csv", "--yes").code == 1
    before, refused = results(folder), [line for line, one in statuses(folder).items() if one == "refused"]
    assert len(refused) == 1
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    assert cli("run", "spring.csv", "--yes").code == 1
    after = results(folder)
    assert all(after[line] == before[line] for line in after if line != 3)
    assert got(here)[CY] == 1
    assert got(here).total() == len(GOOD)


def test_what_was_cancelled_stays_cancelled(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--yes", "--limit", 1).code == 1
    assert cli("cancel", "spring.csv", "--yes").code in {0, 1}
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 2
    assert "was cancelled" in ended.err
    assert got(here) == once(ANN)


def test_a_campaign_in_doubt_takes_corrections_and_sends_nobody_twice(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.DROP_AFTER, times=1))
    assert cli("run", "spring.csv", "--yes", "--settle", "0").code in {0, 1}
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    for _ in range(3):
        cli("run", "spring.csv", "--yes", "--settle", "0")
    assert got(here) == once(*GOOD, CY)


def test_who_had_it_by_an_earlier_edition_gets_it_no_second_time(cli, sent, folder, spring):
    write(spring, ROWS[1:])  # Ann's row is taken out
    assert cli("run", "spring.csv", "--yes", "--amend").code == 0
    put_right(folder, {(2, 1): ANN, (4, 1): "07 99 00 00 18"})
    ended = cli("run", "spring.csv", "--yes")
    assert ended.code == 0, ended.err
    assert got(sent) == once(*GOOD, DEE)


def test_an_amended_campaign_keeps_its_corrections(cli, sent, folder, spring):
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    assert cli("run", "spring.csv", "--yes").code == 0
    write(spring, [*ROWS, f"New;{number(30)};Nancy;1"])
    assert cli("run", "spring.csv", "--yes", "--amend").code == 0
    assert got(sent) == once(*GOOD, CY, number(30))
    assert statuses(folder)[3] == "accepted"
    put_right(folder, {(5, 1): "07 99 00 00 18"})
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(sent) == once(*GOOD, CY, DEE, number(30))
    assert set(statuses(folder).values()) == {"accepted", "rejected", "suppressed"}


def test_the_same_text_from_another_campaign_is_told_before(cli, sent, folder, spring):
    (folder / "other.csv").write_text(f"{HEAD}\nCy;{CY};Lille;00456\n", "utf-8")
    (folder / "other.toml").write_text(TOML, "utf-8")
    assert cli("run", "other.csv", "--yes").code == 0
    put_right(folder, {(3, 1): "07 99 00 00 12"})
    ended = cli("run", "spring.csv", "--yes", "--repeat-days", "30")
    assert ended.code == 0
    assert "1 had the same text lately" in ended.out
    assert got(sent) == once(*GOOD, CY)


def test_an_older_copy_sends_nobody_what_was_put_right_and_sent_since(cli, sent, folder):
    """Journal and mark of before, as a backup has them: whose row was put right has his message all the same."""
    put_right(folder, {(3, 1): "07 99 00 00 12", (6, 0): "Fay"})
    kept, names = folder.parent / "kept", ("spring.journal*", "spring.results.csv", "spring.rejected.csv")
    kept.mkdir()
    for path in (path for name in names for path in folder.glob(name)):
        shutil.copy2(path, kept)
    assert cli("run", "spring.csv", "--yes").code == 0
    for path in (path for name in names for path in folder.glob(name)):
        path.unlink()
    for path in kept.iterdir():
        shutil.copy2(path, folder)
    ended = cli("run", "spring.csv", "--yes")
    assert (ended.code, "another one knows who had the campaign" in ended.err) == (2, True), ended.err
    assert "smscampaign recover spring.journal.sqlite" in ended.err
    assert cli("run", "spring.csv", "--yes").code == 2
    assert got(sent) == once(*GOOD, CY, FAY)


def test_a_rehearsal_takes_them_into_its_own_journal(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    assert cli("run", "spring.csv", "--sandbox", "--yes").code == 0
    put_right(folder, {(3, 1): "07 99 00 00 12"}, drop=[5, 6, 7])
    kept = table(folder)
    for _ in range(2):
        ended = cli("run", "spring.csv", "--sandbox", "--yes")
        assert ended.code == 0
        assert "spring.rejected.csv was left as it is, for the real campaign" in ended.err
        assert results(folder, "spring.sandbox.results.csv")[3]["sms_status"] == "accepted"
        assert table(folder) == kept
    assert got(here) == once()
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(here) == once(*GOOD, CY)


def test_a_workbook_of_the_rejected_rows_is_taken_by_its_name(cli, sent, folder):
    from openpyxl import Workbook

    put_right(folder, {(3, 1): "07 99 00 00 12"})
    book = Workbook()
    for row in table(folder):
        book.active.append(row)
    book.save(folder / "spring.rejected.xlsx")
    (folder / "spring.rejected.csv").unlink()
    before = (folder / "spring.rejected.xlsx").read_bytes()
    assert cli("run", "spring.rejected.xlsx", "--yes").code == 0
    assert got(sent) == once(*GOOD, CY)
    assert (folder / "spring.rejected.xlsx").read_bytes() == before
    assert [row[0] for row in table(folder)[1:]] == ["Dee", "", "Flo"]


def test_without_the_file_they_come_from_they_are_nothing(cli, sent, folder, spring):
    spring.unlink()
    ended = cli("run", "spring.rejected.csv", "--yes")
    assert ended.code == 2
    assert "rows that were rejected of spring, and that file is not here" in ended.err


@pytest.mark.parametrize("name", ["mine.csv", "fixed.xlsx.csv"])
def test_under_another_name_they_are_no_campaign(cli, sent, folder, name):
    (folder / "spring.rejected.csv").rename(folder / name)
    ended = cli("run", name, "--settings", "spring.toml", "--yes")
    assert ended.code == 2
    assert "its name does not say of which" in ended.err
    assert got(sent) == once(*GOOD)


def test_a_file_of_that_name_that_is_not_ours_has_nothing_to_do_with_it(cli, spring, folder, ovhcloud):
    here = ovhcloud()
    theirs = folder / "spring.rejected.csv"
    theirs.write_text(f"name,mobile,city,code\nMine,{number(60)},Rome,1\n", "utf-8")
    before = theirs.read_bytes()
    ended = cli("run", "spring.csv", "--yes")
    assert theirs.read_bytes() == before
    assert "spring.rejected.csv was not written by smscampaign and was left as it is" in ended.err
    put_right(folder, {(3, 1): "07 99 00 00 12"}, name="spring.rejected-2.csv")
    assert cli("run", "spring.csv", "--yes").code == 0
    assert got(here) == once(*GOOD, CY)
    assert "the campaign has no message" in cli("run", "spring.rejected.csv", "--dry-run").err


def test_what_is_not_taken_is_not_written_over(cli, sent, folder):
    rows = table(folder)
    rows[1][-2] = "perhaps"
    save(folder, rows)
    ended = cli("run", "spring.csv", "--yes")
    assert "row 3 has something else than 'drop' in sms_correction" in ended.out
    assert table(folder) == rows


def test_the_journal_says_who_put_what_right(cli, sent, folder):
    put_right(folder, {(3, 1): "07 99 00 00 12"}, drop=[5])
    assert cli("run", "spring.csv", "--yes").code == 0
    with closing(sqlite3.connect(folder / "spring.journal.sqlite")) as journal:
        rows = journal.execute('SELECT line, "column", old, new FROM correction ORDER BY line').fetchall()
        told = journal.execute("SELECT detail FROM event WHERE what = 'correction'").fetchall()
        hashes = journal.execute("SELECT sum(length(hashes)) FROM row_hashes").fetchone()
    assert rows == [(3, 1, "O7 99 00 00 12", "07 99 00 00 12"), (5, -1, None, None)]
    assert told == [("2 rows were put right",)]
    assert hashes == (8 * (1 + len(ROWS)),)
