"""The files the benchmarks read: realistic French recipients, personalised, made once per run."""

from __future__ import annotations

import csv
import random
from pathlib import Path

# About one text in six has a letter outside GSM-7 (ï ç ô ë ł î), as a French file has.
NAMES = (
    "Marie",
    "Bruno",
    "Chloé",
    "Denis",
    "Élodie",
    "François",
    "Inès",
    "Jérôme",
    "Léa",
    "Hélène",
    "Paul",
    "Karim",
)
NAMES += ("Julie", "Lucas", "Nadia", "Hugo", "Manon", "Loïc", "Camille", "Théo")
CITIES = (
    "Paris",
    "Lyon",
    "Marseille",
    "Lille",
    "Nice",
    "Nantes",
    "Nîmes",
    "Brest",
    "Saint-Étienne",
    "Rennes",
    "Toulouse",
)
MESSAGE = "Hello {{ first_name }}, your order {{ order }} waits for you in {{ city }}. See you soon!"


HEADER = ("Number", "First name", "Order", "City")


def recipients(
    path: Path, rows: int, *, seed: int = 1, bad: float | None = None, header: tuple[str, ...] = HEADER
) -> Path:
    """A file of distinct metropolitan French mobiles in the spellings people use, 2 % of them unusable.

    With `bad` it is another share, and no two of the unusable numbers are the same.
    """
    chance = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(header)
        for n in range(rows):
            name, city = chance.choice(NAMES), chance.choice(CITIES)
            number = _number(n, chance) if bad is None else _distinct(n, chance, bad)
            writer.writerow([number, name, f"A{n:07d}", city])
    return path


def _distinct(n: int, chance: random.Random, bad: float) -> str:
    digits = f"{n % 10_000_000:07d}"
    if chance.random() >= bad:
        return _good(n, chance.random())
    # A digit missing, one too many, a landline, none of anybody's, from abroad, a letter for a digit.
    kinds = (
        f"06{digits[:6]}",
        f"06{digits}99",
        f"01 4{digits}",
        f"06 39 98 {digits[3:]}",
        f"+48{digits}",
        f"O6{digits}1",
    )
    return chance.choice(kinds)


def _number(n: int, chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.02:
        return chance.choice(("", "01 99 00 12 34", "12345", "6.12E+08", "call me"))
    return _good(n, kind)


def _good(n: int, kind: float) -> str:
    digits = f"6{10_000_000 + n:08d}"
    pairs = " ".join(digits[at : at + 2] for at in range(1, 9, 2))
    if kind < 0.4:
        return f"06 {pairs}"
    if kind < 0.7:
        return f"0{digits}"
    return f"+33{digits}" if kind < 0.9 else f"0033 6 {pairs}"
