"""Make the recipients of the two sample campaigns: `python sample_data/make_samples.py` writes both files again.

The files are committed; this script says where every cell of them comes from, and a test holds the two together.

No number here should be anybody's. Germany's regulator keeps two mobile blocks free for films (Bundesnetzagentur, notice
148/2021). The French (06 39 98, Arcep) and British (07700 900, Ofcom) numbers for fiction are of no use for rows that are to
be sent: `phonenumbers` does not take them for mobile numbers, and so they stand among the bad rows. The others come from
mobile blocks without an operator in the carrier data of phonenumbers 9.0.43, and one is that library's own example. As a
second fence the campaigns use the sender `Sandbox`, which no real account has: OVHcloud would refuse every call.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

HERE = Path(__file__).parent
T = TypeVar("T")
Cells = list[str]

#: Country: calling code, national prefix, first national number of the block, how many are used, digits in a group.
BLOCKS = {
    "FR": ("33", "0", 799_000_000, 10_000, (1, 2, 2, 2, 2)),
    "GB": ("44", "0", 7_299_000_000, 1_000, (4, 6)),
    "DE": ("49", "0", 1_713_920_000, 100, (3, 7)),
    "PL": ("48", "", 453_900_000, 1_000, (3, 3, 3)),
    "ES": ("34", "", 738_000_000, 1_000, (3, 2, 2, 2)),
    "MQ": ("596", "0", 697_500_000, 100, (3, 2, 2, 2)),
    "GP": ("590", "0", 690_010_000, 100, (3, 2, 2, 2)),
    "GF": ("594", "0", 694_100_000, 100, (3, 2, 2, 2)),
    "RE": ("262", "0", 692_123_456, 1, (3, 2, 2, 2)),
}
SENDABLE = {"FR": 930, "GB": 76, "DE": 64, "PL": 30, "ES": 22, "MQ": 14, "GP": 12, "GF": 9, "RE": 1}

PEOPLE = {
    "FR": (
        "Chloé Hélène Inès Zoë François Benoît Anaïs Jérôme Aurélie Théo Léa Maël Noémie Loïc Maëlle Côme Agnès Gaël"
        " Camille Hugo Manon Lucas Jade Louis Emma Nathan Sarah Jules Alice Raphaël",
        "Lefèvre Moreau Bérénger Côté Garçon Dubois Hervé Gauthier Le_Goff Périer Renaud Besançon Marchand Bouvier"
        " Châtelain Roussel Fontaine Guérin Lemaître Picard",
        "Paris Lyon Orléans Nîmes Besançon Saint-Étienne Mâcon Béziers Lille Évreux Angoulême Roubaix Alès Épinal",
    ),
    "GB": (
        "Oliver Amelia George Isla Harry Ava",
        "Smith Hughes O'Brien Clarke Patel",
        "London Leeds Bristol",
    ),
    "DE": ("Jürgen Anke Björn Käthe Lukas Sören", "Müller Weiß Schröder König Groß", "Köln München Berlin"),
    "PL": (
        "Łukasz Agnieszka Żaneta Michał Świętosława Róża",
        "Wójcik Kowalski Żak Śliwa",
        "Łódź Kraków Gdańsk",
    ),
    "ES": ("Íñigo Lucía Begoña Álvaro Núria Martín", "Muñoz García Peña Ibáñez", "Madrid Sevilla A_Coruña"),
    "MQ": ("Maëva Joël Cédric", "Césaire Rosalie", "Fort-de-France Le_Lamentin"),
    "GP": ("Solène Teddy Gaëlle", "Bébel Nestor", "Pointe-à-Pitre Basse-Terre"),
    "GF": ("Loana Ruben Élodie", "Éboué Polius", "Cayenne Kourou"),
    "RE": ("Océane", "Hoarau", "Saint-Denis"),
}
REMARKS = (
    "fidélité",
    "préfère le matin; jamais le lundi",
    'dite "Mimi"',
    "-10 % pour son anniversaire",
    "déménage en mai\nnouvelle adresse à demander",
    "n'a pas de courriel",
)


class Dice:
    """Chance that comes out the same everywhere: only `random()` is promised to be stable between versions of Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, limit: int) -> int:
        return int(self._random() * limit)

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def one_in(self, times: int) -> bool:
        return self.below(times) == 0

    def shuffled(self, items: Sequence[T]) -> list[T]:
        weights = [self._random() for _ in items]
        return [items[place] for place in sorted(range(len(items)), key=weights.__getitem__)]


# Spellings ------------------------------------------------------------------------------------------------------


def _groups(country: str, national: str) -> list[str]:
    groups, start = [], 0
    for size in BLOCKS[country][4]:
        groups.append(national[start : start + size])
        start += size
    return groups


def _home(country: str, national: str, mark: str) -> str:
    groups = _groups(country, national)
    return mark.join([BLOCKS[country][1] + groups[0], *groups[1:]])


def _abroad(country: str, national: str, start: str, mark: str = " ") -> str:
    return mark.join([start + BLOCKS[country][0], *_groups(country, national)])


#: What needs the row's country (or the campaign's) to be read.
HOME: tuple[Callable[[str, str], str], ...] = (
    lambda country, number: _home(country, number, " "),
    lambda country, number: _home(country, number, ""),
    lambda country, number: _home(country, number, "."),
    lambda country, number: _home(country, number, "-"),
    lambda country, number: _home(country, number, "/"),
    lambda country, number: _home(country, number, "\u00a0"),
    lambda country, number: _home(country, number, "\u202f"),
    lambda country, number: "'" + _home(country, number, ""),
    lambda country, number: f" {_home(country, number, ' ')} ",
    lambda country, number: "\u200e" + _home(country, number, " "),
    lambda country, number: "({}) {}".format(*_home(country, number, " ").split(" ", 1)),
    # A spreadsheet took the cell for a number and dropped its zero.
    lambda country, number: number,
)
#: What can be read anywhere.
ABROAD: tuple[Callable[[str, str], str], ...] = (
    lambda country, number: _abroad(country, number, "+"),
    lambda country, number: _abroad(country, number, "+", ""),
    lambda country, number: _abroad(country, number, "00"),
    lambda country, number: _abroad(country, number, "00", ""),
    lambda country, number: "tel:" + _abroad(country, number, "+", ""),
    lambda country, number: _abroad(country, number, "+", "\u00a0"),
    lambda country, number: _abroad(country, number, "+", "-"),
)
ZERO_IN_BRACKETS = frozenset({"FR", "GB", "DE", "GP", "MQ", "GF", "RE"})


def _spelled(dice: Dice, country: str, national: str, *, anywhere: bool) -> str:
    if anywhere and country in ZERO_IN_BRACKETS and dice.one_in(9):
        return _abroad(country, national, "+").replace(" ", " (0)", 1)
    if anywhere:
        return dice.pick(ABROAD)(country, national)
    # Half of all cells are in the country's usual spelling, with or without spaces.
    return (HOME[dice.below(2)] if dice.one_in(2) else dice.pick(HOME))(country, national)


# The spring sale ------------------------------------------------------------------------------------------------

SPRING_HEADER = ["Prénom", "Nom", "Téléphone", "Pays", "Ville", "Remarque"]

#: Number, country: rows that are not sent, by the reason they get.
BAD_NUMBERS = {
    "number-missing": (
        ("", "FR"),
        ("", ""),
        ("-", "FR"),
        ("N/A", "FR"),
        ("?", "DE"),
        ("null", ""),
        ("   ", "GB"),
    ),
    "number-letters": (
        ("voir courriel", "FR"),
        ("O7 99 00 00 12", "FR"),
        ("07 99 00 00 13 (bureau)", "FR"),
        ("+48 453 9OO 001", "PL"),
        ("0171 392000l", "DE"),
    ),
    "number-several": (
        ("07 99 00 00 14 / 01 99 00 12 34", "FR"),
        ("0799000015;0799000016", "FR"),
        ("07 99 00 00 17 ou 07 99 00 00 18", "FR"),
        ("+33 7 99 00 00 19\n+33 7 99 00 00 20", "FR"),
        ("453 900 001, 453 900 002", "PL"),
    ),
    "number-spreadsheet": (
        ("4.48E+11", "GB"),
        ("3,37990E+10", "FR"),
        ("3.3799E+10", ""),
        ("3379900002.0", "FR"),
        ("4,8454E+10", "PL"),
        ("79900002,00", "FR"),
    ),
    "number-too-short": (
        ("07 99 00 00", "FR"),
        ("07 99 00 0", "FR"),
        ("+33 7 99 00 00 2", ""),
        ("07 99 00 0 0", ""),
        ("0799.00.00", ""),
    ),
    "number-too-long": (
        ("07 99 00 00 23 4", "FR"),
        ("+33 7 99 00 00 24 56", ""),
        ("453 900 001 22", "PL"),
        ("0799000025000025", "FR"),
    ),
    "number-invalid": (
        ("06 39 98 12 34", "FR"),
        ("+33 6 39 98 56 78", ""),
        ("07700 900123", "GB"),
        ("+999 799 000 026", ""),
        ("00 00 00 00 00", "FR"),
        ("+34 138 00 00 02", ""),
        ("+48 453 900 00", ""),
        ("07 99 00 00 27", "PL"),
    ),
    "number-landline": (
        ("01 99 00 12 34", "FR"),
        ("02 61 91 56 78", "FR"),
        ("+33 (0)3 53 01 00 01", ""),
        ("04.65.71.00.02", "FR"),
        ("05 36 49 00 03", ""),
        ("030 23125 001", "DE"),
        ("0221 4710 002", "DE"),
        ("0121 234 5678", "GB"),
    ),
    "number-premium": (("0 891 12 34 56", "FR"), ("08 84 01 23 45", "FR"), ("0901 234 5678", "GB")),
    "number-short-code": (("3615", "FR"), ("36180", "FR"), ("112", "")),
    "number-unknown-type": (
        ("0 801 23 45 67", "FR"),
        ("09 12 34 56 78", "FR"),
        ("070 1234 5678", "GB"),
        ("0 806 12 34 56", ""),
    ),
    "country-unknown": (
        ("07 99 00 00 28", "Frnace"),
        ("07 99 00 00 29", "XX"),
        ("453 900 003", "PO"),
        ("738 00 00 01", "Espange"),
    ),
}
DUPLICATES = 16
RAGGED = (
    ["Émilie", "Faure", "07 99 00 00 30", "FR"],
    ["Bastien", "Noël", "07 99 00 00 31"],
    ["Clémence"],
    ["Rémi", "Caron", "07 99 00 00 32", "FR", "Tours", "rappeler", "le soir"],
    ["Zoé", "Blanc", "+33 7 99 00 00 33", "FR", "Laon", "a dit oui", "oui"],
)


def spring_sale() -> bytes:
    """`spring_sale.csv` as a French Excel saves it: UTF-8 with a byte order mark, semicolons, CRLF."""
    dice = Dice(20270320)
    rows = dice.shuffled(
        [row for country, count in SENDABLE.items() for row in _sendable(dice, country, count)]
    )
    for _ in range(DUPLICATES):
        at = dice.below(len(rows) - 200)
        rows.insert(at + 1 + dice.below(len(rows) - at), _again(dice, rows[at]))
    bad = [
        [*_name(dice, "FR"), number, country, *_rest(dice, "FR")]
        for pairs in BAD_NUMBERS.values()
        for number, country in pairs
    ]
    for row in (*bad, *RAGGED, [], [], [""] * 6, ["", "", " ", "", "", ""]):
        rows.insert(3 + dice.below(len(rows) - 3), list(row))
    return _written(SPRING_HEADER, rows, delimiter=";", lineterminator="\r\n", encoding="utf-8-sig")


def _sendable(dice: Dice, country: str, count: int) -> list[Cells]:
    _, _, first, size, _ = BLOCKS[country]
    # The first fifty of each block are for bad rows, where a block has that many to spare.
    spare = 50 if size > 100 else 0
    places = dice.shuffled(range(spare, size))[:count]
    rows = []
    for place in places:
        abroad = dice.one_in(3)
        number = _spelled(dice, country, str(first + place), anywhere=abroad)
        rows.append(
            [*_name(dice, country), number, _country(dice, country, needed=not abroad), *_rest(dice, country)]
        )
    return rows


def _country(dice: Dice, country: str, *, needed: bool) -> str:
    if (country == "FR" or not needed) and dice.one_in(4):
        return ""
    return dice.pick((country, country, country, country.lower(), {"GB": "UK"}.get(country, country)))


def _again(dice: Dice, row: Cells) -> Cells:
    """The same person once more, with the number in another spelling."""
    digits = "".join(filter(str.isdigit, row[2])).removeprefix("00")
    country = next(
        (name for name in BLOCKS if name in {row[3].upper(), "GB" if row[3] == "UK" else ""}), "FR"
    )
    for name, (code, _, first, size, _) in BLOCKS.items():
        national = next(
            (digits.removeprefix(start) for start in (f"{code}0", code, "0") if digits.startswith(start)),
            digits,
        )
        if national.isdigit() and first <= int(national) < first + size:
            country, digits = name, national
            break
    return [row[0].upper(), row[1], _spelled(dice, country, digits, anywhere=True), country, row[4], ""]


def _name(dice: Dice, country: str) -> Cells:
    first, last, _ = PEOPLE[country]
    return [dice.pick(first.split()), dice.pick(last.split()).replace("_", " ")]


def _rest(dice: Dice, country: str) -> Cells:
    city = dice.pick(PEOPLE[country][2].split()).replace("_", " ")
    return [city, dice.pick(REMARKS) if dice.one_in(12) else ""]


# The appointments -----------------------------------------------------------------------------------------------

APPOINTMENT_HEADER = ["prénom", "nom", "mobile", "date", "heure", "praticien", "lieu", "note"]
PRACTITIONERS = ("Dr Lemaître", "Dr Żak", "Mme Bérénger", "Dr Müller", "Mme Garçon", "Dr Hughes")
PLACES = ("12 rue des Lilas", "3 place de la Gare", "Centre Saint-Rémi")
NOTES = (
    "Venez à jeun.",
    "Apportez votre carte Vitale.",
    "Merci d'arriver dix minutes plus tôt.",
)
POLISH_NOTE = "Prosimy zabrać dokument tożsamości."
LONG_NOTE = (
    "Prévoyez deux heures sur place : l'accueil vous remet un questionnaire, puis viennent la prise de sang, la"
    " radiographie et l'entretien. Apportez vos lunettes, la liste de vos traitements, les résultats des examens de"
    " l'an dernier et, si vous en avez une, l'ordonnance de votre médecin traitant."
)
#: Line by line what goes wrong on purpose: column, cell.
SLIPS = {
    9: ("heure", ""),
    17: ("mobile", "01 99 00 12 34"),
    23: ("lieu", ""),
    31: ("heure", ""),
    38: ("mobile", ""),
    44: ("note", LONG_NOTE),
    # Two of one family on one phone: each appointment has its reminder.
    53: ("mobile", "07 99 00 90 03"),
}


def appointments() -> bytes:
    """`appointments.csv` as a booking program exports it: UTF-8, commas, LF."""
    dice = Dice(20270412)
    rows = [_appointment(dice, place) for place in range(60)]
    for place, (column, cell) in SLIPS.items():
        rows[place][APPOINTMENT_HEADER.index(column)] = cell
    rows.append([*rows[4][:2], _home("FR", "".join(filter(str.isdigit, rows[4][2]))[-9:], "."), *rows[4][3:]])
    return _written(APPOINTMENT_HEADER, rows, delimiter=",", lineterminator="\n", encoding="utf-8")


def _appointment(dice: Dice, place: int) -> Cells:
    country = "PL" if place % 5 == 2 else "FR"
    first = BLOCKS[country][2] + (500 if country == "PL" else 9_000)
    return [
        *_name(dice, country),
        _spelled(dice, country, str(first + place), anywhere=country == "PL"),
        f"{12 + dice.below(5)} avril",
        f"{8 + dice.below(10)}h{dice.pick(('00', '20', '40'))}",
        dice.pick(PRACTITIONERS),
        dice.pick(PLACES),
        dice.pick((POLISH_NOTE,) if country == "PL" else NOTES) if dice.one_in(4) else "",
    ]


def _written(
    header: Cells, rows: Sequence[Cells], *, delimiter: str, lineterminator: str, encoding: str
) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=lineterminator)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


FILES = {"spring_sale.csv": spring_sale, "appointments.csv": appointments}


if __name__ == "__main__":
    for name, make in FILES.items():
        (HERE / name).write_bytes(make())
        print(HERE / name)
