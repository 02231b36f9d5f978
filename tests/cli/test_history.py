"""A campaign that was sent before, of which no journal here knows: OVHcloud's history does, by the tag of its first calls."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from collections import Counter

import pytest

from smscampaign.campaign import witness
from smscampaign.sandbox import Credential, Fault, FaultKind

from .conftest import OPTIONS, ended, lines, number

PART = ("--yes", "--receivers-per-call", 1)
KNOWS = "OVHcloud has messages of this very campaign"


def told(here):
    return Counter(one["receiver"] for one in here.accepted())


def everybody(count=6):
    return {number(n): 1 for n in range(count)}


@pytest.fixture
def sent(people, campaign, ovhcloud):
    here = ovhcloud()
    people(6)
    assert campaign(*PART).code == 0
    return here


def forget(folder):
    """All that a campaign leaves beside its file but its results."""
    for path in folder.glob("spring.journal*"):
        path.unlink()


def refused(ran):
    assert (ran.code, KNOWS in ran.err) == (2, True), ran.err
    return True


@pytest.mark.parametrize("kept", ["renamed", "results elsewhere", "everything deleted"])
def test_who_lost_the_journal_and_its_mark_sends_to_nobody_again(sent, campaign, folder, kept):
    forget(folder)
    file, more = "spring.csv", ()
    if kept == "renamed":
        file = "autumn.csv"
        (folder / "spring.csv").rename(folder / file)
    else:
        (folder / "spring.results.csv").rename(folder.parent / "kept.csv")
        more = ("--out", "elsewhere.csv") if kept == "results elsewhere" else ()
    assert refused(campaign(*PART, *more, file=file))
    assert refused(campaign(*PART, *more, file=file))
    assert told(sent) == everybody()


def test_one_that_was_stopped_half_way_is_found_and_recovered(people, campaign, ovhcloud, cli, folder):
    here = ovhcloud()
    people(6)
    assert campaign(*PART, "--limit", 2).code == 1
    forget(folder)
    (folder / "spring.csv").rename(folder / "autumn.csv")
    ran = campaign(*PART, file="autumn.csv")
    assert refused(ran)
    assert "smscampaign recover autumn.journal.sqlite" in ran.err
    assert told(here) == everybody(2)
    # The new journal has the tag of the lost one, so that it finds out who had it.
    assert cli("recover", "autumn.journal.sqlite", "--settle", 0).code == 1
    assert re.search(r"accepted +2\b", cli("status", "autumn.csv").out)
    tags = re.findall(r"call (\w{10}-\d+)", cli("status", "autumn.csv").err)
    resend = [word for tag in tags for word in ("--resend", tag)]
    cli("reconcile", "autumn.csv", "--yes", "--settle", 0, *resend)
    assert campaign(*PART, file="autumn.csv").code == 0
    assert told(here) == everybody()


def test_the_copy_of_a_colleague_is_not_sent_once_more(people, campaign, ovhcloud, folder, monkeypatch):
    here = ovhcloud()
    people(6)
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    assert campaign(*PART).code == 0
    monkeypatch.chdir(copy)
    assert refused(campaign(*PART))
    assert told(here) == everybody()


def test_a_copy_with_its_plan_is_not_sent_once_more(people, campaign, ovhcloud, folder, monkeypatch):
    here = ovhcloud()
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2  # planned, and nobody said yes
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    assert campaign(*PART).code == 0
    monkeypatch.chdir(copy)
    assert refused(campaign(*PART))
    assert told(here) == everybody()


def test_two_journals_of_one_file_send_once(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(6)
    for name in ("one", "other"):
        (folder.parent / name).mkdir()
    assert campaign(*PART, "--journal", folder.parent / "one" / "j.db").code == 0
    (folder / "spring.results.csv").unlink()
    assert refused(campaign(*PART, "--journal", folder.parent / "other" / "j.db"))
    assert told(here) == everybody()


def test_who_wants_it_sends_it_again_and_again(sent, campaign, folder):
    """Each time under a tag of its own, so that a doubt is never settled by what was sent the time before."""
    for times in (2, 3):
        forget(folder)
        (folder / "spring.results.csv").unlink()
        assert refused(campaign(*PART))
        assert campaign(*PART, "--send-again").code == 0
        assert set(told(sent).values()) == {times}
    tags = {one["tag"].split("-")[0] for one in sent.accepted()}
    assert len(tags) == 3
    assert campaign(*PART).code == 0  # nothing is left
    assert set(told(sent).values()) == {3}


def test_what_waits_at_ovhcloud_is_found_although_it_has_no_tag_there(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(6)
    later = (*PART, "--send-at", "2027-06-01T10:00:00+02:00")
    assert campaign(*later).code == 0
    forget(folder)
    (folder / "spring.results.csv").unlink()
    assert refused(campaign(*later))
    assert told(here) == everybody()


def test_what_waits_behind_another_campaign_is_found(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    later = ("--yes", "--send-at", "2027-06-01T10:00:00+02:00")
    people(40, name="other.csv")
    assert campaign(*later, "--message", "Another one.", file="other.csv").code == 0
    people(30)
    assert campaign(*later, "--message", "This one.").code == 0
    before = len(list(here.accepted()))
    forget(folder)
    (folder / "spring.results.csv").unlink()
    assert refused(campaign(*later, "--message", "This one."))
    assert len(list(here.accepted())) == before == 70


def test_a_first_call_that_was_refused_hides_nobody(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(6)
    here.add_faults(Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", times=1))
    assert campaign(*PART).code == 1
    before = told(here)
    forget(folder)
    (folder / "spring.csv").rename(folder / "autumn.csv")
    assert refused(campaign(*PART, file="autumn.csv"))
    assert told(here) == before


@pytest.mark.parametrize("refusals", [1, 2, 3, 7])
def test_a_call_that_was_refused_as_a_whole_and_went_in_halves_hides_nobody(
    people, campaign, ovhcloud, folder, refusals
):
    """One text, so one call: its halves, and theirs, have numbers that the new plan has not."""
    here = ovhcloud()
    people(16)
    whole = ("--yes", "--message", "Hello, your parcel is here.")
    here.add_faults(Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", times=refusals))
    assert campaign(*whole).code == 0
    had = told(here)
    assert set(had.values()) == {1}
    forget(folder)
    (folder / "spring.csv").rename(folder / "autumn.csv")
    assert refused(campaign(*whole, file="autumn.csv"))
    assert told(here) == had


def test_what_was_lost_is_recovered_by_who_is_there_and_not_by_how_many(
    people, campaign, ovhcloud, cli, folder
):
    """Rows put right before it began are no part of the tag: the calls of the lost journal took other people along."""
    here = ovhcloud()
    people(6, more="Bad,O7 99 00 00 99")
    rows = (folder / "spring.csv").read_text("utf-8").splitlines()
    (folder / "spring.csv").write_text("\n".join([rows[0], rows[-1], *rows[1:-1]]) + "\n", "utf-8")
    whole = ("--yes", "--message", "Hello, your parcel is here.", "--receivers-per-call", 3)
    assert campaign("--dry-run", "--out", "spring.results.csv", *whole[1:]).code == 0
    rejected = folder / "spring.rejected.csv"
    rejected.write_text(rejected.read_text("utf-8").replace("O7 99", "07 99"), "utf-8")
    assert campaign(*whole, "--limit", 3).code == 1
    before = told(here)
    forget(folder)
    (folder / "spring.results.csv").unlink()
    assert refused(campaign(*whole))
    cli("recover", "spring.journal.sqlite")
    assert campaign(*whole).code == 1  # some of a call's people are there and some are not: a person decides
    had = {
        one["sms_number"] for one in lines(folder / "spring.results.csv") if one["sms_status"] == "accepted"
    }
    assert had <= set(told(here))
    assert told(here) == before


HELLO = "Hello, your parcel is here."
BULK = ("--yes", "--message", HELLO, "--receivers-per-call", 8, "--settle", 0)
RESEND = ("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", "--all")


@pytest.fixture
def deep(people, campaign, ovhcloud, folder, monkeypatch):
    """A call is taken; the next is refused, and its halves, and theirs; two more have it, but nobody of those who are asked
    about before a run, and behind more empty tags than are followed. Then all is lost.
    """
    monkeypatch.setattr("smscampaign.delivery.doubts.BEYOND", 2)
    here = ovhcloud()
    people(16)
    assert campaign(*BULK, "--limit", 8).code == 1
    here.add_faults(
        Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", times=6),
        # Some calls more may be under way before the brake stops the others.
        *(Fault(FaultKind.DROP_BEFORE, route="POST /sms/*/jobs", nth=n) for n in range(8, 60)),
    )
    campaign(*BULK, "--set", "limits.calls_at_once=1", "--set", "brakes.doubts_in_a_row=1", "--settle", 3600)
    here.clear_faults()
    # Which of the halves is asked about first is a matter of threads: one person or two have it.
    assert (len(told(here)) - 8 in {1, 2}, set(told(here).values())) == (True, {1})
    forget(folder)
    (folder / "spring.results.csv").unlink()
    assert refused(campaign(*BULK))
    return here


def in_doubt(cli):
    return re.findall(r"call (\w{10}-\d+)", cli("status", "spring.csv").err)


@pytest.mark.parametrize("few", [200, 1])
def test_who_stands_behind_many_refusals_of_a_lost_journal_is_found_by_number(
    deep, campaign, cli, monkeypatch, few
):
    """By `recover` itself where they are few, else before they are sent to again."""
    monkeypatch.setattr("smscampaign.delivery.doubts.FEW", few)
    had = told(deep)
    cli("recover", "spring.journal.sqlite", "--settle", 0)
    assert len(in_doubt(cli)) == 1
    if few == 1:
        assert re.search(r"accepted +8\b", cli("status", "spring.csv").out)
        ran = cli(*RESEND)
        assert (ran.code, "what it has is accepted now, and nothing was decided" in ran.err) == (2, True)
    assert re.search(rf"accepted +{len(had)}\b", cli("status", "spring.csv").out)
    assert campaign(*BULK).code == 1
    assert told(deep) == had
    ran = cli(*RESEND)
    assert (ran.code, "Call " in ran.err, f"{16 - len(had)} receivers" in ran.err) == (0, True, True), ran.err
    assert campaign(*BULK).code == 0
    assert told(deep) == everybody(16)
    assert cli("audit", "spring.csv").code == 0


def test_a_lost_campaign_is_found_by_the_newest_messages_whoever_had_them(people, campaign, ovhcloud, folder):
    """Its call was refused and went in halves, and who is asked about by number has answered STOP."""
    here = ovhcloud(blacklist=(number(0), number(4), number(7)))
    people(8)
    here.add_faults(Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", nth=1))
    assert campaign(*BULK, "--purpose", "marketing").code == 1
    had = told(here)
    assert set(had) == {number(n) for n in (1, 2, 3, 5, 6)}
    forget(folder)
    (folder / "spring.results.csv").unlink()
    assert refused(campaign(*BULK, "--purpose", "marketing"))
    assert told(here) == had


def test_as_long_as_nobody_can_be_asked_about_by_number_nothing_is_sent_again(
    deep, campaign, cli, monkeypatch
):
    monkeypatch.setattr("smscampaign.delivery.doubts.FEW", 1)
    had = told(deep)
    cli("recover", "spring.journal.sqlite", "--settle", 0)
    deep.add_faults(Fault(FaultKind.STATUS, status=500, route="GET /sms/*/outgoing/*"))
    for _ in range(2):
        ran = cli(*RESEND)
        assert (ran.code, "could not be asked about this call, so nothing was decided" in ran.err) == (
            2,
            True,
        )
    campaign(*BULK)
    assert told(deep) == had
    deep.clear_faults()
    for _ in range(2):
        cli(*RESEND)
    assert campaign(*BULK).code == 0
    assert told(deep) == everybody(16)


def test_who_follows_within_a_moment_waits_until_ovhcloud_can_know(
    people, campaign, ovhcloud, folder, monkeypatch
):
    """A copy on the same computer, while OVHcloud's history does not show yet what the first one sent."""
    here = ovhcloud()
    people(6)
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    assert campaign(*PART).code == 0
    monkeypatch.chdir(copy)
    ran = campaign(*PART, "--settle", 300)
    assert (ran.code, "from another journal on this computer a moment ago" in ran.err) == (2, True), ran.err
    assert "in 300 seconds" in ran.err
    assert told(here) == everybody()
    monkeypatch.chdir(folder)
    assert campaign(*PART, "--settle", 300).code == 0


def test_copies_of_a_plan_send_once_however_their_journal_is_named(
    people, campaign, ovhcloud, folder, monkeypatch
):
    """Both copies are one journal by its identity, and `spring.csv` is all that is typed in either."""
    here = ovhcloud()
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2  # planned, and nobody said yes
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    assert campaign(*PART, "--settle", 300).code == 0
    monkeypatch.chdir(copy)
    ran = campaign(*PART, "--settle", 300)
    assert (ran.code, "from another journal on this computer a moment ago" in ran.err) == (2, True), ran.err
    assert str(folder / "spring.journal.sqlite") in ran.err
    assert told(here) == everybody()


NEWER = "another journal on this computer went on with this campaign"


@pytest.fixture
def two_copies(people, campaign, ovhcloud, folder):
    """Two of six had it when the folder was copied; what is sent from now on OVHcloud's history does not show."""
    here = ovhcloud()
    people(6, more="Bad,O7 99 00 00 99")
    assert campaign(*PART, "--settle", 0, "--limit", 2).code == 1
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    return here, copy


def put_right(folder):
    rejected = folder / "spring.rejected.csv"
    rejected.write_text(rejected.read_text("utf-8").replace("O7 99", "07 99"), "utf-8")


def one_more(folder, more=6):
    with (folder / "spring.csv").open("a") as file:
        file.write(f"New,{number(more)}\n")


@pytest.mark.parametrize("dry_runs", [0, 5])
@pytest.mark.parametrize("first", ["original", "copy"])
def test_of_two_copies_that_go_on_one_is_refused(two_copies, campaign, folder, monkeypatch, first, dry_runs):
    """Whichever it is, and however much was written in it that sent nothing."""
    here, copy = two_copies
    one, other = (folder, copy) if first == "original" else (copy, folder)
    monkeypatch.chdir(one)
    assert campaign(*PART, "--settle", 0, "--limit", 2).code == 1
    monkeypatch.chdir(other)
    for _ in range(dry_runs):
        campaign("--dry-run", *PART[1:])
    ran = campaign(*PART, "--settle", 0)
    assert (ran.code, NEWER in ran.err) == (2, True), ran.err
    assert f"{one / 'spring.journal.sqlite'}" in ran.err
    assert "smscampaign recover spring.journal.sqlite" in ran.err
    monkeypatch.chdir(one)
    assert campaign(*PART, "--settle", 0).code == 0
    assert told(here) == everybody()


@pytest.mark.parametrize("then", ["corrected", "amended", "amended otherwise", "gone on with"])
def test_what_was_changed_in_a_copy_is_refused_in_the_other(two_copies, campaign, folder, monkeypatch, then):
    here, copy = two_copies
    more = ()
    if then == "corrected":
        assert campaign(*PART, "--settle", 0).code == 0
        shutil.rmtree(copy)
        shutil.copytree(folder, copy)
        put_right(folder)
        put_right(copy)
    else:
        one_more(folder)
        more = ("--amend",)
    campaign(*PART, "--settle", 0, *more)
    had = told(here)
    assert had[number(99 if then == "corrected" else 6)] == 1
    monkeypatch.chdir(copy)
    if then == "amended":
        one_more(copy)
    elif then == "amended otherwise":
        one_more(copy, 7)
    elif then == "gone on with":
        more = ()
    ran = campaign(*PART, "--settle", 0, *more)
    assert (ran.code, NEWER in ran.err) == (2, True), ran.err
    assert told(here) == had


def test_a_copy_that_was_recovered_is_the_one_that_counts(two_copies, campaign, cli, folder, monkeypatch):
    here, copy = two_copies
    here.clear_faults()
    assert campaign(*PART, "--settle", 0, "--limit", 2).code == 1
    monkeypatch.chdir(copy)
    cli("recover", "spring.journal.sqlite", "--settle", 0)
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    assert cli("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", "--all").code == 0
    assert campaign(*PART, "--settle", 0).code == 0
    assert told(here) == everybody()
    monkeypatch.chdir(folder)
    ran = campaign(*PART, "--settle", 0)
    assert (ran.code, NEWER in ran.err) == (2, True), ran.err
    assert told(here) == everybody()


@pytest.mark.parametrize("how", ["moved", "copied", "called by another path"])
def test_who_moves_the_folder_goes_on_at_once(people, campaign, ovhcloud, folder, monkeypatch, how):
    here = ovhcloud()
    people(6)
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    assert campaign(*PART, "--limit", 2).code == 1
    there = folder.parent / "there"
    if how == "moved":
        folder.rename(there)
    elif how == "copied":
        shutil.copytree(folder, there)
    else:
        there.symlink_to(folder)
    monkeypatch.chdir(there)
    assert campaign(*PART, "--settle", 300).code == 0
    assert told(here) == everybody()


def test_what_was_sent_at_another_endpoint_stops_nobody(people, campaign, ovhcloud, folder, monkeypatch):
    """As a rehearsal at a sandbox that is served does: the real campaign begins after it, and goes on after another one."""
    here = ovhcloud()
    people(6)
    here.add_faults(Fault(FaultKind.HIDE_HISTORY, seconds=3600))
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    assert campaign(*PART, "--settle", 300, "--limit", 2).code == 1
    with monkeypatch.context() as patch:
        patch.chdir(copy)
        patch.setattr("smscampaign.gateway.endpoints.LOOPBACK", "elsewhere.example")
        ran = campaign(*PART, "--settle", 300, "--set", "limits.calls_per_minute=0")
        assert ran.code == 0, ran.err
    assert campaign(*PART, "--settle", 300).code == 0


def test_an_amendment_that_reached_nobody_leaves_the_campaign_as_it_was(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(6)
    assert campaign(*PART, "--limit", 2).code == 1
    one_more(folder)
    here.add_faults(Fault(FaultKind.STATUS, status=403, route="POST /sms/*/jobs", times=1))
    assert campaign(*PART, "--amend", "--set", "limits.calls_at_once=1").code == 2
    one_more(folder, 7)
    assert campaign(*PART, "--amend").code == 0
    assert told(here) == everybody(8)


def test_where_no_note_can_be_kept_that_is_said_once(people, campaign, ovhcloud, tmp_path, monkeypatch):
    here = ovhcloud()
    people(6)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    ran = campaign(*PART)
    said = " ".join(ran.err.split())
    assert (ran.code, said.count("other copies of this campaign on this computer are not noticed")) == (0, 1)
    assert told(here) == everybody()
    assert "not noticed" not in campaign(*PART, "--sandbox").err


def test_who_reached_nobody_keeps_no_copy_waiting(people, campaign, ovhcloud, folder, monkeypatch):
    here = ovhcloud()
    people(6)
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    here.add_faults(Fault(FaultKind.STATUS, status=403, route="POST /sms/*/jobs", times=1))
    assert campaign(*PART, "--set", "limits.calls_at_once=1").code == 2
    monkeypatch.chdir(copy)
    assert campaign(*PART, "--set", "limits.calls_at_once=1", "--settle", 300).code == 0
    assert told(here) == everybody()


def test_another_file_is_another_campaign(sent, people, campaign):
    people(8, name="autumn.csv", more=f"One more,{number(99)}")
    assert campaign(*PART, "--message", "Bonjour {{ name }}", file="autumn.csv").code == 0


def test_a_plan_that_was_never_sent_is_no_campaign(people, campaign, ovhcloud, folder):
    here = ovhcloud()
    people(6)
    assert campaign("--receivers-per-call", 1).code == 2
    (folder / "spring.csv").rename(folder / "autumn.csv")
    assert campaign(*PART, file="autumn.csv").code == 0
    assert told(here) == everybody()


def test_a_rehearsal_is_repeated_at_will(people, campaign, folder):
    people(6)
    for _ in range(2):
        assert campaign(*PART, "--sandbox").code == 0
        for path in folder.glob(".sandbox/spring.sandbox.journal*"):
            path.unlink()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.STATUS, status=500, route="GET /sms/*/outgoing"),
        Fault(FaultKind.STATUS, status=429, retry_after=0, route="GET /sms/*/outgoing"),
    ],
    ids=["500", "429"],
)
def test_where_ovhcloud_does_not_answer_nothing_is_sent(people, campaign, ovhcloud, fault, monkeypatch):
    monkeypatch.setattr("smscampaign.gateway.http.PATIENCE", 4)
    here = ovhcloud()
    people(6)
    here.add_faults(fault)
    ran = campaign(*PART)
    assert (ran.code, "Run the command again later" in ran.err) == (2, True), ran.err
    assert told(here) == {}
    here.clear_faults()
    assert campaign(*PART).code == 0
    assert told(here) == everybody()


def test_where_ovhcloud_may_not_be_asked_it_is_said(people, campaign, ovhcloud):
    rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))
    here = ovhcloud(credentials=(Credential(rules=rules),))
    people(6)
    ran = campaign(*PART)
    assert (ran.code, "could not be asked whether this campaign was sent before" in ran.err) == (0, True)
    assert "GET /sms/*/outgoing" in ran.err
    assert told(here) == everybody()


@pytest.mark.parametrize("copied", ["folder", "journal"])
def test_two_that_begin_the_same_at_once_send_it_once(people, campaign, ovhcloud, folder, process, copied):
    """Two copies of the folder, which know nothing of each other, or two journals of one file."""
    here = ovhcloud()
    for trial in range(5):
        people(6, more=f"Trial {trial},{number(trial + 50)}")
        places = []
        for name in (f"one{trial}", f"other{trial}"):
            place = folder.parent / name
            place.mkdir()
            shutil.copy(folder / "spring.csv", place)
            places.append(place)
        both = [
            process(
                *("run", place / "spring.csv" if copied == "folder" else folder / "spring.csv"),
                # Six of the seven had the same text in the trial before.
                *(*OPTIONS, *PART, "--repeat-days", 0, "--out", place / "out.csv"),
                *(("--journal", place / "j.db") if copied == "journal" else ()),
            )
            for place in places
        ]
        codes = sorted(ended(one).code for one in both)
        assert codes == [0, 2]
        assert told(here).pop(number(trial + 50)) == 1
    assert all(times == 5 for who, times in told(here).items() if who in everybody())


def test_one_that_is_killed_leaves_the_other_free_to_ask(people, ovhcloud, folder, process, campaign):
    here = ovhcloud()
    people(6)
    here.add_faults(Fault(FaultKind.HANG_AFTER, seconds=60))
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    running = process("run", copy / "spring.csv", *OPTIONS, *PART)
    while not told(here):
        assert running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait(30)
    here.clear_faults()
    before = told(here)
    assert refused(campaign(*PART))
    assert told(here) == before


@pytest.fixture
def twice_there(people, campaign, ovhcloud, folder, monkeypatch):
    """A folder that was copied when two of six had it, and its copy, where one person more stands in the file."""
    here = ovhcloud()
    people(6)
    assert campaign(*PART, "--settle", 0, "--limit", 2).code == 1
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    with (copy / "spring.csv").open("a") as file:
        file.write(f"New,{number(6)}\n")
    return here, copy


def test_who_amends_a_second_copy_is_told_that_another_journal_knows(twice_there, campaign, cli, monkeypatch):
    here, copy = twice_there
    assert campaign(*PART, "--limit", 2).code == 1
    monkeypatch.chdir(copy)
    ran = campaign(*PART, "--amend")
    assert (ran.code, "another one knows who had the campaign" in ran.err) == (2, True)
    assert "smscampaign recover spring.journal.sqlite" in ran.err
    assert told(here) == everybody(4)
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 0
    assert campaign(*PART, "--amend").code == 0
    assert told(here) == everybody(7)


@pytest.mark.parametrize("amended", [(), ("--amend",)])
def test_a_dry_run_in_a_second_copy_promises_nothing_that_a_run_refuses(
    twice_there, campaign, folder, monkeypatch, amended
):
    _, copy = twice_there
    assert campaign(*PART, "--limit", 2).code == 1
    if not amended:
        shutil.copy(folder / "spring.csv", copy)
    monkeypatch.chdir(copy)
    shown = campaign(*PART[1:], *amended, "--dry-run")
    assert "This asks OVHcloud whether it went on elsewhere, then sends it:" in shown.err
    assert campaign(*PART, *amended).code == 2


def test_the_same_amendment_in_two_copies_is_recovered_and_goes_on(
    twice_there, campaign, cli, folder, monkeypatch
):
    here, copy = twice_there
    assert campaign(*PART, "--limit", 1).code == 1
    shutil.copy(copy / "spring.csv", folder)
    assert campaign(*PART, "--amend", "--limit", 2).code == 1
    assert told(here) == everybody(5)
    monkeypatch.chdir(copy)
    for words, remedy in (("another one knows who", "then `recover` again"), (KNOWS, "`run` goes on")):
        ran = campaign(*PART, "--amend")
        assert (ran.code, words in ran.err) == (2, True), ran.err
        assert "smscampaign recover spring.journal.sqlite" in ran.err
        assert remedy in cli("recover", "spring.journal.sqlite", "--settle", 0).err
    assert told(here) == everybody(5)
    # Of the balance from before the amendment nobody knows: a person decides, about those alone who are nowhere.
    assert cli("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", "--all").code == 0
    assert campaign(*PART).code == 0
    assert told(here) == everybody(7)


@pytest.fixture
def lost(people, campaign, ovhcloud, folder):
    """A row was put right after `spring.csv` was planned, and before it began; that journal is lost, and the plan is back.

    In the lost one everybody after that row sat one place further back: in `T-1` Bad, 0 and 1, in `T-2` 2, 3 and 4.
    """
    here = ovhcloud()
    people(6, more="Bad,O7 99 00 00 99")
    rows = (folder / "spring.csv").read_text("utf-8").splitlines()
    (folder / "spring.csv").write_text("\n".join([rows[0], rows[-1], *rows[1:-1]]) + "\n", "utf-8")
    whole = ("--message", "Hello, your parcel is here.", "--receivers-per-call", 3, "--settle", 0)
    assert campaign(*whole).code == 2  # planned, and nobody said yes
    shutil.copy(folder / "spring.journal.sqlite", folder / "copy")
    assert campaign("--dry-run", "--out", "spring.results.csv", *whole).code == 0
    rejected = folder / "spring.rejected.csv"
    rejected.write_text(rejected.read_text("utf-8").replace("O7 99", "07 99"), "utf-8")
    assert campaign("--yes", *whole, "--limit", 6).code == 1
    assert told(here) == {**everybody(5), number(99): 1}
    for one in ("spring.results.csv", "spring.rejected.csv"):
        (folder / one).unlink(missing_ok=True)
    return here, (folder / "copy").rename(folder / "spring.journal.sqlite"), ("--yes", *whole)


def test_whoever_is_in_another_call_of_the_lost_journal_is_found_there(lost, campaign, cli, folder):
    here, journal, whole = lost
    assert cli("recover", journal.name, "--settle", 0).code == 1
    assert re.search(r"accepted +5\b", cli("status", "spring.csv").out)
    # Only of the last one nobody knows; that he has it, or has it not, OVHcloud's balance of before would tell.
    assert cli("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", "--all").code == 0
    assert campaign(*whole).code == 0
    assert told(here) == {**everybody(6), number(99): 1}


def test_to_send_a_call_again_asks_where_its_people_may_be(lost, campaign, cli, folder):
    """When it was recovered nobody could be asked; the person decides about single calls without asking first."""
    here, journal, whole = lost
    here.add_faults(Fault(FaultKind.STATUS, status=503, route="GET /sms/*/outgoing*"))
    assert cli("recover", journal.name, "--settle", 0).code == 1
    here.clear_faults()
    tags = re.findall(r"call (\w{10}-\d+)", cli("status", "spring.csv").err)
    assert len(tags) == 2
    for tag in tags:
        said = cli("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", tag).err
        assert "what it has is accepted now, and nothing was decided" in said
    # Of the first call everybody is found, though one of them in the second; of that one two.
    assert re.search(r"accepted +5\b", cli("status", "spring.csv").out)
    cli("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", tags[1])
    assert campaign(*whole).code == 0
    assert told(here) == {**everybody(6), number(99): 1}


def test_who_was_sent_to_in_halves_by_the_lost_journal_is_found_there(
    people, campaign, ovhcloud, cli, folder
):
    here = ovhcloud()
    people(6)
    whole = ("--yes", "--message", "Hello, your parcel is here.", "--receivers-per-call", 3)
    assert campaign(*whole[1:]).code == 2  # planned, and nobody said yes
    shutil.copy(folder / "spring.journal.sqlite", folder / "copy")
    here.add_faults(Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", times=1))
    assert campaign(*whole, "--limit", 3).code == 1
    assert told(here) == everybody(3)
    (folder / "spring.results.csv").unlink()
    journal = (folder / "copy").rename(folder / "spring.journal.sqlite")
    assert cli("recover", journal.name, "--settle", 0).code == 1
    assert re.search(r"accepted +3\b", cli("status", "spring.csv").out)
    cli("reconcile", "spring.csv", "--yes", "--settle", 0, "--resend", "--all")
    campaign(*whole)
    assert told(here) == everybody()


ACCEPTED = "OVHcloud shows that {} had their message from the journal that was lost"
LATELY = "OVHcloud shows that people had this text lately"
WHOLE = ("--yes", "--message", HELLO)


@pytest.fixture(params=[PART, WHOLE], ids=["texts of their own", "one text"])
def put_right_and_lost(request, people, campaign, ovhcloud, folder):
    """A row was put right in the very file, so that what is there now has another tag than the campaign; all else is lost."""
    here = ovhcloud()
    original = people(6, more="Bad,O7 99 00 00 99").read_text("utf-8")
    campaign(*request.param)
    assert told(here) == everybody(6)
    (folder / "spring.csv").write_text(original.replace("O7 99", "07 99"), "utf-8")
    assert campaign(*request.param).code == 0
    assert told(here) == {**everybody(6), number(99): 1}
    forget_all(folder)
    return here, request.param, original


def forget_all(folder):
    forget(folder)
    for path in (*folder.glob("spring.results*"), *folder.glob("spring.rejected*")):
        path.unlink()


def refused_as_repeated(ran):
    assert (ran.code, LATELY in ran.err) == (2, True), ran.err
    assert re.search(r"[34] people had “Hello[^”]*” under the tag \w{10}, which", ran.err), ran.err
    return True


def test_a_file_that_was_put_right_and_lost_its_journal_is_known_by_its_texts(put_right_and_lost, campaign):
    here, options, _ = put_right_and_lost
    for _ in range(2):
        assert refused_as_repeated(campaign(*options))
    assert set(told(here).values()) == {1}


def test_with_the_file_as_it_was_the_lost_journal_is_recovered_and_the_row_is_put_right_again(
    put_right_and_lost, campaign, cli, folder
):
    """What the refusal says. Who stands in the row that was put right is not in the calls, and gets no second one either."""
    here, options, original = put_right_and_lost
    corrected = (folder / "spring.csv").read_text("utf-8")
    assert refused_as_repeated(campaign(*options))
    (folder / "spring.csv").write_text(original, "utf-8")
    assert refused(campaign(*options, "--settle", 0))
    cli("recover", "spring.journal.sqlite", "--settle", 0)
    campaign(*options, "--settle", 0)
    (folder / "spring.csv").write_text(corrected, "utf-8")
    assert ACCEPTED.format("1 person") in campaign(*options, "--settle", 0).err
    assert campaign(*options, "--settle", 0).code == 0
    assert {row["sms_status"] for row in lines(folder / "spring.results.csv")} == {"accepted"}
    assert told(here) == {**everybody(6), number(99): 1}


def test_who_wants_the_same_text_to_go_out_again_says_so(put_right_and_lost, campaign):
    here, options, _ = put_right_and_lost
    assert campaign(*options, "--send-again").code == 0
    assert set(told(here).values()) == {2}


def test_where_repeats_are_not_asked_about_ovhcloud_is_not_either(put_right_and_lost, campaign):
    here, options, _ = put_right_and_lost
    assert campaign(*options, "--repeat-days", 0).code == 0
    assert set(told(here).values()) == {2}


def test_another_text_to_the_same_people_is_another_campaign(put_right_and_lost, campaign):
    here, options, _ = put_right_and_lost
    assert campaign(*options, "--message", "Good evening, {{ name }}").code == 0
    assert set(told(here).values()) == {2}


def test_where_the_history_may_not_be_read_that_is_said_and_nothing_is_refused(people, campaign, ovhcloud):
    rules = (("GET", "/sms"), ("GET", "/sms/*/senders*"), ("POST", "/sms/*/jobs"))
    here = ovhcloud(credentials=(Credential(rules=rules),))
    people(3)
    ran = campaign(*WHOLE)
    assert (ran.code, "whether this campaign was sent before" in ran.err) == (0, True), ran.err
    assert told(here) == everybody(3)


def test_what_a_journal_here_knows_is_no_lost_campaign(people, campaign, ovhcloud):
    """Once more, to everybody: what went before is another edition of this journal."""
    here = ovhcloud()
    people(6)
    assert campaign(*WHOLE).code == 0
    (code,) = re.findall(r"--confirm '(AGAIN \w{4})'", campaign(*WHOLE[1:], "--restart").err)
    assert campaign(*WHOLE[1:], "--restart", "--confirm", code).code == 0
    assert set(told(here).values()) == {2}


def test_whoever_tried_the_text_himself_gets_it_with_the_others(people, campaign, ovhcloud, cli, monkeypatch):
    here = ovhcloud()
    people(3)
    assert cli("test", "spring.csv", *OPTIONS, "--message", HELLO, "--to", number(0), "--yes").code == 0
    assert campaign(*WHOLE).code == 0
    assert told(here) == {**everybody(3), number(0): 2}


def test_one_of_many_who_had_a_transactional_text_from_elsewhere_stops_nobody(
    people, campaign, ovhcloud, folder
):
    """Of another folder, whose journal is not known here; of most of those who are asked about it is a lost campaign."""
    ovhcloud()
    people(3, name="other.csv")
    people(9)
    assert campaign(*WHOLE, file="other.csv").code == 0
    for path in folder.glob("other.*"):
        path.unlink()
    (folder / "later.csv").write_text(
        f"name,mobile\n{''.join(f'P,{number(n)}{chr(10)}' for n in range(90, 94))}", "utf-8"
    )
    assert campaign(*WHOLE, "--message", "Another text.", file="later.csv").code == 0
    marketing = campaign(*WHOLE, "--purpose", "marketing")
    assert (marketing.code, LATELY in marketing.err) == (2, True), marketing.err
    assert campaign(*WHOLE).code == 0


@pytest.mark.parametrize(
    ("options", "requests"), [(PART, 10), (WHOLE, 9)], ids=["texts of their own", "one text"]
)
def test_a_campaign_that_begins_asks_so_many_questions_and_no_more(
    people, campaign, ovhcloud, options, requests
):
    """After another one whose people it does not know. The first 15 requests wait for no pace."""
    here = ovhcloud()
    people(20)
    there = people(3, name="other.csv")
    there.write_text(re.sub(r"\+337990000(\d)", r"+337990009\1", there.read_text("utf-8")), "utf-8")
    assert campaign("--yes", "--message", "Something else.", file="other.csv").code == 0
    kinds = ("outgoing", "outgoing/*", "jobs", "jobs/*")
    here.add_faults(*(Fault(FaultKind.LATENCY, route=f"GET /sms/*/{kind}", seconds=0) for kind in kinds))
    assert campaign(*options).code == 0
    assert sum(one["seen"] for one in here.world.injector.state()) == requests


def test_whoever_was_put_right_in_the_lost_journal_is_asked_about_by_number(
    people, campaign, ovhcloud, cli, folder
):
    """A call was refused there and went in halves, so that the call of the row that was put right had another number."""
    here = ovhcloud()
    original = people(6, more="Bad,O7 99 00 00 99").read_text("utf-8")
    here.add_faults(Fault(FaultKind.STATUS, status=400, route="POST /sms/*/jobs", times=1))
    for text in (original, original.replace("O7 99", "07 99")):
        (folder / "spring.csv").write_text(text, "utf-8")
        assert campaign(*WHOLE).code == 0
    forget_all(folder)
    (folder / "spring.csv").write_text(original, "utf-8")
    assert refused(campaign(*WHOLE, "--settle", 0))
    cli("recover", "spring.journal.sqlite", "--settle", 0)
    assert campaign(*WHOLE, "--settle", 0).code == 0
    (folder / "spring.csv").write_text(original.replace("O7 99", "07 99"), "utf-8")
    ran = campaign(*WHOLE, "--settle", 0)
    assert (ran.code, ACCEPTED.format("1 person") in ran.err) == (0, True), ran.err
    assert told(here) == {**everybody(6), number(99): 1}


LATER = ("--send-at", "2027-06-01T10:00:00+02:00")


@pytest.fixture(params=[PART, (*PART, *LATER), WHOLE], ids=["at once", "waits there", "one text"])
def put_right_in_the_lost_one(request, people, campaign, ovhcloud, cli, folder):
    """The last of many bad rows was put right in a journal that is lost; an older copy was recovered. Nothing was pending."""
    here, options = ovhcloud(), (*request.param, "--settle", 0)
    good = people(2, more="\n".join(f"Bad,O7 99 00 00 {n}" for n in range(90, 98))).read_text("utf-8")
    assert campaign(*options).code == 0
    shutil.copy(folder / "spring.journal.sqlite", folder / "copy")
    (folder / "spring.csv").write_text(good.replace("O7 99 00 00 97", "07 99 00 00 97"), "utf-8")
    assert campaign(*options).code == 0
    assert told(here) == {**everybody(2), number(97): 1}
    (folder / "copy").rename(folder / "spring.journal.sqlite")
    (folder / "spring.csv").write_text(good, "utf-8")
    assert campaign(*options).code == 2
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 0
    (folder / "spring.csv").write_text(good.replace("O7", "07"), "utf-8")
    (folder / "spring.rejected.csv").unlink()
    return here, options


def test_everybody_who_is_put_right_after_a_recovery_is_asked_about(
    put_right_in_the_lost_one, campaign, cli, monkeypatch
):
    monkeypatch.setattr(witness, "FEW", 7)
    monkeypatch.setattr("smscampaign.bars.EACH", 0.0)
    monkeypatch.delitem(
        sys.modules, "IPython", raising=False
    )  # another test may have loaded it: bars are its own then
    here, options = put_right_in_the_lost_one
    ran = campaign(*options)
    assert "8 people are looked for at OVHcloud before anything is sent" in ran.err
    # What waits there is one list, and nothing left to be read one by one.
    left = LATER[0] not in options
    assert bool(re.search(r"^Asking: \d of \d calls", ran.err, re.MULTILINE)) is left, ran.err
    assert (ran.code, ACCEPTED.format("1 person") in ran.err) == (0, True), ran.err
    assert told(here) == {**everybody(2), **{number(n): 1 for n in range(90, 98)}}
    assert cli("audit", "spring.csv").code == 0


def test_where_nobody_can_be_asked_about_after_a_recovery_nothing_is_sent(
    put_right_in_the_lost_one, campaign
):
    here, options = put_right_in_the_lost_one
    here.add_faults(Fault(FaultKind.STATUS, status=403, route="GET /sms/*/outgoing*"))
    for _ in range(2):
        ran = campaign(*options)
        assert (ran.code, "could not be asked who has a message from the journal that" in ran.err) == (
            2,
            True,
        )
    assert told(here) == {**everybody(2), number(97): 1}
    here.clear_faults()
    assert campaign(*options).code == 0
    assert set(told(here).values()) == {1}


@pytest.mark.parametrize(
    ("options", "again"),
    [(PART, ()), (WHOLE, ()), (WHOLE, ("--send-again",))],
    ids=["texts of their own", "one text", "wanted again"],
)
def test_an_amendment_that_was_lost_is_known_by_its_people(
    people, campaign, ovhcloud, cli, folder, options, again
):
    """The file grew meanwhile, so that the next one has another tag; and other messages were sent after it."""
    here = ovhcloud()
    people(2)
    assert campaign(*options, "--settle", 0).code == 0
    shutil.copy(folder / "spring.journal.sqlite", folder / "copy")
    people(4)
    assert campaign(*options, "--settle", 0, "--amend").code == 0
    people(5, name="other.csv")
    assert campaign("--yes", "--message", "Another one.", file="other.csv").code == 0
    (folder / "copy").rename(folder / "spring.journal.sqlite")
    people(6)
    assert campaign(*options, "--settle", 0, "--amend").code == 2
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 0
    ran = campaign(*options, "--settle", 0, "--amend", *again)
    assert (ran.code, ACCEPTED.format("2 people") in ran.err) == (0, not again), ran.err
    twice = {2, 3} if again else {}
    assert {n: told(here)[number(n)] - (n < 5) for n in range(6)} == {n: 1 + (n in twice) for n in range(6)}
    assert {row["sms_status"] for row in lines(folder / "spring.results.csv")} <= {"accepted", "already-sent"}


def test_somebody_else_under_the_tag_of_a_correction_is_of_another_journal(
    people, campaign, ovhcloud, folder, monkeypatch
):
    """Two copies put another row right each, on two computers: both calls have the same number."""
    here = ovhcloud()
    good = people(2, more="Bad,O7 99 00 00 98\nBad,O7 99 00 00 99").read_text("utf-8")
    assert campaign(*PART, "--settle", 0).code == 0
    copy = folder.parent / "copy"
    shutil.copytree(folder, copy)
    (folder / "spring.csv").write_text(good.replace("O7 99 00 00 99", "07 99 00 00 99"), "utf-8")
    assert campaign(*PART, "--settle", 0).code == 0
    monkeypatch.chdir(copy)
    monkeypatch.setenv("XDG_CACHE_HOME", str(copy / "cache"))
    (copy / "spring.csv").write_text(good.replace("O7 99 00 00 98", "07 99 00 00 98"), "utf-8")
    ran = campaign(*PART, "--settle", 0)
    assert (ran.code, "another one knows who had the campaign" in ran.err) == (2, True), ran.err
    assert told(here) == {**everybody(2), number(99): 1}


@pytest.mark.parametrize("left", ["results", "mark", "mark beside an empty file"])
def test_what_is_said_where_only_the_journal_is_lost_leads_back_to_it(sent, campaign, cli, folder, left):
    for path in (*folder.glob("spring.journal*"), folder / "spring.results.csv"):
        if left.split()[0] not in path.name:
            path.unlink()
    if "empty" in left:
        (folder / "spring.journal.sqlite").touch()
    ran = campaign(*PART)
    assert (ran.code, "`smscampaign recover spring.journal.sqlite`" in ran.err) == (2, True), ran.err
    if left != "results":
        assert "move spring.journal.mark away" in ran.err
        (folder / "spring.journal.mark").rename(folder / "away")
        assert refused(campaign(*PART))
    else:
        assert "`smscampaign recover spring.journal.sqlite` asks OVHcloud" in cli("status", "spring.csv").err
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 0
    assert campaign(*PART).code == 0
    assert told(sent) == everybody()
    assert {row["sms_status"] for row in lines(folder / "spring.results.csv")} == {"accepted"}


def test_who_gets_several_messages_gets_each_of_them_once_after_a_recovery(campaign, ovhcloud, cli, folder):
    """One text for all appointments of a person: what this journal knows of is not what the lost one sent."""
    here = ovhcloud()
    once = ("--once-per", "id", "--same-text-hours", 0)
    options = ("--yes", "--message", "Hello, see you.", *once, "--settle", 0)

    def file(*rows):
        path = folder / "spring.csv"
        path.write_text("\n".join(["id,mobile", *(f"{one},{number(n)}" for one, n in rows)]) + "\n", "utf-8")

    file(("A", 0), ("B", 1))
    assert campaign(*options).code == 0
    shutil.copy(folder / "spring.journal.sqlite", folder.parent / "copy")
    file(("A", 0), ("B", 1), ("C", 0))
    assert campaign(*options, "--amend").code == 0
    assert told(here) == {number(0): 2, number(1): 1}
    (folder.parent / "copy").rename(folder / "spring.journal.sqlite")
    file(("A", 0), ("B", 1), ("C", 0), ("D", 1))
    assert campaign(*options, "--amend").code == 2
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 0
    ran = campaign(*options, "--amend")
    assert (ran.code, ACCEPTED.format("1 person") in ran.err) == (0, True), ran.err
    assert told(here) == {number(0): 2, number(1): 2}


@pytest.mark.parametrize("night", [(), ("once_per", "recurring")], ids=["amendment", "night"])
def test_to_send_again_after_a_recovery_asks_who_had_the_very_text_by_an_edition_that_is_lost(
    people, campaign, ovhcloud, cli, folder, night
):
    """What is planned from tonight's file has another tag than what its people had the night before."""
    here = ovhcloud()
    more = ("--set", 'once_per=["name"]', "--recurring", "--set", "limits.most_messages=50") if night else ()
    people(4)
    assert campaign(*PART, *more).code == 0
    people(6)
    assert campaign(*PART, *more, *(() if night else ("--amend",))).code == 0
    assert told(here) == everybody(6)
    forget(folder)
    (folder / "spring.results.csv").unlink()
    people(6)
    assert campaign(*PART, *more).code == 2
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 1
    said = cli(*RESEND).err
    assert "what it has is accepted now, and nothing was decided" in said
    assert cli(*RESEND).code == 0
    assert campaign(*PART, *more).code == 0
    assert told(here) == everybody(6)


def test_a_lost_journal_whose_file_is_another_one_tonight_is_recovered_and_goes_on(
    people, campaign, ovhcloud, cli, folder
):
    """Nobody can put the file of the night before back; whoever had it has it once, and the others get theirs."""
    here = ovhcloud()
    more = ("--set", 'once_per=["name"]', "--recurring", "--set", "limits.most_messages=50")
    people(4)
    assert campaign(*PART, *more).code == 0
    forget(folder)
    people(6)
    ran = campaign(*PART, *more)
    assert (ran.code, "recover spring.journal.sqlite" in ran.err) == (2, True)
    assert cli("recover", "spring.journal.sqlite", "--settle", 0).code == 1
    assert told(here) == everybody(4)
    assert "what it has is accepted now, and nothing was decided" in cli(*RESEND).err
    assert cli(*RESEND).code == 0
    assert campaign(*PART, *more).code == 0
    assert told(here) == everybody(6)
