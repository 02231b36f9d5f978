"""Settings: a small TOML file, overridden by options; whatever is wrong is told with its place."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from smscampaign.errors import SettingsProblem
from smscampaign.message.template import compile_template
from smscampaign.model import Purpose, Terms
from smscampaign.settings.model import Settings, fingerprint, load_settings
from smscampaign.settings.proposals import Hint, proposal

FULL = """
name = "Spring"
message = "Hello {{ first_name }}"
sender = "MyShop"
purpose = "marketing"
region = " fr "
account = "sms-ab12345-1"
[columns]
number = "Mobile"
[limits]
parts = 4
calls_per_minute = 30
[sending]
send_at = 2027-03-06T10:00:00+01:00
validity = 2880
priority = "medium"
class = "flash"
settle = 5
"""


@pytest.fixture
def toml(tmp_path):
    def write(text, *, encoding="utf-8"):
        path = tmp_path / "spring.toml"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def problem(path, **options):
    with pytest.raises(SettingsProblem) as caught:
        load_settings(path, {name.replace("__", "."): value for name, value in options.items()})
    return caught.value


def test_everything_is_read(toml):
    found = load_settings(toml(FULL), {})
    assert (found.name, found.sender, found.region, found.account) == (
        "Spring",
        "MyShop",
        "FR",
        "sms-ab12345-1",
    )
    assert (found.columns.number, found.columns.country) == (("Mobile",), None)
    assert (found.limits.parts, found.limits.parts_warning, found.limits.receivers_per_call) == (4, 6, 500)
    assert found.terms == Terms(
        Purpose.MARKETING,
        priority="medium",
        validity=2880,
        send_at=datetime(2027, 3, 6, 9, tzinfo=UTC),
        message_class="flash",
        coding=None,
    )
    assert found.settling(120) == timedelta(seconds=5)
    assert found.missing() == []


def test_without_a_file_the_options_suffice():
    found = load_settings(
        None, {"message": "Hi", "purpose": "transactional", "region": "pl", "limits.parts": 2}
    )
    assert (found.message, found.region, found.limits.parts) == ("Hi", "PL", 2)
    assert found.terms.purpose is Purpose.TRANSACTIONAL
    assert not found.stop_clause
    assert found.settling(120) == timedelta(seconds=120)


def test_without_anything_what_is_missing_has_names():
    assert load_settings(None, {}).missing() == ["message", "purpose", "region"]
    assert load_settings(None, {"message": "", "region": ""}).missing() == ["message", "purpose", "region"]
    assert load_settings(None, {}).stop_clause


def test_options_win_over_the_file_and_none_is_no_option(toml):
    options = {
        "region": "GB",
        "limits.parts": 7,
        "sending.validity": None,
        "columns.country": "Land",
        "name": None,
    }
    found = load_settings(toml(FULL), options)
    assert (found.region, found.limits.parts, found.sending.validity, found.name) == ("GB", 7, 2880, "Spring")
    assert (found.columns.number, found.columns.country) == (("Mobile",), "Land")


def test_a_byte_order_mark_is_no_mistake(toml):
    assert load_settings(toml(FULL, encoding="utf-8-sig"), {}).name == "Spring"


# The text, in one of two forms -----------------------------------------------------------------------------------


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffCześć {{ name }}\n".encode())
    return path


@pytest.mark.parametrize("options", [{}, {"template": None, "message": None}])
def test_a_template_file_stands_beside_the_settings(toml, template, options, monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = load_settings(toml('template = "text.txt"'), options)
    # Without its byte order mark, which would make every text UCS-2.
    assert (found.message, found.template) == ("Cześć {{ name }}\n", None)


def test_a_template_given_as_an_option_stands_where_the_user_is(toml, template, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = load_settings(toml('message = "file\'s own"'), {"template": Path("text.txt")})
    assert found.message.startswith("Cześć")


def test_a_message_given_as_an_option_replaces_the_files_template(toml):
    assert load_settings(toml('template = "nowhere.txt"'), {"message": "Hi"}).message == "Hi"


def test_both_forms_at_once_are_a_mistake(toml, template):
    assert "both" in problem(toml('message = "a"\ntemplate = "text.txt"')).what
    assert "both" in problem(None, message="a", template=template).what
    assert "both" in problem(None, template=template, message="a").what


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_template_that_cannot_be_read_is_told(toml, tmp_path, content):
    if content:
        (tmp_path / "text.txt").write_bytes(content)
    assert str(tmp_path / "text.txt") in problem(toml('template = "text.txt"')).where


# What is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('sendr = "MyShop"', 1, ("sendr", "Did you mean sender or ")),
        ('name = "a"\n[limit]\nparts = 1', 2, ("limit", "Did you mean limits")),
        ("[limits]\nparst = 1", 2, ("limits.parst", "Did you mean limits.parts or ")),
        ("xyzzy = 1", 1, ("xyzzy", "`smscampaign settings` lists all of them")),
        ('[sending]\nclas = "flash"', 2, ("sending.clas", "sending.class")),
        ("[limits]\nparts = 0", 2, ("limits.parts", "greater than or equal to 1", "0")),
        ("limits = 5", 1, ("limits",)),
        ('name = "a"\n[[limits]]\nparts = 3', 2, ("limits", "the name of a section")),
        ('purpose = "spam"', 1, ("purpose", "'marketing' or 'transactional'", "spam")),
        ('sender = "A name that is too long"', 1, ("sender", "11 characters")),
        ("[sending]\nsend_at = 2027-03-06T10:00:00", 2, ("sending.send_at", "time zone")),
        ('[sending]\npriority = "urgent"', 2, ("sending.priority", "urgent")),
        ("message = 5", 1, ("message", "a text", "5")),
        ("[limits]\ncalls_per_minute = nan", 2, ("limits.calls_per_minute",)),
        ("[limits]\ncalls_per_minute = -1", 2, ("limits.calls_per_minute",)),
    ],
)
def test_what_is_wrong_is_told_with_its_line(toml, text, line, words):
    path = toml(text)
    found = problem(path)
    assert found.where == f"{path}, line {line}"
    for word in words:
        assert word in str(found)


def test_a_wrong_option_is_told_by_its_name():
    assert problem(None, limits__parts=0).where == "limits.parts"


def test_an_option_into_a_section_that_is_none_is_told_as_the_files_fault(toml):
    assert "limits" in problem(toml("limits = 5"), limits__parts=3).what


@pytest.mark.parametrize(
    "sender", ["MyShop", "A", "12345678901", "+33612345678", "36180", "Ma Boîte", None, ""]
)
def test_senders_that_can_be_used(sender):
    assert load_settings(None, {"sender": sender}).sender == (sender or None)


def test_what_is_no_toml_is_told(toml):
    assert "not TOML" in problem(toml("message = Hello")).what
    assert "line 1" in problem(toml("message = Hello")).where


def test_what_is_not_utf8_or_not_there_is_told(toml, tmp_path):
    assert "UTF-8" in problem(toml('name = "é"', encoding="latin-1")).what
    assert "cannot be read" in problem(tmp_path / "nowhere.toml").what


# What a plan is made from ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(
            dict.fromkeys(
                ("publicité", "Pub", "promo", "offre spéciale", "reklama", "promocja", "ads"), "marketing"
            ).items()
        ),
        *(
            dict.fromkeys(
                ("rappel", "RDV", "reminder", "przypomnienie", "rappel de rendez-vous"), "transactional"
            ).items()
        ),
        *(dict.fromkeys(("spam", "address", "rappel promo", ""), None).items()),
    ],
)
def test_a_purpose_in_other_words_is_told_as_one_of_the_two(written, meant):
    with pytest.raises(SettingsProblem) as caught:
        load_settings(None, {"purpose": written})
    assert f'purpose = "{meant}"' in caught.value.remedy if meant else not caught.value.remedy


BASE = {"message": "Hi", "purpose": "marketing", "region": "FR"}


@pytest.mark.parametrize(
    "change",
    [
        {"message": "Ho"},
        {"sender": "Shop"},
        {"purpose": "transactional"},
        {"region": "PL"},
        {"file.encoding": "cp1250"},
        {"file.delimiter": ";"},
        {"file.sheet": "x"},
        {"file.header_row": 3},
        {"columns.number": "x"},
        {"columns.country": "x"},
        {"limits.parts": 7},
        {"limits.receivers_per_call": 7},
        {"sending.validity": 7},
        {"sending.send_at": datetime(2027, 1, 1, tzinfo=UTC)},
        {"sending.class": "flash"},
    ],
)
def test_what_reaches_people_is_in_the_fingerprint(change):
    before, after = (load_settings(None, one).ingredients() for one in (BASE, {**BASE, **change}))
    assert fingerprint(before) != fingerprint(after)
    assert len([name for name in before if before[name] != after[name]]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"limits.calls_per_minute": 7},
        {"limits.calls_at_once": 7},
        {"sending.settle": 7},
        {"account": "sms-1"},
        {"name": "other"},
    ],
)
def test_how_fast_and_from_where_is_not(change):
    before, after = (load_settings(None, one).ingredients() for one in (BASE, {**BASE, **change}))
    assert fingerprint(before) == fingerprint(after)


def test_a_fingerprint_does_not_depend_on_order():
    assert (
        fingerprint({"a": "1", "b": "2"})
        == fingerprint({"b": "2", "a": "1"})
        != fingerprint({"a": "2", "b": "1"})
    )


# The proposal of `init` ------------------------------------------------------------------------------------------

_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(name=_NAMES, header=st.lists(_NAMES, min_size=1, max_size=4, unique=True), sure=st.booleans())
def test_a_proposal_is_toml_whatever_the_columns_are_called(name, header, sure):
    hints = {
        "columns.number": [Hint(header[0], header[-1], sure=sure)],
        "columns.country": [Hint(header[-1], header[0], sure=sure)],
        "region": [Hint("PL", name, sure=sure)],
        "file.header_row": [Hint(3)],
        "file.encoding": [Hint("UTF-8"), Hint("Mac Roman")],
    }
    document = tomllib.loads(proposal(name, header[1:], header[-1], hints))
    found = Settings.model_validate(document)
    assert found.name == name
    assert (found.columns.number, found.columns.country) == (
        ((header[0],), header[-1]) if sure else ((), None)
    )
    assert found.file == Settings().file
    assert found.missing() == (["message"] if sure else ["message", "region"])


def test_what_nobody_knows_stands_in_no_setting():
    text = proposal("spring", [], None, {})
    assert "…" not in text
    assert "windows-1250" not in text
    assert '# region = ""    # to be filled in' in text
    assert Settings.model_validate(tomllib.loads(text)).missing() == ["message", "region"]


def test_a_proposal_shows_how_to_greet_and_what_columns_there_are():
    text = proposal("spring", ["{{ first_name }}", "{{ ville }}"], "{{ first_name }}", {})
    assert "{{ first_name }}, {{ ville }}" in text
    (example,) = re.findall(r'such as "(.*)"', text)
    assert compile_template(example, ["First Name"]).render(["Anna"]).startswith("Hello Anna, ")


def test_a_name_of_thousands_of_parts_is_refused_before_the_parser_makes_gigabytes_of_it(toml):
    for line in (
        f"{'a.' * 20_000}a = 1",
        f"[{' . '.join(['a'] * 20_000)}]",
        f"x = {{{'.'.join(['a'] * 20_000)} = 1}}",
    ):
        with pytest.raises(SettingsProblem, match="so many parts") as caught:
            load_settings(toml(f'region = "FR"\n{line}\n'), {})
        assert caught.value.where.endswith("line 2")


def test_dots_in_a_message_are_no_parts_of_a_name(toml):
    message = f"{'...' * 200} {'www.example.com ' * 60}{'1.5 ' * 90}"
    assert load_settings(toml(f'message = "{message}"\n'), {}).message == message


def test_the_name_of_a_campaign_is_no_longer_than_that_of_a_file(toml):
    assert load_settings(toml(f'name = "{"é" * 255}"\n'), {}).name == "é" * 255
    with pytest.raises(SettingsProblem, match="255 characters"):
        load_settings(toml(f'name = "{"é" * 256}"\n'), {})
