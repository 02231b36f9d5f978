"""A campaign's settings as they are proposed to whoever begins one: every one of them, with what it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# What TOML takes neither in a comment nor plain in a string; a file's columns may hold line breaks.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Hint:
    """A value for a setting and what speaks for it; one that is not `sure` stands in a comment."""

    value: str | int
    why: str = ""
    sure: bool = False


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_REST = """\
[limits]
# parts_warning = 6
# parts = 8                # longer texts are refused
# calls_per_minute = 60
# repeat_days = 30         # nobody gets the same text again sooner, whatever the campaign; 0 is off

[brakes]                   # what makes a run pause until you have looked
# doubts_in_a_row = 5
# refusals_in_a_row = 12
# share = 0.25             # of refused and doubtful calls
# floor = 0                # credits that must be left on the account
# bill = true              # every call must cost what was forecast for it

[ramp]                     # a first slice, whose receipts decide whether the others follow
# first = "1%"             # or a number of messages
# wait = 10                # minutes for the receipts
# failures = 0.10          # pause above this share of failed receipts,
# stops = 0.02             # above this share of STOP answers,
# receipts = 0.5           # or when fewer than this share have come

[sending]
# send_at = 2027-03-06T10:00:00+01:00
# validity = 2880          # minutes
# priority = "medium"
"""


def proposal(
    name: str, columns: Sequence[str], greeting: str | None, hints: Mapping[str, Sequence[Hint]]
) -> str:
    """A commented TOML for `init`.

    `columns` and `greeting` are columns as a message asks for them, `{{ first_name }}`. `hints` are what was found in the
    file, by setting: `region`, `columns.number`, `columns.country`, `file.encoding` and the others of `file`.
    """
    example = f"Hello {greeting}, ..." if greeting else "Hello, ..."
    asked = f"with the file's columns in double braces: {_CONTROLS.sub(' ', ', '.join(columns))}"
    return f"""\
# Settings of the campaign {_CONTROLS.sub(" ", name)}. Every one can be overridden by an option: smscampaign run --help
name = {_quoted(name)}

# The text, {asked if columns else "the same for everybody"}
# A value may be missing: {{{{ city | default("your city") }}}}
message = ""    # such as {_quoted(example)}

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

{_REST}"""


def _lines(setting: str, hints: Mapping[str, Sequence[Hint]], otherwise: str = "") -> str:
    """The lines of one setting, the last without its end where something has to stand there."""
    key, found = setting.rpartition(".")[2], hints.get(setting, ())
    lines = [
        f"{'' if one.sure else '# '}{key} = {_quoted(one.value) if isinstance(one.value, str) else one.value}"
        + f"    # {_CONTROLS.sub(' ', one.why)}" * bool(one.why)
        for one in found
    ]
    return "\n".join(lines) or otherwise if otherwise else "".join(f"{line}\n" for line in lines)
