"""Values that a program keeps otherwise than people write them."""

from __future__ import annotations

import pandas as pd

import smscampaign as sms

from .conftest import FIRST, SECOND


def test_a_price_in_few_bits_is_sent_as_it_was_written():
    people = {"name": ["Ann"], "mobile": [FIRST], "prix": pd.Series([19.9], dtype="float32")}
    plan = sms.Campaign(
        recipients=pd.DataFrame(people),
        message="{{ name }} {{ prix }} EUR",
        region="FR",
        purpose="transactional",
        sender="Flore",
    ).plan()
    assert plan.preview(1).text.tolist() == ["Ann 19.9 EUR"]


def test_days_hours_and_amounts_are_written_as_people_read_them(folder, dry_run):
    (folder / "c.csv").write_text(
        f'mobile,jour,heure,prix\n{FIRST},2026-03-06,10:30:00,1234.5\n{SECOND},06/03/2026,9h,"49,9"\n'
    )
    message = "RDV {{ jour | date('EEEE d MMMM') }} à {{ heure | time }}, {{ prix | money }}"
    code, found, _ = dry_run("c.csv", message)
    assert code == 0
    assert [one["text"] for one in found["first_messages"]] == [
        "RDV vendredi 6 mars à 10:30, 1 234,50 €",
        "RDV vendredi 6 mars à 09:00, 49,90 €",
    ]


def test_a_day_that_is_none_is_told_with_its_row(folder, dry_run):
    (folder / "c.csv").write_text(f"mobile,jour\n{FIRST},2026-03-06\n{SECOND},32/03/2026\n")
    code, found, _ = dry_run("c.csv", "RDV {{ jour | date }}", "--lang", "fr")
    assert code == 0
    assert "« 32/03/2026 » n'est pas une date".replace(" ", "\u00a0", 1) in str(found).replace(
        "\\xa0", "\u00a0"
    ).replace("\u00a0»", " »")
