"""The message as a template over the file's columns: `Hello {{ first_name }}`. The only door to Jinja2.

Strict: a message that does not compile, or asks for a column the file does not have, is a TemplateProblem before any row
is rendered; a row that has nothing in a column the message needs is not rendered at all. Sandboxed: cells are values and
never run as a template, and the message itself reaches neither Python's internals nor results of unreasonable size.
The language is the part of Jinja2's (https://jinja.palletsprojects.com/en/stable/templates/) that `message.language` allows:
the same row gives the same text each time, within bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import cast

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.runtime import Context

from smscampaign.errors import TemplateProblem
from smscampaign.message import slips
from smscampaign.message.filling import (
    BLANK,
    UNMEANT,
    Render,
    Rendered,
    Slot,
    Unreadable,
    Unrendered,
    by_format,
    failed,
    finished,
    lacking,
)
from smscampaign.message.language import (
    FILTERS,
    ROWS,
    VALUES,
    TemplateSandbox,
    ValueMissing,
    as_condition,
    bind,
    empty_cell,
    over_rows,
    parses,
    refuse_foreign,
    refuse_quoted,
    value_filters,
)
from smscampaign.message.limits import LARGEST, LONGEST_MESSAGE, bounded
from smscampaign.model import Reason
from smscampaign.names import ColumnNames

__all__ = ["Rendered", "Template", "Unrendered", "compile_template"]

_WHERE = "message"


@dataclass(frozen=True, slots=True)
class Template:
    """A message that has been checked against a header by `compile_template`.

    `columns` are the indices of the columns it uses, ascending; none means that every row gets the same text. Rows are
    expected to have as many cells as the header: planning sorts out the others before.
    """

    message: str
    columns: tuple[int, ...]
    _render: Render = field(repr=False)

    def render(self, fields: Sequence[str]) -> Rendered:
        """The text for one row, or why there is none."""
        return self.render_block((fields,))[0]

    def render_block(self, rows: Sequence[Sequence[str]]) -> list[Rendered]:
        """The same for many rows, in their order: several times quicker."""
        return self._render(list(zip(*rows, strict=True)), len(rows))

    def render_columns(self, columns: Sequence[Sequence[str]], rows: int) -> list[Rendered]:
        """The same for so many rows as columns of cells."""
        return self._render(columns, rows)

    def lacking(self, fields: Sequence[str]) -> tuple[int, ...]:
        """The columns for want of which a row has no text, ascending; none if that is not what it lacks."""
        text = self.render(fields)
        return text.columns if isinstance(text, Unrendered) else ()


def compile_template(
    message: str, header: Sequence[str], *, quick: bool = True, where: str = _WHERE, region: str | None = None
) -> Template:
    """Check a message against a file's header and make it ready to render.

    `quick=False` leaves simple messages to Jinja2 as well; the texts are the same, only later. Raises TemplateProblem,
    with the line, for a message that does not compile or uses a column the file does not have, or has twice; it calls the
    message `where`. `region` is the country in whose way days and amounts are read and written.
    """
    try:
        return _checked(message, header, lambda environment: environment.parse(message), quick, region)
    except TemplateProblem as problem:
        problem.where = problem.where.replace(_WHERE, where, 1)
        raise


def compile_condition(expression: str, header: Sequence[str], *, where: str, region: str | None) -> Template:
    """The same of an expression over the columns: a row in which it holds has a text, and any other has none.

    Raises TemplateProblem also for one that asks for no column, which would say the same of every row.
    """
    try:
        made = _checked(
            expression, header, lambda environment: as_condition(environment, expression), False, region
        )
    except TemplateProblem as problem:
        problem.where = problem.where.replace(_WHERE, where, 1) if "\n" in expression.strip() else where
        problem.what = slips.without_braces(problem.what.replace("the message", f"`{where}`"))
        problem.what = problem.what.replace("which messages do not have", "which it does not have")
        problem.remedy = slips.remedy_of_condition(expression, problem.remedy, header)
        raise
    if not made.columns:
        names = ColumnNames(header)
        asked = ", ".join(map(names.word, range(min(len(header), slips.MOST_NAMED))))
        raise TemplateProblem(
            f"`{where}` asks for no column, and says the same of every row",
            where=where,
            remedy=f"Write it over the columns, without quotes around their names: {asked}.",
        )
    return made


def condition_of_blocks(
    expression: str, header: Sequence[str], region: str | None
) -> Callable[[Sequence[Sequence[str]]], str | None]:
    """An expression that `compile_condition` took, asked of all rows of a block at once: a fifth of the time.

    The answer has a sign for each row, `1` where it holds; it is None where one of them needs what it has not.
    """
    environment = TemplateSandbox()
    tree = as_condition(environment, expression)
    environment.also(value_filters(tree, region, _WHERE))
    columns = _columns(tree, header)
    template = environment.from_string(over_rows(bind(tree), tuple(columns)))
    used = [(index, empty_cell(header[index])) for index in columns.values()]

    def answers(cells_of: Sequence[Sequence[str]]) -> str | None:
        cells = [[cell.strip() or empty for cell in cells_of[index]] for index, empty in used]
        rows = list(zip(*cells, strict=True))
        environment.work.begin(len(rows))
        try:
            return "".join(template.root_render_func(Context(environment, {ROWS: rows}, None, {})))
        except Exception:  # noqa: BLE001 - whatever a cell makes it raise, that row is found when they are asked one by one
            return None

    return answers


Parse = Callable[[TemplateSandbox], nodes.Template]


def _checked(message: str, header: Sequence[str], parse: Parse, quick: bool, region: str | None) -> Template:
    if not message.strip():
        raise TemplateProblem("the message is empty", where=_WHERE, remedy="Write the text to send.")
    if len(message) > LONGEST_MESSAGE:
        raise TemplateProblem(
            f"the message has more than {LONGEST_MESSAGE:,} characters",
            where=_WHERE,
            remedy="An SMS has 160, and a hundred of them 15 300: is it the right file?",
        )
    try:
        return _compiled(message, header, parse, quick, region)
    except TemplateSyntaxError as error:
        raise _syntax_problem(message, error, header) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
        raise TemplateProblem(
            f"the message is too large or too deeply nested to compile ({type(error).__name__})",
            where=_WHERE,
            remedy="Write it with fewer statements inside each other.",
        ) from None


def _compiled(message: str, header: Sequence[str], parse: Parse, quick: bool, region: str | None) -> Template:
    environment = TemplateSandbox()
    tree = parse(environment)
    refuse_foreign(tree, _WHERE)
    refuse_quoted(tree, header, _WHERE)
    environment.also(value_filters(tree, region, _WHERE))
    template = environment.from_string(bind(tree))
    columns = _columns(tree, header)
    pieces = _pieces(tree, header, columns)
    simple = [piece for piece in pieces if piece is not None]
    if quick and columns and len(simple) == len(pieces):
        render = by_format(simple)
    else:
        meant = next(tree.find_all((nodes.If, nodes.CondExpr)), None) is not None
        render = _by_jinja(template, header, columns, _needed(tree, columns, simple), meant)
    used = tuple(sorted(set(columns.values())))
    return Template(message, used, render if used else _once(render))


def _syntax_problem(message: str, error: TemplateSyntaxError, header: Sequence[str]) -> TemplateProblem:
    lines = message.splitlines()
    line = lines[error.lineno - 1].strip() if 0 < error.lineno <= len(lines) else ""
    said = error.message or ""
    return TemplateProblem(
        f"the message does not compile: {said}",
        where=f"{_WHERE}, line {error.lineno}" + f" ({line[:80]})" * bool(line),
        remedy=slips.remedy_of_syntax(message, line, said, header, filters=FILTERS | VALUES, compiles=parses),
    )


def _columns(tree: nodes.Template, header: Sequence[str]) -> dict[str, int]:
    """The names the message takes from the file, each with its column."""
    names = ColumnNames(header)
    # Jinja2 answers `self` from within, so that it is not among the undeclared; a name that only some branches set is.
    asked = meta.find_undeclared_variables(tree) | {
        name.name for name in _names(tree, "load") if name.name == "self"
    }
    found = {name: names.places(name) for name in asked}
    setters = tree.find_all(nodes.Assign)
    given = {name.name for setter in setters for name in _names(setter, "store")}
    unknown = sorted(name for name in asked if name == "self" or not (found[name] or name in given))
    if unknown:
        raise _unknown_problem(tree, unknown, header)
    for name, indices in sorted(found.items()):
        if len(indices) > 1:
            raise TemplateProblem(
                f"{{{{ {name} }}}} may be any of several columns: {', '.join(repr(header[i]) for i in indices)}",
                where=_place(tree, name),
                remedy=slips.remedy_of_several(indices),
            )
    return {name: indices[0] for name, indices in found.items() if indices}


def _names(node: nodes.Node, ctx: str) -> list[nodes.Name]:
    return [name for name in node.find_all(nodes.Name) if name.ctx == ctx]


def _place(tree: nodes.Template, name: str) -> str:
    return f"{_WHERE}, line {min(node.lineno for node in _names(tree, 'load') if node.name == name)}"


def _unknown_problem(tree: nodes.Template, unknown: Sequence[str], header: Sequence[str]) -> TemplateProblem:
    # Elsewhere `{{ contact.NAME }}` is a column: the last of the attributes that are asked of an unknown name.
    asked = {_base(node): node.attr for node in reversed(list(tree.find_all(nodes.Getattr)))}
    return TemplateProblem(
        f"the file has no column for {', '.join(f'{{{{ {name} }}}}' for name in unknown)}",
        where=_place(tree, unknown[0]),
        remedy=slips.remedy_of_unknown({name: asked.get(name, "") for name in unknown}, header),
    )


def _base(node: nodes.Expr) -> str:
    """The name that attributes are asked of, empty for anything else."""
    while isinstance(node, nodes.Getattr):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""


def _once(render: Render) -> Render:
    text = render((), 1)[0]
    if isinstance(text, Unrendered) and text.reason is Reason.TEXT_FAILED:
        what = f"{text.detail[:1].lower()}{text.detail[1:].removesuffix('.')}"
        raise TemplateProblem(what, where=_WHERE, remedy="Correct the message: no row could be sent.")
    return lambda _, rows: [text] * rows


def _by_jinja(
    template: JinjaTemplate,
    header: Sequence[str],
    columns: Mapping[str, int],
    needed: Sequence[int],
    meant: bool,
) -> Render:
    """Rendered by Jinja2, which stops at the first empty cell it needs; what is `needed` in any case is named with it.

    `meant` says that a text may be empty on purpose: there are conditions in the message.
    """
    index_of = {header[index]: index for index in columns.values()}
    used = [(name, index, empty_cell(header[index])) for name, index in columns.items()]

    def render(cells_of: Sequence[Sequence[str]], count: int) -> list[Rendered]:
        # One context for the whole block, wiped between rows: `Template.render` spends most of its time building them.
        context = Context(template.environment, {}, None, {})
        texts: list[Rendered] = []
        for row in zip(*cells_of, strict=True) if cells_of else repeat((), count):
            cells = {name: row[index].strip() or empty for name, index, empty in used}
            context.parent = cells
            context.vars.clear()
            context.exported_vars.clear()
            try:
                text = _rendered(template, context)
                texts.append(UNMEANT if text is BLANK and meant else text)
            except ValueMissing as error:
                empty_too = {index for index in needed if not row[index].strip()}
                every = sorted({index_of[str(error)], *empty_too})
                texts.append(lacking(tuple((index, header[index]) for index in every)))
        return texts

    return render


def _rendered(template: JinjaTemplate, context: Context) -> Rendered:
    """The text of one row, or why it fails. Raises ValueMissing for an empty cell."""
    try:
        cast(TemplateSandbox, template.environment).work.begin()
        pieces = list(islice(template.root_render_func(context), LARGEST + 1))
        bounded(max(len(pieces), sum(map(len, pieces))))
    except ValueMissing:
        raise
    except Unreadable as unreadable:
        return Unrendered(Reason.TEXT_FAILED, unreadable.why)
    except Exception as error:  # noqa: BLE001 - a filter can raise anything on a cell, and that is the row's fault
        first = (str(error) or type(error).__name__).splitlines()[0]
        return failed(first[:200].rstrip("."))
    return finished("".join(pieces))


_SIMPLE_FILTERS = frozenset({"upper", "lower", "title", "capitalize", "trim"})


def _pieces(
    tree: nodes.Template, header: Sequence[str], columns: Mapping[str, int]
) -> list[str | Slot | None]:
    """The message as literal text and slots, with None in place of what is more than that."""
    pieces: list[str | Slot | None] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            pieces.append(None)
            continue
        for node in statement.nodes:
            data = node.data if isinstance(node, nodes.TemplateData) else None
            pieces.append(_slot(node, header, columns) if data is None else data)
    return pieces


def _needed(tree: nodes.Template, columns: Mapping[str, int], pieces: Sequence[str | Slot]) -> list[int]:
    """The columns without which a row has no text in any case: printed outside of conditions, and never set."""
    given = {columns[name.name] for name in _names(tree, "store") if name.name in columns}
    slots = [piece for piece in pieces if isinstance(piece, Slot) and piece.when_empty is None]
    return [slot.index for slot in slots if slot.index not in given]


def _slot(node: nodes.Expr | None, header: Sequence[str], columns: Mapping[str, int]) -> Slot | None:
    steps: list[nodes.Filter] = []
    while isinstance(node, nodes.Filter) and not (node.kwargs or node.dyn_args or node.dyn_kwargs):
        steps.insert(0, node)
        node = node.node
    if not isinstance(node, nodes.Name) or node.name not in columns:
        return None
    filters: list[Callable[[str], str]] = []
    when_empty: str | None = None
    for step in steps:
        constants = [arg.value for arg in step.args if isinstance(arg, nodes.Const)]
        words = [value for value in constants if isinstance(value, str)]
        if step.name in {"default", "d"} and len(step.args) == len(words) <= 1:
            # After another filter `default` comes too late: that filter has refused the empty cell.
            when_empty = "".join(words) if when_empty is None and not filters else when_empty
        elif step.name in _SIMPLE_FILTERS and not step.args:
            filters.append(JINJA_FILTERS[step.name])
            when_empty = None if when_empty is None else filters[-1](when_empty)
        else:
            return None
    index = columns[node.name]
    return Slot(index, header[index], tuple(filters), when_empty)
