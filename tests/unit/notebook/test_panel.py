"""The panel without a browser: what its pieces are told and what they say, by the messages that travel between them."""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
import threading
import time
from html import unescape

import openpyxl
import pytest

import smscampaign as sms
from smscampaign.campaign.files import Files
from smscampaign.errors import FileProblem
from smscampaign.model import Status
from smscampaign.notebook.panel import looks, overview
from smscampaign.notebook.panel.uploads import Upload
from smscampaign.sandbox import Fault, FaultKind, Sandbox, running
from smscampaign.settings import edits

PEOPLE = 30


def people(more: int = 0) -> str:
    rows = [f"Person {n};06 12 34 {n // 100:02d} {n % 100:02d};Lyon" for n in range(PEOPLE + more)]
    rows[10:10] = ["Odile;O6 12 34 99 01;Nice", "Remy;06 12 34;Metz", "Nadia;;Brest"]
    return "\n".join(["Prénom;Mobile;Ville", *rows, ""])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Seen:
    """A panel as somebody sees it."""

    def __init__(self, *given, **settings) -> None:
        self.panel = sms.Panel(*given, **settings)
        self.file, self.message, self.check, self.send, self.results = self.panel._steps

    def do(self, piece, kind, *buffers, **content) -> None:
        piece._hear(piece, {"kind": kind, **content}, list(buffers))

    def open(self, step) -> None:
        self.do(step.head, "open")

    @property
    def opened(self) -> int:
        (one,) = [step.number for step in self.panel._steps if step.head._shown["open"]]
        return one

    def heads(self) -> list[str]:
        return [one.head._shown["about"] for one in self.panel._steps]

    def told(self, step) -> str:
        return unescape(step.said._shown["html"])

    def page(self, step) -> str:
        return unescape(step.page._shown["html"])

    def code(self) -> str:
        return self.send.code._shown["note"].split()[-1]

    def beat(self, until, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, self.told(self.send)
            self.do(self.panel._pulse, "beat")
            time.sleep(0.1)

    def state(self) -> str:
        """Everything that a notebook would keep of its widgets."""
        pieces = [self.panel, *self.panel.children]
        pieces += [child for one in self.panel.children for child in getattr(one, "children", ())]
        kept = [{k: v for k, v in one.get_state().items() if k not in {"_esm", "_css"}} for one in pieces]
        return json.dumps(kept, default=str)


def ready(folder, text: str = "") -> Seen:
    """A campaign that lacks nothing but its check."""
    (folder / "clients.csv").write_text(text or people(), "utf-8")
    (folder / "clients.toml").write_text(
        'message = "Bonjour {{ Prénom }}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n',
        "utf-8",
    )
    return Seen("clients.csv")


def test_no_key_waits_for_a_garbage_collection_of_all_that_is_loaded(folder) -> None:
    gc.unfreeze()
    everything = len(gc.get_objects())
    ready(folder)
    assert len(gc.get_objects()) < everything / 2
    before = gc.get_freeze_count()
    ready(folder)
    assert gc.get_freeze_count() <= before


def test_a_dropped_file_arrives_in_pieces_and_gets_settings(folder) -> None:
    seen = Seen("clients.csv")
    assert seen.opened == 1
    assert [one.reachable() for one in seen.panel._steps] == [True, False, False, False, False]
    content, cut = people().encode(), 200
    seen.do(seen.file.drop, "chunk", content[:cut], name="Kunden.csv", size=len(content), at=0)
    assert not (folder / "clients.csv").exists()
    seen.do(seen.file.drop, "chunk", content[cut:], name="Kunden.csv", size=len(content), at=cut)
    assert (folder / "clients.csv").read_bytes() == content
    assert (folder / "clients.csv").stat().st_mode & 0o777 == 0o600
    assert 'region = "FR"' in (folder / "clients.toml").read_text("utf-8")
    assert seen.heads()[0] == "clients.csv"
    assert "•• •• •• •• 00" in seen.page(seen.file)
    # Opened again it is found, under whatever ending it came; and it is removed when somebody says so twice.
    assert Seen("clients.csv").opened == 2
    seen.do(seen.file.form, "submit", button="remove", values={})
    assert (folder / "clients.csv").exists()
    seen.do(seen.file.form, "submit", button="remove", values={})
    assert not (folder / "clients.csv").exists()


def test_another_file_of_that_name_is_never_written_over(folder) -> None:
    (folder / "people.csv").write_text("mine\n")
    with pytest.raises(FileProblem, match="of this name already"):
        Upload(None).take("people.csv", 3, 0, b"abc")
    with pytest.raises(FileProblem, match="no list of recipients"):
        Upload(None).take("../photo.png", 3, 0, b"abc")
    assert Upload(None).take("../../list.csv", 3, 0, b"abc") == folder / "list.csv"
    upload = Upload(None)
    upload.take("a.csv", 6, 0, b"abc")
    with pytest.raises(FileProblem, match="did not arrive whole"):
        upload.take("a.csv", 6, 5, b"x")


def test_the_phone_shows_what_a_row_becomes_and_the_text_is_kept_in_the_settings(folder) -> None:
    (folder / "clients.csv").write_text(people(), "utf-8")
    seen = Seen("clients.csv")
    assert seen.opened == 2
    drawn = seen.message._preview.drawn("« {{ Prénom }} » {{ Mobile }}", 3, "en")
    assert drawn["pieces"] == ["« Person 1 » •• •• •• •• 01\nSTOP 36xxx"]
    assert drawn["said"].startswith("1 part · 38 characters as UCS-2 · because of « »")
    assert "no column for {{ Nom }}" in seen.message._preview.drawn("{{ Nom }}", 3, "en")["said"]
    assert "This row gets nothing" in seen.message._preview.drawn("{{ Prénom }}", 13, "en")["said"]
    long = seen.message._preview.drawn("« x » " + "y" * 90, 3, "en")
    assert len(long["pieces"]) == 2
    assert long["cheaper"]
    seen.do(seen.message.phone, "keep", text="Bonjour {{ Prénom }}")
    seen.do(seen.message.form, "change", name="sender", value="Sandbox")
    seen.do(seen.message.form, "change", name="sender", value="much too long a name")
    assert "11 characters" in seen.told(seen.message)
    settings = (folder / "clients.toml").read_text("utf-8")
    assert 'message = "Bonjour {{ Prénom }}"' in settings
    assert 'sender = "Sandbox"' in settings
    assert "# Settings of the campaign clients" in settings


def test_rows_are_put_right_beside_the_file_which_stays_as_it_is(folder) -> None:
    seen = ready(folder)
    assert seen.opened == 3 or seen.check.done()
    seen.open(seen.check)
    rows = seen.check.grid._shown["rows"]
    assert [(one["line"], one["cell"], one["suggested"]) for one in rows] == [
        (12, "O• •• •• •• 01", True),
        (13, "•• •• 34", False),
        (14, "", False),
    ]
    seen.do(seen.check.grid, "suggested", line=12)
    seen.do(seen.check.grid, "keep", line=13, cells=["Remy", "06 12", "Metz"])
    assert "too short" in seen.told(seen.check)
    seen.do(seen.check.grid, "keep", line=13, cells=["Remy", "06 12 34 99 02", "Metz"])
    seen.do(seen.check.grid, "drop", line=14)
    assert seen.check.grid._shown["rows"] == []
    assert "33 rows: 32 messages" in seen.page(seen.check)
    assert (folder / "clients.csv").read_text("utf-8") == people()
    assert (folder / "clients.rejected.csv").stat().st_mode & 0o777 == 0o600
    # Whoever opens it again, or runs the command, has the same.
    again = Seen("clients.csv")
    again.open(again.check)
    assert "33 rows: 32 messages" in again.page(again.check)


def test_the_code_is_typed_a_process_sends_and_nothing_of_it_is_kept(folder) -> None:
    seen = ready(folder)
    seen.open(seen.check)
    seen.open(seen.send)
    code = seen.code()
    seen.do(seen.send.trial, "submit", button="test", values={"number": "06 12 34 99 99", "digits": "0000"})
    assert "last four digits" in seen.told(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": "ZZZZ"})
    assert "not the code of this plan" in seen.told(seen.send)
    assert not Files.beside(folder / "clients.csv", rehearsal=True).journal.exists()
    seen.do(seen.send.code, "submit", button="send", values={"code": code.lower()})
    seen.beat(lambda: seen.send.done() and seen.panel._desk.sent is None)
    assert seen.heads()[3:] == [f"{PEOPLE} of {PEOPLE}", f"{PEOPLE} accepted"]
    seen.open(seen.results)
    assert "accepted by the look-alike" in seen.results.funnel._shown["html"]
    assert "Nothing is charged; it would cost 30 credits" in seen.results.funnel._shown["html"]
    assert seen.results.rows._shown["html"].index("rejected") < seen.results.rows._shown["html"].index(
        "accepted</td>"
    )
    for kept in (seen.state(), Seen("clients.csv").state()):
        assert code not in kept
        assert "Person" not in kept
        assert "06 12" not in kept
    # It has begun: file and message stay as they are, whoever asks.
    before = (folder / "clients.toml").read_text("utf-8")
    seen.do(seen.message.phone, "keep", text="Another one")
    seen.do(seen.file.form, "change", name="region", value="PL")
    assert (folder / "clients.toml").read_text("utf-8") == before
    # A row that is put right now is sent to alone.
    seen.open(seen.check)
    seen.do(seen.check.grid, "suggested", line=12)
    seen.open(seen.send)
    assert "To send 1 message " in seen.send.code._shown["note"]
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(lambda: seen.heads()[4] == f"{PEOPLE + 1} accepted" and seen.panel._desk.sent is None)
    # And a rehearsal begins anew when somebody wants that.
    seen.open(seen.send)
    seen.do(seen.send.buttons, "submit", button="anew", values={})
    assert [one.name for one in folder.rglob("*sandbox*") if one.is_file()] == []
    assert not seen.panel._desk.facts.standing.begun


def test_running_the_cell_again_sends_nothing_and_stands_where_it_stood(folder) -> None:
    for _ in range(3):
        seen = ready(folder)
        seen.do(seen.panel._pulse, "beat")
    assert sorted(one.name for one in folder.iterdir() if one.is_file()) == ["clients.csv", "clients.toml"]


@pytest.fixture
def large(folder, monkeypatch):
    """Every file of more than 20 rows is large; gives the looks that were taken, as whole or not in this thread or not."""
    monkeypatch.setattr(overview, "AT_ONCE", 20)
    monkeypatch.setattr(overview, "SAMPLE", 15)
    monkeypatch.setattr(looks.FirstRows.__init__, "__defaults__", (15,))
    taken, look_at = [], overview.look_at

    def noted(*given, whole=True):
        taken.append((whole, threading.current_thread() is threading.main_thread()))
        return look_at(*given, whole=whole)

    monkeypatch.setattr(overview, "look_at", noted)
    return taken


def until_whole(seen, page, words) -> None:
    end = time.monotonic() + 60
    while words not in page():
        assert time.monotonic() < end, page()
        seen.do(seen.panel._pulse, "beat")
        time.sleep(0.05)


def test_a_large_file_is_looked_at_by_a_sample_first(folder, large) -> None:
    seen = ready(folder)
    seen.open(seen.check)
    assert "These are the first 15 rows" in seen.page(seen.check)
    assert not seen.send.reachable()
    until_whole(seen, lambda: seen.page(seen.check), "33 rows")
    assert seen.send.reachable()
    assert large == [(False, True), (True, False)]


def test_of_a_large_file_the_other_rows_stay_where_one_was_put_right(folder, large) -> None:
    seen = ready(folder, people(300))
    seen.open(seen.check)
    until_whole(seen, lambda: seen.page(seen.check), "333 rows: 330")
    large.clear()
    seen.do(seen.check.grid, "keep", line=13, cells=["Remy", "06 12 34 99 02", "Metz"])
    assert [one["line"] for one in seen.check.grid._shown["rows"]] == [12, 14]
    assert "1 row was put right after this was counted" in seen.page(seen.check)
    assert seen.heads()[2] == "330 to send, 2 to put right"
    assert not seen.send.reachable()
    until_whole(seen, lambda: seen.page(seen.check), "333 rows: 331")
    assert seen.send.reachable()
    assert large == [(True, False)]


def test_a_look_that_nobody_waits_for_any_more_ends(folder, large, monkeypatch) -> None:
    began, go, ended = threading.Event(), threading.Event(), threading.Event()
    look_at = overview.look_at

    def held(campaign, errand, watch=None, *, whole=True):
        if not whole:
            return look_at(campaign, errand, whole=False)

        def slow(progress):
            began.set()
            assert go.wait(30)
            watch(progress)

        try:
            return look_at(campaign, errand, slow)
        except overview._Overtaken:
            ended.set()
            raise

    monkeypatch.setattr(overview, "look_at", held)
    seen = ready(folder)
    seen.open(seen.check)
    assert began.wait(30)
    seen.do(seen.message.phone, "keep", text="Bonjour {{ Prénom }} !")
    go.set()
    assert ended.wait(30)
    until_whole(seen, lambda: seen.page(seen.check), "33 rows")


def test_another_way_is_chosen_and_a_large_file_looked_at_in_the_background(folder, large) -> None:
    seen = ready(folder)
    seen.open(seen.check)
    until_whole(seen, lambda: seen.page(seen.check), "33 rows")
    seen.open(seen.send)
    before = seen.code()
    large.clear()
    seen.do(seen.send.way, "change", name="way", value="real")
    assert large[0] == (False, True)
    assert (True, True) not in large
    assert seen.opened == 4
    assert seen.send.code.layout.display == "none"
    assert "The whole file is being looked at." in seen.page(seen.send)
    seen.beat(lambda: seen.send.code.layout.display is None)
    assert seen.code() != before


def test_who_drives_is_told_to_a_second_panel(folder, monkeypatch) -> None:
    seen = ready(folder)
    with (folder / "clients.toml").open("a") as file:
        file.write("[limits]\ncalls_per_minute = 300\n")
    seen.open(seen.check)
    seen.open(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(
        lambda: seen.panel._desk.facts.standing.begun and seen.panel._desk.facts.standing.driver is not None
    )
    second = Seen("clients.csv")
    assert second.opened == 4
    assert "It is being sent from this computer, since " in second.page(second.send)
    assert second.heads()[2] == f"{PEOPLE} to send, 3 to put right"
    assert second.send.code.layout.display == "none"
    second.do(second.send.buttons, "submit", button="pause", values={})
    second.beat(lambda: second.panel._desk.facts.standing.driver is None)
    assert "It stands still" in second.page(second.send) or second.send.done()
    seen.beat(lambda: not seen.send.at_work)
    second.do(second.send.buttons, "submit", button="resume", values={})
    second.beat(second.send.done)
    assert second.heads()[4] == f"{PEOPLE} accepted"


def test_what_is_pending_is_cancelled_once_its_code_is_typed(folder) -> None:
    seen = ready(folder)
    with (folder / "clients.toml").open("a") as file:
        file.write("[limits]\ncalls_per_minute = 300\n")
    seen.open(seen.check)
    seen.open(seen.send)
    code = seen.code()
    seen.do(seen.send.code, "submit", button="send", values={"code": code})
    standing = lambda: seen.panel._desk.facts.standing  # noqa: E731
    seen.beat(lambda: standing().done > 2 and standing().driver is not None)
    seen.do(seen.send.buttons, "submit", button="pause", values={})
    seen.beat(lambda: seen.panel._desk.sent is None)
    seen.do(seen.send.buttons, "submit", button="cancel", values={})
    assert seen.send.cancel._shown["note"].endswith(code)
    seen.do(seen.send.cancel, "submit", button="cancel", values={"code": "ZZZZ"})
    seen.beat(lambda: not seen.send.at_work and seen.panel._desk.sent is None)
    assert not standing().cancelled
    assert seen.told(seen.send)
    seen.do(seen.send.buttons, "submit", button="cancel", values={})
    seen.do(seen.send.cancel, "submit", button="cancel", values={"code": code})
    seen.beat(lambda: seen.panel._desk.sent is None and standing().cancelled)
    assert "nothing of it is sent any more" in seen.page(seen.send)
    assert [one["name"] for one in seen.send.buttons._shown["buttons"]] == ["anew"]


@pytest.mark.parametrize(("language", "title"), [("fr", "Fichier"), ("pl", "Plik")])
def test_it_speaks_the_language_of_the_campaign(folder, monkeypatch, language, title) -> None:
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
    assert Seen("clients.csv").file.head._shown["title"] == title


def test_without_keys_the_real_thing_says_so_and_sends_nothing(folder, monkeypatch) -> None:
    for name in ("OVH_ENDPOINT", "OVH_APPLICATION_KEY", "OVH_APPLICATION_SECRET", "OVH_CONSUMER_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    seen = ready(folder)
    seen.open(seen.check)
    seen.open(seen.send)
    rehearsal = seen.code()
    seen.do(seen.send.way, "change", name="way", value="real")
    assert seen.code() != rehearsal
    seen.do(seen.send.code, "submit", button="send", values={"code": rehearsal})
    assert "not the code of this plan" in seen.told(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(lambda: not seen.send.at_work and seen.panel._desk.sent is None)
    assert "OVH" in seen.told(seen.send)
    assert not seen.panel._desk.facts.standing.begun


def test_a_defect_is_told_and_not_hidden(folder, monkeypatch) -> None:
    seen = ready(folder)

    def broken(**_):
        raise KeyError("x")

    monkeypatch.setattr(type(seen.panel._desk), "change", lambda self, **_: broken())
    with pytest.raises(KeyError):
        seen.do(seen.message.form, "change", name="sender", value="x")
    assert "defect of smscampaign: KeyError" in seen.told(seen.message)


def test_a_table_in_memory_is_refused_with_what_to_write(folder) -> None:
    with pytest.raises(sms.SettingsProblem, match="about a file"):
        sms.Panel([{"mobile": "1"}])


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ((), "Accepted; credits charged: 1"),
        ((Fault(FaultKind.DROP_AFTER), Fault(FaultKind.HIDE_HISTORY, seconds=3600)), "wait for the phone"),
        ((Fault(FaultKind.STATUS, status=400),), "Nothing was sent"),
    ],
)
def test_one_message_to_oneself_says_what_became_of_it(folder, monkeypatch, faults, says) -> None:
    with running(settings=Sandbox()) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        here.add_faults(*faults)
        seen = ready(folder)
        seen.do(seen.send.way, "change", value="real")
        seen.open(seen.check)
        seen.open(seen.send)
        seen.do(
            seen.send.trial, "submit", button="test", values={"number": "06 12 34 99 99", "digits": "9999"}
        )
        assert says in seen.told(seen.send)


def sent(seen, words: str | None = None) -> None:
    """Type the code that is asked for, and wait until its process has ended."""
    seen.open(seen.check)
    seen.open(seen.send)
    asked = seen.send.code._shown["note"].partition("this plan: ")[2] if words is None else words
    seen.do(seen.send.code, "submit", button="send", values={"code": asked})
    seen.beat(lambda: not seen.send.at_work and seen.panel._desk.sent is None)


def offered(step) -> list[str]:
    return [one["name"] for one in step.offers.form._shown["buttons"]]


def accepted(seen) -> int:
    return seen.panel._desk.facts.standing.of(Status.ACCEPTED)


def test_a_campaign_that_changed_is_amended_for_those_who_have_not_had_it(folder) -> None:
    sent(seen := ready(folder))
    (folder / "clients.csv").write_text(people(2), "utf-8")
    seen = Seen("clients.csv")
    seen.open(seen.check)
    assert "has begun, and what it was planned from has changed" in seen.told(seen.check)
    assert "“Send it as it is now to those who have not had it”" in seen.told(seen.check)
    assert "--amend" not in seen.told(seen.check)
    assert "amend=" not in seen.told(seen.check)
    assert offered(seen.check) == ["--amend", "--restart"]
    assert not seen.check.done()
    seen.do(seen.check.offers.form, "submit", button="--amend", values={})
    assert offered(seen.check) == ["back"]
    assert "2 to send" in seen.heads()[2]
    sent(seen)
    assert (accepted(seen), seen.panel._desk.wishes.options) == (2, ())


def test_whoever_takes_a_wish_back_is_where_he_was(folder) -> None:
    sent(seen := ready(folder))
    (folder / "clients.csv").write_text(people(2), "utf-8")
    seen = Seen("clients.csv")
    seen.open(seen.check)
    seen.do(seen.check.offers.form, "submit", button="--amend", values={})
    seen.do(seen.check.offers.form, "submit", button="back", values={})
    assert offered(seen.check) == ["--amend", "--restart"]
    assert "has changed" in seen.told(seen.check)
    seen.open(seen.send)
    assert seen.send.code.layout.display == "none"


def test_everybody_gets_it_again_for_two_typed_words_alone(folder) -> None:
    sent(seen := ready(folder))
    (folder / "clients.csv").write_text(people(2), "utf-8")
    seen = Seen("clients.csv")
    seen.open(seen.check)
    seen.do(seen.check.offers.form, "submit", button="--restart", values={})
    assert "gets it again" in seen.page(seen.check)
    seen.open(seen.send)
    asked = seen.send.code._shown["note"].partition("this plan: ")[2]
    again, code = asked.split()
    assert again == "AGAIN"
    seen.do(seen.send.code, "submit", button="send", values={"code": code})
    assert "not the code of this plan" in seen.told(seen.send)
    sent(seen, asked)
    assert accepted(seen) == PEOPLE + 2


def test_what_was_cancelled_begins_anew_only_by_a_restart(folder) -> None:
    (folder / "clients.toml").write_text("")
    seen = ready(folder)
    with (folder / "clients.toml").open("a") as file:
        file.write("[limits]\ncalls_per_minute = 300\n")
    seen.open(seen.check)
    seen.open(seen.send)
    code = seen.code()
    seen.do(seen.send.code, "submit", button="send", values={"code": code})
    standing = lambda: seen.panel._desk.facts.standing  # noqa: E731
    seen.beat(lambda: standing().done > 2 and standing().driver is not None)
    seen.do(seen.send.buttons, "submit", button="pause", values={})
    seen.beat(lambda: seen.panel._desk.sent is None)
    seen.do(seen.send.buttons, "submit", button="cancel", values={})
    seen.do(seen.send.cancel, "submit", button="cancel", values={"code": code})
    seen.beat(lambda: seen.panel._desk.sent is None and standing().cancelled)
    seen.open(seen.check)
    assert "was cancelled" in seen.page(seen.check)
    assert offered(seen.check) == ["--restart"]


def test_an_error_of_the_linter_is_overruled_by_its_name(folder) -> None:
    seen = ready(folder)
    (folder / "clients.toml").write_text(
        'message = "Bonjour {prenom} !"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'
    )
    seen = Seen("clients.csv")
    seen.open(seen.check)
    rule = seen.check.offers.rule
    assert rule._shown["fields"][0]["label"] == "If it is meant so, type SMS003"
    seen.open(seen.send)
    assert seen.opened == 3
    seen.do(rule, "submit", button="overrule", values={"rule": "SMS001"})
    assert "the rule to be typed is SMS003" in seen.told(seen.check)
    seen.do(rule, "submit", button="overrule", values={"rule": "sms003"})
    assert "Meant so: SMS003" in seen.check.offers.form._shown["note"]
    sent(seen)
    assert accepted(seen) == PEOPLE


def test_strict_settings_are_overruled_by_a_button(folder) -> None:
    seen = ready(folder)
    with (folder / "clients.toml").open("a") as file:
        file.write("[limits]\nstrict = true\n")
    seen = Seen("clients.csv")
    seen.open(seen.check)
    assert offered(seen.check) == ["--no-strict"]
    seen.do(seen.check.offers.form, "submit", button="--no-strict", values={})
    sent(seen)
    assert accepted(seen) == PEOPLE


def for_real(seen) -> None:
    seen.do(seen.send.way, "change", name="way", value="real")


def test_people_who_had_it_before_get_it_only_when_somebody_says_so(folder, monkeypatch) -> None:
    with running(settings=Sandbox()) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        for_real(seen := ready(folder))
        sent(seen)
        # The same text to the same people from another file.
        (folder / "friends.csv").write_text(people(), "utf-8")
        asks = "[limits]\nrepeat_days = 30\n"  # transactional texts are compared only where that is asked for
        (folder / "friends.toml").write_text((folder / "clients.toml").read_text("utf-8") + asks, "utf-8")
        for_real(seen := Seen("friends.csv"))
        seen.open(seen.check)
        assert offered(seen.check) == ["--send-again"]
        assert "had the same text lately; “Send it although people had it before”" in seen.page(seen.check)
        assert not seen.check.done()
        seen.do(seen.check.offers.form, "submit", button="--send-again", values={})
        sent(seen)
        assert accepted(seen) == PEOPLE
        assert len(list(here.accepted())) == 2 * PEOPLE


def test_what_only_ovhcloud_knows_is_told_by_the_process_and_has_its_button(folder, monkeypatch) -> None:
    """The journal is gone and its results, too: the campaign's tag is known at OVHcloud alone."""
    with running(settings=Sandbox()) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        for_real(seen := ready(folder))
        sent(seen)
        for one in [*folder.glob("clients.journal*"), *folder.glob("clients.results*")]:
            one.unlink()
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "another computer"))
        for_real(seen := Seen("clients.csv"))
        sent(seen)
        assert accepted(seen) == 0
        assert "--send-again" not in seen.told(seen.send)
        assert offered(seen.send) == ["--send-again"]
        seen.do(seen.send.offers.form, "submit", button="--send-again", values={})
        assert seen.opened == 3
        sent(seen)
        assert accepted(seen) == PEOPLE


def two_sheets(folder) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Clients"
    for row in (["Prénom", "Mobile"], ["Zoé", "06 12 34 00 01"], ["Noël", "06 12 34 00 02"]):
        book.active.append(row)
    book.create_sheet("Notes")["A1"] = "à relancer"
    book.save(folder / "boutique.xlsx")


@pytest.mark.parametrize("given", ["boutique.xlsx", None])
def test_of_several_sheets_one_is_chosen(folder, given) -> None:
    two_sheets(folder)
    seen = Seen(*filter(None, [given]))
    if given is None:
        seen.do(seen.file.path, "submit", button="open", values={"path": "boutique.xlsx"})
    assert "“Sheet”" in seen.told(seen.file)
    (sheet,) = seen.file.form._shown["fields"]
    assert [value for value, _ in sheet["options"]] == ["", "Clients", "Notes"]
    seen.do(seen.file.form, "change", name=sheet["name"], value="Clients")
    assert "Zoé" in seen.page(seen.file)
    assert 'sheet = "Clients"' in (folder / "boutique.toml").read_text("utf-8")
    assert seen.message.reachable()


def test_a_file_that_cannot_be_read_is_given_back(folder) -> None:
    (folder / "clients.csv").write_bytes("Prénom;Mobile\nZoé;06 12 34 00 01\n".encode("utf-16-le"))
    seen = Seen("clients.csv")
    assert [one["name"] for one in seen.file.form._shown["fields"]] == ["file__encoding"]
    seen.do(seen.file.form, "submit", button="another", values={})
    assert seen.file.drop.layout.display is None
    two_sheets(folder)
    seen.do(seen.file.path, "submit", button="open", values={"path": "boutique.xlsx"})
    assert seen.file.form._shown["fields"][0]["name"] == "file__sheet"


def test_who_gets_it_is_chosen_by_the_column_that_says_so(folder) -> None:
    lines = [f"Person {n};06 12 34 00 {n:02d};{'oui' if n % 3 else 'non'}" for n in range(9)]
    seen = ready(folder, "\n".join(["Prénom;Mobile;Accord SMS", *lines, ""]))
    seen.open(seen.file)
    assert "“Who gets it” selects 6 of these 9" in seen.page(seen.file)
    (field,) = [one for one in seen.file.form._shown["fields"] if one["name"] == "where"]
    assert field["value"] == ""
    (allowed,) = [
        value for value, said in field["options"] if "“Accord SMS” allows: 6 of the first 9" in said
    ]
    seen.do(seen.file.form, "change", name="where", value=allowed)
    assert "looks like consent" not in seen.page(seen.file)
    seen.open(seen.check)
    assert seen.heads()[2].startswith("6 to send")
    # What the settings say besides is one of the choices.
    toml = folder / "clients.toml"
    toml.write_text(toml.read_text("utf-8").replace(allowed, "prénom != 'Person 1'"), "utf-8")
    seen.open(seen.file)
    (field,) = [one for one in seen.file.form._shown["fields"] if one["name"] == "where"]
    assert field["value"] in dict(field["options"])


def test_a_step_that_is_right_leads_to_the_next(folder) -> None:
    (folder / "clients.csv").write_text(people(), "utf-8")
    seen = Seen("clients.csv")
    assert seen.opened == 2
    assert seen.message.onward.layout.display == "none"
    seen.do(seen.message.phone, "keep", text="Bonjour {{ Prénom }}")
    assert seen.message.onward.layout.display is None
    seen.do(seen.message.onward, "submit", button="next", values={})
    assert seen.opened == 3
    seen.do(seen.check.onward, "submit", button="next", values={})
    assert seen.opened == 4
    assert seen.send.onward.layout.display == "none"


def test_what_is_wrong_with_a_text_is_told_in_the_language_of_the_panel(folder) -> None:
    (folder / "clients.csv").write_text(people(), "utf-8")
    preview = Seen("clients.csv").message._preview
    assert preview.drawn("", 2, "fr")["said"] == "Le texte est vide."
    assert "pas de colonne pour {{ Nom }}" in preview.drawn("{{ Nom }}", 2, "fr")["said"]


def test_the_region_that_would_fit_is_told(folder) -> None:
    lines = [f"Person {n};079 900 00 {n:02d}" for n in range(9)]
    (folder / "clients.csv").write_text("\n".join(["Prénom;Mobile", *lines, ""]), "utf-8")
    seen = Seen("clients.csv")
    (region,) = [one for one in seen.file.form._shown["fields"] if one["name"] == "region"]
    assert "(FR)" in region["hint"]
    assert "“Region of the numbers”" in seen.told(seen.file)


def test_a_sheet_that_was_chosen_stays_a_choice(folder) -> None:
    two_sheets(folder)
    seen = Seen("boutique.xlsx", sheet=" clients")
    seen.open(seen.file)
    (sheet,) = [one for one in seen.file.form._shown["fields"] if one["name"] == "file__sheet"]
    assert (sheet["value"], sheet["options"]) == ("Clients", [["Clients", "Clients"], ["Notes", "Notes"]])
    seen.do(seen.file.form, "change", name="file__sheet", value="Notes")
    assert "has a header but no rows" in seen.told(seen.file)
    (sheet,) = [one for one in seen.file.form._shown["fields"] if one["name"] == "file__sheet"]
    assert (sheet["value"], sheet["options"]) == ("Notes", [["Notes", "Notes"], ["", "choose one"]])
    seen.do(seen.file.form, "change", name="file__sheet", value="")
    assert ["Clients", "Clients"] in seen.file.form._shown["fields"][0]["options"]


def test_the_row_of_the_column_names_is_chosen_where_it_is_told(folder) -> None:
    seen = ready(folder, f"Liste du printemps;;\nBoutique 06 12 34 99 99;;\n{people()}")
    seen.open(seen.file)
    assert "in row 3: “Row of the column names” decides" in seen.page(seen.file)
    (header,) = [one for one in seen.file.form._shown["fields"] if one["name"] == "file__header_row"]
    assert header["options"][0] == ["", "recognised: row 3"]
    assert header["options"][1][1] == "row 1: Liste du printemps"
    assert header["options"][2][1] == "row 2: Boutique •• •• •• •• 99"
    seen.do(seen.file.form, "change", name="file__header_row", value="4")
    assert "header_row = 4" in (folder / "clients.toml").read_text("utf-8")
    assert "Person 0" in seen.page(seen.file)
    seen.do(seen.file.form, "change", name="file__header_row", value="")
    assert seen.message.reachable()
    edits.save(folder / "clients.toml", {"file.header_row": 4000})
    seen = Seen("clients.csv")
    assert "holds no column names" in seen.told(seen.file)
    assert seen.file.form._shown["fields"][0]["name"] == "file__header_row"


def test_it_takes_the_settings_of_a_campaign_by_their_keywords(folder) -> None:
    (folder / "clients.csv").write_text(people(), "utf-8")
    seen = Seen("clients.csv", lang="fr", sender="Sandbox", region="BE", max_parts=2)
    assert seen.file.head._shown["title"] == "Fichier"
    toml = (folder / "clients.toml").read_text("utf-8")
    for line in ('language = "fr"', 'sender = "Sandbox"', 'region = "BE"', "parts = 2"):
        assert f"\n{line}" in toml
    seen.do(seen.message.form, "change", name="sender", value="Autre")
    again = Seen("clients.csv", lang="fr", sender="Sandbox")
    assert 'sender = "Autre"' in (folder / "clients.toml").read_text("utf-8")
    assert "sender: le fichier de réglages dit autre chose" in again.told(again.message)
    assert Seen(lang="pl").file.head._shown["title"] == "Plik"


@pytest.mark.parametrize(("name", "hint"), [("language", "Did you mean lang?"), ("receivers", "Here it is")])
def test_a_keyword_that_is_none_is_told_in_a_sentence(folder, name, hint) -> None:
    with pytest.raises(sms.SettingsProblem, match=f"there is no option '{name}'") as told:
        sms.Panel("clients.csv", **{name: "fr"})
    assert told.value.where == "Panel"
    assert hint in told.value.remedy


def test_results_name_the_field_that_left_a_row_out(folder) -> None:
    ready(folder)
    edits.save(folder / "clients.toml", {"where": "Ville == 'Nice'"})
    seen = Seen("clients.csv")
    seen.open(seen.check)
    seen.do(seen.check.grid, "suggested", line=12)
    seen.open(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(lambda: seen.send.done() and seen.panel._desk.sent is None)
    seen.open(seen.results)
    assert "“Who gets it” does not choose it" in unescape(seen.results.rows._shown["html"])


def test_the_log_of_the_sending_holds_nobodys_number_and_no_text(folder) -> None:
    odd = "Zoé;06-12-34-99-07 ou 06-12-34-99-08;Nice\nRémi;+33 (0)6 12 34 99 0;Metz\n"
    seen = ready(folder, people() + odd)
    edits.save(folder / "clients.toml", {"message": "Bonjour {{ Prénom }}, votre numéro : {{ Mobile }}"})
    seen = Seen("clients.csv")
    seen.open(seen.check)
    seen.open(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(lambda: seen.send.done() and seen.panel._desk.sent is None)
    log = seen.panel._desk.errand.log.read_text("utf-8")
    assert "clients.rejected.csv" in log
    assert "Person" not in log
    assert not re.search(r"\+33|06\W?12", log)


def test_credits_are_those_of_a_dry_run_and_what_is_not_known_is_named(folder, monkeypatch) -> None:
    monkeypatch.setenv("OVH_ENDPOINT", "ovh-eu")
    seen = ready(folder, f"{people()}Zoé;+32 470 00 00 00;Namur\n")
    seen.open(seen.check)
    known = "30 by the prices published on 2022-08-29, without BE, whose price is not known"
    assert f"31 parts. Credits: {known}." in seen.page(seen.check)
    seen.open(seen.send)
    assert f"(credits: {known})" in seen.send.code._shown["note"]
    command = [sys.executable, "-m", "smscampaign", "run", "clients.csv", "--dry-run"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert known in " ".join(told.stdout.split())


def test_receipts_are_asked_for_in_the_background_and_the_report_is_written(folder) -> None:
    seen = ready(folder)
    seen.open(seen.check)
    seen.open(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(lambda: seen.send.done() and seen.panel._desk.sent is None)
    seen.open(seen.results)
    assert "what became of them is not known yet" in seen.results.outcome._shown["html"]
    assert [one["name"] for one in seen.results.asks._shown["buttons"]] == ["ask", "report", "workbook"]
    seen.do(seen.results.asks, "submit", button="ask")
    assert [one["name"] for one in seen.results.asks._shown["buttons"]] == ["end", "report", "workbook"]
    assert "in the background" in seen.results.asks._shown["note"]
    seen.beat(lambda: seen.panel._desk.asking is None, 120)
    assert seen.told(seen.results) == ""
    outcome = unescape(seen.results.outcome._shown["html"])
    assert "got their message (90" in outcome
    assert "Delivery over time" in outcome
    assert "<svg" in outcome
    assert "delivered" in seen.results.funnel._shown["html"]
    assert "12 34 00" not in outcome
    seen.do(seen.results.asks, "submit", button="report")
    assert "clients.sandbox.report.html" in json.dumps(seen.results.form._shown)
    assert (folder / "clients.sandbox.report.html").stat().st_mode & 0o777 == 0o600
    seen.do(seen.results.asks, "submit", button="workbook")
    assert "clients.sandbox.results.xlsx" in json.dumps(seen.results.form._shown)
    assert openpyxl.load_workbook(folder / "clients.sandbox.results.xlsx").worksheets[0].max_row > PEOPLE
    seen.do(seen.results.asks, "submit", button="ask")
    process = seen.panel._desk.asking.process
    seen.do(seen.results.asks, "submit", button="end")
    assert process.poll() is not None
    assert seen.panel._desk.asking is None


def test_the_process_that_asks_has_the_keys_of_the_account(folder, monkeypatch) -> None:
    with running(settings=Sandbox(receipt_delay=0.0)) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        seen = ready(folder)
        seen.do(seen.send.way, "change", value="real")
        sent(seen)
        seen.open(seen.results)
        seen.do(seen.results.asks, "submit", button="ask")
        assert not any(here.consumer_key in word for word in seen.panel._desk.asking.errand.words())
        seen.beat(lambda: seen.panel._desk.asking is None, 120)
        assert "got their message (90" in unescape(seen.results.outcome._shown["html"])
