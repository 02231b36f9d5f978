"""What the author of a message may have meant, when it is not understood: columns and filters as other tools spell them.

Newsletter and shop programs have template languages that look like ours: `{{ contact.NAME | default: "you" }}` in Brevo and
Liquid (https://shopify.github.io/liquid/), `{% name %}` elsewhere. Nothing is read that way; it is said how to write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from smscampaign.names import ColumnNames, closest, letter

_CLOSE_IT = "Check that every {{ has its }} and every {% has its %}."
_GRAMMAR = (
    'A column is written {{ name }}, what stands in for an empty cell {{ name | default("you") }}, and a condition'
    " {% if name %} … {% endif %}."
)
_TAG = "{% … %} is for if, for and set; a column is written {{ name }}."

MOST_NAMED, _LONGEST_NAMED = 30, 60
_PRINTED = re.compile(r"\{\{(.*?)\}\}")
_NAME = re.compile(r"\{\{\s*([^{}|]*?)\s*[|}]")
_WORD = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
# A filter whose values follow a colon, up to the next filter; what is in quotes may hold anything.
_COLON = re.compile(r"(\w+)\s*:\s*((?:\"[^\"]*\"|'[^']*'|[^|\"'])+?)\s*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_FILTERS = re.compile(r"\|((?:\"[^\"]*\"|'[^']*'|[^|\"'])*)")


def remedy_of_syntax(
    message: str, line: str, error: str, header: Sequence[str], *, filters: Iterable[str], compiles: Compiles
) -> str:
    """What to do about a message that does not compile; `error` is Jinja2's, about this line of it.

    `filters` are those there are; what is proposed to be written is tried first, by `compiles`.
    """
    names = ColumnNames(header)
    if tried := _corrected(message, names, compiles):
        return tried
    if unknown := re.match(r"No filter named '(\w+)'", error):
        near = closest(unknown[1], filters)
        known = f"Check the filter's name. There are: {', '.join(sorted(filters))}."
        return f"Did you mean {' or '.join(near)}?" if near else known
    if unknown := re.match(r"Encountered unknown tag '(\w+)'", error):
        meant = _column(unknown[1], names)
        alike = _places(closest(unknown[1], header), names)
        return f"Write {meant}." if meant else _did_you_mean(alike, names) or _TAG
    if "end of template" in error and (left := re.search(r"needs to be closed is '(\w+)'", error)):
        return f"Write {{% end{left[1]} %}} where the {{% {left[1]} %}} ends."
    # The commonest slip: the column's name as it stands in the file, spaces included.
    named = [_column(inner, names) for inner in _NAME.findall(line) if not inner.isidentifier()]
    written = [one for one in (_with_brackets(inner, names) for inner in _PRINTED.findall(line)) if one]
    written = written or [column for column in named if column]
    if written:
        return f"Write {', '.join(written)}."
    closed = all(
        message.count(opening) == message.count(end) for opening, end in (("{{", "}}"), ("{%", "%}"))
    )
    return _GRAMMAR if closed else _CLOSE_IT


Compiles = Callable[[str], bool]
"""Whether a message compiles."""

# No tag holds the beginning of another: so a message of nothing but beginnings takes no time.
_TAGS = re.compile(r"\{\{\{?(?:(?!\{[{%]).)*?\}?\}\}|\{%(?:(?!\{[{%]).)*?%\}", re.DOTALL)
_CURLY = re.compile(r"[“„‟”«]\s?([^“”«»]*?)\s?[”“»]|[‘‚‹’](.*?)[’›](?!\w)")


def _straight(found: re.Match[str]) -> str:
    words = found[1] if found[1] is not None else found[2]
    return f"'{words}'" if '"' in words else f'"{words}"'


#: What people type, by what is said of it, and what is meant. Each is tried before it is proposed.
_TYPED: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("In {{ }} and {% %} quotation marks are straight ones. ", lambda tag: _CURLY.sub(_straight, tag)),
    ("Two braces are enough. ", lambda tag: tag.replace("{{{", "{{").replace("}}}", "}}")),
    ("", lambda tag: re.sub(r"\bend\s+(if|for|set)\b", r"end\1", tag)),
    ("", lambda tag: re.sub(r"(\{%-?\s*)(?:else\s+if|elseif|elsif)\b", r"\1elif", tag)),
    ("", lambda tag: _outside(tag, (r"&&", "and"), (r"\|\|", "or"), (r"!(?!=)\s*", "not "), (r"<>", "!="))),
    (
        "",
        lambda tag: (
            _outside(tag, (r"(?<![=!<>])=(?!=)", "==")) if re.match(r"\{%-?\s*(?:el)?if\b", tag) else tag
        ),
    ),
    ("", lambda tag: re.sub(r"\|\s*(\w+)\s+(\"[^\"]*\"|'[^']*')", r"| \1(\2)", tag)),
)


def _outside(tag: str, *changes: tuple[str, str]) -> str:
    """The tag with signs replaced that stand outside of quotation marks."""
    pieces = re.split(r"(\"[^\"]*\"|'[^']*')", tag)
    for pattern, instead in changes:
        pieces[::2] = [re.sub(pattern, instead, piece) for piece in pieces[::2]]
    return "".join(pieces)


def _corrected(message: str, names: ColumnNames, compiles: Compiles) -> str:
    """What to write instead of the tags that are typed as elsewhere, if the message compiles then; else nothing."""
    made, said = message, ""
    for about, change in _TYPED:
        changed = _changed(made, change)
        if changed != made:
            made, said = changed, said + about
        # The columns' own spelling alone has a remedy of its own.
        for tried in (made, _changed(made, lambda tag: _spelled(tag, names))) if made != message else ():
            if compiles(tried):
                tags = zip(_TAGS.findall(message), _TAGS.findall(tried), strict=False)
                written = dict.fromkeys(new for old, new in tags if new != old)
                return f"{said}Write {', '.join(list(written)[:3])}."
    return ""


def _changed(message: str, change: Callable[[str], str]) -> str:
    return _TAGS.sub(lambda found: change(found[0]), message)


def _spelled(tag: str, names: ColumnNames) -> str:
    """The tag with columns written as messages write them: `{{ first_name }}` for `{{ First Name }}`."""
    odd = [place for place, name in enumerate(names.header) if " " in name.strip()]
    for place in sorted(odd, key=lambda place: -len(names.header[place])):
        tag = _outside(
            tag, (rf"(?i)(?<!\w){re.escape(names.header[place].strip())}(?!\w)", names.word(place))
        )
    return tag


def remedy_of_unknown(unknown: Mapping[str, str], header: Sequence[str]) -> str:
    """What to do about names the file has no column for, each with the attribute that is asked of it, if any."""
    names, near = ColumnNames(header), list[int]()
    for word, attribute in unknown.items():
        column = names.places(attribute) if attribute else []
        slips = closest(word, header) or (closest(attribute, header) if attribute else ())
        near += column[:1] or _places(slips, names)
    named = [
        names.placeholder(place)
        for place, name in enumerate(header[:MOST_NAMED])
        if len(name) <= _LONGEST_NAMED
    ]
    more = [f"and {len(header) - len(named)} more"] if len(named) < len(header) else []
    return f"{_did_you_mean(near, names)} The columns are: {', '.join([*named, *more])}.".strip()


def remedy_of_constant(place: int, header: Sequence[str]) -> str:
    """What to do where a column's name stands in quotes, or a number that is one, and would be sent as it is."""
    return (
        f"Write {ColumnNames(header).placeholder(place)} for what the column holds; words that are to be sent as they are"
        " stand outside of {{ }}."
    )


def remedy_of_condition(expression: str, remedy: str, header: Sequence[str]) -> str:
    """What to do about an expression over the columns that does not compile, where a message had that `remedy`."""
    plain = _QUOTED.sub("''", expression)
    if _CURLY.search(plain):
        straight = re.sub("[“”„‟«»‘’‚]", "'", expression)
        return f"Quotation marks are straight ones: {straight}."
    if re.search(r"(?<![=!<>])=(?!=)", plain):
        return "Compare with two signs: opt_in == 'Oui'."
    if re.search(r"<>|&&|\|\||\b(?:AND|OR|NOT|IN)\b", plain):
        return "Write == and != to compare, and: and, or, not, in, in small letters."
    names = ColumnNames(header)
    asked = [place for place, name in enumerate(header) if not name.isidentifier() and name.strip()]
    spelled = [names.word(place) for place in asked if header[place].strip() in plain]
    if spelled:
        return f"Write {', '.join(spelled)}."
    return (
        without_braces(remedy)
        if "{%" not in remedy
        else "Write it as: opt_in == 'Oui' and statut != 'Annulé'."
    )


def without_braces(sentence: str) -> str:
    """A sentence about a message, for an expression: there a column stands without braces."""
    return re.sub(r"\{\{ (\w+) \}\}", r"\1", sentence)


def remedy_of_several(places: Sequence[int]) -> str:
    """What to do where several columns have the name that is asked for."""
    words = [f"{{{{ column_{letter(place).lower()} }}}}" for place in places[:MOST_NAMED]]
    return f"Write {' or '.join(words)}, by the column's letter, or rename all but one of them in the file."


def _did_you_mean(places: Iterable[int], names: ColumnNames) -> str:
    near = dict.fromkeys(map(names.placeholder, places))
    return f"Did you mean {' or '.join(near)}?" if near else ""


def _places(near: Iterable[str], names: ColumnNames) -> list[int]:
    return [place for one in near for place in names.places(one)[:1]]


def _column(word: str, names: ColumnNames) -> str:
    """How a column is written that a word names, by itself or by what follows its last point; empty if there is none."""
    found = next(
        (one for part in (word, word.rpartition(".")[2]) if part and (one := names.places(part))), []
    )
    return names.placeholder(found[0]) if found else ""


def _with_brackets(inner: str, names: ColumnNames) -> str:
    """`{{ name | default("you") }}` for ` name | default: "you" `; empty if no filter in it is written with a colon."""
    name, bar, rest = inner.partition("|")
    filters = [one.strip() for one in _FILTERS.findall(bar + rest)]
    brackets = [f"{found[1]}({found[2]})" if (found := _COLON.fullmatch(one)) else one for one in filters]
    if brackets == filters or not _WORD.fullmatch(name.strip()):
        return ""
    word = _column(name.strip(), names).strip("{} ") or name.strip()
    return f"{{{{ {' | '.join([word, *brackets])} }}}}"
