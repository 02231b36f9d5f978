"""`advise`: what is promised is what the forecast then says, and what the sandbox then charges."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscampaign.campaign import editions
from smscampaign.campaign.campaigns import Campaign
from smscampaign.campaign.savings import savings_of
from smscampaign.journal.store import open_journal
from smscampaign.pricing import forecast

from .conftest import number

MESSAGE = (
    "Hello {{ name }}, “spring sale” – 20% off all the flowers in our shop until Saturday evening, come!"
)
OPTIONS = ("--purpose", "transactional", "--region", "FR")


@pytest.fixture
def dear(folder):
    """Four people: two whose texts only typographic signs make UCS-2, two with a letter outside GSM-7 as well."""
    names = ["Ann", "Bo’b", "Zoë – VIP", "Łukasz"]
    rows = [f"{name},{number(n)}" for n, name in enumerate(names)]
    file = folder / "spring.csv"
    file.write_text("\n".join(["name,mobile", *rows]) + "\n", "utf-8")
    return file


def told(cli, *more):
    ended = cli("advise", "spring.csv", "--message", MESSAGE, *OPTIONS, "--json", *more)
    assert ended.code == 0
    return json.loads(ended.out)


def test_it_names_the_characters_where_they_stand_and_what_swapping_them_saves(cli, dear, folder):
    ended = cli("advise", "spring.csv", "--message", MESSAGE, *OPTIONS)
    assert ended.code == 0
    assert "4 messages in UCS-2, because of:" in ended.out
    told = ended.out.splitlines()
    lines = {line.split()[0]: (line, below) for line, below in pairwise(told) if " U+" in line}
    assert lines["–"][0].split()[:5] == ["–", "4", "-", "nothing", "U+2013"]
    assert lines["–"][1].strip() == "from the message (4), name (1)"
    assert lines["Ł"][0].split()[:5] == ["Ł", "1", "L", "nothing", "U+0141"]
    assert lines["Ł"][1].strip() == "a letter, from name (1)"
    assert "save 2 of 8 parts, 2 credits:\n  --typography gsm " in ended.out
    assert "With these letters written plainly as well it saves 4 of 8 parts, 4 credits." in ended.out
    assert "--typography gsm --swap 'ë=e' --swap 'Ł=L'" in ended.out
    assert 'Hello Ann, "spring sale" - 20% off' in ended.out
    assert sorted(path.name for path in folder.iterdir()) == ["spring.csv"]
    assert number(0) not in ended.out + ended.err


def test_for_programs(cli, dear):
    found = told(cli)
    assert found["ucs2_messages"] == 4
    assert found["typography"] == {"messages": 2, "parts": 2, "credits": 2}
    assert found["typography_and_letters"]["parts"] == 4
    by_sign = {one["character"]: one for one in found["characters"]}
    assert by_sign["–"]["origins"] == {"the message": 4, "name": 1}
    assert (by_sign["ë"]["instead"], by_sign["ë"]["typographic"], by_sign["ë"]["first_row"]) == (
        "e",
        False,
        4,
    )


def test_nothing_to_save(cli, people):
    people(2)
    ended = cli("advise", "spring.csv", "--message", "Hello {{ name }}", *OPTIONS)
    assert ended.code == 0
    assert "Nothing costs more than it has to" in ended.out


def test_swaps_that_save_nothing_are_not_proposed(cli, people):
    people(2)
    ended = cli("advise", "spring.csv", "--message", "Dzień dobry {{ name }}", *OPTIONS)
    assert ended.code == 0
    assert "ń         2  none" in ended.out
    assert ended.out.endswith("\nNo swap saves a part.\n")


def test_when_no_row_can_be_sent(cli, people):
    people(0, more="Landline,01 99 00 00 00")
    asked = ["advise", "spring.csv", "--message", "Hello {{ name }}", *OPTIONS]
    ended = cli(*asked)
    assert (ended.code, ended.out) == (2, "")
    assert "No row of this file can be sent" in ended.err
    ended = cli(*asked, "--json")
    assert (ended.code, json.loads(ended.out)["messages"]) == (2, 0)


def test_it_says_of_how_many_rows_it_speaks(cli, people):
    people(2, more="Landline,01 99 00 00 00")
    ended = cli("advise", "spring.csv", "--message", "Hello {{ name }}", *OPTIONS)
    assert ended.code == 0
    assert "This is about 2 of 3 rows; 1 cannot be sent" in ended.err


@pytest.mark.parametrize(
    ("message", "said", "command"),
    [
        (
            "{{ name }} ’ ł " + "x" * 90,
            "Plain quotes, dashes and spaces save nothing alone; with these letters written plainly as well it saves"
            " 2 of 4 parts, 2 credits.",
            "  --typography gsm --swap 'ł=l'",
        ),
        (
            "{{ name }} ł " + "x" * 90,
            "With these letters written plainly it saves 2 of 4 parts, 2 credits.",
            "  --swap 'ł=l'",
        ),
    ],
)
def test_letters_stand_alone_where_signs_save_nothing(cli, people, message, said, command):
    people(2)
    ended = cli("advise", "spring.csv", "--message", message, *OPTIONS)
    assert said in ended.out
    assert command in ended.out.splitlines()


def test_the_table_keeps_the_character_at_80_columns(terminal, dear):
    screen = terminal("advise", "spring.csv", "--message", MESSAGE, *OPTIONS)
    assert screen.end() == 0
    told = screen.text.splitlines()
    (line,) = [one for one in told if "U+0141 Latin capital letter l with stroke" in one]
    assert line.startswith("Ł ")
    assert "nothing" in line
    assert all(word in screen.text for word in (" messages ", " alone saves "))
    assert max(len(one) for one in told if "--swap" not in one and "Hello" not in one) <= 80


def test_texts_that_spill_over_by_a_little_are_told(cli, people):
    people(2)
    ended = cli("advise", "spring.csv", "--message", "{{ name }}" + "x" * 156, *OPTIONS)
    assert "2 messages reach into part 2 by 4 units at most (row 2)" in ended.out
    assert "they would save 2 parts" in ended.out


def test_letters_are_never_swapped_without_being_named(cli, dear):
    plain = ["run", "spring.csv", "--message", MESSAGE, *OPTIONS, "--dry-run"]
    assert "Zoë - VIP" not in cli(*plain).out
    assert (
        "Zoë – VIP" in cli(*plain, "--typography", "gsm").out
    )  # one part fewer it is not, so it stays as it is
    swapped = cli(*plain, "--typography", "gsm", "--swap", "ë=e").out
    assert "Zoe - VIP" in swapped
    assert "Łukasz" in swapped


@pytest.mark.parametrize(
    ("accepted", "promise"),
    [
        (["--typography", "gsm"], "typography"),
        (["--typography", "gsm", "--swap", "ë=e", "--swap", "Ł=L"], "typography_and_letters"),
    ],
)
def test_the_saving_is_the_difference_of_what_the_sandbox_charges(cli, dear, ovhcloud, accepted, promise):
    here = ovhcloud()
    assert cli("rates", "FR").code == 0
    saving = told(cli)[promise]
    run = ["run", "spring.csv", "--message", MESSAGE, *OPTIONS, "--sender", "Sandbox", "--json"]
    before = json.loads(cli(*run, "--dry-run").out)["credits"]
    after = json.loads(cli(*run, *accepted, "--dry-run").out)["credits"]
    assert before - after == saving["credits"] == saving["parts"] > 0
    assert cli(*run, *accepted, "--yes", "--name", "plain", "--journal", "plain.sqlite").code == 0
    charged = [Decimal(one["credits"]) for one in here.accepted()]
    assert sum(charged) == after
    # The results beside the file are those of the run before.
    assert cli(*run, "--yes", "--send-again").code == 0
    assert sum(Decimal(one["credits"]) for one in here.accepted()) == before + after


NAMES = st.text(st.sampled_from("Anë’–Ł“€ z"), min_size=1, max_size=90).filter(str.strip)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(NAMES, min_size=1, max_size=5))
def test_the_promise_is_the_difference_of_the_forecasts(names, tmp_path_factory):
    """Whatever stands in the cells."""
    folder = tmp_path_factory.mktemp("advice")
    file = folder / "spring.csv"
    rows = [f'"{name}",{number(n)}' for n, name in enumerate(names)]
    file.write_text("\n".join(["name,mobile", *rows]) + "\n", "utf-8")
    options = {"message": "Hi {{ name }}", "purpose": "transactional", "region": "FR", "sender": "Sandbox"}
    rates = {"FR": Decimal("1.5")}

    def planned(journal, **more):
        store = open_journal(folder / journal)
        plan = editions.planned(Campaign.load(file, options={**options, **more}), store, gateway="fake")
        plan.price(rates)
        return plan

    plain = planned("plain.sqlite")
    advice = savings_of(plain)
    plainer = planned("gsm.sqlite", **{"text.typography": "gsm"})
    letters = planned("letters.sqlite", **{"text.typography": "gsm", "text.swaps": advice.letters})
    before = forecast(plain.summary.countries, rates).credits
    assert before - forecast(plainer.summary.countries, rates).credits == advice.typography.credits
    assert before - forecast(letters.summary.countries, rates).credits == advice.everything.credits
    assert plain.summary.parts - plainer.summary.parts == advice.typography.parts
    for plan in (plain, plainer, letters):
        plan.store.close()


def test_the_swaps_are_given_as_settings_too(cli, dear, folder):
    shown = cli("advise", "spring.csv", "--message", MESSAGE, *OPTIONS).out
    settings = shown.split("below [text]:\n")[1].split("\n\n")[0]
    assert tomllib.loads(settings) == {"typography": "gsm", "swaps": {"Ł": "L", "ë": "e"}}
