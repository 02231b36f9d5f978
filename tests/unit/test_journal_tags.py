"""The tags of campaigns: the same for the same, and another one for what is sent once more."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.journal import tags
from smscampaign.journal.course import Course, tell_course
from smscampaign.journal.editions import knows, last_word, put_in_force, retagged
from smscampaign.journal.peers import tags_in
from smscampaign.journal.store import open_journal

MADE_FROM = st.dictionaries(st.text(), st.text(), max_size=5)


@given(MADE_FROM, MADE_FROM, st.integers(1, 99), st.integers(1, 99))
def test_a_tag_is_the_same_for_the_same_alone(one, other, nth, times):
    assert re.fullmatch(r"[a-z0-9]{10}", tags.derived(one, nth))
    same = tags.derived(one, nth) == tags.derived(dict(reversed(one.items())), nth)
    assert same
    without = [
        {name: value for name, value in each.items() if name != "corrections"} for each in (one, other)
    ]
    assert (tags.derived(one, nth) == tags.derived(other, times)) == (
        without[0] == without[1] and nth == times
    )


def test_half_a_word_in_an_ingredient_is_no_stumbling_block():
    assert tags.derived({"message": "\ud83d"}, 1) != tags.derived({"message": "\ud83e"}, 1)


def made_of(journal, given_to):
    return journal.begin(given_to, tag=tags.first(journal, given_to))


def begun(journal, record):
    put_in_force(journal, record, account="")
    return record


def test_what_is_sent_once_more_gets_the_next_tag(journal, inputs):
    made = [tags.derived({"file": "abc"}, nth) for nth in (1, 2, 3)]

    def planned(name):
        return made_of(journal, inputs(name, gateway="ovh-eu", ingredients={"file": "abc"}))

    first, second = planned("spring"), planned("summer")
    # Nothing was sent, so that each of them may still be the first.
    assert (first.tag, second.tag, tags_in(journal)) == (made[0], made[0], frozenset())
    begun(journal, first)
    assert tags_in(journal) == {made[0]}
    now = begun(journal, retagged(journal, second))
    assert now.tag == journal.find("summer").tag == made[1]
    third = planned("autumn")
    assert third.tag == made[2]
    assert retagged(journal, third, used=made[2:]).tag not in made


def test_what_has_begun_keeps_its_tag(journal, inputs):
    record = begun(journal, made_of(journal, inputs(gateway="ovh-eu")))
    # Also for another machine, which is on its way in with the same plan and was slower.
    for used in ([], [record.tag]):
        assert retagged(journal, record, used=used).tag == record.tag
    assert journal.find("spring").tag == record.tag


@pytest.mark.parametrize("gateway", ["sandbox", "fake"])
def test_what_reaches_nobody_has_tags_by_chance(journal, inputs, gateway):
    made = {tags.first(journal, inputs(gateway=gateway)) for _ in range(20)}
    assert len(made) == 20


def test_one_at_a_time_sends_under_a_tag():
    with tags.Note("ovh-eu", "a").held(refuse=LookupError) as kept:
        assert kept
        with tags.Note("ovh-eu", "b").held(refuse=LookupError):
            pass
        with pytest.raises(LookupError), tags.Note("ovh-eu", "a").held(refuse=LookupError):
            pass
    with tags.Note("ovh-eu", "a").held(refuse=LookupError):
        pass


def test_where_no_note_can_be_kept_it_goes_on(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with tags.Note("ovh-eu", "a").held(refuse=LookupError) as kept:
        assert not kept
    tags.Note("ovh-eu", "a").say("1@2", "one")
    assert tags.Note("ovh-eu", "a").said() == ("", "")


def test_a_note_says_how_far_which_journal_came_and_for_how_long():
    short, none, note = timedelta(minutes=2), timedelta(0), tags.Note("ovh-eu", "a")
    assert note.said(short) == ("", "")
    with note.held(refuse=LookupError):
        assert note.said(short) == ("", "")
        note.say(
            "17@1764426000000000", "/one/\udce9 and\nmore"
        )  # a folder's name need not be UTF-8, nor one line
    with note.held(refuse=LookupError):  # by which it is not written over
        assert note.said(short) == note.said() == ("17@1764426000000000", "/one/\udce9 and\nmore")
    assert note.said(none) == tags.Note("ovh-eu", "b").said() == ("", "")
    note.say("", "")
    assert note.said() == ("", "")


@pytest.mark.parametrize(
    "text", ["", "0123abc /old/spring.csv", "17@176442600", "17 /one", f"{9**30}@1 /one"]
)
def test_a_note_that_was_cut_or_is_of_another_version_says_nothing(text, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tags.Note("ovh-eu", "a").say("1@2", "one")
    (tmp_path / "smscampaign" / "tags" / "ovh-eu-a").write_text(text)
    assert tags.Note("ovh-eu", "a").said() == ("", "")


def test_a_journal_knows_its_last_word_and_a_copy_from_before_it_does_not(journal, inputs, tmp_path):
    record = begun(journal, made_of(journal, inputs(gateway="ovh-eu")))
    with journal.driving():  # at its end all of it stands in the one file
        tell_course(journal, record, Course.BEGUN)
    shutil.copy(journal.path, tmp_path / "copy")
    before = last_word(journal, record)
    tell_course(journal, record, Course.FINISHED)
    word = last_word(journal, record)
    with closing(open_journal(tmp_path / "copy")) as copy:
        assert knows(copy, before)
        assert not knows(copy, word)
        # It has an event of the same number then, of another moment.
        tell_course(copy, record, Course.FINISHED)
        assert not knows(copy, word)
    assert knows(journal, before)
    assert knows(journal, word)


def test_notes_are_removed_when_they_are_old_and_nobody_holds_them(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "smscampaign" / "tags"
    with tags.Note("ovh-eu", "held").held(refuse=LookupError):
        for name in ("held", "old", "new", "older.lock"):  # a former version kept two files
            tags.Note("ovh-eu", name).say("1@2", "one")
        long_ago = time.time() - tags.OLD.total_seconds() - 60
        for name in ("held", "old", "older.lock"):
            os.utime(folder / f"ovh-eu-{name}", (long_ago, long_ago))
        with tags.Note("ovh-eu", "mine").held(refuse=LookupError):
            assert {one.name for one in folder.iterdir()} == {
                "ovh-eu-held",
                "ovh-eu-new",
                "ovh-eu-mine",
            }


def test_who_waited_for_a_note_that_was_removed_holds_the_new_one(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path, lock = tmp_path / "smscampaign" / "tags" / "ovh-eu-a", tags._lock

    def removed(handle):
        monkeypatch.setattr(tags, "_lock", lock)
        path.unlink()
        return lock(handle)

    monkeypatch.setattr(tags, "_lock", removed)
    with tags.Note("ovh-eu", "a").held(refuse=LookupError):
        assert path.exists()
        with pytest.raises(LookupError), tags.Note("ovh-eu", "a").held(refuse=LookupError):
            pass
