"""Tables in the caller's flavour: rows with the index that the recipients came with, of pandas, polars, PyArrow or DuckDB.

They are the libraries' own frames and no kind of ours, so that whatever takes a frame takes them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from smscampaign.drawing import Table, discreet, figure, html_table
from smscampaign.languages import say, tell
from smscampaign.recipients.frames import DUCKDB, PANDAS, RECORDS, FrameSource
from smscampaign.recipients.sources import Source
from smscampaign.translation import spoken_or

#: How many rows of a table a notebook draws.
DRAWN = 50

#: What a column holds: its kinds in pandas, where nothing may be missing from numbers that float does not know.
TEXT, WHOLE, FIGURE, MOMENT = "object", "Int64", "float64", "datetime64[us, UTC]"
_KINDS = {TEXT: "String", WHOLE: "Int64", FIGURE: "Float64"}

#: The mark of a frame that is drawn here; pandas hands it on to whatever is cut out of it.
_OURS = "smscampaign"

#: And of one in which the numbers were asked for.
_WHOLE = "smscampaign-numbers"

Columns = Mapping[str, str]


def by_row(
    source: Source,
    columns: Columns,
    lines: Sequence[int],
    rows: Sequence[Sequence[object]],
    *,
    theirs: Any = None,
) -> Any:
    """A table about rows of the recipients at `lines`, in their flavour: by the index they have, else by spreadsheet row.

    `theirs` are cells of the caller's own, the same rows in a frame of pandas or narwhals or as dicts, which come first.
    """
    flavour = source.flavour if isinstance(source, FrameSource) else PANDAS
    if flavour == PANDAS:
        made = plain(columns, rows)
        if isinstance(source, FrameSource):
            made.index = source.frame.index.take(places(source, lines))
        whole = made if theirs is None else pd.concat([theirs, made], axis=1)
        if "row" in columns and not isinstance(source, FrameSource):
            whole = whole.set_index("row")
        return marked(whole, indexed=isinstance(source, FrameSource))
    if flavour == RECORDS:
        names, front = list(columns), theirs if theirs is not None else [{} for _ in rows]
        return [{**one, **dict(zip(names, row, strict=True))} for one, row in zip(front, rows, strict=True)]
    return _other(columns, rows, flavour, theirs)


def places(source: FrameSource, lines: Sequence[int]) -> list[int]:
    """Where the rows at `lines` stand in their frame."""
    return [line - source.header_line - 1 for line in lines]


def plain(columns: Mapping[str, Any], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """A frame of pandas with the kinds that are asked for, counted from 0."""
    made = pd.DataFrame(list(rows), columns=list(columns), dtype=object)
    for name, kind in columns.items():
        if kind == MOMENT:
            made[name] = pd.to_datetime(made[name], utc=True).astype(kind)
        elif kind != TEXT:
            made[name] = made[name].astype(kind)
    return made


def marked(frame: pd.DataFrame, *, indexed: bool = False) -> pd.DataFrame:
    """The same frame, drawn by `page` where a notebook shows it or what is cut out of it, with its index if it has one."""
    frame.attrs[_OURS] = "indexed" if indexed or frame.index.name else "counted"
    _teach_the_notebook()
    return frame


def _other(columns: Columns, rows: Sequence[Sequence[object]], flavour: str, theirs: Any) -> Any:
    import narwhals as nw

    backend: Any = "pyarrow" if flavour == DUCKDB else flavour
    kinds = {
        name: nw.Datetime("us", "UTC") if kind == MOMENT else getattr(nw, _KINDS[kind])
        for name, kind in columns.items()
    }
    cells = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    made = nw.from_dict(cells, kinds, backend=backend)
    if theirs is not None:
        made = nw.concat([theirs, made], how="horizontal")
    return made.lazy(backend="duckdb").to_native() if flavour == DUCKDB else made.to_native()


def _teach_the_notebook() -> None:
    """Marked frames are drawn here in a notebook, unless somebody draws all frames himself; others as pandas does."""
    for kind, drawn in (("text/html", _drawn), ("text/plain", _printed)):
        printers = printers_of(kind)
        if printers is not None and pd.DataFrame not in printers.type_printers:
            printers.for_type(pd.DataFrame, drawn)


def printers_of(kind: str) -> Any:
    """What shows objects as `kind` in the notebook that this runs in; None elsewhere."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return None if shell is None else shell.display_formatter.formatters[kind]


def _drawn(frame: pd.DataFrame) -> str | None:
    return page(frame) if frame.attrs.get(_OURS) else frame._repr_html_()  # type: ignore[operator]


def _printed(frame: pd.DataFrame, printer: Any, _: bool) -> None:
    printer.text(repr(discreetly(frame)))


def discreetly(frame: pd.DataFrame) -> pd.DataFrame:
    """What is shown of a marked frame, the first rows: numbers in remarks and in the index have dots, unless they were
    asked for. The frame itself keeps them, so that it joins.
    """
    if not frame.attrs.get(_OURS) or frame.attrs.get(_WHOLE):
        return frame
    shown = frame.head(DRAWN).map(_discreet)
    levels = [list(map(_discreet, shown.index.get_level_values(at))) for at in range(shown.index.nlevels)]
    names = shown.index.names
    return shown.set_axis(
        pd.MultiIndex.from_arrays(levels, names=names)
        if len(levels) > 1
        else pd.Index(levels[0], name=names[0])
    )


def _discreet(cell: Any) -> Any:
    return discreet(cell) if isinstance(cell, str) else cell


def page(frame: pd.DataFrame) -> str:
    """A frame for a notebook: whole sentences, which wrap, and nothing where something is missing."""
    whole = shown = discreetly(frame)
    if frame.attrs.get(_OURS) != "counted":
        whole = shown.reset_index(names=[one or "" for one in frame.index.names], allow_duplicates=True)
    figures = frozenset(at for at, kind in enumerate(whole.dtypes) if pd.api.types.is_numeric_dtype(kind))
    rows = tuple(
        tuple("" if pd.api.types.is_scalar(cell) and pd.isna(cell) else _cell(cell) for cell in row)
        for row in whole.head(DRAWN).itertuples(index=False)
    )
    drawn = html_table(Table("", tuple(map(str, whole.columns)), rows, figures))
    left = len(frame) - DRAWN
    said = say("… and {figure} more row", "… and {figure} more rows", n=left, figure=figure(max(left, 0)))
    more = f"<p>{tell(said, spoken_or())}</p>" if left > 0 else ""
    return f'<div class="smscampaign-list" style="overflow-x:auto">{drawn}{more}</div>'


def _cell(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


class Masked:
    """A table with the numbers masked, to be used as the frame it is; called with `numbers=True` it is the whole one.

    `run.results["sms_status"]`, `seg.join(run.results[["sms_status"]])`, `run.results(numbers=True)`.
    """

    __slots__ = ("_frame", "_make")

    def __init__(self, make: Callable[[bool], Any]) -> None:
        self._make = make
        self._frame = make(False)

    def __call__(self, numbers: bool = False) -> Any:
        """The frame itself, with full numbers where they are asked for: keep it to yourself then."""
        if not numbers:
            return self._frame
        whole = self._make(True)
        if isinstance(whole, pd.DataFrame):
            whole.attrs[_WHOLE] = True
        return whole

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # Libraries ask so whether it is a frame of theirs: joins and plots take it then.
        return type(self._frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._frame, name)

    def __getitem__(self, what: Any) -> Any:
        return self._frame[what]

    def __len__(self) -> int:
        return len(self._frame)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._frame)

    def __contains__(self, what: object) -> bool:
        return what in self._frame

    def __eq__(self, other: object) -> Any:
        return self._frame == other

    __hash__ = None  # type: ignore[assignment]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self._frame.__reduce_ex__(protocol)

    def __dir__(self) -> list[str]:
        return dir(self._frame)

    def __repr__(self) -> str:
        return repr(discreetly(self._frame) if isinstance(self._frame, pd.DataFrame) else self._frame)

    def _repr_html_(self) -> str | None:
        drawn = _drawn(self._frame) if isinstance(self._frame, pd.DataFrame) else None
        return drawn or getattr(self._frame, "_repr_html_", lambda: None)()
