"""What cannot be done ends with exit 2 and one message: what is wrong, where, what to do. Nothing is sent or written over."""

from __future__ import annotations

import csv
import io
import os
import re
import sqlite3
import zipfile

import openpyxl
import pytest

from smscampaign import sandbox
from smscampaign.journal.store import open_journal
from smscampaign.sandbox import Fault, FaultKind

from .conftest import OPTIONS, ended, number

TOML = 'message = "Hi"\npurpose = "marketing"\nregion = "FR"\nsender = "Sandbox"\n'
KEYS = {
    "OVH_APPLICATION_KEY": "the-application-key",
    "OVH_APPLICATION_SECRET": "the-application-secret",
    "OVH_CONSUMER_KEY": "the-consumer-key",
}


def snapshot(folder):
    """Every file but our own journals: who is at work is signed in them even if nothing comes of it."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".journal." not in path.name)
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture
def refused(cli, folder):
    """A command that must end with exit 2, one message and no change to any file; gives the message."""

    def call(*arguments):
        before = snapshot(folder)
        ended = cli(*arguments)
        assert ended.code == 2, ended
        assert ended.err.count("Error:") == 1, ended.err
        assert "Traceback" not in ended.err
        # The id of a query at OVHcloud has digits of its own.
        assert not re.search(r"\d{9}", re.sub(r"\[query [^]]*\]", "", ended.err)), "a full number"
        assert snapshot(folder) == before
        return ended.err

    return call


def zipped(files):
    """A zip archive of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


FILES = {
    "empty": (b"", "the file is empty"),
    "header only": (b"name,mobile\n", "the file has a header but no rows"),
    "binary": (b"\x7fELF\x00\x01", "the file is binary or damaged"),
    "a zip cut off": (b"PK\x03\x04 and so on", "the archive is damaged, or cut off"),
    "a zip of two tables": (
        zipped({"a.csv": b"x", "b.csv": b"x"}),
        "several files that may be the table: 'a.csv', 'b.csv'",
    ),
    "a zip in a zip": (zipped({"a.zip": b"x"}), "archives in archives are not opened"),
    "a zip bomb": (zipped({"a.csv": b"0" * 9_000_000}), "unpacks to far more than a table of its size would"),
    "a Word document": (
        zipped({"[Content_Types].xml": b"", "word/document.xml": b""}),
        "this is a Word document",
    ),
    "a binary workbook": (
        zipped({"[Content_Types].xml": b"", "xl/workbook.bin": b""}),
        "the workbook is damaged, or made in a way that cannot be read",
    ),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "the workbook is damaged, or made in a way that cannot be read",
    ),
    "a picture": (b"\x89PNG\r\n\x1a\n", "this is a picture (PNG)"),
    "UTF-16 without its mark": ("name,mobile\n".encode("utf-16-le"), "say --encoding utf-16-le"),
    "PDF": (b"%PDF-1.7", "this is a PDF document"),
    "web page": (b"<!DOCTYPE html><html>", "this is a web page"),
    "damaged UTF-8": (
        "name,mobile\nZoë,0799000000\n".encode() * 9 + b"Ana\xefs,0799000000\n",
        "spring.csv, row 19, column 'name': the file is not UTF-8: it holds the byte 0xEF",
    ),
    "open quote": (b'name,mobile\n"Ann,0799000000\n', "spring.csv, row 2: a quotation mark opens a cell"),
    "a column that looks like numbers": (
        b"Name,Kontakt\n" + b"".join(b"Ann,07990000%02d\n" % n for n in range(97)) + b"Bob,none\n" * 3,
        "Column 'Kontakt' looks like phone numbers (97 of the first 100 rows): “••••••••00”, “••••••••01”, “••••••••02”.",
    ),
    "no number column": (b"a,b\n1,2\n", "no column is named like one that holds phone numbers"),
    "two number columns": (
        b"phone,mobile\n1,2\n",
        "several columns may hold the phone numbers: 'phone', 'mobile'",
    ),
    "no header": (
        b"Ann,+33799000000\nBob,+33799000001\n",
        "the first row holds data instead of column names",
    ),
}


@pytest.mark.parametrize(("content", "said"), FILES.values(), ids=FILES)
def test_files_that_are_none(refused, folder, content, said):
    (folder / "spring.csv").write_bytes(content)
    for mode in (["--dry-run"], ["--yes", "--sandbox"]):
        told = refused("run", "spring.csv", *OPTIONS[:1], "Hi", *OPTIONS[2:], *mode)
        assert said in told
        assert "  → " in told


def workbook(folder, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "spring.xlsx")


def test_of_several_sheets_one_is_asked_for(refused, cli, folder):
    people = [["name", "mobile"], ["Zoé", 33799000001.0]]
    workbook(folder, Clients=people, Others=people)
    told = refused("run", "spring.xlsx", *OPTIONS, "--dry-run")
    assert "spring.xlsx: several sheets of the workbook hold something: 'Clients', 'Others'" in told
    assert "--sheet NAME" in told
    assert "--sheet: the workbook has no sheet 'X'" in refused(
        "run", "spring.xlsx", *OPTIONS, "--sheet", "X", "--dry-run"
    )
    assert cli("run", "spring.xlsx", *OPTIONS, "--sheet", "clients", "--dry-run").code == 0


def test_every_row_of_a_workbook_is_one_line_of_the_results(cli, folder, ovhcloud):
    here = ovhcloud()
    rows = [
        ["Spring"],
        [],
        ["name", "mobile"],
        ["Zoé", 33799000001.0],
        [],
        ["Bob", "x"],
        ["Ann", "0799000002"],
    ]
    workbook(folder, Clients=rows)
    shown = cli("run", "spring.xlsx", *OPTIONS, "--dry-run").out
    assert "row 1 stands above the column names, which are in row 3: --header-row decides" in shown
    assert cli("run", "spring.xlsx", *OPTIONS, "--yes").code == 0
    assert len(list(here.accepted())) == 2
    lines = (folder / "spring.results.csv").read_bytes()
    assert lines.startswith("\ufeffname;mobile;sms_row;".encode())
    results = list(csv.DictReader(io.StringIO(lines.decode("utf-8-sig")), delimiter=";"))
    assert [(one["name"], one["sms_row"], one["sms_status"]) for one in results] == [
        ("Zoé", "4", "accepted"),
        ("Bob", "6", "rejected"),
        ("Ann", "7", "accepted"),
    ]


def test_a_guessed_character_set_is_shown_and_can_be_decided(cli, folder):
    (folder / "spring.csv").write_bytes("name;mobile\nŁucja;0799000001\n".encode("cp1250"))
    shown = cli("run", "spring.csv", *OPTIONS, "--dry-run")
    assert "read as windows-1250, a guess, from words such as “Łucja”: --encoding decides" in shown.out
    assert "Hello Łucja" in shown.out
    decided = cli("run", "spring.csv", *OPTIONS, "--encoding", "windows-1252", "--dry-run")
    assert "a guess" not in decided.out
    assert "Hello £ucja" in decided.out


def test_a_file_that_is_not_there(refused, people):
    people(1, name="spring_sale.csv")
    told = refused("run", "spring_sales.csv", *OPTIONS, "--yes")
    assert "spring_sales.csv: there is no such file" in told
    assert "Did you mean 'spring_sale.csv'?" in told
    assert "there is no such file" in refused("run", "nowhere/spring.csv", *OPTIONS, "--yes")


@pytest.mark.parametrize("name", [".", "..", "/", "sub", ""])
def test_a_folder(refused, folder, name):
    (folder / "sub").mkdir()
    assert "this is a folder" in refused("run", name, *OPTIONS, "--yes")
    assert "this is a folder" in refused("status", name)
    assert "this is a folder" in refused("init", name)


def test_what_a_spreadsheet_program_leaves_beside_an_open_file(refused, folder):
    for name in ("~$clients.xlsx", ".~lock.clients.ods#"):
        (folder / name).write_bytes(b"\x05Ann")
        assert "leaves it beside a file that is open there" in refused("run", name, *OPTIONS, "--yes")
    assert "Did you mean" not in refused("run", "clients.xlsx", *OPTIONS, "--yes")


def test_results_in_the_place_of_their_file(refused, people, folder):
    people(1)
    for name, way in (("spring.results.csv", ""), ("spring.sandbox.results.csv", " --sandbox")):
        (folder / name).write_text("name,mobile,sms_row,sms_status\nAnn,0799000001,2,accepted\n", "utf-8")
        told = refused("run", name, "--yes")
        assert (
            f"These are the results of spring.csv: `smscampaign run spring.csv{way}` goes on with it." in told
        )


LINES = {
    "a character set that is none": (["--encoding", "utf-9"], "--encoding: 'utf-9' is not a character set"),
    "a delimiter that is none": (["--delimiter", "x"], "--delimiter: 'x' cannot separate cells"),
    "a row without column names": (["--header-row", "99"], "--header-row: row 99 of the file holds no column names"),
    "a column that is not there": (["--number-column", "mobil"], "--number-column: the file has no column 'mobil'"),
    "a template that does not compile": (["--message", "Hi {{ name"], "(Hi {{ name): the message does not compile"),
    "an unknown column in it": (["--message", "Hi {{ nmae }}"], "Did you mean {{ name }}?"),
    "an unknown region": (["--region", "XX"], "region: “XX” is not a country"),
    "an unknown purpose": (["--purpose", "markting"], "purpose = 'markting': it should be 'marketing' or 'transactional'"),
    "an unknown priority": (["--priority", "urgent"], "sending.priority = 'urgent': it should be 'high', 'medium',"),
    "an unknown class": (["--class", "loud"], "--class: sending.class = 'loud'"),
    "a moment without a zone": (["--send-at", "2027-03-06T10:00", "--region", "US"], "the time zone is missing"),
    "a moment in words": (["--send-at", "tomorrow"], "--send-at: sending.send_at = 'tomorrow': not a date and a time"),
    "a sender that is too long": (["--sender", "MuchTooLongSender"], "'MuchTooLongSender': a sender's name has at most 11"),
    "a message that includes another": (["--message", "{% include 'x' %}"], "message, line 1"),
    "an unknown country column": (["--country-column", "land"], "--country-column: the file has no column 'land'"),
    "too many receivers": (["--receivers-per-call", "9999"], "--receivers-per-call: limits.receivers_per_call = 9999"),
    "a negative pace": (["--pace", "-1"], "--pace: limits.calls_per_minute = -1"),
    "no rows": (["--limit", "0"], "'--limit'"),
    "two texts": (["--template", "text.txt"], "both message and template are set"),
    "settings that are not there": (["--settings", "other.toml"], "other.toml: the settings cannot be read"),
    "an unknown option": (["--dryrun"], "No such option: --dryrun"),
    "quotation marks of a text": (["--where", "“name", "==", "'x'”"], "“ and ” are no quotation marks here: write \""),
    "a dash that is no hyphen": (["–-dry-run"], "–-dry-run begins with a dash: write --dry-run, with two hyphens"),
    "another one": (["—amend"], "—amend begins with a dash: write --amend, with two hyphens"),
    "them in where": (["--where", "name == ‘x’"], "Quotation marks are straight ones: name == 'x'."),
    "results over the recipients": (["--out", "spring.csv"], "--out: spring.csv is in use for something else"),
    "results over the settings": (["--out", "spring.toml"], "--out: spring.toml is in use for something else"),
    "a journal over the recipients": (["--journal", "./spring.csv"], "--journal: spring.csv is in use"),
    "results over the journal": (["--out", "spring.journal.sqlite"], "--out: spring.journal.sqlite is in use"),
    "results in no folder": (["--out", "nowhere/x.csv"], "nowhere/x.csv: the results could not be written here"),
    "results in a folder's place": (["--out", "sub"], "sub: the results could not be written here"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "said"), LINES.values(), ids=LINES)
def test_command_lines_that_cannot_be(refused, people, folder, ovhcloud, options, said):
    here = ovhcloud()
    people(1)
    (folder / "sub").mkdir()
    (folder / "spring.toml").write_text(TOML, "utf-8")
    (folder / "text.txt").write_text("Hi", "utf-8")
    told = refused("run", "spring.csv", *OPTIONS, *options, "--yes")
    assert said.casefold() in told.casefold()
    assert not list(here.accepted())


SETTINGS = {
    "unknown": (
        TOML + "sendr = 1\n",
        "spring.toml, line 5: unknown setting 'sendr'",
        "Did you mean sender or ",
    ),
    "unknown in a section": (
        TOML + "[limits]\nprts = 1\n",
        "line 6: unknown setting 'limits.prts'",
        "limits.parts or ",
    ),
    "broken": ("message = Hi\n", "spring.toml, line 1: this is not TOML", """Write message = "Hi"."""),
    "typographic quotes": (
        "message = “Bonjour {{ name }}, “demain”…”\n",
        "spring.toml, line 1: these are no quotation marks of a settings file: “ ”",
        """Write straight ones: message = "…".""",
    ),
    "half of them typographic": (
        'purpose = "marketing”\n',
        "line 1: these are no quotation marks of a settings file: ”",
        """Write straight ones: purpose = "…".""",
    ),
    "an apostrophe in apostrophes": (
        "message = 'C'est Noël'\n",
        "line 1: this text ends at its second ', and there are more of them",
        """Put it between straight quotation marks, and leave its ' as they are: message = "…".""",
    ),
    "no quotes": (
        "purpose = marketing\n",
        "line 1: this is not TOML: a text stands in quotes",
        """Write purpose = "marketing".""",
    ),
    "a colon": (
        'purpose: "marketing"\n',
        "line 1: this is not TOML: between a setting and its value stands =",
        """Write purpose = "marketing".""",
    ),
    "a colon and no quotes": ("purpose: marketing\n", "stands =", """Write purpose = "marketing"."""),
    "a wrong type": ("message = 5\n", "spring.toml, line 1: message = 5: a text is needed here", ""),
    "a wrong number": (TOML + '[limits]\nparts = "x"\n', "line 6: limits.parts = 'x': a whole number is", ""),
    "a section as a value": ("limits = 5\n", "line 1: limits = 5: this is the name of a section", ""),
    "a wrong purpose": ('purpose = "sale"\n', "line 1: purpose = 'sale': it should be 'marketing' or", ""),
    "a wrong region": (TOML.replace("FR", "Farnce"), "“FARNCE” is not a country", "Did you mean France (FR)"),
    "a template that is not there": (
        'template = "x.txt"\n',
        "x.txt: the template cannot be read (No such",
        "UTF-8",
    ),
    "incomplete": ('message = "Hi"\n', "the campaign has no purpose and region", "fill in spring.toml"),
}


@pytest.mark.parametrize(("toml", "said", "remedy"), SETTINGS.values(), ids=SETTINGS)
def test_settings_that_cannot_be(refused, people, folder, toml, said, remedy):
    people(1)
    (folder / "spring.toml").write_text(toml, "utf-8")
    told = refused("run", "spring.csv", "--dry-run")
    assert said in told
    assert remedy in told


def test_without_settings_the_error_names_what_is_missing_and_offers_init(refused, people):
    people(1)
    told = refused("run", "spring.csv", "--yes")
    assert "the campaign has no message, purpose and region" in told
    assert "--message … --purpose … --region …" in told
    assert "`smscampaign init spring.csv`" in told


def test_no_keys(refused, people):
    people(1)
    told = refused("run", "spring.csv", *OPTIONS, "--yes")
    assert "there are no keys to sign in with" in told
    assert "OVH_APPLICATION_KEY" in told
    assert "\n    https://eu.api.ovh.com/createToken/index.cgi?GET=/sms&" in told
    for command in ("accounts", "senders", "jobs"):
        assert "there are no keys to sign in with" in refused(command)


def test_keys_in_part(refused, people, monkeypatch):
    people(1)
    monkeypatch.setenv("OVH_APPLICATION_KEY", "the-application-key")
    assert "the consumer key is missing" in refused("run", "spring.csv", *OPTIONS, "--yes")
    monkeypatch.setenv("OVH_CONSUMER_KEY", "the-consumer-key")
    assert "application_secret" in refused("run", "spring.csv", *OPTIONS, "--yes")


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("ovh-mars", "OVH_ENDPOINT: 'ovh-mars' is not an endpoint"),
        ("http://127.0.0.1:9/1.0", "OVHcloud could not be reached"),
        ("https://nowhere.invalid/1.0", "OVHcloud could not be reached"),
        ("http://nowhere.invalid/1.0", "an endpoint that is not this machine must use https"),
    ],
)
def test_endpoints_that_cannot_be(refused, people, monkeypatch, endpoint, said):
    people(1)
    for name, value in {**KEYS, "OVH_ENDPOINT": endpoint}.items():
        monkeypatch.setenv(name, value)
    told = refused("run", "spring.csv", *OPTIONS, "--yes")
    assert said in told
    assert not [value for value in KEYS.values() if value in told]


def test_a_file_of_keys_that_is_none_says_where_and_tells_no_secret(refused, people, monkeypatch, folder):
    people(1)
    (folder / "ovh.conf").write_text("[default]\nendpoint=ovh-eu\nthe-application-secret\n", "utf-8")
    monkeypatch.setattr("smscampaign.gateway.endpoints.PLACES", ["ovh.conf"])
    told = refused("run", "spring.csv", *OPTIONS, "--yes")
    assert "ovh.conf" in told
    assert "the-application-secret" not in told


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("OVH_APPLICATION_KEY", "The application key is wrong"),
        ("OVH_APPLICATION_SECRET", "The application secret is wrong"),
        ("OVH_CONSUMER_KEY", "The consumer key is"),
    ],
)
def test_wrong_keys(refused, people, ovhcloud, monkeypatch, variable, said):
    here = ovhcloud()
    people(1)
    monkeypatch.setenv(variable, "wrong-key-of-somebody")
    told = refused("run", "spring.csv", *OPTIONS, "--yes")
    assert said in told
    assert "wrong-key-of-somebody" not in told
    assert "sandbox-as" not in told
    assert not list(here.accepted())


def test_an_unknown_account(refused, people, ovhcloud):
    here = ovhcloud()
    people(1)
    told = refused("run", "spring.csv", *OPTIONS, "--yes", "--account", "sms-nobody-1")
    assert "GET /sms/sms-nobody-1: OVHcloud says: This service does not exist" in told
    assert "`smscampaign accounts` lists those your keys see" in told
    assert not list(here.accepted())


def test_an_unknown_sender_is_refused_and_another_one_may_be_taken(campaign, people, ovhcloud):
    here = ovhcloud()
    people(3)
    ended = campaign("--yes", "--sender", "Nobody")
    assert ended.code == 2
    assert "Nothing was sent: 400: Sms sender Nobody does not exist" in ended.err
    assert "`smscampaign senders` lists yours" in " ".join(ended.err.split())
    assert not list(here.accepted())
    assert campaign("--yes").code == 0
    assert len(list(here.accepted())) == 3


@pytest.mark.parametrize("credits", [0, 2])
def test_credits_that_do_not_suffice(refused, people, ovhcloud, credits):
    here = ovhcloud(credits=credits)
    people(3)
    told = refused("run", "spring.csv", *OPTIONS, "--yes")
    assert f"sms-sb00001-1: not enough credits: {credits} left, and what is to be sent takes 3" in told
    assert "--limit N" in told
    assert not list(here.accepted())


def test_credits_that_end_on_the_way_stop_it(campaign, people, ovhcloud):
    here = ovhcloud()
    here.add_faults(Fault(FaultKind.STATUS, status=403, nth=2))
    people(4)
    ended = campaign("--yes", "--calls-at-once", 1)
    assert ended.code == 1
    assert "Stopped: 403" in ended.err
    assert "When that is put right:" in ended.err
    assert len(list(here.accepted())) == 1
    here.clear_faults()
    assert campaign("--yes").code == 0
    assert len(list(here.accepted())) == 4


def test_what_changed_since_it_began_is_named_and_nothing_more_is_sent(
    campaign, refused, people, ovhcloud, folder
):
    here = ovhcloud(senders=("Sandbox", "Other"))
    file = people(3)
    assert campaign("--yes", "--limit", 1).code == 1
    results = (folder / "spring.results.csv").read_bytes()
    for options, change in (
        (["--message", "Bye"], "message: was 'Hello {{ name }}', is 'Bye'"),
        (["--sender", "Other"], "sender: was 'Sandbox', is 'Other'"),
        (["--purpose", "marketing"], "purpose: was 'transactional', is 'marketing'"),
    ):
        for mode in ("--yes", "--dry-run"):
            told = refused("run", "spring.csv", *OPTIONS, *options, mode)
            assert change in told
            assert "with --amend" in told
    file.write_text(file.read_text("utf-8") + f"Late,{number(9)}\n", "utf-8")
    assert "file: was another content" in refused("run", "spring.csv", *OPTIONS, "--yes")
    assert "file: was another content" in refused("run", "spring.csv", *OPTIONS, "--dry-run")
    assert (folder / "spring.results.csv").read_bytes() == results
    assert len(list(here.accepted())) == 1


def test_a_campaign_that_has_begun_somewhere_is_not_continued_elsewhere(campaign, people, ovhcloud):
    here = ovhcloud()
    people(2)
    assert campaign("--yes", "--limit", 1).code == 1
    elsewhere = campaign("--yes", "--sandbox", "--journal", "spring.journal.sqlite")
    assert elsewhere.code == 2
    assert "where it is sent: was loopback, is sandbox" in elsewhere.err
    assert len(list(here.accepted())) == 1
    # The journal of what people have is there, whatever a sandbox knows of it: the other one gets it, and nobody again.
    assert campaign("--yes").code == 0
    assert len({one["receiver"] for one in here.accepted()}) == len(list(here.accepted())) == 2


def test_a_journal_of_people_stays_also_where_rehearsals_are_kept(campaign, people, ovhcloud, folder):
    here = ovhcloud()
    people(2)
    kept = folder / ".sandbox" / "real.sqlite"
    kept.parent.mkdir()
    assert campaign("--yes", "--limit", 1, "--journal", kept).code == 1
    assert campaign("--yes", "--sandbox", "--journal", kept).code == 2
    assert campaign("--yes", "--journal", kept).code == 0
    assert len({one["receiver"] for one in here.accepted()}) == len(list(here.accepted())) == 2


def test_a_journal_that_somebody_else_is_at_work_on(refused, people, ovhcloud, folder):
    here = ovhcloud()
    people(1)
    journal = open_journal(folder / "spring.journal.sqlite")
    with journal.driving():
        told = refused("run", "spring.csv", *OPTIONS, "--yes")
    journal.close()
    assert "another smscampaign is at work on this campaign" in told
    assert f"process {os.getpid()} on " in told
    assert not list(here.accepted())


def test_a_journal_that_is_something_else(refused, people, ovhcloud, folder):
    here = ovhcloud()
    people(1)
    (folder / "notes.txt").write_text("These are my notes, and I should like to keep them.\n" * 9, "utf-8")
    with sqlite3.connect(folder / "other.sqlite") as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    told = refused("run", "spring.csv", *OPTIONS, "--yes", "--journal", "notes.txt")
    assert "notes.txt: this is not a journal of smscampaign" in told
    told = refused("run", "spring.csv", *OPTIONS, "--yes", "--journal", "other.sqlite")
    assert "another program" in told
    assert "not a journal" in refused("status", "spring.csv", "--journal", "notes.txt")
    assert not list(here.accepted())


def test_a_folder_that_may_not_be_written(cli, people, ovhcloud):
    # Not even root makes a file there.
    people(1)
    here = ovhcloud()
    ended = cli("run", "spring.csv", *OPTIONS, "--yes", "--journal", "/proc/x.sqlite")
    assert ended.code == 2
    assert "the journal cannot be written" in ended.err
    assert "--journal FILE" in ended.err
    assert not list(here.accepted())


def test_a_journal_in_a_folder_that_is_not_there(refused, people, ovhcloud):
    ovhcloud()
    people(1)
    told = refused("run", "spring.csv", *OPTIONS, "--yes", "--journal", "nowhere/x.sqlite")
    assert "nowhere/x.sqlite: the journal cannot be written" in told


def test_numbers_in_a_header_are_masked(refused, folder):
    (folder / "spring.csv").write_text(f"mobile,phone {number(1)},06 39 98 00 01\n1,2,3\n", "utf-8")
    told = refused("run", "spring.csv", *OPTIONS, "--number-column", "x", "--yes")
    assert "39 98" not in told
    assert "••" in told


def test_a_real_process_without_keys_says_how_to_get_them(process, people):
    people(1)
    told = ended(process("run", "spring.csv", *OPTIONS, "--yes"))
    assert told.code == 2
    assert told.err.startswith("Error: there are no keys to sign in with")
    assert "createToken" in told.err
    assert told.out == ""


def test_a_real_process_with_a_file_of_keys_that_is_none(process, folder):
    # The `ovh` package reads it when it is imported, before the command runs.
    (folder / "ovh.conf").write_text("the-application-secret\n", "utf-8")
    told = ended(process("accounts"))
    assert told.code == 2
    assert "ovh.conf, line 1: this file of keys cannot be read as one" in told.err
    assert "Traceback" not in told.err
    assert "the-application-secret" not in told.err


def test_a_sandbox_that_cannot_start(refused):
    assert "--let-others-in" in refused("sandbox", "--host", "0.0.0.0")
    assert "--fault" in refused("sandbox", "--fault", "nonsense")
    assert "--clock" in refused("sandbox", "--clock", "soon")
    with sandbox.running() as here:
        port = here.url.rstrip("/").rpartition(":")[2]
        assert port in refused("sandbox", "--port", port)


def test_two_sandboxes_on_one_file(refused, people, folder):
    people(1)
    (folder / ".sandbox").mkdir()
    with sandbox.running(folder / ".sandbox" / "spring.sandbox.sqlite"):
        told = refused("run", "spring.csv", *OPTIONS, "--sandbox", "--yes")
    assert "spring.sandbox.sqlite" in told


@pytest.mark.parametrize("command", [("run", "--dry-run"), ("status",), ("audit",), ("init",)])
def test_the_settings_given_as_the_file_are_told_from_recipients(refused, people, folder, command):
    people(2)
    (folder / "spring.toml").write_text('message = "Hello"\n', "utf-8")
    told = refused(command[0], "spring.toml", *command[1:])
    assert "spring.toml: this is the settings file" in told
    assert "Give the recipients' file, such as spring.csv" in told


@pytest.mark.parametrize(
    "line", [("audit", "spring.csv", *["07", "99", "00", "00", "10"]), ("run", "my", "spring.csv")]
)
def test_words_that_are_too_many_are_to_be_put_into_quotes(refused, line):
    assert "What has spaces in it is put into quotes." in refused(*line)


def test_a_list_of_columns_keeps_its_indent_where_it_wraps(cli, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    heads = ["contact_person", *(f"a_long_name_of_a_column_{n}" for n in range(8))]
    rows = [",".join([number(n), *"abcdefgh"]) for n in range(5)]
    (folder / "odd.csv").write_text("\n".join([",".join(heads), *rows]), "utf-8")
    ended = cli("run", "odd.csv", *OPTIONS, "--dry-run")
    assert ended.code == 2
    after = ended.err[ended.err.index("If that is it") :].splitlines()
    assert len(after) > 2
    assert all(line.startswith("    ") for line in after[1:] if line)
    assert all(len(line) <= 80 for line in after)
