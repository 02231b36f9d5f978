"""Columns whose names have signs in them, and those of data frames: each can be asked for as the error says."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import smscampaign as sms

from .conftest import FIRST, SECOND

HEADER = "First Name;Mobile;N° commande;Prix TTC (€);2nd;Ville*;% remise;Client #;Nom & prénom"
ROWS = f"Ann;{FIRST};A-12;12,50;x;Lyon;20;7;Ann X\nBob;{SECOND};B-13;30,00;y;Brest;15;8;Bob Y\n"


@pytest.fixture(autouse=True)
def orders(folder):
    (folder / "c.csv").write_text(f"{HEADER}\n{ROWS}", "utf-8")


@pytest.mark.parametrize(
    ("column", "word", "text"),
    [
        ("N° commande", "n_commande", "A-12"),
        ("Prix TTC (€)", "prix_ttc", "12,50"),
        ("2nd", "_2nd", "x"),
        ("Ville*", "ville", "Lyon"),
        ("% remise", "remise", "20"),
        ("Client #", "client", "7"),
        ("Nom & prénom", "nom_prénom", "Ann X"),
    ],
)
def test_what_an_error_says_works_when_it_is_copied(dry_run, column, word, text):
    # As it stands in the file, between quotes as a word, and with a slip in it.
    for written in (f"{{{{ {column} }}}}", f"{{{{ '{column}' }}}}", f'{{{{ "{column}" | upper }}}}'):
        code, _, err = dry_run("c.csv", f"For you: {written}")
        assert code == 2
        assert f"Write {{{{ {word} }}}}" in err, err
    code, found, _ = dry_run("c.csv", f"For you: {{{{ {word} }}}}")
    assert (code, found["first_messages"][0]["text"]) == (0, f"For you: {text}")


def test_the_columns_that_an_error_lists_are_all_spelled_so_that_they_work(dry_run):
    _, _, err = dry_run("c.csv", "{{ unknown }}")
    words = re.findall(r"\{\{ \w+ \}\}", err.partition("The columns are")[2])
    assert len(words) == 9
    code, found, _ = dry_run("c.csv", " ".join(words))
    assert code == 0
    assert found["first_messages"][0]["text"] == f"Ann {FIRST} A-12 12,50 x Lyon 20 7 Ann X"


def test_a_number_that_is_a_columns_name_is_no_text(folder, dry_run):
    (folder / "d.csv").write_text(f"mobile,1,2\n{FIRST},Ann,3\n", "utf-8")
    code, _, err = dry_run("d.csv", "Hello {{ 1 }}")
    assert code == 2
    assert "Write {{ _1 }}" in err
    assert dry_run("d.csv", "Hello {{ _1 }}")[1]["first_messages"][0]["text"] == "Hello Ann"
    assert dry_run("d.csv", "Hello {{ 7 }}")[1]["first_messages"][0]["text"] == "Hello 7"


def texts(frame: pd.DataFrame, message: str) -> list[str]:
    campaign = sms.Campaign(frame, message=message, region="FR", purpose="transactional", sender="Flore")
    return campaign.plan().preview(1).text.tolist()


def test_columns_of_several_levels_are_refused_with_what_to_write():
    columns = [("name", ""), ("mobile", ""), ("achats", "sum")]
    frame = pd.DataFrame([["Ann", FIRST, 3]], columns=pd.MultiIndex.from_tuples(columns))
    with pytest.raises(sms.FileProblem, match=r"have 2 levels(?s:.*)df\.columns = "):
        texts(frame, "{{ name }}")
    frame.columns = [" ".join(map(str, one)).strip() for one in frame.columns]
    assert texts(frame, "{{ name }} {{ achats_sum }}") == ["Ann 3"]


def test_a_frame_with_numbers_for_columns():
    frame = pd.DataFrame([["Ann", FIRST]]).rename(columns={1: "mobile"})
    assert texts(frame, "Hello {{ _0 }}") == ["Hello Ann"]
