"""DataFrames as recipients: of pandas as they are; of polars, PyArrow, DuckDB and others by narwhals; a list of dicts.

A frame is taken as it is: pandas' own `read_csv` turns `0612345678` into the integer 612345678 unless it is called with
`dtype=str`, and what was lost before this module cannot be brought back by it.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any

from smscampaign.blocks import BLOCK, Block, filled
from smscampaign.errors import FileProblem, SettingsProblem
from smscampaign.model import Row
from smscampaign.recipients.celltext import NoText, text_of, texts_of
from smscampaign.recipients.columns import users_width

if TYPE_CHECKING:
    import pandas as pd

#: What a caller's frame is besides one of pandas and what narwhals calls an implementation.
PANDAS, RECORDS, DUCKDB = "pandas", "list", "duckdb"


def from_frame(given: Any, *, name: str = "recipients") -> FrameSource:
    """A frame as recipients; its first row is spreadsheet row 2. Queries of DuckDB or polars are asked once, here.

    Raises FileProblem for a frame without columns or without rows, with columns of several levels, or with an index that
    names two rows alike; SettingsProblem for what is no frame.
    """
    frame, native, flavour = _read(given, name)
    header = tuple(map(text_of, frame.columns))
    wide = users_width(header) or len(header)
    part = frame.iloc[:, :wide] if flavour in {PANDAS, RECORDS} else frame.select(frame.columns[:wide])
    found = FrameSource(part, header[:wide], header[:wide], name, native=native, flavour=flavour)
    if next(found.blocks(64), None) is None:
        raise FileProblem(
            "the DataFrame has no rows with anything in them",
            where=name,
            remedy="Give one row per recipient, and the phone numbers as text (read_csv with dtype=str).",
        )
    return found


def _read(given: Any, name: str) -> tuple[Any, Any, str]:
    """What is read, what was given, and what that is."""
    if isinstance(given, list | tuple):
        return _records(given), list(given), RECORDS
    if _of_pandas(given):
        import pandas as pd

        # A kind of its own, as geopandas has it, is read as the frame it is: its cells are shared, and not copied.
        frame = pd.DataFrame(given)
        _refuse_unlike_a_table(frame, name)
        return frame, frame, PANDAS
    return _by_narwhals(given, name)


def _of_pandas(given: Any) -> bool:
    """Whether it is a DataFrame of pandas, or of a kind that is made from it.

    Asking for the names of modules instead of importing pandas keeps its 0.4 s out of a command on a CSV.
    """
    kinds = given.__class__.__mro__  # what covers a frame says that it is one
    return any((one.__module__.split(".")[0], one.__name__) == (PANDAS, "DataFrame") for one in kinds)


def _records(given: Sequence[Any]) -> pd.DataFrame:
    if not all(isinstance(one, Mapping) for one in given):
        raise _no_frame(given)
    import pandas as pd

    # As objects: a cell that is missing would make floats of the whole numbers of its column.
    return pd.DataFrame([dict(one) for one in given], dtype=object)


def _refuse_unlike_a_table(frame: pd.DataFrame, name: str) -> None:
    if frame.columns.nlevels > 1:
        raise FileProblem(
            f"the DataFrame's columns have {frame.columns.nlevels} levels, and a message asks for columns by one name",
            where=name,
            remedy='Give each one name: df.columns = [" ".join(map(str, one)).strip() for one in df.columns]',
        )
    if not frame.index.is_unique:
        raise FileProblem(
            "the DataFrame's index names two rows alike, so that no answer could be told whose it is",
            where=name,
            remedy="Give each row a name of its own: df = df.reset_index(drop=True) counts them.",
        )


def _by_narwhals(given: Any, name: str) -> tuple[Any, Any, str]:
    import narwhals as nw
    from narwhals.exceptions import NarwhalsError

    try:
        frame = nw.from_native(given)
        if isinstance(frame, nw.LazyFrame):
            flavour = str(frame.implementation)
            backend: Any = None if flavour == "polars" else "pyarrow"
            # An engine that keeps no table of its own gives one of PyArrow.
            if backend and not find_spec(backend):
                raise FileProblem(
                    f"queries of {flavour} are read by PyArrow, which is not installed",
                    where=name,
                    remedy="Install it (pip install pyarrow), or give a DataFrame: query.df().",
                )
            frame = frame.collect(backend)
            flavour = flavour if flavour == DUCKDB else str(frame.implementation)
        else:
            flavour = str(frame.implementation)
    except TypeError:
        raise _no_frame(given) from None
    except NarwhalsError as problem:
        what = " ".join(str(problem).split())
        raise FileProblem(
            f"the frame cannot be read: {what}", where=name, remedy="Give each column a name of its own."
        ) from None
    if flavour == PANDAS:
        return _read(nw.to_native(frame), name)
    return frame, nw.to_native(frame), flavour


def _no_frame(given: object) -> SettingsProblem:
    return SettingsProblem(
        f"recipients are given as {type(given).__name__}",
        where="recipients",
        remedy="Give the path of a CSV file or a workbook, a DataFrame (pandas, polars, PyArrow, DuckDB) or a list of dicts.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class FrameSource:
    """A frame that has been looked at by `from_frame`. It is not copied.

    `frame` is read, of pandas or narwhals; `native` is the caller's own, and `flavour` says what that is.
    """

    frame: Any
    header: tuple[str, ...]
    names: tuple[str, ...]
    name: str
    header_line: int = 1
    delimiter: str = ","
    bom: bool = False
    remarks: tuple[str, ...] = ()
    native: Any = field(default=None, repr=False)
    flavour: str = PANDAS

    @property
    def labels(self) -> pd.Index[Any] | None:
        """The caller's index, by which answers are joined; only frames of pandas have one."""
        return self.frame.index if self.flavour == PANDAS else None

    def lines_of(self, rows: Mapping[Any, Any]) -> dict[int, Any]:
        """What is said of rows by their labels, by spreadsheet row. Raises SettingsProblem for a label that is not there."""
        known = self.labels
        if known is None:
            return dict(rows)
        import pandas as pd

        places = known.get_indexer(pd.Index(list(rows), dtype=object))
        for label, place in zip(rows, places, strict=True):
            if place < 0 or isinstance(label, bool):
                raise SettingsProblem(
                    f"there is no row {label!r} in the DataFrame's index",
                    where="correct",
                    remedy="Rows are named as in the index, which `plan.rejections` shows in front of them.",
                )
        first = self.header_line + 1
        return {int(place) + first: cells for place, cells in zip(places, rows.values(), strict=True)}

    def rows(self) -> Iterator[Row]:
        return chain.from_iterable(self.blocks())

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        for start, cells in self._columns(size):
            first = start + self.header_line + 1
            yield from filled(Block(range(first, first + len(cells[0])), cells))

    def digest(self) -> str:
        """SHA-256 of the frame written as CSV, blank rows included."""
        content = hashlib.sha256()
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.header)
        for _, cells in self._columns(BLOCK):
            writer.writerows(zip(*cells, strict=True))
            content.update(text.getvalue().encode("utf-8", errors="surrogatepass"))
            text.seek(0)
            text.truncate()
        return content.hexdigest()

    def _columns(self, size: int) -> Iterator[tuple[int, list[list[str]]]]:
        own = self.flavour in {PANDAS, RECORDS}
        for start in range(0, len(self.frame) if len(self.frame.columns) else 0, size):
            if own:
                part = self.frame.iloc[start : start + size]
                columns = [part.iloc[:, at] for at in range(part.shape[1])]
            else:
                columns = [_values(one) for one in self.frame[start : start + size].iter_columns()]
            yield start, [self._texts(column, at) for at, column in enumerate(columns)]

    def _texts(self, column: Any, at: int) -> list[str]:
        try:
            return list(map(text_of, column)) if isinstance(column, list) else texts_of(column)
        except NoText as error:
            raise FileProblem(
                f"column {self.names[at]!r} has cells that cannot be sent: {error}",
                where=self.name,
                remedy='Make it text first: df[column] = df[column].str.join(", ") for lists.',
            ) from None


def _values(column: Any) -> list[object]:
    """The cells of a column of narwhals."""
    import narwhals as nw

    if column.dtype == nw.Float32:
        # As Python's numbers they would have digits that nobody wrote: 19.9 is 19.899999618530273 then.
        return [one if one is None else float(one) for one in column.cast(nw.String).to_list()]
    return list(column.to_list())
