"""`init` writes what it found, shows what it guesses, and leaves open what nobody knows; `run` says what was overlooked."""

from __future__ import annotations

import tomllib

import pytest

from .conftest import OPTIONS

# No range for fiction is in France alone, by its beginning: this is the example number of `phonenumbers`.
FRENCH = "Prénom;Mobile\n" + "Zoé;06 12 34 56 78\n" * 9


@pytest.fixture
def proposed(cli, folder):
    """The settings `init` writes for a file: as text, and as they would be read."""

    def write(text, name="spring.csv", codec="utf-8"):
        (folder / name).write_bytes(text.encode(codec))
        ended = cli("init", name, "--force")
        assert ended.code == 0, ended
        toml = (folder / name).with_suffix(".toml").read_text("utf-8")
        return toml, tomllib.loads(toml), ended.err

    return write


def test_what_the_file_told_is_shown_and_where_to_write_what_it_did_not(cli, folder):
    rows = "".join(f"Zoé;07 99 00 00 {n:02};{'oui' if n % 3 else 'non'}\n" for n in range(9))
    (folder / "spring.csv").write_text(f"Prénom;Mobile;Accepte SMS\n{rows}", "utf-8")
    ended = cli("init", "spring.csv")
    lines = (folder / "spring.toml").read_text("utf-8").splitlines()
    assert "Numbers Mobile" in ended.words
    assert "Region FR (" in ended.words
    assert "Consent accepte_sms == 'oui' (column “Accepte SMS”" in ended.words
    at = next(number for number, line in enumerate(lines, 1) if line.startswith("# where"))
    assert f"only proposed (line {at}): take away its # to use it" in ended.words
    message = next(number for number, line in enumerate(lines, 1) if line.startswith("message"))
    region = next(number for number, line in enumerate(lines, 1) if line.startswith("# region"))
    said = " ".join(ended.err.split())
    assert (
        f"Open it in a text editor and fill in the message (line {message}) and the region (line {region}), then:"
        in said
    )


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("name,mobile\nAnn,+48512345678\nBob,+48512345679\n", "PL"),
        ("name,mobile\nAnn,+447400123456\nBob,07400 123456\n", "GB"),
        ("Name,Mobile\nAnn,07400 123456\n", "GB"),
        ("Imię;Telefon komórkowy\nŁucja;512 345 678\n", "PL"),
        ("Vorname;Handy\nUwe;01512 3456789\n", "DE"),
        (FRENCH, "FR"),
        ("Name;Mobile;Pays\nA;0799000001;Suisse\nB;0799000002;Suisse\n", "CH"),
        # French and Swiss at once: nobody can tell.
        ("Prénom;Mobile\nZoé;0799000001\n", None),
        ("Name;Mobile\nZoé;0799000001\n", None),
        ("name,mobile\nAnn,+48512345678\nBob,+447700900123\n", None),
    ],
)
def test_the_region_is_written_where_the_file_tells_it(proposed, text, region):
    toml, settings, told = proposed(text)
    assert settings.get("region") == region
    assert ("the region" in told) == (region is None)
    assert "# region = " in toml or region


def test_a_region_that_may_be_another_is_proposed_with_its_rival(proposed):
    toml, _, _ = proposed("Prénom;Mobile\nZoé;0799000001\n")
    assert (
        '# region = "FR"    # France (FR): 1 of the first 1 numbers can be mobile numbers there, 1 in Switzerland (CH)'
        in toml
    )


def test_a_column_that_looks_like_numbers_is_proposed_and_not_written(proposed, cli):
    toml, settings, told = proposed(
        "Kontakt;Prénom\n" + FRENCH.split("\n", 1)[1].replace("Zoé;06", "06").replace("\n", ";Zoé\n")
    )
    assert '# number = "Kontakt"    # looks like phone numbers: 9 of the first 9 rows' in toml
    assert "number" not in settings.get("columns", {})
    assert "the column with the numbers" in told
    ended = cli("run", "spring.csv", *OPTIONS, "--message", "Hi", "--dry-run")
    assert "Column 'Kontakt' looks like phone numbers (9 of the first 9 rows)" in ended.err


def test_two_columns_of_one_name_are_asked_for_by_letter(proposed):
    toml, settings, _ = proposed("Nom,Mobile,Mobile,Email\nA,0639980001,x,a@x\n")
    assert (
        '\nnumber = "column B"    # the only row can be sent to, and no other column reaches more\n' in toml
    )
    assert '# number = "column C"    # the only row cannot be sent to' in toml
    assert "{{ nom }}, {{ column_b }}, {{ column_c }}, {{ email }}\n" in toml
    assert "{{ mobile }}" not in toml
    assert settings["columns"] == {"number": "column B"}


def test_a_column_of_countries_is_written(proposed, cli, folder):
    text = "Nom;Mobile;Pays\nA;0639980001;France\nB;0639980002;\nC;0791234567;Suisse\nD;0639980003;France\n"
    toml, settings, _ = proposed(text)
    assert settings["columns"] == {"number": "Mobile", "country": "Pays"}
    assert settings["region"] == "FR"
    # All of the region's own, or with their country codes: there is nothing to decide.
    toml, settings, _ = proposed(text.replace("0791234567", "+41791234567"))
    assert settings["columns"] == {"number": "Mobile"}
    assert '# country = "Pays"' in toml


@pytest.mark.parametrize(
    ("codec", "name"), [("cp1250", "windows-1250"), ("utf-8", "UTF-8"), ("mac_roman", "Mac Roman")]
)
def test_how_the_file_was_read_is_what_was_found_and_can_be_kept(proposed, cli, folder, codec, name):
    text = "Liste;\nImię;Telefon\nŁucja;+48512345678\n" if codec == "cp1250" else "Liste;\n" + FRENCH
    toml, settings, _ = proposed(text, codec=codec)
    assert "file" not in settings or settings["file"] == {}
    assert "sheet" not in toml
    for line in (f'# encoding = "{name}"', '# delimiter = ";"', "# header_row = 2"):
        assert line in toml
        toml = toml.replace(line, line[2:])
    (folder / "spring.toml").write_text(toml, "utf-8")
    assert cli("run", "spring.csv", *OPTIONS, "--message", "Hi", "--dry-run").code == 0


def test_an_error_about_a_column_names_the_settings_it_stands_in(cli, people, folder):
    people()
    (folder / "spring.toml").write_text('[columns]\nnumber = "…"\n', "utf-8")
    told = cli("run", "spring.csv", *OPTIONS, "--dry-run").err
    assert "spring.toml, columns.number: the file has no column '…'" in told
    assert (
        "--number-column: the file has no column 'x'"
        in cli("run", "spring.csv", *OPTIONS, "--number-column", "x", "--dry-run").err
    )
    (folder / "spring.toml").write_text('[columns]\ncountry = "land"\n', "utf-8")
    assert "spring.toml, columns.country: " in cli("run", "spring.csv", *OPTIONS, "--dry-run").err


def test_a_column_of_countries_that_is_not_used_is_told(cli, folder):
    (folder / "spring.csv").write_text(
        "name;mobile;Pays\nA;0799000001;France\nB;0799000002;Pays-Bas\nC;0799000003;?\n", "utf-8"
    )
    said = 'column “Pays” looks like countries (2 of 3 rows) and is not used: --country-column "Pays"'
    assert said in cli("run", "spring.csv", *OPTIONS, "--dry-run").out
    assert (
        "looks like countries"
        not in cli("run", "spring.csv", *OPTIONS, "--country-column", "Pays", "--dry-run").out
    )
    (folder / "spring.csv").write_text(
        "name;mobile;Pays\nA;0639980001;France\nB;+31612345678;Pays-Bas\n", "utf-8"
    )
    assert "looks like countries" not in cli("run", "spring.csv", *OPTIONS, "--dry-run").out


def test_a_column_of_countries_is_told_of_rejected_rows_too(cli, folder):
    (folder / "spring.csv").write_text("name;mobile;Pays\nA;x;Pays-Bas\n", "utf-8")
    (folder / "spring.rejected.csv").write_text(
        "name;mobile;Pays;sms_row;sms_reason;sms_suggestion\nA;0639980002;Pays-Bas;2;number-malformed;\n",
        "utf-8",
    )
    assert (
        "column “Pays” looks like countries (1 of 1 row)"
        in cli("run", "spring.rejected.csv", *OPTIONS, "--dry-run").out
    )
