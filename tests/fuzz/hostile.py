"""Files, settings and command lines that mean ill: each a case to be run as a command of its own, the same for a seed."""

from __future__ import annotations

import inspect
import os
import random
import socket
import struct
import typing
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from smscampaign.cli.app import COMMANDS
from smscampaign.settings.table import SETTINGS
from tests.fuzz.files import VALID, edited

#: Numbers of a block that is nobody's.
GOOD = "name,mobile\nAnn,0799000001\nBob,0799000002\n"
OPTIONS = (
    *("--message", "Hello {{ name }}", "--region", "FR", "--purpose", "transactional", "--sender", "Sandbox"),
)
#: What is asked of a hostile file, one after the other.
ASKED: tuple[tuple[str, ...], ...] = (
    ("run", "FILE", "--dry-run", *OPTIONS),
    ("init", "FILE"),
    ("run", "FILE", "--dry-run", "--json", *OPTIONS),
    ("check", "FILE", "--sandbox", *OPTIONS),
    ("lint", "FILE", *OPTIONS),
    ("run", "FILE", "--sandbox", "--yes", *OPTIONS),
    ("status", "FILE"),
    ("advise", "FILE", *OPTIONS),
)


@dataclass(frozen=True)
class Case:
    """What lies in the folder, made by `prepare`, and the command that is typed there."""

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path], object]


def cases(seed: int) -> list[Case]:
    """All of them, in an order of chance."""
    chance = random.Random(seed)
    found = [
        *_files(),
        *_edited(chance),
        *_places(),
        *_beside(),
        *_settings(chance),
        *_templates(),
        *_lines(chance),
    ]
    chance.shuffle(found)
    return found


# Files --------------------------------------------------------------------------------------------------------------


def _written(name: str, content: bytes | Callable[[], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content if isinstance(content, bytes) else content())


def _files() -> Iterator[Case]:
    for at, (name, content) in enumerate({**_texts(), **_archives()}.items()):
        asked = ASKED[at % len(ASKED)]
        yield Case(
            f"file-{name}-{asked[0]}",
            tuple(name if word == "FILE" else word for word in asked),
            _written(name, content),
        )


_MARKS = {
    "utf8": b"\xef\xbb\xbf",
    "utf16le": b"\xff\xfe",
    "utf16be": b"\xfe\xff",
    "utf32le": b"\xff\xfe\0\0",
    "utf32be": b"\0\0\xfe\xff",
    "utf7": b"+/v8-",
    "scsu": b"\x0e\xfe\xff",
    "bocu": b"\xfb\xee\x28",
    "gb18030": b"\x84\x31\x95\x33",
    "ebcdic": b"\xdd\x73\x66\x73",
    "utf1": b"\xf7\x64\x4c",
}


def _texts() -> Mapping[str, bytes | Callable[[], bytes]]:
    good = GOOD.encode()
    marked = {}
    for name, mark in _MARKS.items():
        marked |= {
            f"mark-{name}.csv": mark,
            f"mark-{name}-plain.csv": mark + good,
            f"mark-{name}-odd.csv": mark + GOOD.encode("utf-16-le") + b"\x41",
            f"mark-{name}-twice.csv": mark + mark + good + mark + good,
        }
    return {
        **marked,
        "empty.csv": b"",
        "blank.csv": b"\n" * 1_000_000,
        "spaces.csv": b" " * 5_000_000,
        "commas.csv": b"," * 3_000_000,
        "semicolons.csv": b";" * 100_000 + b"\n" + good,
        "nul.csv": b"\0",
        "nuls.csv": b"\0" * 5_000_000,
        "nul-in-header.csv": good.replace(b"name", b"na\0me"),
        "nul-everywhere.csv": b"\0".join(bytes([one]) for one in good),
        "one-line.csv": lambda: b"name,mobile," + b"x" * 50_000_000,
        "one-line-long.csv": lambda: b"name,mobile," + b"x" * 150_000_000,
        "one-line-utf16.csv": lambda: b"\xff\xfe" + b"x\0" * 75_000_000,
        "long-lines.csv": lambda: good + (b"x," * 250_000 + b"\n") * 60,
        "long-rows.csv": lambda: good + (b'"x\n",' * 50_000 + b"\n") * 60,
        "endless-row.csv": lambda: good + b'"\n",' * 20_000_000,
        "endless-row-damaged.csv": lambda: good + b'"\n",' * 50_000 + b'"\xff",' + b'"\n",' * 20_000_000,
        "one-cell.csv": lambda: good + b'"' + b"x" * 20_000_000 + b'",0799000003\n',
        "open-quote.csv": lambda: good + b'"' + b"x,y\n" * 3_000_000,
        "quotes.csv": lambda: good + b'"' * 10_000_001,
        "quote-pairs.csv": lambda: good + b'"",' * 2_000_000,
        "columns.csv": lambda: (
            b",".join(b"c%d" % n for n in range(100_000)) + b",mobile\n" + b"x," * 100_000 + b"0799000001\n"
        ),
        "columns-rows.csv": lambda: (
            b",".join(b"c%d" % n for n in range(20_000))
            + b",mobile\n"
            + (b"x," * 20_000 + b"0799000001\n") * 20
        ),
        "same-names.csv": b",".join([b"mobile"] * 50_000)
        + b"\n"
        + b",".join([b"0799000001"] * 50_000)
        + b"\n",
        "nameless.csv": b"," * 50_000 + b"mobile\n" + b"x," * 50_000 + b"0799000001\n",
        "long-names.csv": b",".join(b"n%d" % n * 2_000 for n in range(500))
        + b",mobile\n"
        + b"x," * 500
        + b"0799000001\n",
        "ends.csv": b"name,mobile\rAnn,0799000001\n\rBob,0799000002\r\nCid,0799000003\r\r\nDan,079\x85Eve,1\xe2\x80\xa8",
        "form-feeds.csv": b"name,mobile\x0cAnn,0799000001\x0b\x1c\x1d\x1e" * 500,
        "carriage.csv": b"name,mobile\r" + b"Ann,0799000001\r" * 50_000,
        "escapes.csv": b"name,mobile\n\x1b]0;owned\x07\x1b[2J,0799000001\n",
        "markup.csv": b"[bold]name[/],mobile\n[/link][red,0799000001\n",
        "formulas.csv": b"name,mobile\n=cmd|'/c calc'!A0,0799000001\n@SUM(1),+33799000002\n",
        "digits.csv": b"name,mobile\nAnn," + b"9" * 1_000_000 + b"\n",
        "number-signs.csv": b"name,mobile\n"
        + b"".join(b"x,%s\n" % (sign * 5_000) for sign in (b"+", b"(", b"0", b"-", b"1 ", b"1/")),
        "several.csv": b"name,mobile\nAnn," + b"0799000001 / " * 20_000 + b"\n",
        "several-spaces.csv": b"name,mobile\n" + b"Ann,07 99 00 00 01 07 99 00 00 02 07 99 00\n" * 5_000,
        "plus.csv": b"name,mobile\n" + b"Ann,+" + b"+" * 100_000 + b"\n",
        "marks.csv": b"name,mobile\n" + b"A" + "\u0301".encode() * 500_000 + b",0799000001\n",
        "invisible.csv": b"name,mobile\n" + "\u200b\u202e\u2066".encode() * 200_000 + b",0799000001\n",
        "astral.csv": b"name,mobile\n" + "😀".encode() * 200_000 + b",0799000001\n",
        "surrogates.csv": b"name,mobile\n\xed\xa0\x80\xed\xb0\x80,0799000001\n",
        "overlong.csv": b"name,mobile\n\xc0\xaf\xe0\x80\xaf,0799000001\n",
        "beyond.csv": b"name,mobile\n\xf4\x90\x80\x80\xff,0799000001\n",
        "all-bytes.csv": bytes(range(256)) * 4_000,
        "random.csv": random.Random(1).randbytes(2_000_000),
        "high.csv": b"name,mobile\n" + b"\xe9\xa0\x81\x8d" * 500_000 + b",0799000001\n",
        "sep.csv": b"sep=\n" + good,
        "sep-long.csv": b"sep=" + b";" * 100_000 + b"\n" + good,
        "sep-nul.csv": b"sep=\0\n" + good,
        "only-header.csv": b"name,mobile",
        "only-header-long.csv": b"mobile" * 100_000,
        "no-number.csv": b"a,b\n1,2\n" * 20_000,
        "pipe-soup.csv": b"a|b;c,d\te\n" * 50_000,
        "shift-jis.csv": ("名前,mobile\n" + "山田,0799000001\n" * 5_000).encode("shift_jis"),
        "hz.csv": b"name,mobile\n~{<:Ky2;~},0799000001\n~{" * 1_000,
        "iso2022.csv": "名前,mobile\n山田,0799000001\n".encode("iso2022_jp") * 500,
        "elf.csv": lambda: Path("/bin/ls").read_bytes()[:2_000_000],
        "elf.xlsx": lambda: Path("/bin/ls").read_bytes()[:200_000],
        "pdf.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n" * 1_000,
        "png.csv": b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(100_000),
        "gzip.csv": b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + zlib.compress(b"\0" * 50_000_000),
        "sqlite.csv": b"SQLite format 3\0" + b"\0" * 100_000,
        "html.csv": b"<!DOCTYPE html><html><table><tr><td>mobile</td></tr></table>" * 1_000,
        "json.csv": b'[{"name": "Ann", "mobile": "0799000001"}]' * 1_000,
        "deep.csv": b"[" * 1_000_000,
    }


def _deflated(block: bytes, times: int) -> tuple[bytes, int, int]:
    """A block said so often, as raw deflate, with its sum and its length: each copy takes the same few bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(times):
        crc = zlib.crc32(block, crc)
    return packed * times + b"\x03\x00", crc, len(block) * times


def _packed(files: Mapping[str, bytes | tuple[bytes, int]]) -> bytes:
    """A zip archive; a content may be a block and how often it is said."""
    made, directory, many = bytearray(), bytearray(), 0
    for name, content in files.items():
        block, times = content if isinstance(content, tuple) else (content, 1)
        data, crc, size = _deflated(block, times)
        head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(data), size, len(name.encode()), 0)
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, len(made))
        )
        directory += name.encode()
        made += b"PK\x03\x04" + head + name.encode() + data
        many += 1
    end = struct.pack("<HHHHIIH", 0, 0, many, many, len(directory), len(made), 0)
    return bytes(made + directory + b"PK\x05\x06" + end)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def _workbook(sheet: bytes | tuple[bytes, int], **more: bytes | tuple[bytes, int]) -> bytes:
    """An .xlsx with this sheet; `more` are its parts by their names in `xl/`, without `.xml`."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts: dict[str, bytes | tuple[bytes, int]] = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>'
        ).encode(),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{_LINKS}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>'
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
            '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{_LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="r3" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>'
        ).encode(),
        "xl/worksheets/sheet1.xml": sheet,
    }
    empty = {
        "sharedStrings": f'<sst xmlns="{_MAIN}"/>'.encode(),
        "styles": _styles().encode(),
    }
    for name, content in {**empty, **more}.items():
        parts[f"xl/{name}.xml"] = content
    return _packed(parts)


def _styles(formats: str = "", *, more: str = "") -> str:
    """The styles of a workbook: plain cells, and those of the format 164."""
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts>{formats}</numFmts><fonts><font/></fonts>'
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        f'<cellXfs><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/>{more}</cellXfs></styleSheet>'
    )


def _format(code: str) -> bytes:
    return _styles(f'<numFmt numFmtId="164" formatCode="{code}"/>').encode()


def _sheet(rows: str, before: str = "", after: str = "") -> bytes:
    return f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def _cells(*texts: str, row: int = 1) -> str:
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{row}">{cells}</row>'


_HEAD = _cells("name", "mobile")
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def _document(rows: str, before: str = "") -> bytes:
    """An .ods with these rows."""
    content = (
        f'{before}<office:document-content {_SPACES}><office:body><office:spreadsheet><table:table table:name="A">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return _packed(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": content.encode()}
    )


def _ods_row(*texts: str, cell: str = "", row: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"{cell}><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return f"<table:table-row{row}>{cells}</table:table-row>"


def _laughs() -> str:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY l0 "lol">{lines}]>'


def good_workbooks() -> Mapping[str, bytes]:
    """What hostile workbooks are made of, with nothing wrong in them."""
    return {
        "good.xlsx": _workbook(_sheet(_HEAD + _cells("Ann", "0799000001", row=2)), styles=_format("0%")),
        "good.ods": _document(_ods_row("name", "mobile") + _ods_row("Ann", "0799000001")),
        "good.zip": _packed({"people.csv": GOOD.encode()}),
    }


def _archives() -> Mapping[str, bytes | Callable[[], bytes]]:
    xlsx, ods = VALID["xlsx"], VALID["ods"]
    cut = {
        f"cut-{at}.xlsx": xlsx[:at]
        for at in (2, 4, 30, 100, 1_000, len(xlsx) // 2, len(xlsx) - 30, len(xlsx) - 1)
    }
    cut |= {f"cut-{at}.ods": ods[:at] for at in (10, 60, len(ods) // 2, len(ods) - 5)}
    million = b" " * 1_000_000
    opened = f'<worksheet xmlns="{_MAIN}"><sheetData>{_HEAD}'.encode()
    row = _cells("Ann", "0799000001", row=2)
    return {
        **cut,
        "head-cut.xlsx": xlsx[200:],
        "twice.xlsx": xlsx + xlsx,
        "csv.xlsx": GOOD.encode(),
        "csv.ods": GOOD.encode(),
        "csv.xls": GOOD.encode(),
        "csv.xlsb": GOOD.encode(),
        "ods.xlsx": ods,
        "xlsx.ods": xlsx,
        "xlsx.csv": xlsx,
        "empty.xlsx": b"",
        "empty-zip.xlsx": b"PK\x05\x06" + b"\0" * 18,
        "ole.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 50_000,
        "ole-random.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(3).randbytes(50_000),
        "ole.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50_000,
        "biff.xls": b"\x09\x08\x10\0\0\x06\x05\0" + random.Random(4).randbytes(50_000),
        "random.xlsb": b"PK\x03\x04" + random.Random(5).randbytes(50_000),
        "bomb-spaces.xlsx": lambda: _workbook((million, 2_000)),
        "bomb-text.xlsx": lambda: _workbook(opened + b"<row><c t='inlineStr'><is><t>" + b"x" * 300_000_000),
        "bomb-rows.xlsx": lambda: _workbook((b"<row><c><v>1</v></c></row>" * 40_000, 300)),
        "bomb-strings.xlsx": lambda: _workbook(
            _sheet(_HEAD + row), sharedStrings=(b"<si><t>x</t></si>" * 50_000, 300)
        ),
        "bomb-styles.xlsx": lambda: _workbook(_sheet(_HEAD + row), styles=(million, 500)),
        "bomb-workbook.xlsx": lambda: _workbook(_sheet(_HEAD + row), workbook=(million, 500)),
        "bomb.ods": lambda: _packed(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": (million, 2_000)}
        ),
        "bomb.zip": lambda: _packed({"people.csv": (b"Ann,0799000001\n" * 50_000, 2_000)}),
        "bomb-line.zip": lambda: _packed({"people.csv": (b"x" * 1_000_000, 2_000)}),
        "bomb-csv.xlsx": lambda: _packed({"people.csv": (million, 2_000)}),
        "nested.zip": lambda: _packed(
            {"people.zip": _packed({"people.zip": _packed({"people.csv": GOOD.encode()})})}
        ),
        "two.zip": _packed({"people.csv": GOOD.encode(), "other.csv": GOOD.encode()}),
        "many.zip": lambda: _packed({f"people{n}.csv": b"x" for n in range(60_000)}),
        "up.zip": _packed({"../../etc/people.csv": GOOD.encode()}),
        "root.zip": _packed({"/etc/passwd": GOOD.encode()}),
        "odd-name.zip": _packed({"a\nb\x1b[2J.csv": GOOD.encode()}),
        "folder.zip": _packed({"people.csv/": b""}),
        "encrypted.zip": VALID["zip"].replace(b"\x14\x00\x00\x00", b"\x14\x00\x01\x00"),
        "wrong-sum.zip": VALID["zip"].replace(VALID["zip"][14:18], b"\0\0\0\0"),
        "method.zip": VALID["zip"].replace(b"\x08\x00", b"\x63\x00"),
        "laughs.xlsx": _workbook(_sheet(_cells("&l11;", "mobile") + row, before=_laughs())),
        "laughs-strings.xlsx": _workbook(
            _sheet(_HEAD + row), sharedStrings=f"{_laughs()}<sst>&l11;</sst>".encode()
        ),
        "laughs.ods": _document(_ods_row("&l11;", "mobile"), before=_laughs()),
        "outside.xlsx": _workbook(
            _sheet(
                _cells("&x;", "mobile") + row, before='<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            )
        ),
        "outside.ods": _document(
            _ods_row("&x;", "mobile"), before='<!DOCTYPE x [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>'
        ),
        "broken-xml.xlsx": _workbook(_sheet(_HEAD + row)[:-30]),
        "broken-xml-begin.xlsx": _workbook(b"<<<" + _sheet(_HEAD + row)),
        "no-xml.xlsx": _workbook(b"\0\xff\xfe" * 1_000),
        "utf7.xlsx": _workbook(b'<?xml version="1.0" encoding="utf-7"?>' + _sheet(_HEAD + row)),
        "unknown-encoding.xlsx": _workbook(b'<?xml version="1.0" encoding="klingon"?>' + _sheet(_HEAD + row)),
        "idna.xlsx": _workbook(b'<?xml version="1.0" encoding="idna"?>' + _sheet(_HEAD + row)),
        "deep.xlsx": lambda: _workbook(opened + b"<x>" * 500_000),
        "deep.ods": lambda: _document("<text:span>" * 300_000),
        "attribute.xlsx": lambda: _workbook(
            opened + b'<row x="' + b"y" * 20_000_000 + b'"/></sheetData></worksheet>'
        ),
        "attributes.xlsx": lambda: _workbook(
            opened
            + b"<row "
            + b" ".join(b'a%d="%d"' % (n, n * n) for n in range(900_000))
            + b"/></sheetData></worksheet>"
        ),
        "attributes-ods.ods": lambda: _document(
            "<table:table-row " + " ".join(f'a{n}="{n * n}"' for n in range(900_000)) + "/>"
        ),
        "far.xlsx": _workbook(
            _sheet(
                _HEAD
                + '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
                + '<row r="9"><c r="B9"><v>1</v></c></row>'
            )
        ),
        "far-column.xlsx": _workbook(
            _sheet(_HEAD + "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(2, 3_000)))
        ),
        "beyond.xlsx": _workbook(
            _sheet(_HEAD + '<row r="99999999999"><c r="ZZZZZZ99999999999"><v>1</v></c></row>')
        ),
        "backwards.xlsx": _workbook(
            _sheet(_HEAD + row + _cells("Bob", "0799000002", row=2) + _cells("C", "1", row=-5))
        ),
        "no-reference.xlsx": _workbook(
            _sheet('<row r=""><c r=""><v>1</v></c></row><row r="x"><c r="1A"><v/></c></row>')
        ),
        "merged.xlsx": _workbook(
            _sheet(_HEAD + row, after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>' * 50)
        ),
        "merges.xlsx": _workbook(
            _sheet(
                _HEAD + row,
                after="<mergeCells>"
                + "".join(f'<mergeCell ref="A{n}:XFD{n}"/>' for n in range(2, 20_000))
                + "</mergeCells>",
            )
        ),
        "values.xlsx": _workbook(
            _sheet(
                _HEAD
                + "".join(
                    f'<row><c t="{kind}" s="{style}"><v>{value}</v></c><c><v>33799000001</v></c></row>'
                    for kind in ("n", "s", "b", "e", "d", "str", "inlineStr", "zz", "")
                    for value in (
                        "1e999",
                        "-1",
                        "nan",
                        "inf",
                        "",
                        "9" * 400,
                        "1e308",
                        "2026-99-99",
                        "x",
                        "-1e-400",
                    )
                    for style in ("0", "1", "-1", "9" * 30, "x")
                )
            )
        ),
        "string-index.xlsx": _workbook(
            _sheet(_HEAD + '<row><c t="s"><v>999999999</v></c><c t="s"><v>-1</v></c></row>')
        ),
        **{
            f"format-{at}.xlsx": _workbook(
                _sheet(_HEAD + '<row><c s="1"><v>45000.5</v></c><c s="1"><v>33799000001</v></c></row>'),
                styles=_format(code),
            )
            for at, code in enumerate(
                (
                    "[h]:mm;" * 20_000,
                    "0" * 50_000 + "." + "0" * 50_000,
                    "#,##0" * 20_000,
                    "yyyy" * 20_000,
                    "[" * 50_000,
                    "&quot;" * 50_001,
                    "\\\\" * 50_000,
                    "[=1]0;[&gt;9" + "9" * 5_000 + "]0;0",
                    "_" * 50_001,
                    "*" * 50_001,
                    "0E+" + "0" * 50_000,
                    "?/" + "?" * 50_000,
                    "[$-F800]" * 5_000,
                    "[$" + "x" * 50_000 + "-FFFFFFFF]0",
                    "ss." + "0" * 50_000,
                    "[s]." + "0" * 500 + "[h][m]",
                )
            )
        },
        "many-styles.xlsx": _workbook(_sheet(_HEAD + row), styles=_styles(more="<xf/>" * 300_000).encode()),
        "empty-fill.xlsx": _workbook(
            _sheet(_HEAD + row), styles=_styles().replace("<patternFill/>", "").encode()
        ),
        "sheets.xlsx": _workbook(
            _sheet(_HEAD + row),
            workbook=f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'.encode()
            + b"".join(b'<sheet name="S%d" sheetId="%d" r:id="r1"/>' % (n, n) for n in range(5_000))
            + b"</sheets></workbook>",
        ),
        "no-sheet.xlsx": _workbook(
            _sheet(_HEAD + row), workbook=f'<workbook xmlns="{_MAIN}"><sheets/></workbook>'.encode()
        ),
        "wide.ods": _document(_ods_row("mobile", cell=' table:number-columns-repeated="999999999"')),
        "tall.ods": _document(
            _ods_row("mobile") + _ods_row("0799000001", row=' table:number-rows-repeated="999999999"')
        ),
        "wide-tall.ods": _document(
            _ods_row(
                "mobile",
                cell=' table:number-columns-repeated="16384"',
                row=' table:number-rows-repeated="1048576"',
            )
        ),
        "spaces.ods": _document(
            _ods_row("name", "mobile") + _ods_row('<text:s text:c="999999999"/>', "0799000001")
        ),
        "minus.ods": _document(
            _ods_row("mobile", cell=' table:number-columns-repeated="-5"')
            + _ods_row("x", row=' table:number-rows-repeated="x"')
        ),
        "paragraphs.ods": lambda: _document(
            _ods_row("name", "mobile") + _ods_row("</text:p><text:p>" * 200_000, "0799000001")
        ),
        "no-content.ods": _packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
        "encrypted.ods": _packed(
            {
                "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": b"\x93" * 500,
                "META-INF/manifest.xml": b"<manifest:encryption-data/>",
            }
        ),
    }


def _edited(chance: random.Random) -> Iterator[Case]:
    """Good files with a few edits of chance."""
    for number in range(60):
        kind, seed = chance.choice(list(VALID)), chance.randrange(10**6)
        asked = ASKED[number % len(ASKED)]
        name = f"edited{number}.{kind if kind in {'xlsx', 'ods', 'zip'} else 'csv'}"
        yield Case(
            f"edited-{kind}-{seed}-{asked[0]}",
            tuple(name if word == "FILE" else word for word in asked),
            _written(name, edited(kind, seed)),
        )


# What is no file, and names ----------------------------------------------------------------------------------------------


def _places() -> Iterator[Case]:
    made: dict[str, tuple[str, Callable[[Path], object]]] = {
        "pipe": ("pipe.csv", lambda folder: os.mkfifo(folder / "pipe.csv")),
        "folder": ("folder.csv", lambda folder: (folder / "folder.csv").mkdir()),
        "loop": ("loop.csv", lambda folder: (folder / "loop.csv").symlink_to("loop.csv")),
        "two-loops": (
            "a.csv",
            lambda folder: ((folder / "a.csv").symlink_to("b.csv"), (folder / "b.csv").symlink_to("a.csv")),
        ),
        "nowhere": ("link.csv", lambda folder: (folder / "link.csv").symlink_to("/no/such/place.csv")),
        "socket": ("socket.csv", lambda folder: _listen(folder, "socket.csv")),
        "sparse": ("sparse.csv", lambda folder: _sparse(folder / "sparse.csv")),
        "sparse-utf8": (
            "sparse.csv",
            lambda folder: _sparse(folder / "sparse.csv", b"\xef\xbb\xbf" + GOOD.encode()),
        ),
        "sparse-utf16": ("sparse.csv", lambda folder: _sparse(folder / "sparse.csv", GOOD.encode("utf-16"))),
        "sparse-cp1252": (
            "sparse.csv",
            lambda folder: _sparse(folder / "sparse.csv", GOOD.replace("A", "É").encode("cp1252")),
        ),
        "sparse-book": ("sparse.xlsx", lambda folder: _sparse(folder / "sparse.xlsx")),
        "unreadable": ("closed.csv", lambda folder: _closed(folder / "closed.csv")),
        **{
            f"device-{name.strip('/').replace('/', '-')}": (name, lambda folder: None)
            for name in (
                "/dev/null",
                "/dev/zero",
                "/dev/full",
                "/dev/urandom",
                "/dev/tty",
                "/dev/stdin",
                "/dev/fd/99",
            )
        },
        **{
            f"link-{name}": (
                "link.csv",
                lambda folder, to=f"/dev/{name}": (folder / "link.csv").symlink_to(to),
            )
            for name in ("zero", "full", "random")
        },
        **{
            f"proc-{at}": (name, lambda folder: None)
            for at, name in enumerate(
                ("/proc/self/mem", "/proc/self/maps", "/proc/kmsg", "/proc/self/fd", "/proc/self/cwd")
            )
        },
        **{
            f"word-{at}": (name, lambda folder: None)
            for at, name in enumerate(("", ".", "..", "/", "-", "~", "//", "./", " "))
        },
    }
    names = (
        *(
            "a\nb.csv",
            "-x.csv",
            "--help.csv",
            "a\tb.csv",
            "\x1b[31mred.csv",
            "[bold]a[red].csv",
            "[link=x]a.csv",
            "{{ x }}.csv",
        ),
        *(
            "%s%n.csv",
            "CON.csv",
            ".csv",
            "..csv",
            "a.",
            "a",
            "'\"`$(id).csv",
            "\u202egnp.csv",
            "é" * 120 + ".csv",
            "x" * 251 + ".csv",
        ),
        *(
            "a.rejected.csv",
            "a.results.csv",
            "a.journal.sqlite",
            "a.toml",
            "a.journal.mark",
            "a b.csv",
            "a\\b.csv",
            "*.csv",
            "a.csv.gz",
        ),
        *(
            "e\u0301.csv",
            "\u2028.csv",
            "a\x7fb.csv",
            "a:b.csv",
            "#.csv",
            "=cmd.csv",
            "𝓪.csv",
            "sqlite:.csv",
            "postgresql:x.csv",
        ),
        *("\udce9.csv", "a\udc80b.csv"),
    )
    for at, name in enumerate(names):
        made[f"name-{at}"] = (name, _written(name, GOOD.encode()))
    for at, (what, (name, prepare)) in enumerate(made.items()):
        for asked in (ASKED[at % len(ASKED)], ASKED[(at + 3) % len(ASKED)]):
            words = tuple(name if word == "FILE" else word for word in asked)
            yield Case(f"place-{what}-{asked[0]}", words, prepare)


def _listen(folder: Path, name: str) -> None:
    here = os.getcwd()
    os.chdir(folder)  # a socket's path has at most 107 characters
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(name)
    finally:
        os.chdir(here)


def _sparse(path: Path, begin: bytes = b"") -> None:
    path.write_bytes(begin)
    os.truncate(path, 2**40)


def _closed(path: Path) -> None:
    path.write_text(GOOD)
    path.chmod(0)


def _beside() -> Iterator[Case]:
    """What stands where the settings, the template, the journal and the results belong."""
    kinds: dict[str, Callable[[Path], object]] = {
        "pipe": os.mkfifo,
        "folder": lambda path: path.mkdir(),
        "loop": lambda path: path.symlink_to(path.name),
        "zero": lambda path: path.symlink_to("/dev/zero"),
        "full": lambda path: path.symlink_to("/dev/full"),
        "sparse": _sparse,
        "rubbish": lambda path: path.write_bytes(b"\xff\0" * 5_000),
        "closed": _closed,
        "sqlite": lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000),
    }
    places = (
        "spring.toml",
        "spring.journal.sqlite",
        "spring.results.csv",
        "spring.rejected.csv",
        "text.txt",
        "spring.journal.mark",
    )
    for place in places:
        for at, (kind, make) in enumerate(kinds.items()):
            asked = ASKED[(at + len(place)) % len(ASKED)]
            if place == "text.txt":
                asked = ("run", "FILE", "--dry-run", "--template", "text.txt", *OPTIONS[2:])
            elif place != "spring.toml":
                asked = ASKED[5] if at % 2 else ("status", "FILE", "--json")
            rehearsed = (
                place.replace("spring.", "spring.sandbox.")
                if asked[0] == "run" and "--sandbox" in asked
                else place
            )

            def prepare(folder: Path, make: Callable[[Path], object] = make, name: str = rehearsed) -> None:
                (folder / "spring.csv").write_text(GOOD)
                make(folder / name)

            words = tuple("spring.csv" if word == "FILE" else word for word in asked)
            yield Case(f"beside-{place}-{kind}-{asked[0]}", words, prepare)


# Settings -----------------------------------------------------------------------------------------------------------


_BAD_VALUES = (
    *(
        '""',
        '" "',
        "[]",
        "{}",
        "true",
        "1e308",
        "-1e308",
        "nan",
        "-inf",
        "-1",
        "0",
        "9" * 400,
        "2026-01-01",
        "00:00:00",
    ),
    *(
        '["a", 1, []]',
        "{a = {b = {c = 1}}}",
        "[[[[[[]]]]]]",
        '"\\u0000"',
        '"\\uFFFF\\u202E"',
        f'"{"x" * 100_000}"',
        '"[/red]{{ x }}%s"',
    ),
    *(
        "0x7fffffffffffffffff",
        "1_000",
        "9999-12-31T23:59:59-23:59",
        '"NaN"',
        '"1e999999"',
        '"é"',
        '"../../etc/passwd"',
        '"/dev/zero"',
    ),
)
_TEXTS = (
    "= 1",
    "a" * 1_000_000,
    "[" * 100_000,
    "a = " + "[" * 50_000,
    "a.b.c" * 20_000 + " = 1",
    ".".join(["a"] * 20_000) + " = 1",
    "\n".join(f"a{n} = {n}" for n in range(100_000)),
    "\n".join(f"[a{n}]" for n in range(50_000)),
    'message = "' + "x" * 10_000_000 + '"',
    'message = """' + '"' * 100_000,
    'message = "Hi"\n' * 1_000,
    "message = 'Hi'\n[limits]\n[limits]",
    "[message]\nx = 1",
    "[[columns]]\nnumber = 'mobile'",
    "[file.encoding]\nx = 1",
    'region = "FR"\nregions = ["FR", "XX", "", "💥"]',
    "regions = [" + '"FR", ' * 100_000 + "]",
    "once_per = [" + '"name", ' * 50_000 + "]",
    'once_per = ["name", "name", "NAME", ""]',
    'once_per = "no such column"',
    "[columns]\nnumber = [" + '"mobile", ' * 50_000 + "]",
    '[text.swaps]\n"' + "a" * 100_000 + '" = "b"',
    '[text.swaps]\n"" = ""\n"e" = "ee"\n"ee" = "e"',
    '[text]\nswaps = {"e" = "' + "e" * 100_000 + '"}',
    "[text]\nshort = '{{ name'",
    '[sending]\nsend_at = "2026-12-01T10:00[Mars/Olympus]"',
    '[sending]\nsend_at = "tomorrow 25:00"',
    '[sending]\nsend_at = "2027-02-30 10:00"',
    '[sending]\nsend_at = "tomorrow ' + "1" * 100_000 + '"',
    "[sending]\nsend_at = 0001-01-01T00:00:00+23:59",
    '[file]\nencoding = "' + "x" * 100_000 + '"',
    '[file]\nencoding = "zlib"',
    '[file]\nencoding = "rot13"',
    '[file]\nencoding = "unicode_escape"',
    '[file]\nencoding = "punycode"',
    '[file]\nencoding = "utf-7"',
    '[file]\nencoding = "undefined"',
    '[file]\nencoding = "hz"',
    '[file]\nencoding = "uu"',
    '[file]\nencoding = "mbcs"',
    '[file]\ndelimiter = "ab"',
    '[file]\ndelimiter = "\\r"',
    '[file]\ndelimiter = "é"',
    '[file]\ndelimiter = "a"',
    "[file]\nheader_row = 99999999999999999999",
    '[file]\nsheet = "\\u0000"',
    'name = "../../../tmp/x"',
    'name = "a\\nb\\u001b[2J"',
    'name = "' + "n" * 1_000_000 + '"',
    'language = "xx"',
    'language = "../fr"',
    'account = "a/b?c#d"',
    'sender = "\\u202e\\u0000"',
    'template = "/dev/zero"',
    'template = "/dev/stdin"',
    'template = "../../../../../etc/shadow"',
    'template = "."',
    'where = "' + "(" * 10_000 + '"',
    "\ufeffname = 'a'",
    "\x00",
    "name = 'a'\r\rregion = 'FR'",
    "# " + "x" * 5_000_000,
)


def _with_settings(text: str) -> Callable[[Path], object]:
    def prepare(folder: Path) -> None:
        (folder / "spring.csv").write_text(GOOD)
        (folder / "spring.toml").write_bytes(text.encode("utf-8", "surrogatepass"))

    return prepare


_PLAIN = 'message = "Hi {{ name }}"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'


def _settings(chance: random.Random) -> Iterator[Case]:
    asked = (
        ("run", "spring.csv", "--dry-run"),
        ("check", "spring.csv", "--sandbox"),
        ("run", "spring.csv", "--dry-run", "--json"),
    )
    for at, text in enumerate(_TEXTS):
        whole = (
            text
            if "message" in text
            else _PLAIN.replace('region = "FR"\n', "" if "region =" in text else 'region = "FR"\n') + text
        )
        yield Case(f"settings-{at}", asked[at % 3], _with_settings(whole))
    for at, one in enumerate(SETTINGS):
        for value in chance.sample(_BAD_VALUES, 3):
            section, _, name = one.key.rpartition(".")
            line = f"[{section}]\n{name} = {value}" if section else f"{name} = {value}"
            others = "".join(f"{row}\n" for row in _PLAIN.splitlines() if not row.startswith(f"{one.key} "))
            text = f"{others}{line}\n" if section else f"{line}\n{others}"
            yield Case(f"settings-{one.key}-{_BAD_VALUES.index(value)}", asked[at % 3], _with_settings(text))


_BAD_TEMPLATES = (
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in name * 9999 %}{% for b in name * 9999 %}{% for c in name * 9999 %}x{% endfor %}{% endfor %}{% endfor %}",
    "{{ 'x' * 10**10 }}",
    "{{ name * 10**9 }}",
    "{{ 'x' | center(10**9) }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '%*d' | format(10**9, 1) }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 9 ** 9 ** 9 % 7 }}",
    "{{ [1] * 10**9 }}",
    "{{ ([1] * 10**5) * 10**5 }}",
    "{{ name | indent(10**9) }}",
    "{{ name | replace('', 'x' * 10000) | replace('x', 'y' * 10000) | replace('y', 'z' * 10000) }}",
    "{{ name | wordwrap(0) }}",
    "{{ name | wordwrap(-1) }}",
    "{{ name | truncate(-5) }}",
    "{{ lipsum(n=100000) }}",
    "{{ name | batch(0) | list }}",
    "{{ name | slice(10**9) | list }}",
    "{{ range(10**8) | list | length }}",
    "{{ range(10**8) | sum }}",
    "{{ range(10**8) | join }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ name.__class__.__mro__ }}",
    "{{ ''.__class__.__base__.__subclasses__() }}",
    "{{ self }}{{ self.__init__ }}",
    "{% include 'x' %}",
    "{% extends name %}",
    "{% import '/etc/passwd' as x %}",
    "{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
    "{% set x = 'x' * 99999 %}{% set x = x * 99999 %}{{ x }}",
    "{% call foo() %}{% endcall %}",
    "{% raw %}{{ x }}{% endraw",
    "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}",
    "{{ " + "not " * 20_000 + "1 }}",
    "{{ " + "-" * 50_000 + "1 }}",
    "{{ " + " + ".join(["name"] * 20_000) + " }}",
    "{{ name" + " | upper" * 20_000 + " }}",
    "{{ name" + ".x" * 20_000 + " }}",
    "{% if name %}" * 5_000 + "x" + "{% endif %}" * 5_000,
    "{% for x in name %}" * 60 + "x" + "{% endfor %}" * 60,
    "{{ name }}" * 50_000,
    "{" * 500_000,
    "{{" * 200_000,
    "}}" * 200_000,
    "{%" * 100_000,
    "{#" * 100_000,
    "x" * 5_000_000,
    "{{ '" + "x" * 2_000_000 + "' }}",
    "{{ " + "9" * 100_000 + " }}",
    "{{ 1e999 }}",
    "{{ 1 / 0 }}",
    "{{ 1 // 0 }}",
    "{{ name | int(base=99) }}",
    "{{ name | float | round(10**6) }}",
    "{{ (10 ** 400) | float }}",
    "{{ (10 ** 5000) }}",
    "{{ name | date('%' * 1000) }}",
    "{{ name | money('XXX') }}",
    "{{ name | tojson | tojson | tojson }}",
    "{{ name | urlize }}",
    "{{ name | xmlattr }}",
    "{{ name | attr('__class__') }}",
    "{{ name | map(attribute='__class__') | list }}",
    "{{ namespace }}{{ dict }}{{ joiner }}",
    "{{ dict(a=1).items.__self__ }}",
    "{{ name.encode('utf-16') }}",
    "{{ name.join(range(10**7) | map('string')) }}",
    "{{ name.zfill(10**9) }}",
    "{{ name.ljust(10**9) }}",
    "{{ name.expandtabs(10**9) }}",
    "{{ '\t'.expandtabs(10**9) }}",
    "{{ name.translate({65: 'x' * 10**8}) }}",
    "{{ 'a'.replace('a', 'a' * 10**8).replace('a', 'aa') }}",
    "{{ name | regex_replace('(a+)+$', '') }}",
    "{{ 'A' ~ '\ud800' }}",
    "\x00\x01\x02",
    "{{ \u202ename }}",
    "{{ name }}\u0000",
    "{{ name | default(lipsum(n=10**6)) }}",
    "{{ name | wordcount }}{{ (name * 10**7) | wordcount }}",
    "{{ (name * 10**7) | striptags | title | length }}",
    "{{ (name * 10**6) | reverse | list | unique | list | sort | groupby(0) | list | length }}",
    "{% for i in range(300) recursive %}{{ loop(range(300)) }}{% endfor %}",
    "{% set f %}{{ name * 10**8 }}{% endset %}{{ f | length }}",
    "{% filter upper %}{{ name * 10**8 }}{% endfilter %}",
    "{% block a %}{{ self.a() }}{% endblock %}",
)


def _templates() -> Iterator[Case]:
    for at, text in enumerate(_BAD_TEMPLATES):

        def prepare(folder: Path, text: str = text) -> None:
            (folder / "spring.csv").write_text(GOOD)
            (folder / "text.txt").write_bytes(text.encode("utf-8", "surrogatepass"))

        options = ("--template", "text.txt", *OPTIONS[2:])
        asked = (
            ("run", "spring.csv", "--dry-run", *options),
            ("check", "spring.csv", "--sandbox", *options),
            ("run", "spring.csv", "--dry-run", "--json", *options),
        )[at % 3]
        yield Case(f"template-{at}", asked, prepare)
    conditions = (
        *(
            "name == " + "(" * 5_000,
            "name in range(10**9)",
            "name * 10**10 == ''",
            "1 / 0 == name",
            "name | upper" + " | upper" * 5_000,
        ),
        *(
            "name.__class__",
            "10 ** 10 ** 10 > name | int",
            "name == '\udce9'",
            "x" * 200_000,
            "name ==",
            "%}{{ name",
            "name == '{{ name }}'",
        ),
        *(
            " or ".join(["name == 'Ann'"] * 20_000),
            "not " * 20_000 + "name",
            "range(10**8) | list | length > name | int",
        ),
        *(
            "name | int ** 999999999 > 1",
            "lipsum(n=99999) == name",
            "name.zfill(10**9) == ''",
            "true",
            "",
            "name if",
            "name; name",
        ),
    )
    for at, where in enumerate(conditions):
        where = where.encode("utf-8", "replace").decode()  # noqa: PLW2901 - a word of a command line
        if len(where) < 100_000:
            words = ("run", "spring.csv", "--dry-run", "--where", where, *OPTIONS)
            yield Case(f"where-{at}", words, _with_settings("# none\n"))


# Command lines --------------------------------------------------------------------------------------------------------


_ODD = (
    *(
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "9" * 400,
        "0x10",
        "1_0",
        "١٢",
        "½",
        "1,5",
        "1 000",
    ),
    *(
        "\n",
        "a\nb",
        "\x1b[2J",
        "[bold]x",
        "{{ name }}",
        "%s%n",
        "é" * 300,
        "x" * 5_000,
        "/no/such/file.csv",
        "/dev/null",
        "/dev/full",
    ),
    *(
        ".",
        "..",
        "/",
        "~",
        "*",
        "spring.csv",
        "spring.toml",
        "http://127.0.0.1:1/",
        "postgresql://",
        "postgresql://x:y@127.0.0.1:1/z",
    ),
    *(
        "sqlite://",
        "file:///etc/passwd",
        "+33799000001",
        "0",
        "true",
        "xx",
        "FR",
        "a=b",
        "=",
        "a.b.c=1",
        "limits.parts=",
        "\u202e",
        "💥",
    ),
)


def command_options() -> dict[str, list[tuple[str, bool]]]:
    """Each command's options, and whether each is a switch."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for name, (module, *_) in COMMANDS.items():
        command = getattr(import_module(f"smscampaign.cli.{module}"), name)
        options = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            kind, *more = typing.get_args(parameter.annotation) or (parameter.annotation,)
            for one in more:
                default = getattr(one, "default", None)
                flags = [
                    *(getattr(one, "param_decls", None) or ()),
                    *([default] if isinstance(default, str) else []),
                ]
                long = [flag.split("/")[0] for flag in flags if flag.startswith("--")]
                if long:
                    options.append((long[0], kind in (bool, bool | None)))
        found[name] = options
    return found


def _lines(chance: random.Random) -> Iterator[Case]:
    """Each command with odd words, alone and behind its options; `sandbox` ends by itself only where it is refused."""
    spring = _with_settings(_PLAIN)
    for name, options in command_options().items():
        if name == "sandbox":
            continue
        words = (
            ["spring.csv"]
            if name not in {"accounts", "senders", "jobs", "replies", "rates", "demo", "settings"}
            else []
        )
        for number in range(9):
            line = [name, *words]
            if number < 3:
                line = [name, *chance.sample(_ODD, number)]
            else:
                for option, switch in chance.sample(options, min(len(options), number - 2)):
                    line += [option] if switch else [option, chance.choice(_ODD)]
                if number > 6:
                    line += line[-2:]
            if number % 3 == 1:
                line.append("--json")
            yield Case(f"line-{name}-{number}", tuple(line), spring)
    for at, rest in enumerate(
        (
            ("--port", "99999999"),
            ("--port", "-1"),
            ("--port", "x"),
            ("--host", "256.1.1.1"),
            ("--host", ""),
            ("--host", "203.0.113.9"),
            ("--database", "/no/such/folder/x.sqlite"),
            ("--database", "/dev/full"),
            ("--database", "."),
            ("--database", ""),
            ("--keys", ""),
            ("--lang", "xx"),
            ("spring.csv",),
        )
    ):
        yield Case(f"line-sandbox-{at}", ("sandbox", *rest), spring)
    odd = [
        (),
        ("",),
        ("--",),
        ("-",),
        ("--debug",),
        ("--debug", "--debug", "run"),
        ("--version", "x"),
        ("--lang", "xx"),
        ("nope",),
        ("run",),
        ("run", "--", "--dry-run"),
        ("run", "spring.csv", "spring.csv"),
        ("run", "spring.csv", "--dry-run", "--dry-run"),
        ("run", "spring.csv", "--dry-run", "--lang", "xx"),
        ("run", "spring.csv", "--dry-run", "--lang", "fr", "--lang", "pl"),
        ("run", "spring.csv", "--dry-run", "--region", "FR", "--region", "PL"),
        ("run", "spring.csv", "--dry-run", "--set", "region=FR", "--set", "region=PL"),
        ("run", "spring.csv", "--dry-run", "--set", ""),
        ("run", "spring.csv", "--dry-run", "--set", "=" * 10_000),
        ("run", "spring.csv", "--dry-run", "--set", "message=" + "[" * 5_000),
        (
            "run",
            "spring.csv",
            "--dry-run",
            *(word for _ in range(2_000) for word in ("--set", "limits.parts=3")),
        ),
        ("run", "spring.csv", "--dry-run", *(word for _ in range(2_000) for word in ("--show", "first"))),
        ("run", "spring.csv", "--dry-run", "--show", "row 99999999999999999999999"),
        ("run", "spring.csv", "--dry-run", "--show", "row -1"),
        ("run", "spring.csv", "--dry-run", "--show", "row x"),
        ("run", "spring.csv", "--dry-run", "--limit", "0"),
        ("run", "spring.csv", "--sandbox", "--confirm", "\u202e"),
        ("run", "spring.csv", "--sandbox", "--yes", "--confirm", "AAAA"),
        ("run", "spring.csv", "--sandbox", "--yes", "--journal", "spring.csv"),
        ("run", "spring.csv", "--sandbox", "--yes", "--journal", "/dev/full"),
        ("run", "spring.csv", "--sandbox", "--yes", "--journal", "/dev/null"),
        ("run", "spring.csv", "--sandbox", "--yes", "--out", "spring.csv"),
        ("run", "spring.csv", "--sandbox", "--yes", "--out", "/dev/full"),
        ("run", "spring.csv", "--sandbox", "--yes", "--out", "/no/such/folder/out.csv"),
        ("run", "spring.csv", "--sandbox", "--yes", "--out", "."),
        ("run", "spring.csv", "--yes"),
        ("run", "caf\udce9.csv", "--dry-run"),
        ("run", "spring.csv", "--message", "caf\udce9"),
        ("r\udce9n",),
        ("run", "x" * 100_000),
        ("estimate", "x" * 100_000),
        ("estimate", "\u0301" * 30_000),
        ("estimate", ""),
        ("test", "spring.csv", "--to", "x" * 1_000, "--sandbox"),
        ("test", "spring.csv", "--to", "+33799000001", "--to", "", "--sandbox"),
        ("test", "spring.csv", "--sandbox", "--yes"),
        ("audit", "spring.csv", "--number", "\u202e"),
        ("recover", "spring.csv"),
        ("recover", "/dev/zero"),
        ("recover", "."),
        ("cancel", "spring.csv", "--yes"),
        ("settings", "nope"),
        ("settings", ""),
        ("status", ""),
        ("init", "spring.toml"),
        ("init", "spring.csv", "--force", "--delimiter", "x"),
        ("init", "spring.csv", "--force", "--encoding", "\u202e"),
        ("init", "spring.csv", "--force", "--header-row", "9" * 400),
        ("init", "spring.csv", "--force", "--sheet", ""),
        ("demo", "--json", "x"),
    ]
    for at, line in enumerate(odd):
        yield Case(f"line-{at}", line, spring)
