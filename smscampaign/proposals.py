"""A campaign's settings as they are proposed to whoever begins one: every one of them, with what it is for."""

from __future__ import annotations

import json
import re

# What TOML takes neither in a comment nor plain in a string; a file's columns may hold line breaks.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


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


def proposal(name: str, header: list[str], number: str | None, others: list[str]) -> str:
    """A commented TOML for a file with these columns, for `init`; `others` are columns a greeting might use."""
    example = f"Hello {{{{ {others[0]} }}}}, ..." if others else "Hello, ..."
    column = "number = " + _quoted(number or "…")
    column += "" if number else "   # which column has the numbers?"
    columns = ", ".join(f"{{{{ {one} }}}}" for one in header)
    return f"""\
# Settings of the campaign {_CONTROLS.sub(" ", name)}. Every one can be overridden by an option: smscampaign run --help
name = {_quoted(name)}

# The text, with the file's columns in double braces: {_CONTROLS.sub(" ", columns)}
# A value may be missing: {{{{ city | default("your city") }}}}
message = ""    # such as {_quoted(example)}

# marketing: carries the STOP clause, and OVHcloud holds it at night, on Sundays and on holidays.
# transactional: neither; declare it only for messages people expect, such as an appointment.
purpose = "marketing"

# The country of numbers that are written without their country code.
region = "FR"

# A sender that is validated on the account (smscampaign senders). Without it OVHcloud uses a short number that can be
# answered: for French accounts and metropolitan French numbers only.
# sender = "MyShop"

# The SMS account, if your keys see several (smscampaign accounts).
# account = "sms-ab12345-1"

# Who it is from, as the text says it: commercial messages from a number have to name their advertiser.
# advertiser = "My Shop"

[file]
# encoding = "windows-1250" # how a CSV file is written, if the guess is wrong
# delimiter = ";"
# sheet = "Customers"      # of a workbook with several
# header_row = 3           # the row with the column names

[columns]
{column}
# country = "…"           # a column with two-letter country codes, if numbers come from several countries

{_REST}"""
