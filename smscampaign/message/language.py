"""What of Jinja2's language a message may use, and the sandbox it runs in.

A message needs columns, conditions, a few filters and methods of texts, and now and then a loop over a text or a list. All of
that is bounded by what it is given (`limits`). What is not bounded, such as macros, ranges and blocks, or has no use in an
SMS, is refused before any row is rendered, by what the message is made of and not by what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from inspect import unwrap
from math import isfinite
from typing import Any, cast

from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.lexer import describe_token
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from smscampaign.errors import TemplateProblem
from smscampaign.message import slips
from smscampaign.message.limits import TooLarge, Work, size
from smscampaign.names import ColumnNames

FILTERS = frozenset(
    """
    abs capitalize count d default e escape first format join last length list lower map max min reject replace
    reverse round safe select sort string striptags sum title trim truncate unique upper urlencode wordcount
    """.split()  # noqa: SIM905 - as a list it would be a page of quotation marks
)

VALUES = frozenset({"date", "time", "money", "float", "int"})
"""Filters of our own (`values`), which few messages need. Jinja2's `float` and `int` make 0 of what they cannot read."""

METHODS = frozenset(
    """
    capitalize casefold center count endswith find format get index isalnum isalpha isdecimal isdigit islower isnumeric
    isspace isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rjust rpartition rsplit rstrip
    split splitlines startswith strip swapcase title upper zfill
    """.split()  # noqa: SIM905 - as a list it would be a page of quotation marks
)

_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword),
    *(nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(
        nodes.Add,
        nodes.Sub,
        nodes.Mul,
        nodes.Div,
        nodes.FloorDiv,
        nodes.Mod,
        nodes.Neg,
        nodes.Pos,
        nodes.Concat,
    ),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Call, nodes.Filter, nodes.Test),
)
_OTHER_FILES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport, nodes.Block)
_CALLED = {
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.AssignBlock: "{% set %} around a block",
    nodes.With: "{% with %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.Pow: "**",
    nodes.NSRef: "{% set %} of an attribute",
}
_MAY = (
    "A message may use columns, {% if %}, {% for %} over a text or a list, {% set name = … %}, filters such as | upper and"
    ' methods such as .split(","): write it with those, or put the text into a column of its own.'
)

# Names of ours that no message can write.
_ITEMS, _JOINED, _KEPT = "items of", "joined by", "kept as"


def as_condition(environment: Environment, expression: str) -> nodes.Template:
    """A template that says something where an expression holds, and nothing elsewhere. Raises TemplateSyntaxError."""
    parser = Parser(environment, expression, state="variable")
    asked = parser.parse_expression()
    if not parser.stream.eos:
        found = describe_token(parser.stream.current)
        parser.fail(f"it should end before {found!r}", parser.stream.current.lineno)
    said = nodes.Output([nodes.TemplateData("1", lineno=1)], lineno=1)
    tree = nodes.Template([nodes.If(asked, [said], [], [], lineno=1)], lineno=1)
    tree.set_environment(environment)
    return tree


ROWS = "_rows_of_a_block_"
"""Where `over_rows` finds the rows, each with the cells that are asked for in their order."""


def over_rows(tree: nodes.Template, names: Sequence[str]) -> nodes.Template:
    """The template of a condition, made to say of each of many rows whether it holds."""
    (condition,) = tree.body
    assert isinstance(condition, nodes.If)  # noqa: S101 - what `as_condition` makes
    condition.else_ = [nodes.Output([nodes.TemplateData("0", lineno=1)], lineno=1)]
    target = nodes.Tuple([nodes.Name(name, "store", lineno=1) for name in names], "store", lineno=1)
    loop = nodes.For(target, nodes.Name(ROWS, "load", lineno=1), [condition], [], None, False, lineno=1)
    over = nodes.Template([loop], lineno=1)
    over.set_environment(cast(Environment, tree.environment))
    return over


def refuse_foreign(tree: nodes.Template, where: str) -> None:
    """Raise TemplateProblem, with the line, for anything a message may not use."""
    for found in tree.find_all(nodes.Node):
        place = f"{where}, line {found.lineno}"
        if isinstance(found, _OTHER_FILES):
            raise TemplateProblem(
                f"the message uses {{% {type(found).__name__.removesuffix('Import').lower() or 'import'} %}}, "
                "and a message has no other files to draw on",
                where=place,
                remedy="Write the whole text in the message.",
            )
        if foreign := _foreign(found):
            raise TemplateProblem(
                f"the message uses {foreign}, which messages do not have", where=place, remedy=_MAY
            )


def _foreign(node: nodes.Node) -> str:
    """What of it a message may not use, empty for nothing."""
    if not isinstance(node, (*_NODES, nodes.Helper)) or type(node) in _CALLED:
        return _CALLED.get(type(node), f"{{% {type(node).__name__.lower()} %}}")
    if isinstance(node, nodes.For) and node.recursive:
        return "{% for … recursive %}"
    if isinstance(node, nodes.Call | nodes.Filter | nodes.Test) and (node.dyn_args or node.dyn_kwargs):
        return "* or ** in brackets"
    if isinstance(node, nodes.Call):
        called = node.node
        if not isinstance(called, nodes.Getattr):
            return (
                f"{called.name}()"
                if isinstance(called, nodes.Name)
                else "a call of something that is no method"
            )
        return "" if called.attr in METHODS else f".{called.attr}()"
    return ""


def refuse_quoted(tree: nodes.Template, header: Sequence[str], where: str) -> None:
    """Raise TemplateProblem for `{{ 'N° commande' }}`: everybody would be sent the name of the column.

    And for `{% if 'N° commande' == 'A-12' %}`, which never holds.
    """
    names = ColumnNames(header)
    for one in tree.find_all(nodes.Compare):
        sides = [one.expr, *(operand.expr for operand in one.ops)]
        _refuse_numbers(sides, f"{where}, line {one.lineno}")
        words = [str(side.value) for side in sides if isinstance(side, nodes.Const)]
        called = [places[0] for word in words if word.strip() and (places := names.places(word))]
        if called and len(words) == len(sides):
            raise TemplateProblem(
                f"the message compares words with words: {header[called[0]]!r} stands in quotes",
                where=f"{where}, line {one.lineno}",
                remedy=f"Write {names.word(called[0])}, without quotes, for what the column holds.",
            )
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            printed = node
            while isinstance(printed, nodes.Filter) and printed.node is not None:
                printed = printed.node
            word = str(printed.value) if isinstance(printed, nodes.Const) else ""
            if word.strip() and (places := names.places(word)):
                raise TemplateProblem(
                    f"the message would send the words {word!r} to everybody, and a column is called so",
                    where=f"{where}, line {printed.lineno}",
                    remedy=slips.remedy_of_constant(places[0], header),
                )


def _refuse_numbers(sides: Sequence[nodes.Expr], where: str) -> None:
    """Raise TemplateProblem for `{% if age > 18 %}` and `age == 18`: a cell is a text, and a text is no number."""
    numbers = [one.value for one in sides if isinstance(one, nodes.Const) and type(one.value) in {int, float}]
    cells = [one.name for one in sides if isinstance(one, nodes.Name)]
    if numbers and cells:
        raise TemplateProblem(
            f"the message compares the text of a cell with the number {numbers[0]}, and they are never equal",
            where=where,
            remedy=f"Write {cells[0]} == '{numbers[0]}' for the same text, and {cells[0]} | float > {numbers[0]} for more"
            " than that.",
        )


def bind(tree: nodes.Template) -> nodes.Template:
    """The tree with its loops, names that are set and `~` held to the bounds of `limits`."""
    bound: nodes.Template = _Binding().visit(tree)
    return bound


class _Binding(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - as in Jinja2
        length = sum(1 for _ in node.find_all(nodes.Node))
        self.generic_visit(node)
        node.iter = _filtered(node.iter, _ITEMS, nodes.Const(length))
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:  # noqa: N802 - as in Jinja2
        self.generic_visit(node)
        node.node = _filtered(node.node, _KEPT)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - as in Jinja2
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno, environment=node.environment), _JOINED)


def _filtered(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    made = nodes.Filter(cast(nodes.Expr, node), name, list(args), [], None, None)
    made.set_lineno(node.lineno)
    made.set_environment(cast(Environment, node.environment))
    return made


class ValueMissing(UndefinedError):
    """An empty cell was printed, filtered or reckoned with; its message is the column's name."""


class _Empty(Undefined):
    """An empty cell: false, equal to '', what `default` stands in for. Anything else that needs a value raises."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Empty) or other == ""

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash("")

    def __bool__(self) -> bool:
        return False

    def __contains__(self, item: object) -> bool:
        return item == ""

    def __repr__(self) -> str:
        return "''"

    __str__ = __iter__ = __len__ = Undefined._fail_with_undefined_error
    __round__ = __abs__ = __index__ = __reversed__ = Undefined._fail_with_undefined_error


def empty_cell(name: str) -> Undefined:
    """What stands for an empty cell of that column."""
    return _Empty(hint=name, name=name, exc=ValueMissing)


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which also refuses results that would fill the memory or never end."""

    # Jinja2 does not work intercepted operators out while compiling, so `10 * 10 * 10` cannot stop the check either.
    intercepted_binops = frozenset({"+", "*", "%"})

    def __init__(self) -> None:
        # An SMS is not HTML: escaping would send `&amp;` to people.
        super().__init__(
            autoescape=False, undefined=StrictUndefined, cache_size=0, optimized=False, finalize=_shown
        )
        self.work = Work()
        self.globals.clear()
        own = {_ITEMS: self.work.items, _JOINED: self.work.joined, _KEPT: self.work.kept}
        self.filters = {name: self.work.watched(name, self.filters[name]) for name in FILTERS} | own

    def also(self, own: Mapping[str, Callable[..., Any]]) -> None:
        """Filters of our own, held to the same bounds."""
        self.filters |= {name: self.work.watched(name, one) for name, one in own.items()}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        self.work.operation(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 - as in Jinja2
        # Jinja2 wraps `str.format`.
        value = getattr(unwrap(__obj), "__self__", None) if callable(__obj) else None
        name = getattr(__obj, "__name__", "")
        called = partial(super().call, __context, __obj)
        return __self.work.watched(name, called, value)(*args, **kwargs)


def _shown(value: Any) -> Any:
    """What is printed: a text, a number or a list of them, and nothing of the program's. Texts are counted together."""
    if isinstance(value, str | Undefined):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise TooLarge("a number is too large to be written")
        return float(f"{value:.15g}")  # 0.1 + 0.2 is 0.3 to everybody but a computer
    size(value)
    if callable(value) or isinstance(value, Iterator):
        raise TooLarge("a method or a list in the making is printed: write () or | join behind it")
    return value


def value_filters(tree: nodes.Template, region: str | None, where: str) -> Mapping[str, Callable[..., Any]]:
    """The filters of our own, as far as they are asked for. Raises TemplateProblem where one is given what it cannot take."""
    asked = [one for one in tree.find_all(nodes.Filter) if one.name in VALUES]
    by_name = (one.value for one in tree.find_all(nodes.Const) if isinstance(one.value, str))  # map("int")
    if not asked and VALUES.isdisjoint(by_name):
        return {}
    from smscampaign.message import values

    for one in asked:
        given = [arg.value for arg in one.args if isinstance(arg, nodes.Const)]
        named: dict[str, Any] = {
            str(pair.key): pair.value.value for pair in one.kwargs if isinstance(pair.value, nodes.Const)
        }
        if len(given) + len(named) < len(one.args) + len(one.kwargs):
            continue  # what a cell gives is found out row by row
        try:
            values.refuse(one.name, given, named, region)
        except ValueError as error:
            raise TemplateProblem(
                str(error),
                where=f"{where}, line {one.lineno}",
                remedy='Examples: {{ day | date("full") }}, {{ hour | time }}, {{ price | money("EUR") }},'
                " {{ age | int(0) }}.",
            ) from None
    return values.filters(region)


def parses(message: str) -> bool:
    """Whether a message is one of the language."""
    try:
        TemplateSandbox().parse(message)
    except TemplateSyntaxError:
        return False
    return True
