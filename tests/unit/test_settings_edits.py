"""Settings changed in their file: everything else stays as it was written, and nothing is written that is no setting."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smscampaign.errors import SettingsProblem
from smscampaign.settings.edits import changed, save
from smscampaign.settings.proposals import proposal

WRITTEN = proposal("spring", ["{{ name }}"], "{{ name }}", {})


def test_comments_order_and_the_other_lines_stay() -> None:
    after = changed(
        WRITTEN, {"message": "Hello", "sender": "MyShop", "text.typography": "gsm", "limits.parts": 4}
    )
    before, now = WRITTEN.splitlines(), after.splitlines()
    gone = [line for line in before if line not in now]
    assert [line.partition("#")[0].strip() for line in gone] == ['message = ""']
    assert set(now) - set(before) == {
        'message = "Hello"' + gone[0].partition('""')[2],
        'sender = "MyShop"',
        'typography = "gsm"',
        "parts = 4",
    }


def test_a_key_without_a_section_stays_above_the_sections() -> None:
    document = tomllib.loads(
        changed("[limits]\nparts = 3\n", {"sender": "MyShop", "columns.number": ["A", "B"]})
    )
    assert document == {"sender": "MyShop", "limits": {"parts": 3}, "columns": {"number": ["A", "B"]}}


@example("\r\n")
@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=60))
def test_whatever_is_typed_is_what_is_read(text: str) -> None:
    assert tomllib.loads(changed(WRITTEN, {"message": text}))["message"] == text


def test_none_takes_a_setting_out() -> None:
    assert "sender" not in tomllib.loads(changed('sender = "A"\nregion = "FR"\n', {"sender": None}))


def test_what_is_no_valid_setting_is_not_written(tmp_path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text('sender = "MyShop"\n', "utf-8")
    with pytest.raises(SettingsProblem, match="11 characters"):
        save(path, {"sender": "far too long a name"})
    assert path.read_text("utf-8") == 'sender = "MyShop"\n'
    assert [one.name for one in tmp_path.iterdir()] == ["spring.toml"]


def test_the_file_keeps_its_mode_and_is_begun_where_there_is_none(tmp_path) -> None:
    path = tmp_path / "spring.toml"
    save(path, {"region": "FR"})
    path.chmod(0o600)
    save(path, {"region": "PL"})
    assert path.read_text("utf-8") == 'region = "PL"\n'
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_toml_is_told(tmp_path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text("region = \n", "utf-8")
    with pytest.raises(SettingsProblem, match="TOML"):
        save(path, {"region": "FR"})


@pytest.mark.parametrize(
    "written",
    [
        'columns = { number = "Mobile", country = "Land" } # mine\n',
        'columns.number = "Mobile" # mine\ncolumns.country = "Land"\n',
        '[columns] # mine\nnumber = "Mobile"\ncountry = "Land"\n',
        '[columns]\nnumber = "Mobile" # mine\n[limits]\nparts = 3\n[columns.more]\nx = 1\n',
    ],
)
def test_a_section_is_changed_however_it_is_written_and_loses_nothing(written) -> None:
    after = changed(written, {"columns.number": "Phone"})
    expected = tomllib.loads(written)
    expected["columns"]["number"] = "Phone"
    assert tomllib.loads(after) == expected
    assert "# mine" in after


def test_a_link_to_settings_stays_a_link(tmp_path) -> None:
    (tmp_path / "shared").mkdir()
    kept, link = tmp_path / "shared" / "ours.toml", tmp_path / "spring.toml"
    kept.write_text('region = "FR" # ours\n', "utf-8")
    link.symlink_to(kept)
    save(link, {"region": "PL"})
    assert link.is_symlink()
    assert kept.read_text("utf-8") == 'region = "PL" # ours\n'
    assert sorted(one.name for one in tmp_path.rglob("*.toml")) == ["ours.toml", "spring.toml"]


@pytest.mark.parametrize("value", ["half \ud83d", "nul \0", ["a", "\udcff"]])
def test_what_is_no_text_is_refused_with_a_sentence(tmp_path, value) -> None:
    with pytest.raises(SettingsProblem, match="not UTF-8"):
        save(tmp_path / "spring.toml", {"columns.number": value})
    assert not list(tmp_path.iterdir())


def test_settings_that_are_no_toml_are_told_by_their_line_and_left_alone(tmp_path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text('region = "FR"\nmessage = "Hello\n', "utf-8")
    with pytest.raises(SettingsProblem, match='no " at its end') as told:
        save(path, {"region": "PL"})
    assert told.value.where.endswith("spring.toml, line 2")
    assert path.read_text("utf-8") == 'region = "FR"\nmessage = "Hello\n'
