"""Every sentence that the command line may show, as its source has it; run with a language it prints those not translated.

What `say` and `mark` are given is told by themselves. All other text is found again by its pattern when it is shown
(`smscampaign/translation.py`), so that a pattern is any f-string or text in the source that reads like words for people.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from smscampaign import languages
from smscampaign.advice.findings import Severity
from smscampaign.cli.app import COMMANDS, build_app
from smscampaign.model import Delivery, Status
from smscampaign.settings.table import SETTINGS

HOUSE = Path(languages.__file__).parent

#: What is shown comes from here; the sandbox's own server speaks English.
ROOMS = (
    "cli",
    "campaign",
    "journal",
    "recipients",
    "settings",
    "advice",
    "message",
    "gateway",
    "delivery",
    "notebook",
    "receipts",
)
MODULES = (
    "bars",
    "databases",
    "results",
    "ways",
    "locales",
    "phone/regions",
    "drawing",
    "errors",
    "packs",
    "pricing",
    "report/places",
)

#: Modules whose texts are told to nobody in a terminal: what `init` writes into a file, what only Python says, statements.
ELSEWHERE = {
    "settings/proposals.py",
    "gateway/fake.py",
    "journal/schema.py",
    "journal/bulk.py",
    "journal/contacts.py",
    "journal/statements.py",
    "journal/comparison.py",
}

#: Texts that look like sentences: lists of words, SQL, regular expressions, HTML, what is looked for in others' messages.
_OTHER = re.compile(
    "|".join(
        [
            r"SELECT |INSERT |PRAGMA |SAVEPOINT|ROLLBACK|CREATE |ANALYZE |UPDATE about|DELETE FROM|INDEXED BY|^BEGIN IMM",
            r"^DROP |^REPEATABLE|^READ COMM|^SHOW |^SET sync|synchronous_commit|<div|<t[adhr]|<span|style=|rgba|opacity",
            r"\\w|\\b|\\d|\(\?|^\n|smscampaign-mark|^Symlink|^failed to map|^can't start|^Mac Roman|^bold red|^Value error",
            r"^ALTER TABLE |^<meta ",
            r"^Input should|^It should$|^yes y true|^status statut|^country countries|^state province|^prenom|^imie|^vorname",
            r"^nombre|^nome|^voornaam|^name first|^consent consents|^optout|^no n false|^cancelled canceled|^prénom|^abs cap",
            r"^capitalize casefold|a command was called|^in memory|hh:mm|^and else false|^unexpected extra|^service does not",
            r"^out of time|^end of template|^Sms sender|has no attribute|^receivers per call|^once per$|in another order",
            r"are claimed|%Y|^has ,|^--\w+ \{\w+\}$|^\{program\} |^\{decide\} |^pip install|^/(in|out)(com|go)ing and",
            r"^\[query|^not in$|^\d+px|^\^\(|^--confirm -$|^rows? (is|are)$|^\{people\} people$|^1 person$",
            r"^\{prefix\}|^smscampaign \{version|^.column \{letter|lease=|\{theirs\}|^\[bold|^\[\{colour",
            r"^\{name\} in \{ours|^un the c|^ruchom|^elancez|^datetime64|^<p>|^only a rehearsal|^import ",
            r"^Error: smscampaign could|^Messages were sent, or may have been, before|^\{where\}: \{what\}$|UPDATE ",
            r"^\{key\}: \{|^\{about\}: |^\{error\}$|^this is \{name\}$|^\{\}: was|^\{names\} and \{names2",
        ]
    )
)
_WORDS = re.compile(
    r"[A-Za-z]{2,}[,;:.)”]?\ [A-Za-z({“`-]|[A-Za-z]{2,}:\ \x00|\x00\ [a-z]{2,}|[a-z]{2,}\ \x00", re.VERBOSE
)
_LETTERS = re.compile(r"[A-Za-z]{2,}")


def _name(node: ast.expr) -> str:
    """What an expression in braces is about, for whoever translates."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=attr, value=ast.Name(id=owner)) if attr in {"name", "value"}:
            return owner
        case ast.Attribute(attr=attr):
            return attr
        case ast.Call(func=ast.Name(id="count"), args=[_, ast.Constant(value=str(noun)), *_]):
            return noun.split()[-1] + "s"
        case ast.Call(func=func, args=args):
            called = func.attr if isinstance(func, ast.Attribute) else _name(func)
            plain = {
                "join",
                "thousands",
                "str",
                "len",
                "for_shell",
                "repr",
                "mask",
                "masked",
                "plain",
                "local",
            }
            return _name(args[0]) if called.strip("_") in plain and args else called
        case ast.Subscript(value=value) | ast.BoolOp(values=[value, *_]) | ast.BinOp(left=value):
            return _name(value)
        case ast.GeneratorExp(generators=[first, *_]) | ast.ListComp(generators=[first, *_]):
            return _name(first.iter)
    return "some"


def pattern_of(node: ast.Constant | ast.JoinedStr) -> str:
    """The pattern of a text or an f-string, with a name in each pair of braces."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    text, names = "", dict[str, str]()
    for piece in node.values:
        if isinstance(piece, ast.Constant):
            text += str(piece.value).replace("{", "{{").replace("}", "}}")
            continue
        assert isinstance(piece, ast.FormattedValue)
        name = first = re.sub(r"\W", "", _name(piece.value).strip("_").lower()) or "some"
        number, source = 2, ast.dump(piece.value)
        while names.setdefault(name, source) != source:
            name, number = f"{first}{number}", number + 1
        text += f"{{{name}}}"
    return text


def _lines(pattern: str) -> Iterator[str]:
    for line in pattern.split("\n"):
        yield line.strip()


def _reads(pattern: str) -> bool:
    bare = re.sub(r"(?<!\{)\{\w+\}(?!\})", "\x00", pattern)
    return bool(_WORDS.search(bare)) and bool(_LETTERS.search(bare))


def _docstrings(tree: ast.AST) -> set[int]:
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _words(tree: ast.AST) -> Iterator[str]:
    """Single words: what `told` is given, the heads of tables, and the names of facts."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(args=[first, *_]) if _called(node) in {"told", "table", "_show", "note", "warn"}:
                yield from _constants(first)
            case ast.Assign(targets=[ast.Name(id="heads" | "pairs")], value=value):
                yield from _constants(value)
            case ast.Call(args=[ast.Tuple(elts=[first, *_])]) if _called(node) == "append":
                yield from _constants(first)
            case ast.AugAssign(target=ast.Name(id="pairs"), value=value):
                yield from _constants(value)


def _constants(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Tuple(elts=found) | ast.List(elts=found):
            for one in found:
                yield from _constants(one)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _constants(body)
            yield from _constants(orelse)
        case ast.Starred(value=value):
            yield from _constants(value)


def _called(node: ast.AST) -> str:
    func = node.func if isinstance(node, ast.Call) else None
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def in_module(path: Path) -> Iterator[tuple[str, ...]]:
    """The patterns of a module: one, or one for one and one for several."""
    tree = ast.parse(path.read_text("utf-8"), str(path))
    skipped, parents = _docstrings(tree), dict[int, ast.AST]()
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            parents[id(child)] = node
        match node:
            case ast.Call(args=[_, ast.Constant(value=str(noun)), *_]) if _called(node) == "count" and noun:
                yield f"{{n}} {noun}", f"{{n}} {noun}s"
        if _called(node) in {"say", "mark", "marks", "count"}:
            assert isinstance(node, ast.Call)
            skipped |= {id(one) for one in node.args}
            found = tuple(str(one.value) for one in node.args if isinstance(one, ast.Constant))
            if any(found) and _called(node) != "count":
                yield found
    yield from ((word.strip(),) for word in _words(tree) if _LETTERS.search(word))
    for node in ast.walk(tree):
        whole = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        parent = parents.get(id(node))
        within = isinstance(parent, ast.FormattedValue) and isinstance(node, ast.JoinedStr)
        part = not whole or id(node) in skipped or isinstance(parent, ast.JoinedStr | ast.FormattedValue)
        if part and not within:
            continue
        if isinstance(parent, ast.keyword) and parent.arg in {"metavar", "style"}:
            continue
        if isinstance(parent, ast.Compare) or (
            isinstance(parent, ast.Call)
            and _called(parent) in {"startswith", "removeprefix", "compile", "search"}
        ):
            continue
        assert isinstance(node, ast.Constant | ast.JoinedStr)
        pattern = pattern_of(node)
        if not _OTHER.search(pattern):
            yield from ((line,) for line in _lines(pattern) if _reads(line))


@cache
def patterns() -> list[tuple[str, ...]]:
    """All of them, each once."""
    found: dict[tuple[str, ...], None] = {}
    for path in sorted(HOUSE.rglob("*.py")):
        place = path.relative_to(HOUSE).as_posix()
        shown = place.split("/")[0] in ROOMS or place.removesuffix(".py") in MODULES
        for one in () if place in ELSEWHERE else in_module(path):
            if shown or _is_marked(path, one):
                found[one] = None
    for one in (*_helped(), *_codes()):
        found[one,] = None
    several = {one[0] for one in found if len(one) == 2}
    return [one for one in found if len(one) == 2 or one[0] not in several]


def _codes() -> Iterator[str]:
    """Words of ours that are codes in files and in JSON."""
    for one in (Status, Delivery, Severity):
        yield from (code.value for code in one)
    yield from (one.otherwise for one in SETTINGS if _LETTERS.search(one.otherwise))


def _helped() -> Iterator[str]:
    """The help of every command, as it is told: paragraph by paragraph."""
    group = build_app(*COMMANDS)
    for command in (group, *group.commands.values()):
        texts = [command.help, command.short_help, command.epilog, command.rich_help_panel]
        for one in command.params:
            texts += [getattr(one, "help", None), getattr(one, "rich_help_panel", None)]
        for text in texts:
            if isinstance(text, str) and text:
                yield from (" ".join(one.split()) for one in text.split("\n\n"))


@cache
def _marked(path: Path) -> frozenset[str]:
    return frozenset(
        str(one.value)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if _called(node) in {"say", "mark", "marks"} and isinstance(node, ast.Call)
        for one in node.args
        if isinstance(one, ast.Constant)
    )


def _is_marked(path: Path, one: tuple[str, ...]) -> bool:
    return one[0] in _marked(path)


def missing(language: str) -> list[tuple[str, ...]]:
    """Those that the catalogue of a language does not have."""
    place = HOUSE / "locale" / language / "LC_MESSAGES" / "smscampaign.po"
    with place.open("rb") as file:
        known = {one.id if isinstance(one.id, str) else one.id[0] for one in read_po(file, locale=language)}
    return [one for one in patterns() if one[0] not in known]


if __name__ == "__main__":
    for one in missing(sys.argv[1]):
        print(*one, sep=" | ")
