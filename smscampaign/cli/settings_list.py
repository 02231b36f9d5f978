"""`settings`: every setting with its default, its bounds and what it means, from the table of settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console

from smscampaign.cli import options
from smscampaign.cli.screen import hang, out, plain, print_json
from smscampaign.settings.table import BY_KEY, SECTIONS, SETTINGS, Setting, in_section, setting_of
from smscampaign.translation import told


def settings(
    key: Annotated[
        str | None, typer.Argument(help="Only this one, such as limits.parts; or a section.", metavar="[KEY]")
    ] = None,
    json: options.Json = False,
) -> None:
    """List every setting: default, bounds and meaning. Each goes into the TOML, or by --set for one time."""
    found = [setting_of(key)] if key and key not in SECTIONS else list(in_section(key) if key else SETTINGS)
    if json:
        print_json(_json(found[0]) if key in BY_KEY else [_json(one) for one in found])
    else:
        for section in dict.fromkeys(one.section for one in found):
            about = told(SECTIONS[section])
            title = f"[{section}]  {about}" if section else about
            out().print(f"[bold]{plain(title)}[/]")
            for one in found:
                if one.section == section:
                    _show(out(), one)


def _show(console: Console, one: Setting) -> None:
    takes = f" ({told(one.bounds)})" if one.bounds else ""
    console.print(f"  {plain(f'{one.key}: {told(one.usual)}{takes}')}  [dim]{one.flag}[/]", soft_wrap=True)
    hang(console, " " * 6, one.meaning)


def _json(one: Setting) -> dict[str, object]:
    default = float(one.default) if isinstance(one.default, Decimal) else one.default
    own = {
        name: getattr(one, name) for name in ("key", "meaning", "least", "over", "most", "choices", "keyword")
    }
    return {**own, "type": one.type_name, "default": default, "unless_set": one.usual, "option": one.flag}
