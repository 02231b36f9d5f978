"""Numbers and parts against the obvious way: ratios in one run, medians of interleaved repetitions."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from time import perf_counter

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from smscampaign.message import parts
from smscampaign.phone import normaliser as phone
from smscampaign.phone.normaliser import Normaliser
from tests.benchmarks.bounds import Figure

REPETITIONS = 5
ROWS = 20_000

Cells = list[str]


def rows() -> list[Figure]:
    """Ratios, and what a row or text costs."""
    rng = random.Random(20_26)
    french = realistic_french(rng, ROWS)
    mixture = hostile_mixture(rng, ROWS, everywhere())
    # With every country, phonenumbers outgrows the cache of Python's `re`; with forty it does not.
    forty = hostile_mixture(rng, ROWS, rng.sample(everywhere(), 40))
    normaliser = Normaliser("FR")

    def column(cells: Cells) -> object:
        # Each repetition reads the same cells: what was remembered of the last one would be no reading.
        phone._slowly.cache_clear()
        return normaliser.numbers(cells)

    found = []
    files = (
        ("realistic French file", french),
        ("hostile mixture of 40 countries", forty),
        ("hostile mixture of all countries", mixture),
    )
    for name, cells in files:
        ours, theirs = interleaved(
            lambda cells=cells: column(cells), lambda cells=cells: obvious_numbers(cells)
        )
        found += [
            Figure(f"numbers, {name}: times the rate of parse, check, type, format", theirs / ours),
            Figure(f"numbers, {name}: a row", 1e6 * ours / ROWS, "µs"),
        ]
    texts = realistic_texts(rng, ROWS)
    ours, theirs = interleaved(
        lambda: [parts.measure(text) for text in texts], lambda: [obvious_parts(text) for text in texts]
    )
    found += [
        Figure("parts: times the rate of a set, character by character", theirs / ours),
        Figure("parts: a text", 1e6 * ours / ROWS, "µs"),
    ]
    return found


def interleaved(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Median seconds of each, taken in turns so that a busy machine slows both."""
    times: tuple[list[float], list[float]] = ([], [])
    first()
    for _ in range(REPETITIONS):
        for run, spent in zip((first, second), times, strict=True):
            started = perf_counter()
            run()
            spent.append(perf_counter() - started)
    return statistics.median(times[0]), statistics.median(times[1])


# The obvious way ------------------------------------------------------------------------------------------------


def obvious_numbers(cells: Cells) -> list[str | None]:
    sendable = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    found: list[str | None] = []
    for cell in cells:
        try:
            number = phonenumbers.parse(cell, "FR")
        except NumberParseException:
            found.append(None)
            continue
        if phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in sendable:
            found.append(phonenumbers.format_number(number, PhoneNumberFormat.E164))
        else:
            found.append(None)
    return found


GSM7 = set(parts.BASIC) | set(parts.EXTENSION)


def obvious_parts(text: str) -> int:
    if all(character in GSM7 for character in text):
        units = sum(2 if character in parts.EXTENSION else 1 for character in text)
        return 1 if units <= 160 else -(-units // 153)
    units = sum(2 if ord(character) > 0xFFFF else 1 for character in text)
    return 1 if units <= 70 else -(-units // 67)


# Files ----------------------------------------------------------------------------------------------------------


def varied(region: str, rng: random.Random) -> str:
    """A mobile number like the library's example, in E.164, with other last digits."""
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    digits = phonenumbers.format_number(example, PhoneNumberFormat.E164)
    return digits[:-4] + f"{rng.randrange(10_000):04}"


def realistic_french(rng: random.Random, size: int) -> Cells:
    """90 % French mobiles in five spellings, 7 % foreign ones, 3 % that cannot be sent to."""
    bad = ["", "01 99 00 12 34", "06 12 34 56", "4.48E+11", "0612345678 / 0612345679", "n/a"]
    abroad = ["BE", "GB", "DE", "ES", "PL", "IT", "CH", "RE", "GP", "MA", "US"]
    cells = []
    for _ in range(size):
        drawn = rng.random()
        if drawn < 0.03:
            cells.append(rng.choice(bad))
        elif drawn < 0.10:
            number = varied(rng.choice(abroad), rng)
            cells.append(rng.choice([number, "00" + number[1:]]))
        else:
            cells.append(french(rng))
    return cells


def french(rng: random.Random) -> str:
    national = "0" + varied("FR", rng)[3:]
    pairs = [national[place : place + 2] for place in range(0, 10, 2)]
    return rng.choice(
        [" ".join(pairs), national, "+33" + national[1:], ".".join(pairs), "0033 " + " ".join(pairs)[1:]]
    )


def everywhere() -> list[str]:
    return [
        region
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        if phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    ]


def hostile_mixture(rng: random.Random, size: int, regions: list[str]) -> Cells:
    """Mobiles of these countries in several spellings, 10 % of them with digits changed or missing, and 5 % garbage."""
    cells = []
    for _ in range(size):
        number = varied(rng.choice(regions), rng)
        drawn = rng.random()
        if drawn < 0.05:
            cells.append("".join(rng.choice("0123456789+ -/x.") for _ in range(rng.randrange(16))))
        elif drawn < 0.15:
            place = rng.randrange(3, len(number))
            cells.append(number[:place] + rng.choice("0123456789") * rng.randrange(3) + number[place + 1 :])
        else:
            spaced = phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
            cells.append(rng.choice([number, "00" + number[1:], spaced, spaced.replace(" ", "-")]))
    return cells


def realistic_texts(rng: random.Random, size: int) -> list[str]:
    """Mostly plain texts of some 100 characters; some with €, some in Polish, some long."""
    bodies = [
        "Bonjour {}, -20 % sur toute la boutique jusqu'à samedi avec le code PRINTEMPS. A bientôt !".replace(
            "ô", "o"
        ),
        "Hello {}, your parcel will be delivered tomorrow between 8 and 10. Reply to this message to change it.",
        "Hello {}, your order of 49.90 € is ready. "
        + "Come and collect it at the shop when it suits you. " * 3,
        "Dzień dobry {}, zapraszamy jutro na wizytę o godzinie dziesiątej.",
    ]
    return [rng.choice(bodies).format(f"Client{rng.randrange(10_000)}") for _ in range(size)]
