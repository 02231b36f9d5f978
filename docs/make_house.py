"""Draw the house: `python docs/make_house.py` writes `docs/house.svg` and `docs/house.md` anew.

Packages are boxes with their lines, on the floors of the contract in `pyproject.toml`; imports are arrows. An arrow that
others make superfluous is left out: who imports `campaign`, which imports `journal`, reaches `journal` too. Words are
imported by everybody, and have no arrows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from itertools import product
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE, PICTURE = ROOT / "docs" / "house.md", ROOT / "docs" / "house.svg"

#: Where a campaign is run from: the modules it imports, and theirs, are what a newcomer reads first.
CORE = "smscampaign.campaign.run"

#: A rehearsal of four rows, and the modules of ours that it has loaded when it ends.
REHEARSAL = """
import sys
from smscampaign.cli import main
sys.argv = ["smscampaign", "run", "four.csv", "--sandbox", "--yes"]
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted(name for name in sys.modules if name.partition(".")[0] == "smscampaign"))
"""
FOUR = "name,mobile\nAnn,0799000001\nBob,0799000002\nCy,0799000003\nDee,0799000004\n"
SETTINGS = 'message = "Hello {{ name }}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'

#: Pixels of the drawing: a box, the space between two of them and between two floors, and the margin.
WIDE, HIGH, GAP, RISE, EDGE = 104, 46, 14, 66, 24


def floors() -> list[list[str]]:
    """The packages from above, as the contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [[room.strip() for room in layer.replace(":", "|").split("|")] for layer in layers]


def size(room: str) -> tuple[int, int]:
    """How many modules a package has, and how many lines."""
    path = ROOT / "smscampaign" / room
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return len(files), sum(len(file.read_text("utf-8").splitlines()) for file in files)


def core(graph: grimp.ImportGraph) -> list[str]:
    """The modules of the core."""
    below = graph.find_upstream_modules(CORE) if CORE in graph.modules else set()
    return sorted({CORE, *(name for name in below if name.startswith("smscampaign."))})


def lines_of(modules: list[str]) -> int:
    """How long they are together."""
    files = [ROOT / Path(*name.split(".")) for name in modules]
    texts = [
        one.with_suffix(".py") if one.with_suffix(".py").is_file() else one / "__init__.py" for one in files
    ]
    return sum(len(one.read_text("utf-8").splitlines()) for one in texts)


def trace() -> list[str]:
    """The modules that a plain rehearsal loads, without those of the sandbox, which stands for OVHcloud."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "four.csv").write_text(FOUR, "utf-8")
        (folder / "four.toml").write_text(SETTINGS, "utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OVH_")}
        ended = subprocess.run(
            [sys.executable, "-c", REHEARSAL],
            cwd=folder,
            env={**kept, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": name},
            capture_output=True,
            text=True,
            check=True,
        )
    loaded = ended.stdout.splitlines()[-1].split()
    return [one for one in loaded if not one.startswith("smscampaign.sandbox")]


def arrows(graph: grimp.ImportGraph, rooms: list[str]) -> list[tuple[str, str]]:
    """Which package imports which, without the arrows that others make superfluous."""
    mine = {room: graph.find_descendants(f"smscampaign.{room}") | {f"smscampaign.{room}"} for room in rooms}
    used = {
        room: {other for name in mine[room] for other in graph.find_modules_directly_imported_by(name)}
        for room in rooms
    }
    direct = {(a, b) for a, b in product(rooms, rooms) if a != b and used[a] & mine[b]}
    reached = {a: {b for one, b in direct if one == a} for a in rooms}
    for _ in rooms:  # as deep as the house is high, at most
        reached = {a: found.union(*(reached[b] for b in found)) for a, found in reached.items()}
    return sorted(
        (a, b) for a, b in direct if not any(b in reached[c] for one, c in direct if one == a and c != b)
    )


def drawn(stories: list[list[str]], lines: list[tuple[str, str]]) -> str:
    """The drawing as SVG."""
    width = max(len(story) for story in stories) * (WIDE + GAP) - GAP + 2 * EDGE
    height = len(stories) * (HIGH + RISE) - RISE + 2 * EDGE
    at = {
        room: (
            (width - len(story) * (WIDE + GAP) + GAP) / 2 + n * (WIDE + GAP),
            EDGE + floor * (HIGH + RISE),
        )
        for floor, story in enumerate(stories)
        for n, room in enumerate(story)
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        '<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for a, b in lines:
        (x, y), (u, v) = at[a], at[b]
        parts.append(
            f'<line x1="{x + WIDE / 2:.0f}" y1="{y + HIGH}" x2="{u + WIDE / 2:.0f}" y2="{v - 2}"'
            ' stroke="#888" marker-end="url(#a)"/>'
        )
    for room, (x, y) in at.items():
        modules, count = size(room)
        what = f"{count:,} lines".replace(",", " ") + (f" in {modules}" if modules > 1 else "")
        parts.append(
            f'<rect x="{x:.0f}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6" fill="#eef3fb" stroke="#456"/>'
            f'<text x="{x + WIDE / 2:.0f}" y="{y + 19}" text-anchor="middle" font-weight="bold">{room}</text>'
            f'<text x="{x + WIDE / 2:.0f}" y="{y + 36}" text-anchor="middle" font-size="11">{what}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def page(stories: list[list[str]], modules: list[str], loaded: list[str]) -> str:
    """The figures beside it."""
    rooms = [room for story in stories for room in story]
    sizes = {room: size(room) for room in rooms}
    total = [sum(column) for column in zip(*sizes.values(), strict=True)]
    rows = "\n".join(f"| `{room}` | {count} | {lines} |" for room, (count, lines) in sizes.items())
    return (
        "# The house\n\nWritten by `python docs/make_house.py`; the drawing is [house.svg](house.svg).\n\n"
        f"![packages and their imports](house.svg)\n\n| package | modules | lines |\n|---|---:|---:|\n{rows}\n"
        f"| together | {total[0]} | {total[1]} |\n\n"
        f"**The core**, what `{CORE}` imports: {len(modules)} modules, {lines_of(modules)} lines.\n\n"
        + "\n".join(f"- `{name.removeprefix('smscampaign.')}`" for name in modules)
        + f"\n\n**A plain rehearsal** (four rows, `run --sandbox --yes`) loads {len(loaded)} modules, {lines_of(loaded)}"
        " lines, besides the sandbox.\n"
    )


def main() -> None:
    """Write both."""
    graph = grimp.build_graph("smscampaign", cache_dir=None)
    stories = floors()
    lines = arrows(graph, [room for story in stories[:-1] for room in story])
    PICTURE.write_text(drawn(stories, lines), "utf-8")
    PAGE.write_text(page(stories, core(graph), trace()), "utf-8")


if __name__ == "__main__":
    main()
