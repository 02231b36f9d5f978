"""The panel while something else happens: files that change, other panels, uploads that break off, logs that cannot be."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress

import pytest

from smscampaign import ways
from smscampaign.errors import FileProblem, GatewayProblem
from smscampaign.notebook.panel.uploads import Upload
from tests.unit.notebook.test_panel import PEOPLE, Seen, folder, people, ready  # noqa: F401 - a fixture

SLOW = "[limits]\ncalls_per_minute = 300\n"


def sending(folder) -> Seen:  # noqa: F811
    """A panel whose process is at work, slowly enough to look on."""
    seen = ready(folder)
    with (folder / "clients.toml").open("a") as file:
        file.write(SLOW)
    seen.open(seen.check)
    seen.open(seen.send)
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    seen.beat(lambda: standing(seen).done > 2 and standing(seen).driver is not None)
    return seen


def standing(seen: Seen):
    return seen.panel._desk.facts.standing


def buttons(seen: Seen) -> list[str]:
    return [one["name"] for one in (seen.send.buttons._shown or {}).get("buttons", [])]


def press(seen: Seen, name: str) -> None:
    seen.do(seen.send.buttons, "submit", button=name, values={})


def received(folder) -> Counter[str]:  # noqa: F811
    end = time.monotonic() + 30
    while True:
        with suppress(GatewayProblem), ways.sandbox(folder / ".sandbox" / "clients.sandbox.sqlite") as way:
            return Counter(way.accepted(numbers=True)["receiver"])
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_panel_that_was_open_before_sees_what_another_began_and_sends_nothing_of_its_own(folder) -> None:  # noqa: F811
    ready(folder)
    viewer = Seen("clients.csv")
    viewer.open(viewer.check)
    viewer.open(viewer.send)
    code = viewer.code()
    seen = sending(folder)
    viewer.do(viewer.send.code, "submit", button="send", values={"code": code})
    assert "It is being sent from this computer, since " in viewer.told(viewer.send)
    assert viewer.panel._desk.sent is None
    other = Seen("clients.csv")
    press(other, "pause")
    for one in (viewer, other, seen):
        one.beat(lambda one=one: standing(one).begun and standing(one).driver is None)
    assert set(received(folder).values()) == {1}


def test_a_rehearsal_that_is_under_way_is_forgotten_by_nobody(folder) -> None:  # noqa: F811
    seen = sending(folder)
    press(seen, "pause")
    seen.beat(lambda: seen.panel._desk.sent is None)
    viewer = Seen("clients.csv")
    assert "anew" in buttons(viewer)
    press(seen, "resume")
    seen.beat(lambda: standing(seen).driver is not None)
    press(viewer, "anew")
    assert "It is being " in viewer.told(viewer.send)
    assert (folder / ".sandbox" / "clients.sandbox.journal.sqlite").exists()
    seen.beat(seen.send.done)
    assert len(received(folder)) == PEOPLE
    assert set(received(folder).values()) == {1}


@pytest.mark.parametrize("broken", ["settings", "recipients"])
def test_what_is_sent_can_be_paused_while_file_or_settings_cannot_be_read(folder, broken) -> None:  # noqa: F811
    seen = sending(folder)
    viewer = Seen("clients.csv")
    name = {"settings": "clients.toml", "recipients": "clients.csv"}[broken]
    kept = (folder / name).read_bytes()
    (folder / name).write_bytes(b'message = "x\n' if broken == "settings" else b"")
    seen.beat(lambda: seen.panel._desk.facts.campaign is None or seen.panel._desk.facts.recipe is None)
    assert "pause" in buttons(seen)
    press(seen, "pause")
    seen.beat(lambda: seen.panel._desk.sent is None)
    (folder / name).write_bytes(kept)
    for one in (seen, viewer):  # and both go on where it stands, with nothing pressed
        one.beat(lambda one=one: standing(one).begun and standing(one).driver is None)
        assert one.opened == 4
    press(seen, "resume")
    seen.beat(lambda: seen.send.done() and seen.panel._desk.sent is None)
    assert set(received(folder).values()) == {1}


def test_a_file_that_goes_away_is_missed_and_found_again(folder) -> None:  # noqa: F811
    seen = ready(folder)
    seen.open(seen.check)
    (folder / "clients.csv").rename(folder / "away.csv")
    seen.do(seen.panel._pulse, "beat")
    assert seen.opened == 1
    assert "clients.csv is not there any more" in seen.told(seen.file)
    (folder / "away.csv").rename(folder / "clients.csv")
    seen.do(seen.panel._pulse, "beat")
    seen.open(seen.check)
    assert "33 rows: 30 messages" in seen.page(seen.check)


@pytest.mark.parametrize("kind", ["fifo", "folder", "another", "shorter"])
def test_a_correction_for_a_row_that_is_another_one_by_now_is_refused_with_a_word(folder, kind) -> None:  # noqa: F811
    seen = ready(folder)
    seen.open(seen.check)
    file = folder / "clients.csv"
    file.unlink()
    if kind == "fifo":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.write_text(people().replace("Odile", "Odette") if kind == "another" else people()[:60], "utf-8")
    for act, more in (("keep", {"cells": ["Odile", "06 12 34 99 01", "Nice"]}), ("open", {}), ("drop", {})):
        seen.check._told = ""
        seen.do(seen.check.grid, act, line=99 if act != "keep" else 12, **more)
        assert "another one by now" in seen.told(seen.check)
    seen.do(seen.message.phone, "ask", text="x", line=3)
    assert not (folder / "clients.rejected.csv").exists()


def test_only_rows_that_cannot_be_sent_are_entered(folder) -> None:  # noqa: F811
    seen, stale = ready(folder), Seen("clients.csv")
    for one in (seen, stale):
        one.open(one.check)
    seen.do(seen.check.grid, "keep", line=2, cells=["X", "06 12 34 99 77", "Y"])
    assert "another one by now" in seen.told(seen.check)
    seen.do(seen.check.grid, "keep", line=12, cells=["Odile", "06 12 34 99 01", "Nice"])
    stale.do(stale.check.grid, "drop", line=12)  # somebody put it right a moment ago
    assert "another one by now" in stale.told(stale.check)
    assert "06 12 34 99 01" in (folder / "clients.rejected.csv").read_text("utf-8")


def test_two_uploads_of_one_name_do_not_mix(folder) -> None:  # noqa: F811
    one, other = Upload(None), Upload(None)
    one.take("x.csv", 6, 0, b"aaa")
    other.take("x.csv", 6, 0, b"bbb")
    assert one.take("x.csv", 6, 3, b"AAA").read_bytes() == b"aaaAAA"
    with pytest.raises(FileProblem, match="of this name already"):
        other.take("x.csv", 6, 3, b"BBB")
    assert (folder / "x.csv").read_bytes() == b"aaaAAA"
    assert (folder / "x.csv").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in folder.iterdir() if one.is_file()] == ["x.csv"]


@pytest.mark.parametrize("more", [(0, b"0123456"), (3, b"3456"), (4, b"45"), (2, b"2")])
def test_pieces_that_do_not_fit_leave_nothing_behind(folder, more) -> None:  # noqa: F811
    upload = Upload(None)
    upload.take("x.csv", 6, 0, b"012")
    with pytest.raises(FileProblem, match="did not arrive whole"):
        upload.take("x.csv", 6, *more)
    assert [one.name for one in folder.iterdir() if one.is_file()] == []


@pytest.mark.parametrize("name", ["a\0.csv", f"{'x' * 300}.csv", "\ud800.csv", ".csv", ""])
def test_names_that_no_file_can_have_are_told(folder, name) -> None:  # noqa: F811
    seen = Seen(None)
    seen.do(seen.file.drop, "chunk", b"a", name=name, size=1, at=0)
    assert seen.told(seen.file)
    assert "defect" not in seen.told(seen.file)
    seen.do(seen.file.path, "submit", button="open", values={"path": name or "nowhere.csv"})
    assert "no such file" in seen.told(seen.file)


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_a_log_that_cannot_be_written_stops_it_before_anything_is_sent(folder, kind) -> None:  # noqa: F811
    seen = ready(folder)
    seen.open(seen.check)
    seen.open(seen.send)
    (folder / ".sandbox").mkdir(exist_ok=True)
    log = folder / ".sandbox" / "clients.sandbox.sending.log"
    {"folder": log.mkdir, "link": lambda: log.symlink_to("/etc/passwd"), "pipe": lambda: os.mkfifo(log)}[
        kind
    ]()
    seen.do(seen.send.code, "submit", button="send", values={"code": seen.code()})
    assert "Nothing was sent: the log of the sending cannot be written" in seen.told(seen.send)
    assert seen.panel._desk.sent is None


def test_a_log_that_goes_away_says_nothing_and_stops_nothing(folder) -> None:  # noqa: F811
    seen = sending(folder)
    next((folder / ".sandbox").glob("*.log")).unlink()
    seen.beat(lambda: seen.send.done() and seen.panel._desk.sent is None)
    assert len(received(folder)) == PEOPLE
