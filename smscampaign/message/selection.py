"""Which rows are meant: an expression over the columns, asked of many rows at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from smscampaign.languages import Sentence, say
from smscampaign.message.filling import Rendered, Unrendered
from smscampaign.message.template import Template, compile_condition, condition_of_blocks
from smscampaign.model import Reason

_LEFT_OUT = Unrendered(
    Reason.NOT_SELECTED, say("This row is left out on purpose: `where` does not choose it.")
)


@dataclass(frozen=True, slots=True)
class Selection:
    """An expression that has been checked against a header by `compile_selection`; `columns` are those that it asks for."""

    where: str
    columns: tuple[int, ...]
    _width: int
    _condition: Template = field(repr=False)
    _of_blocks: Callable[[Sequence[Sequence[str]]], str | None] = field(repr=False)

    def passed_over(self, columns: Sequence[Sequence[str]]) -> dict[int, Unrendered]:
        """Which rows of these columns get nothing, by their places, and why.

        Rows with the same cells in the columns that are asked for are looked at once: most selections go by a few words.
        """
        asked = list(zip(*(columns[at] for at in self.columns), strict=True))
        alike = list(dict.fromkeys(asked))
        empty = [""] * len(alike)
        cells = dict(zip(self.columns, zip(*alike, strict=True), strict=True))
        whole = [cells.get(at, empty) for at in range(self._width)]
        if (signs := self._of_blocks(whole)) is not None:
            out = {key for key, sign in zip(alike, signs, strict=True) if sign == "0"}
            return {place: _LEFT_OUT for place, key in enumerate(asked) if key in out}
        said = self._condition.render_columns(whole, len(alike))
        why = dict(zip(alike, map(_why, said), strict=True))
        return {place: one for place, key in enumerate(asked) if (one := why[key]) is not None}

    def lacking(self, fields: Sequence[str]) -> tuple[int, ...]:
        """The columns for want of which nothing can be said of a row, ascending; none if that is not what it lacks."""
        return self._condition.lacking(fields)


def compile_selection(where: str, header: Sequence[str], *, region: str | None = None) -> Selection:
    """Check an expression against a file's header. Raises TemplateProblem, as for a message."""
    condition = compile_condition(where, header, where="where", region=region)
    of_blocks = condition_of_blocks(where, header, region)
    return Selection(where, condition.columns, len(header), condition, of_blocks)


def _why(said: Rendered) -> Unrendered | None:
    if isinstance(said, str):
        return None
    if said.reason is Reason.NOT_SELECTED:
        return _LEFT_OUT
    if said.reason is Reason.VALUE_MISSING:
        empty = say("A column is empty in this row, and `where` cannot do without it.")
        return Unrendered(said.reason, empty, said.columns)
    values = said.detail.values if isinstance(said.detail, Sentence) else {}
    why = values.get("error", said.detail)
    return Unrendered(said.reason, say("`where` cannot be worked out for this row: {why}", why=why))
