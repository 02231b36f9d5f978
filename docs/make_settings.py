"""Write `docs/settings.md` from the table of settings: `python docs/make_settings.py`. A test holds the page to it."""

from __future__ import annotations

from pathlib import Path

from smscampaign.settings.table import SECTIONS, Setting, in_section

PREFACE = """\
# Settings

Every setting of a campaign. It stands in the TOML beside the recipients, under the section that its key begins with. For one
time `--set limits.parts=4` overrides it (repeatable; the value is TOML, else a text), or its own option, or in Python the
keyword of that name. An option beats the file, and the file what stands here under *unless set*. Set by `--set` and by its
option with different values it is an error; so is a key that does not exist, and the error names the nearest ones.

`smscampaign settings` shows this list, `smscampaign settings limits` a section of it and `smscampaign settings limits.parts`
one setting, `--json` any of them for programs.

This page is written by `docs/make_settings.py` from `smscampaign/settings/table.py`; a test holds it to that.
"""

HEAD = "| setting | unless set | takes | meaning | option (keyword) |\n|---|---|---|---|---|\n"


def page() -> str:
    """The page."""
    parts = [PREFACE]
    for section, title in SECTIONS.items():
        parts.append(f"\n## {title}{f': `[{section}]`' if section else ''}\n\n{HEAD}")
        parts += map(_row, in_section(section))
    return "".join(parts)


def _row(one: Setting) -> str:
    usual = one.usual if one.otherwise or one.default is None else f"`{one.usual}`"
    names = f"`{one.flag}`"
    if one.flag[2:].replace("-", "_") != one.keyword:
        names += f" (`{one.keyword}`)"
    cells = (f"`{one.key}`", usual, one.bounds or one.type_name, one.meaning, names)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    Path(__file__).with_name("settings.md").write_text(page(), "utf-8")
