"""Draw the house: `python docs/make_house.py` writes `docs/house.svg` and `docs/house.md` anew.

Packages are boxes with their lines, on the floors of the contract in `pyproject.toml`; imports are arrows. An arrow that
others make superfluous is left out: who imports `campaign`, which imports `journal`, reaches `journal` too. Words are
imported by everybody, and have no arrows.
"""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PAGE, PICTURE = ROOT / "docs" / "house.md", ROOT / "docs" / "house.svg"

#: Where a campaign is run from: the modules it imports, and theirs, are what a newcomer reads first.
CORE = "smscampaign.campaign.run"

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


def page(stories: list[list[str]], modules: list[str]) -> str:
    """The figures beside it."""
    rooms = [room for story in stories for room in story]
    sizes = {room: size(room) for room in rooms}
    total = [sum(column) for column in zip(*sizes.values(), strict=True)]
    rows = "\n".join(f"| `{room}` | {count} | {lines} |" for room, (count, lines) in sizes.items())
    length = sum(size(name.partition(".")[2].replace(".", "/"))[1] for name in modules if _is_file(name))
    return (
        "# The house\n\nWritten by `python docs/make_house.py`; the drawing is [house.svg](house.svg).\n\n"
        f"![packages and their imports](house.svg)\n\n| package | modules | lines |\n|---|---:|---:|\n{rows}\n"
        f"| together | {total[0]} | {total[1]} |\n\n"
        f"**The core**, what `{CORE}` imports: {len(modules)} modules, {length} lines.\n\n"
        + "\n".join(f"- `{name.removeprefix('smscampaign.')}`" for name in modules)
        + "\n"
    )


def _is_file(name: str) -> bool:
    return (ROOT / Path(*name.split("."))).with_suffix(".py").is_file()


def main() -> None:
    """Write both."""
    graph = grimp.build_graph("smscampaign", cache_dir=None)
    stories = floors()
    lines = arrows(graph, [room for story in stories[:-1] for room in story])
    PICTURE.write_text(drawn(stories, lines), "utf-8")
    PAGE.write_text(page(stories, core(graph)), "utf-8")


if __name__ == "__main__":
    main()
