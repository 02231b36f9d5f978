"""Reading a file and rendering messages against the obvious way: ratios in one run, medians of interleaved repetitions."""

from __future__ import annotations

import csv
import gc
import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from smscampaign.message.template import compile_template
from smscampaign.recipients.sources import open_recipients
from tests.benchmarks.bounds import Figure

REPETITIONS = 5
ROWS = 50_000
BLOCK = 1_000

HEADER = ("phone", "first_name", "city", "code", "amount", "note")
PLAIN = "Hello {{ first_name }}, the shop in {{ city }} has something for you. Your code: {{ code }}"
CONDITION = "Hello {{ first_name|default('there') }}{% if city == 'Lyon' %}, see you in {{ city }}{% endif %}. {{ code }}"


def rows() -> list[Figure]:
    """Ratios, and what a row costs."""
    people = invented(random.Random(20_26), ROWS)
    found = [
        Figure(f"template, {name}: times the rate of Jinja2's render", rendering(message, people))
        for name, message in [("3 placeholders", PLAIN), ("default and condition", CONDITION)]
    ]
    with tempfile.TemporaryDirectory() as folder:
        ratio, microseconds = reading(Path(folder) / "people.csv", people)
    found.append(Figure("reading CSV in blocks: times the rate of csv.DictReader", ratio))
    found.append(Figure("reading CSV in blocks: a row", microseconds, "µs"))
    return found


def rendering(message: str, people: list[tuple[str, ...]]) -> float:
    ours = compile_template(message, HEADER)
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    theirs = environment.from_string(message)

    def blocks() -> list[object]:
        starts = range(0, len(people), BLOCK)
        return [text for start in starts for text in ours.render_block(people[start : start + BLOCK])]

    def row_by_row() -> list[object]:
        return [theirs.render(dict(zip(HEADER, row, strict=True))) for row in people]

    if blocks() != row_by_row():
        raise AssertionError("the two ways do not give the same texts")
    quick, slow = interleaved(blocks, row_by_row)
    return slow / quick


def reading(path: Path, people: list[tuple[str, ...]]) -> tuple[float, float]:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *people])

    def blocks() -> int:
        return sum(len(block) for block in open_recipients(path).blocks(BLOCK))

    def dictionaries() -> int:
        with path.open(encoding="utf-8", newline="") as stream:
            return sum(1 for _ in csv.DictReader(stream))

    quick, slow = interleaved(blocks, dictionaries)
    return slow / quick, 1e6 * quick / len(people)


def interleaved(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Median CPU seconds of each, taken in turns so that a busy machine slows both."""
    # What the benchmark itself holds is not looked through again and again while either of them makes its objects.
    gc.collect()
    gc.freeze()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPETITIONS):
        for run, spent in zip((first, second), times, strict=True):
            started = process_time()
            run()
            spent.append(process_time() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def invented(rng: random.Random, size: int) -> list[tuple[str, ...]]:
    """People with numbers from the range France reserves for fiction."""
    names, cities = ["Zoë", "Ann", "Łucja", "José", "Jean-François"], ["Lyon", "Kraków", "Paris", "Köln"]
    return [
        (
            f"063998{rng.randrange(10_000):04}",
            rng.choice(names),
            rng.choice(cities),
            f"SPRING{rng.randrange(10**6):06}",
            f"{rng.randrange(100)}.50",
            "customer since 2019, prefers the morning",
        )
        for _ in range(size)
    ]
