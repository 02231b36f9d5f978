"""Runs: the results as data, as a file and as a page; stopping in the middle and going on."""

import csv
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import smscampaign as sms
from smscampaign import sandbox
from smscampaign.errors import FileProblem, SentBefore, SettingsProblem
from smscampaign.model import Status
from smscampaign.sandbox import BodyKind, Fault, FaultKind


@pytest.fixture
def run(plan):
    """All sent, and the sandbox gone."""
    with sms.sandbox() as gateway:
        return plan.deliver(gateway, confirm=plan.code_for(gateway))


def test_results_are_every_row_with_types(run):
    results = run.results
    assert list(results.columns[:4]) == ["name", "mobile", "sms_row", "sms_number"]
    assert results["sms_row"].tolist() == list(range(2, 17))
    assert results["mobile"][0] == "•• •• •• •• 10"
    assert results["sms_number"][0] == "+33 • •• •• •• 10"
    assert run.results(numbers=True)["mobile"][0] == "07 99 00 00 10"
    assert results["sms_credits"].sum() == 12
    assert results["sms_parts"].sum() == 12
    assert results["sms_sent_at"].dt.tz is not None
    assert results["sms_status"].value_counts().to_dict() == {"accepted": 12, "rejected": 2, "suppressed": 1}
    assert results["sms_reason"].notna().sum() == 3


def test_the_file_says_the_same_as_the_frame(run, folder):
    path = run.save("out.csv")
    with (folder / path).open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["sms_number"] or None for line in lines] == [
        None if pd.isna(one) else one for one in run.results(numbers=True)["sms_number"]
    ]
    assert oct(os.stat(path).st_mode & 0o777) == "0o600"


def test_a_notebook_shows_where_the_results_are(run, folder):
    path = run.save("my results.csv")
    assert path == Path("my results.csv")
    assert isinstance(path, Path)
    assert (folder / path).stat().st_size
    assert 'href="my%20results.csv"' in path._repr_html_()
    assert "keep the file to yourself" in path._repr_html_()


def test_a_picture_has_a_bar_for_each_kind_of_row(run):
    page = run.plot()
    rows, credits = page.axes
    assert [one.get_text() for one in rows.get_yticklabels()] == ["rejected", "suppressed", "accepted"]
    assert [bar.get_width() for bar in rows.patches] == [2, 1, 12]
    assert [bar.get_width() for bar in credits.patches] == [12]
    assert page.get_suptitle() == "spring"


def test_a_run_that_sent_nothing_has_a_picture_too(plan):
    with sms.sandbox() as gateway:
        page = plan.deliver(gateway).plot()
    assert len(page.axes) == 1


def test_a_rehearsals_results_do_not_pass_for_the_real_ones(run, folder):
    assert run.save() == folder / "spring.sandbox.results.csv"


def test_a_preview_masks(run):
    shown = run.preview(15)
    assert shown["number"].iloc[0] == "+33 • •• •• •• 10"
    assert "99 00 12" not in shown.to_string()
    assert run.preview(1, numbers=True)["number"].item() == "+33799000010"


def test_results_of_another_file_are_refused(run, spring):
    spring.write_text(spring.read_text().replace("P0", "Q0"))
    with pytest.raises(sms.FileProblem, match="not those that were planned"):
        _ = run.results


@pytest.fixture
def patient():
    """A Ctrl-C that nobody takes does no harm to the other tests."""

    def ignore(number, frame):
        pass

    before = signal.signal(signal.SIGINT, ignore)
    yield ignore
    signal.signal(signal.SIGINT, before)


def test_the_stop_button_records_what_is_under_way_and_running_again_goes_on(spring, patient):
    plan = sms.Campaign.load(spring, calls_at_once=1).plan()
    with sms.sandbox() as gateway:
        sandbox = gateway.rehearsal.here
        sandbox.add_faults(Fault(FaultKind.LATENCY, seconds=0.5))

        def click():
            limit = time.monotonic() + 60
            while not list(sandbox.accepted()) and time.monotonic() < limit:
                time.sleep(0.02)
            os.kill(os.getpid(), signal.SIGINT)

        clicking = threading.Thread(target=click)
        clicking.start()
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        clicking.join()
        sandbox.clear_faults()
        assert "It was interrupted" in repr(run)
        assert 0 < run.tally.messages[Status.PENDING] < 12
        assert Status.IN_DOUBT not in run.tally.messages
        assert signal.getsignal(signal.SIGINT) is patient
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert len(gateway.accepted()) == 12
    assert run.tally.messages[Status.ACCEPTED] == 12


def test_a_thread_delivers_too(plan):
    runs = []
    with sms.sandbox() as gateway:
        thread = threading.Thread(
            target=lambda: runs.append(plan.deliver(gateway, confirm=plan.code_for(gateway)))
        )
        thread.start()
        thread.join()
    assert runs[0].tally.messages[Status.ACCEPTED] == 12


def test_doubts_are_shown_and_settled_by_running_again(plan):
    with sms.sandbox() as gateway:
        sandbox = gateway.rehearsal.here
        lost = Fault(FaultKind.STATUS, status=500, body=BodyKind.HTML, after=True, times=1)
        sandbox.add_faults(lost, Fault(FaultKind.STATUS, "GET /sms/*/outgoing*", status=500))
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert run.tally.messages[Status.IN_DOUBT] == 1
        assert "In doubt" in repr(run)
        assert "run the cell again to ask" in repr(run)
        sandbox.clear_faults()
        started = time.monotonic()
        run = plan.deliver(gateway, confirm=plan.code_for(gateway))
        assert time.monotonic() - started < 60  # by itself it would settle for two minutes
        assert len(gateway.accepted()) == 12
    assert run.tally.messages[Status.ACCEPTED] == 12


@pytest.mark.parametrize(
    "name", ["spring.csv", "spring.journal.sqlite", ".sandbox/spring.sandbox.sqlite", "link.csv"]
)
def test_the_file_is_written_over_none_of_the_campaigns(run, spring, folder, name):
    (folder / "link.csv").symlink_to(spring)
    before = spring.read_bytes()
    with pytest.raises(SettingsProblem, match="in use for something else"):
        run.save(name)
    assert spring.read_bytes() == before


def statuses(path):
    with path.open(newline="", encoding="utf-8") as file:
        return Counter(line["sms_status"] for line in csv.DictReader(file))


def test_the_results_are_kept_from_the_moment_it_is_in_force(folder, spring, monkeypatch):
    with sandbox.running(settings=sandbox.Sandbox(senders=("MyShop",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        gateway = sms.ovhcloud(pace=0)
        results, seen = folder / "spring.results.csv", []
        submit = gateway.carrier.transport.submit

        def looking(chunk):
            seen.append(statuses(results))
            return submit(chunk)

        monkeypatch.setattr(gateway.carrier.transport, "submit", looking)
        plan = sms.Campaign.load(spring, receivers_per_call=1).plan(gateway)
        run = plan.deliver(gateway, confirm=plan.code, limit=2)
        assert seen[0] == {"running": 12, "rejected": 2, "suppressed": 1}
        assert statuses(results) == {"accepted": 2, "pending": 10, "rejected": 2, "suppressed": 1}
        assert run.save() == results
        for path in folder.glob("spring.journal.*"):
            path.unlink()
        plan = sms.Campaign.load(spring, receivers_per_call=1).plan(gateway)
        with pytest.raises(SentBefore, match="sent to, or may have been"):
            plan.deliver(gateway, confirm=plan.code)
        assert len(list(here.accepted())) == 2


def test_somebody_elses_file_is_found_before_anything_leaves(folder, spring, monkeypatch):
    with sandbox.running(settings=sandbox.Sandbox(senders=("MyShop",))) as here:
        for name, value in here.environment().items():
            monkeypatch.setenv(name, value)
        gateway = sms.ovhcloud(pace=0)
        (folder / "spring.results.csv").write_text("team,points\n")
        plan = sms.Campaign.load(spring).plan(gateway)
        with pytest.raises(FileProblem, match="no results of smscampaign in it"):
            plan.deliver(gateway, confirm=plan.code)
        assert list(here.accepted()) == []


def test_a_sandbox_in_memory_leaves_nothing_beside_the_file(run, folder):
    assert [path.name for path in folder.glob("*results*")] == []
