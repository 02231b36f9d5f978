"""Which rows are meant: `where`, conditions in the message, and columns of consent and status that nobody asked for."""

from __future__ import annotations

import csv
import io
import json

import pytest

from .conftest import FIRST, SECOND, THIRD

ROWS = [
    "Nom;Mobile;Opt-in;Statut;Montant",
    f"Ann;{FIRST};Oui;Payé;12,50",
    "Bob;01 99 00 00 02;Non;Payé;3",
    f"Cid;{SECOND};Oui;Annulé;40",
    f"Dan;{THIRD};;Payé;",
]


@pytest.fixture(autouse=True)
def clients(folder):
    (folder / "c.csv").write_text("\n".join(ROWS) + "\n", "utf-8")


WHERE = "opt_in == 'Oui' and statut != 'Annulé'"


def test_rows_that_are_not_selected_are_left_out_before_anything_is_looked_at(dry_run):
    code, found, _ = dry_run("c.csv", "Hello {{ nom }}", "--where", WHERE)
    assert code == 0
    assert [one["text"] for one in found["first_messages"]] == ["Hello Ann"]
    assert found["not_sent"] == {"not-selected": 3}  # Bob's number is a landline
    assert (found["rejected"], found["to_do"]) == (0, "3 rows are not selected.")


def test_they_are_in_the_results(folder, told):
    options = ("--purpose", "transactional", "--region", "FR", "--sender", "Sandbox", "--sandbox", "--yes")
    code, _, _ = told("run", "c.csv", "--message", "Hello {{ nom }}", "--where", WHERE, *options)
    assert code == 0
    (results,) = folder.glob("*results.csv")
    rows = list(csv.DictReader(io.StringIO(results.read_text("utf-8")), delimiter=";"))
    assert [row["sms_status"] for row in rows] == ["accepted", "suppressed", "suppressed", "suppressed"]
    assert (
        rows[1]["sms_reason"] == "not-selected: This row is left out on purpose: `where` does not choose it."
    )
    assert not list(folder.glob("*rejected*"))
    # It belongs to what the plan was made from.
    code, _, err = told("run", "c.csv", "--message", "Hello {{ nom }}", *options)
    assert code == 2
    assert "where: was \"opt_in == 'Oui' and statut != 'Annulé'\", is not set" in err


def test_it_may_stand_in_the_settings(folder, told):
    (folder / "c.toml").write_text(
        f'message = "Hello {{{{ nom }}}}"\nwhere = "{WHERE}"\npurpose = "transactional"\nregion = "FR"\nsender = "Flore"\n'
    )
    assert json.loads(told("run", "c.csv", "--dry-run", "--json")[1])["to_send"] == 1
    code, _, err = told("run", "c.csv", "--dry-run", "--set", "where=optin == 'Oui' and x")
    assert code == 2
    assert "--set where: the file has no column for x" in err
    (folder / "c.toml").write_text((folder / "c.toml").read_text().replace("opt_in", "opt_inn"))
    assert "c.toml, where: the file has no column for opt_inn" in told("run", "c.csv", "--dry-run")[2]


@pytest.mark.parametrize("dry", [["--dry-run"], ["--sandbox", "--yes"]])
def test_where_no_row_is_selected_the_words_of_the_file_are_shown_and_nothing_failed(told, dry):
    options = ("--purpose", "transactional", "--region", "FR", "--sender", "Sandbox", *dry)
    code, _, err = told("run", "c.csv", "--message", "Hello", "--where", "statut == 'paid'", *options)
    assert code == 0
    assert "No row of this file is selected: “Statut” holds “Payé” or “Annulé”." in " ".join(err.split())


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("opt_in = 'Oui'", "Compare with two signs: opt_in == 'Oui'."),
        ("opt_in == 'Oui' AND statut", "and, or, not, in, in small letters"),
        ("opt_in <> 'Non'", "Write == and != to compare"),
        ("Opt-in == 'Oui'", "Write opt_in."),
        ("'Opt-in' == 'Oui'", "Write opt_in, without quotes, for what the column holds."),
        ("opt_im == 'Oui'", "Did you mean opt_in? The columns are: nom, mobile, opt_in, statut, montant."),
        ("montant > 10", "Write montant == '10' for the same text, and montant | float > 10"),
        ("1 == 1", "asks for no column, and says the same of every row"),
        ("range(9)", "`where` uses range()"),
        ("opt_in == 'Oui' }}x{{ nom", "`where` does not compile"),
        ("nom.__class__ == 'x'", "cannot be worked out for this row"),
        (" ", "`where` is empty"),
    ],
)
def test_slips_are_told(dry_run, where, said):
    code, found, err = dry_run("c.csv", "Hello", "--where", where)
    assert code == 2
    assert said in err + json.dumps(found, ensure_ascii=False)


def test_a_row_of_which_it_cannot_be_said_is_rejected_and_its_cell_shown(dry_run):
    code, found, _ = dry_run(
        "c.csv", "Hello {{ nom }}", "--where", "montant | replace(',', '.') | float > 10"
    )
    assert code == 0
    assert found["not_sent"] == {"not-selected": 1, "value-missing": 1}
    (row,) = found["rejected_rows"]
    assert (row["row"], row["column"]) == (5, "Montant")


def test_a_message_that_its_conditions_leave_empty_selects(dry_run):
    message = "{% if opt_in == 'Oui' %}Hello {{ nom }}{% endif %}"
    code, found, _ = dry_run("c.csv", message, "--strict")
    assert code == 2  # of Bob and Dan the number is looked at first: Bob's is a landline
    assert found["not_sent"] == {"number-landline": 1, "not-selected": 1}
    code, found, _ = dry_run("c.csv", message, "--strict", "--where", "nom != 'Bob'")
    assert (code, found["to_send"], found["rejected"]) == (0, 2, 0)


def test_columns_of_consent_and_status_that_nobody_asks_for_are_told_with_what_to_type(dry_run):
    _, found, _ = dry_run("c.csv", "Hello {{ nom }}")
    (said,) = found["remarks"]
    assert said == (
        "columns “Opt-in” (“Oui” in 2 of the first 4 rows) and “Statut” (“Annulé” in 1) look like consent and a status"
        f' and are not used: --where "{WHERE}" selects 1 of these 4'
    )
    # Once more where the question stands: the remark is above the plan, and scrolled away by then.
    (known,) = [one for one in found["findings"] if one["code"] == "consent-unused"]
    assert known["what"].endswith(
        f'are not used, so that everybody gets it: --where "{WHERE}" selects 1 of these 4'
    )
    assert known["severity"] == "warning"
    assert dry_run("c.csv", "Hello {{ nom }}", "--where", WHERE)[1]["remarks"] == []
    _, found, _ = dry_run("c.csv", "{% if opt_in == 'Oui' %}Hello{% endif %}")
    assert "“Statut”" in found["remarks"][0]
    assert "“Opt-in”" not in found["remarks"][0]


@pytest.mark.parametrize(("region", "said"), [("PL", True), ("FR", False)])
def test_a_region_that_most_numbers_are_not_of_is_told_with_the_likely_one(folder, dry_run, region, said):
    rows = "".join(f"Zoé;07 99 00 00 {n:02}\n" for n in range(9))
    (folder / "s.csv").write_text(f"Prénom;Mobile\n{rows}", "utf-8")
    code, found, _ = dry_run("s.csv", "Hello", "--region", region)
    assert code == (2 if said else 0)
    told = [one["what"] for one in found["findings"] if one["code"] == "region-unlikely"]
    why = "France (FR): 9 of the first 9 numbers can be mobile numbers there, 9 in Switzerland (CH)"
    words = f"Most numbers are none of PL. {why}: --region FR"
    assert told == [words] * said


@pytest.mark.parametrize(
    ("where", "missed"),
    [
        (
            "accord == 'oui'",
            "“Oui” and “OUI ” of “Accord” (2 of the first 7 rows) are not selected, and “oui” is",
        ),
        (
            "accord in ['oui', 'Oui']",
            "“OUI ” of “Accord” (1 of the first 7 rows) is not selected, and “oui” is",
        ),
        ("accord != 'non'", "“non” of “Accord” (1 of the first 7 rows) is not selected, and “NON” is"),
        ("accord == 'oui' and ville == 'Paris'", "“Oui” of “Accord” (1 of the first 7 rows) is not selected"),
        ("accord | lower | trim == 'oui'", ""),
        ("ville == 'Paris'", ""),
    ],
)
def test_other_spellings_of_a_word_that_where_selects_are_told(folder, dry_run, where, missed):
    rows = (
        "a;oui;Paris",
        "b;Oui;Paris",
        "c;OUI ;Lyon",
        "d;non;Paris",
        "e;;Paris",
        "f;oui;Paris",
        "A;NON;Lyon",
    )
    lines = [f"{row};07 99 00 00 {number:02d}" for number, row in enumerate(rows)]
    (folder / "s.csv").write_text(
        "\n".join(["nom;accord;ville;mobile".replace("accord", "Accord"), *lines]), "utf-8"
    )
    _, found, _ = dry_run("s.csv", "Hello", "--where", where)
    told = [one for one in found["findings"] if one["code"] == "where-spellings"]
    assert bool(told) == bool(missed)
    assert all(one["what"].startswith(missed) and one["where"] == "--where" for one in told)
    assert all("compare accord | trim | lower with small letters" in one["what"] for one in told)


def test_init_proposes_the_same(folder, told):
    told("init", "c.csv")
    (line,) = [
        one for one in (folder / "c.toml").read_text("utf-8").splitlines() if one.startswith("# where")
    ]
    assert line.startswith(f'# where = "{WHERE}"    # columns “Opt-in”')
