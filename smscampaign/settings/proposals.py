"""A campaign's settings as they are proposed to whoever begins one: every one of them, with what it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from smscampaign.settings.table import SECTIONS, Setting, as_toml, in_section

# What TOML takes neither in a comment nor plain in a string; a file's columns may hold line breaks.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


_WHERE = """# where = "opt_in == 'yes'\""""


@dataclass(frozen=True, slots=True)
class Hint:
    """A value for a setting and what speaks for it; one that is not `sure` stands in a comment."""

    value: str | int | tuple[str, ...]
    why: str = ""
    sure: bool = False


def _value(value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_quoted, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _sections() -> str:
    """The sections about which the file says nothing: each setting in a comment, with its default or an example."""
    return "\n".join(
        f"[{section}]{' ' * (26 - len(section) - 2)} # {title[0].lower()}{title[1:]}\n"
        + "".join(map(_line, in_section(section)))
        for section, title in SECTIONS.items()
        if section not in {"", "file", "columns"}
    )


def _line(one: Setting) -> str:
    return (
        f"# {f'{one.name} = {one.example or as_toml(one.default)}':<24} # {one.meaning[0].lower()}{one.meaning[1:-1]}\n"
        if one.proposed
        else ""
    )


def proposal(
    name: str, columns: Sequence[str], greeting: str | None, hints: Mapping[str, Sequence[Hint]]
) -> str:
    """A commented TOML for `init`.

    `columns` and `greeting` are columns as a message asks for them, `{{ first_name }}`. `hints` are what was found in the
    file, by setting: `where`, `region`, `columns.number`, `columns.country`, `file.encoding` and the others of `file`.
    """
    example = f"Hello {greeting}, ..." if greeting else "Hello, ..."
    asked = f"with the file's columns in double braces: {_CONTROLS.sub(' ', ', '.join(columns))}"
    return f"""\
# Settings of the campaign {_CONTROLS.sub(" ", name)}. Every one is overridden for one time by --set, such as
# --set limits.parts=4; `smscampaign settings` lists all of them, and those that are not here.
name = {_quoted(name)}

# The text, {asked if columns else "the same for everybody"}
# A value may be missing: {{{{ city | default("your city") }}}}
message = ""    # such as {_quoted(example)}

# Which rows are meant, by an expression over their columns; the others get nothing.
{_lines("where", hints, _WHERE)}

# marketing: carries the STOP clause, and OVHcloud holds it at night, on Sundays and on holidays.
# transactional: neither; declare it only for messages people expect, such as an appointment.
purpose = "marketing"

# The country of numbers that are written without their country code.
{_lines("region", hints, '# region = ""    # to be filled in: a code such as FR, PL or GB')}

# A sender that is validated on the account (smscampaign senders). Without it OVHcloud uses a short number that can be
# answered: for French accounts and metropolitan French numbers only.
# sender = "MyShop"

# The SMS account, if your keys see several (smscampaign accounts).
# account = "sms-ab12345-1"

# Who it is from, as the text says it: commercial messages from a number have to name their advertiser.
# advertiser = "My Shop"

[file]                     # how the file was read; what is right can be held to by taking away its #
{_lines("file.encoding", hints)}\
{_lines("file.delimiter", hints)}\
{_lines("file.sheet", hints)}\
{_lines("file.header_row", hints)}
[columns]
{_lines("columns.number", hints, '# number = ""    # to be filled in: the name of the column with the numbers')}
{_lines("columns.country", hints, '# country = ""   # a column with countries (names or codes), if there are several')}

{_sections()}"""


def _lines(setting: str, hints: Mapping[str, Sequence[Hint]], otherwise: str = "") -> str:
    """The lines of one setting, the last without its end where something has to stand there."""
    key, found = setting.rpartition(".")[2], hints.get(setting, ())
    lines = [
        f"{'' if one.sure else '# '}{key} = {_value(one.value)}"
        + f"    # {_CONTROLS.sub(' ', one.why)}" * bool(one.why)
        for one in found
    ]
    return "\n".join(lines) or otherwise if otherwise else "".join(f"{line}\n" for line in lines)
