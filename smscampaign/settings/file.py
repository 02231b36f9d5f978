"""The settings file as text: read, parsed, and the line a setting stands in."""

from __future__ import annotations

import errno
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from smscampaign.errors import SettingsProblem

# Where Python's parser gave up, and a line that sets a text, with what stands behind its first quotation mark.
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_TEXT = re.compile(r"""\s*[\w.-]+\s*=\s*"(?!"")((?:[^"\\]|\\.)*(?:".*)?)\Z""")

# A line that sets something, also where it is no TOML.
_LINE = re.compile(r"\s*(?P<name>[\w.-]+)\s*(?P<sign>[=:])\s*(?P<value>[^#]*[^#\s])\s*(?:#.*)?")
#: Quotation marks of texts, and how many a text in apostrophes has.
_TYPOGRAPHIC, _PAIR = "“”„‟«»‘’‚", 2

_APOSTROPHES = "message = '''…'''"

# Dots between the parts of names; no line of a message has as many.
_DOTTED, _MOST_DOTS = re.compile(r"[\w\"'-]\s*\.\s*(?=[\w\"'-])"), 500

#: Bytes: what is larger is neither settings nor a template.
LARGEST = 1024 * 1024


def text_of(path: Path) -> str:
    """A small regular file in UTF-8: a pipe would be waited for, and some devices never end.

    Raises OSError, whose `strerror` says what it is instead, and UnicodeDecodeError.
    """
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "its name holds a NUL character", str(path))
    # Without waiting for whoever writes to a pipe, and looked at once it is open, so that it is what was looked at.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(handle, "rb") as file:
        at = os.fstat(handle)
        if not stat.S_ISREG(at.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(errno.EFBIG, "it is larger than 1 MiB", str(path))
    return content.decode("utf-8-sig")  # Windows' editors put a byte order mark before UTF-8


def read(path: Path) -> str:
    """The text of a settings file. Raises `SettingsProblem`."""
    try:
        return text_of(path)
    except OSError as error:
        raise SettingsProblem(
            f"the settings cannot be read ({error.strerror})",
            where=str(path),
            remedy="Check the path; `smscampaign init FILE` writes settings to fill in.",
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsProblem(
            "the settings are not UTF-8", where=str(path), remedy="Save the file as UTF-8."
        ) from error


def parsed(path: Path, source: str) -> dict[str, Any]:
    """The settings of a text. Raises `SettingsProblem` where it is not TOML."""
    for number, line in enumerate(source.splitlines(), 1):
        # The parser's memory takes the square of them: 1.6 GB of 20 000.
        if line.count(".") > _MOST_DOTS and sum(1 for _ in _DOTTED.finditer(line)) > _MOST_DOTS:
            raise SettingsProblem(
                "a name of so many parts is no setting",
                where=f"{path}, line {number}",
                remedy="`smscampaign settings` lists all of them.",
            )
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, source, str(error)) from None
    except (
        RecursionError,
        ValueError,
    ) as error:  # lists in lists in lists, or a number of thousands of digits
        raise SettingsProblem(
            f"the settings are nested too deeply, or hold a number that is too long ({type(error).__name__})",
            where=str(path),
            remedy="`smscampaign init FILE` writes an example.",
        ) from None


def _not_toml(path: Path, source: str, error: str) -> SettingsProblem:
    """What is wrong with the line at which TOML gave up, where that is known, and how a text is written."""
    found = _PLACE.search(error)
    number = int(found[1]) if found else 0
    line = source.splitlines()[number - 1] if 0 < number <= len(source.splitlines()) else ""
    where = f"{path}, line {number}" if number else str(path)
    if typed := _typed(line):
        return SettingsProblem(typed[0], where=where, remedy=typed[1])
    value = _TEXT.match(line)
    if value and value[1].count('"') > 1:
        return SettingsProblem(
            'this text ends at its second ", and there are more of them',
            where=where,
            remedy=f'Put it between three apostrophes, and leave its " as they are: {_APOSTROPHES}. Or write \\" for each.',
        )
    if value and error.startswith("Illegal character"):
        return SettingsProblem(
            'this text has no " at its end, or goes on in the next line',
            where=where,
            remedy=f"Put a text of several lines between three apostrophes: {_APOSTROPHES}.",
        )
    return SettingsProblem(
        f"this is not TOML: {_PLACE.sub('', error).strip()}",
        where=where,
        remedy='A text stands in quotes: message = "Hello". `smscampaign init FILE` writes an example.',
    )


def _typed(line: str) -> tuple[str, str] | None:
    """What is wrong with a line as word processors and other formats have it, and what to write; else None."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    name, sign, value = found["name"], found["sign"], found["value"]
    marks = "".join(one for one in (value[0], value[-1]) if one in _TYPOGRAPHIC)
    if marks:
        return (
            f"these are no quotation marks of a settings file: {' '.join(marks)}",
            f'Write straight ones: {name} = "…".',
        )
    if value[0] == value[-1] == "'" and value.count("'") > _PAIR and '"' not in value:
        return (
            "this text ends at its second ', and there are more of them",
            f'Put it between straight quotation marks, and leave its \' as they are: {name} = "…".',
        )
    if value[0] in "\"'[{" and sign == "=":
        return None
    said = "a text stands in quotes" if sign == "=" else "between a setting and its value stands ="
    meant = value if value[0] in "\"'[{" or re.fullmatch(r"true|false|[\d.]+", value) else f'"{value}"'
    return f"this is not TOML: {said}", f"Write {name} = {meant}."


def line_of(key: str, source: str) -> str:
    """Where a setting stands in the text, as errors say it; empty when it is not there."""
    for number, line in enumerate(source.splitlines(), 1):
        if re.match(rf"\s*\[{{0,2}}\s*[\"']?{re.escape(key)}\b", line):
            return f", line {number}"
    return ""


def is_text(word: str) -> bool:
    """Whether files and journals can hold it: no NUL, and no half of a surrogate pair, which is a byte that is not UTF-8."""
    return "\0" not in word and not any("\ud800" <= sign <= "\udfff" for sign in word)


def refuse_what_is_no_text(setting: str, value: Any) -> None:
    """Raise `SettingsProblem` for a value, or one of several, that is no text."""
    for word in value if isinstance(value, list | tuple) else [value]:
        if isinstance(word, str | Path) and not is_text(str(word)):
            raise SettingsProblem(
                "this holds a NUL or bytes that are not UTF-8",
                where=setting,
                remedy="Write it as plain UTF-8.",
            )
