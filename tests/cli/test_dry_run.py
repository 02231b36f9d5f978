"""A dry run shows all there is to know, and does nothing: no network, no keys, no file."""

from __future__ import annotations

import json
import socket
import stat
from datetime import date
from decimal import Decimal

import pytest

from smscampaign.packs import Packs
from smscampaign.pricing import RateCache

from .conftest import OPTIONS, lines, number

BAD = f"Twin,{number(0)}\nLandline,01 99 00 00 00\nLetters,O7 99 00 00 01\nAnother,O7 99 00 00 02"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("a dry run opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_it_shows_the_messages_the_reasons_the_cost_and_the_line_that_sends_it(campaign, people, folder):
    people(7, more=BAD)
    ended = campaign("--dry-run", "--pace", "30")
    assert ended.code == 0
    assert "11 rows: 7 to send, 4 not" in ended.out
    assert "The first 5 messages" in ended.out
    for n in range(5):
        assert f"{number(n)}  FR       GSM-7         1  Hello Person {n}" in ended.out
    assert number(5) not in ended.out
    assert "Fix 3 numbers; 1 duplicate is left out." in ended.out
    assert "number-letters  2 rows: 11, " in ended.out
    assert "    row 11: “O7 99 00 00 01” has letters in it" in ended.out
    assert ended.out.index("has letters in it") < ended.out.index("Plan ") < ended.out.index("The first 5")
    assert "duplicate" in ended.out
    assert "the same number as row 2" in ended.out
    assert "7 distinct texts" in ended.out
    assert "of 7 parts in all" in ended.out
    assert (
        "7 in all, by the prices published on 2022-08-29. To ask OVHcloud for today's prices: " in ended.out
    )
    assert "smscampaign rates FR" in ended.out
    assert "7 API calls, under a minute at 30 a minute" in ended.out
    assert "Nothing was sent. This asks OVHcloud whether people had it before, then sends it:" in ended.err
    again = "smscampaign run spring.csv --message 'Hello {{ name }}' --purpose transactional --region FR --sender Sandbox"
    assert f"  {again} --pace 30\n" in ended.err
    assert f"without reaching anybody:\n  {again} --pace 30 --sandbox\n" in ended.err
    assert [path.name for path in folder.iterdir()] == ["spring.csv"]


def test_a_price_that_nobody_published_or_asked_for_is_unknown(campaign, people):
    people(1, more="Ola,+48453900001")
    ended = campaign("--dry-run")
    assert (
        "Credits 1 by the prices published on 2022-08-29, without PL, whose price is not known. To ask"
        in ended.words
    )
    assert "today's prices: smscampaign rates FR PL" in ended.words


def test_money_that_an_account_was_told_of_is_told_without_a_network(campaign, people):
    prices = ((Decimal(100), Decimal("0.065")),)
    RateCache().learn_packs("ovh-eu", Packs("FR", "EUR", date(2026, 11, 29), prices, made_up=False))
    people(2)
    price = "about 0.13 EUR before tax, at 0.065 EUR a credit: OVHcloud's packs for accounts in FR, asked on 2026-11-29"
    assert f"Price {price}" in campaign("--dry-run").words
    told = "environ 0,13 EUR hors taxes, à 0,065 EUR le crédit"
    assert told in campaign("--dry-run", "--lang", "fr").words
    assert "EUR" not in campaign("--dry-run", "--sandbox").words  # nobody has asked the sandbox


def test_texts_are_told_by_encoding_and_parts(campaign, people):
    people(1, more=f"Świętosława,{number(8)}")
    ended = campaign("--message", "{{ name }} " + "x" * 150, "--dry-run")
    assert "2 distinct texts; 2 messages (1 GSM-7, 1 UCS-2) of 4 parts in all" in ended.out
    assert "UCS-2         3  Świętosława xxx" in ended.out


def test_long_texts_are_shown_in_part_and_on_one_line(campaign, people):
    people(1)
    ended = campaign("--message", "First line\nsecond line " + "x" * 100, "--dry-run")
    (line,) = [line for line in ended.out.splitlines() if number(0) in line]
    assert "First line ⏎ second line xxx" in line
    assert line.rstrip().endswith("…")


def test_a_warning_from_the_number_of_parts_that_was_set(campaign, people):
    people(2)
    ended = campaign("--message", "x" * 400, "--warn-parts", "2", "--dry-run")
    assert "2 messages of more than 2 parts" in ended.err


def test_a_limit_is_told(campaign, people):
    people(3)
    assert (
        "--limit 2: no more than 2 messages will be sent this time" in campaign("--dry-run", "--limit", 2).err
    )


def test_with_out_it_writes_the_results_with_every_good_row_pending(campaign, people, folder):
    people(2, more="Landline,01 99 00 00 00")
    assert campaign("--dry-run", "--out", "plan.csv").code == 0
    rows = lines(folder / "plan.csv")
    assert [row["sms_status"] for row in rows] == ["pending", "pending", "rejected"]
    assert [row["sms_text"] for row in rows] == ["Hello Person 0", "Hello Person 1", ""]
    assert stat.S_IMODE((folder / "plan.csv").stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == [
        "plan.csv",
        "spring.csv",
        "spring.rejected.csv",
    ]


def test_json_is_one_document_and_nothing_else(campaign, people):
    people(2, more="Landline,01 99 00 00 00")
    ended = campaign("--dry-run", "--json")
    told = json.loads(ended.out)
    assert ended.code == 0
    assert (told["rows"], told["to_send"], told["calls"], told["parts"]) == (3, 2, 2, 2)
    assert told["not_sent"] == {"number-landline": 1}
    assert told["not_sent_examples"]["number-landline"]["row"] == 4
    assert told["first_messages"][0] == {
        "row": 2,
        "number": number(0),
        "country": "FR",
        "encoding": "GSM-7",
        "parts": 1,
        "text": "Hello Person 0",
    }
    assert told["credits"] == 2
    assert told["credits_by_country"] == {"FR": 2}
    assert number(0) not in ended.err


def test_a_file_without_a_good_row_is_exit_2(campaign, people):
    people(0, more="Landline,01 99 00 00 00")
    ended = campaign("--dry-run")
    assert ended.code == 2
    assert "1 row: 0 to send, 1 not" in ended.out
    assert "No row of this file can be sent" in ended.err
    assert "sends it:" not in ended.err


def test_settings_beside_the_file_suffice_and_options_override_them(cli, people, folder):
    people(1)
    (folder / "spring.toml").write_text(
        'name = "Spring sale"\nmessage = "From the file"\npurpose = "marketing"\nregion = "FR"\n', "utf-8"
    )
    plain = cli("run", "spring.csv", "--dry-run").out
    assert plain.startswith("Spring sale  spring.csv\n")
    assert "From the file" in plain
    assert "a short number, which can be answered for 48 hours" in plain
    assert "with the STOP clause" in plain
    (folder / "text.txt").write_text("From a template for {{ name }}", "utf-8")
    (folder / "other.toml").write_text('message = "Other"\npurpose = "marketing"\nregion = "FR"\n', "utf-8")
    for options, shown in (
        (["--message", "From an option"], "From an option"),
        (["--template", "text.txt"], "From a template for Person 0"),
        (["--settings", "other.toml"], "Other"),
        (["--sender", "MyShop"], "MyShop"),
        (["--purpose", "transactional"], "without the STOP clause"),
        (["--name", "Other name"], "Other name  spring.csv"),
        (["--send-at", "2027-03-06T10:00+01:00"], "2027-03-06 10:00"),
    ):
        ended = cli("run", "spring.csv", "--dry-run", *options)
        assert ended.code == 0
        assert shown in ended.out
        assert shown not in plain


def test_columns_are_chosen_by_options(cli, folder):
    (folder / "two.csv").write_text("home,mobile,country\n1,0171 3920065,DE\n", "utf-8")
    ended = cli("run", "two.csv", *OPTIONS[2:], "--message", "Hi", "--dry-run", "--number-column", "Mobile",
                "--country-column", "country")  # fmt: skip
    assert "+491713920065  DE" in ended.out


def test_a_cell_cannot_move_the_cursor(campaign, people):
    people(1, more="Bob,\x1b[2J12")
    ended = campaign("--dry-run")
    assert "\x1b" not in ended.out + ended.err
    assert "“�[2J12”" in ended.out


def test_markup_in_the_file_is_text(campaign, people):
    people(1)
    ended = campaign("--dry-run", "--message", "[red]Sale[/red] {{ name }}", "--name", "[bold]Spring[/nope]")
    assert "[red]Sale[/red] Person 0" in ended.out
    assert ended.out.startswith("[bold]Spring[/nope]  spring.csv")


def test_names_of_emoji_in_a_text_stay_as_they_are_sent(campaign, people):
    people(1)
    ended = campaign("--dry-run", "--message", "Hi {{ name }} :smile: :heart:")
    assert "Hi Person 0 :smile: :heart:" in ended.out
    assert "GSM-7" in ended.out
    assert "--message 'Hi {{ name }} :smile: :heart:'" in ended.err
