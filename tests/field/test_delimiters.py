"""Whatever a program writes with one of the four delimiters is read as it was written, amounts and empty cells included."""

from __future__ import annotations

import csv
import io
import os
import random
from pathlib import Path

import pytest

from smscampaign import results
from smscampaign.campaign import rejected_file
from smscampaign.recipients.sources import open_recipients

#: Tables that are tried with each delimiter. 10 000 were, three times.
TABLES = int(os.environ.get("SMSCAMPAIGN_TABLES", "200"))

_PHONES = (
    "Mobile",
    "mobile",
    "Téléphone portable",
    "Nr telefonu",
    "Handy",
    "Billing Phone",
    "Telefon (SMS)",
    "Kontakt",
)
_NAMES = "Nom Prénom Ville Montant Prix-TTC Kwota Datum Bestellnr Note Total% Réf. N° Solde/€ Straße Kod_pocztowy".split()  # noqa: SIM905
_PIECES = (
    '"',
    "'",
    ",",
    ";",
    "\t",
    "|",
    " ",
    "\n",
    "é",
    "12,50",
    "1.234,56",
    "1 250,00 zł",
    "Anna",
    "x",
    "0",
    "=1",
)


def _cell(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.35:
        return f"{chance.randrange(2000)},{chance.randrange(100):02}"
    if kind < 0.5:
        return ""
    if kind < 0.75:
        return chance.choice(
            ("Anna", "Lyon", "Kowalski, Jan", "rue de la Paix; 2e étage", "a|b", 'dit "Le Grand"')
        )
    return "".join(chance.choice(_PIECES) for _ in range(chance.randrange(1, 6)))


def _table(chance: random.Random) -> list[list[str]]:
    wide, long = chance.randrange(1, 9), chance.choice((1, 2, 3, 10, 40))
    header = [chance.choice(_NAMES) + str(at) for at in range(wide)]
    numbers = chance.randrange(wide)
    header[numbers] = chance.choice(_PHONES)
    if wide > 1 and header[numbers] != "Kontakt" and chance.random() < 0.1:
        header[numbers - 1] = chance.choice(("Montant, TTC", "Nom; prénom", "a|b", 'dit "x"'))
    half_empty = chance.random() < 0.5
    rows = []
    for _ in range(long):
        cells = [_cell(chance) for _ in range(wide)]
        if half_empty and chance.random() < 0.5:
            cells[-1] = ""
        cells[numbers] = f"06{chance.randrange(10**8):08}"
        rows.append(cells)
    return [header, *rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_table_comes_back_as_it_was(tmp_path: Path, delimiter: str) -> None:
    chance, path = random.Random(f"{delimiter}{TABLES}"), tmp_path / "people.csv"
    for _ in range(TABLES):
        table, text = _table(chance), io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator=chance.choice(("\n", "\r\n"))).writerows(table)
        path.write_text(text.getvalue(), "utf-8", newline="")
        source = open_recipients(path)
        found = [list(source.header), *(list(row.fields) for row in source.rows())]
        assert found == table, text.getvalue()
        assert source.delimiter == delimiter or len(table[0]) == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ours", [results.COLUMNS, rejected_file.COLUMNS], ids=["results", "rejected"])
def test_what_we_write_ourselves_comes_back_as_it_was(
    tmp_path: Path, delimiter: str, ours: tuple[str, ...]
) -> None:
    chance, path = random.Random(f"{delimiter}{TABLES}"), tmp_path / "people.csv"
    for _ in range(TABLES // 4):
        table, text = _table(chance), io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(table)
        path.write_text(text.getvalue(), "utf-8", newline="")
        source = open_recipients(path)
        beside = [
            [*ours],
            *([f"{at};,|{chance.choice(_PIECES)}" for at in range(len(ours))] for _ in table[1:]),
        ]
        whole = [[*cells, *more] for cells, more in zip(table, beside, strict=True)]
        written = results.save_lines(whole[0], whole[1:], tmp_path / "ours.csv", like=source)
        again = open_recipients(written, whole=True)
        assert [list(again.header), *(list(row.fields) for row in again.rows())] == whole
        left = open_recipients(written)
        assert [list(left.header), *(list(row.fields) for row in left.rows())] == table
