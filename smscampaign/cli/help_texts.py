"""The help in another language than English, with what Typer says itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer import rich_utils

from smscampaign.languages import mark
from smscampaign.translation import told

_TITLES = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
)

#: What Typer says of a command line and in a help; it is told like our own words.
TYPER = (
    mark("Usage:"),
    mark("[OPTIONS]"),
    mark("COMMAND [ARGS]..."),
    mark("Arguments"),
    mark("Options"),
    mark("Commands"),
    mark("[default: {}]"),
    mark("[required]"),
    mark("Show this message and exit."),
    mark("No such option: {option}"),
    mark("No such option: {option} (Possible options: {options})"),
    mark("No such command {command}"),
    mark("Missing command"),
    mark("Missing argument {name}"),
    mark("Missing option {name}"),
    mark("Option {option} requires an argument"),
    mark("Option {option} requires {number} arguments"),
    mark("Option {option} does not take a value"),
    mark("Argument {argument} takes {number} values"),
    mark("Got unexpected extra argument(s) ({arguments})"),
    mark("Invalid value for {option}: {why}"),
    mark("{value} is not a valid integer"),
    mark("{value} is not a valid float"),
    mark("Value {value} is not a valid {kind}"),
    mark("Input should be greater than or equal to {least}"),
    mark("Input should be less than or equal to {most}"),
    mark("Input should be a valid integer"),
    mark("Input should be a valid number"),
)


def translate(command: Any) -> None:
    """Put the help of a command, of its options and of its own commands into the language that is spoken here."""
    for name in ("help", "short_help", "epilog", "options_metavar", "subcommand_metavar", "rich_help_panel"):
        text = getattr(command, name, None)
        if isinstance(text, str):
            setattr(command, name, paragraphs(text))
    usage = command.get_usage
    command.get_usage = lambda context: usage(context).replace("Usage:", told("Usage:"), 1)
    shown = command.get_help_option

    def help_option(context: Any) -> Any:
        option = shown(context)
        if option is not None:
            option.help = told(option.help)
        return option

    command.get_help_option = help_option
    for one in command.params:
        for name in ("help", "rich_help_panel"):
            if isinstance(text := getattr(one, name, None), str):
                setattr(one, name, told(text))
    for below in getattr(command, "commands", {}).values():
        translate(below)


def paragraphs(text: str) -> str:
    """A help text as its source has it, in lines, told paragraph by paragraph."""
    return "\n\n".join(told(" ".join(one.split())) for one in text.split("\n\n"))


@contextmanager
def titles() -> Iterator[None]:
    """Within it Typer's own headings are told as well; it keeps them in its module."""
    before = {name: getattr(rich_utils, name) for name in _TITLES}
    try:
        for name, text in before.items():
            setattr(rich_utils, name, told(text))
        yield
    finally:
        for name, text in before.items():
            setattr(rich_utils, name, text)
