"""Valid files of every kind, and random edits of them: what fuzzing the reader starts from."""

from __future__ import annotations

import io
import random
import re
import zipfile

import openpyxl

_TEXT = "Prénom;Mobile;Ville\r\nZoë;0799000001;Nîmes\r\n\r\n'Ann';\"07 99\n000002\";\r\n"
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
_CONTENT = f"""<?xml version="1.0"?><office:document-content {_SPACES}><office:body><office:spreadsheet>
<table:table table:name="A"><table:table-column table:visibility="collapse"/>
<table:table-row><table:table-cell office:value-type="string"><text:p>mobile</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="16383"/></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="float" office:value="33799000001">
<text:p>3.4E10</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2026-03-01"/>
</table:table-row><table:table-row table:number-rows-repeated="1048573"/></table:table>
</office:spreadsheet></office:body></office:document-content>"""
# What a person's hand, a broken disk and an ill will put into XML.
_WORDS = (
    b'"999999999"', b'"-1"', b'"1048576"', b'"XFD1048576"', b"<", b">", b"</", b"&lt;", b"&x;",
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
    b"<row>", b"</row>", b"<c>", b"<v>1e999</v>", b"<v>nan</v>", b't="s"', b't="d"', b't="inlineStr"', b"\xff", b"\0",
    b"_x0000_", b"_xD800_", b"9" * 400, b"hidden=\"1\"", b"<f>", b"</table:table>", b"<table:table-row>",
    b"<table:table-cell>",
    b'table:number-rows-repeated="1048576"', b'table:number-columns-repeated="16384"', b'office:value="1e308"',
    b"<text:s text:c='9'/>",
)  # fmt: skip
_SIGNS = (
    b'"',
    b"'",
    b";",
    b",",
    b"\t",
    b"|",
    b"\r",
    b"\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\x8e",
    b"sep=;\n",
    b"=1",
)


# What an attribute or a text of XML can be changed to without breaking the XML.
_VALUES = (
    b"", b"0", b"1", b"2", b"-1", b"9", b"999999999", b"1048576", b"1048577", b"16384", b"16385", b"A1", b"B3", b"XFD1048576",
    b"ZZZ9", b"A0", b"s", b"d", b"n", b"b", b"e", b"str", b"inlineStr", b"true", b"nan", b"inf", b"1e999", b"1e15", b"0.1",
    b"2026-13-45", b"2026-03-01T25:00:00", b"_x0000_", b"_xD800_", b"&#9;", b"&#10;x", b"&#55296;", b"9" * 400, b"float",
    b"date", b"string", b"currency", b"boolean", b"percentage", b"collapse", b"hidden", b"A1:XFD1048576", b"shared", b"array",
    b"x" * 5_000,
)  # fmt: skip
_SPOTS = re.compile(rb'="([^"<>]*)"|>([^<>]*)<')


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for cells in (
        ["title"],
        [],
        ["name", "mobile", "x"],
        ["Zoë", 33799000001.0, "=1+1"],
        ["Ann", "0799000002", True],
    ):
        sheet.append(cells)
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[5].hidden = True
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _ods() -> bytes:
    return _zip(
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": _CONTENT.encode()}
    )


#: One valid file of each kind.
VALID: dict[str, bytes] = {
    "xlsx": _xlsx(),
    "ods": _ods(),
    "zip": _zip({"people.csv": _TEXT.encode("cp1252")}),
    "utf-8": _TEXT.encode(),
    "utf-16": _TEXT.encode("utf-16"),
    "cp1250": _TEXT.replace("î", "ł").encode("cp1250", "replace"),
    "sep": b"sep=|\r\nname|mobile\r\nAnn|0799000001\r\n",
}


def edited(kind: str, seed: int) -> bytes:
    """A valid file with one to five random edits: in its bytes, or in the parts of what is packed in it."""
    dice = random.Random(seed)
    content = VALID[kind]
    if not content.startswith(b"PK") or dice.random() < 0.1:
        return _edited_bytes(content, dice, _SIGNS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(dice.randint(1, 2)):
        name = dice.choice(
            [one for one in files if dice.random() < 0.3 or "sheet" in one or "content" in one] or list(files)
        )
        if dice.random() < 0.05:
            del files[name]
        elif dice.random() < 0.8 and b"<" in files[name]:
            files[name] = _edited_values(files[name], dice)
        else:
            files[name] = _edited_bytes(files[name], dice, (*_WORDS, *_SIGNS))
        if not files:
            break
    return _zip(files)


def _edited_values(content: bytes, dice: random.Random) -> bytes:
    """XML with one to four attributes or texts changed, and perhaps a row or a cell said again."""
    for _ in range(dice.randint(1, 4)):
        spots = list(_SPOTS.finditer(content))
        if not spots:
            break
        spot = dice.choice(spots)
        place = 1 if spot[1] is not None else 2
        content = content[: spot.start(place)] + dice.choice(_VALUES) + content[spot.end(place) :]
    if dice.random() < 0.3:
        element = dice.choice([rb"<row.*?</row>", rb"<c .*?</c>", rb"<table:table-row.*?</table:table-row>"])
        found = list(re.finditer(element, content, re.DOTALL))
        if found:
            one = dice.choice(found)
            content = content[: one.end()] + one[0] * dice.choice([1, 2, 100]) + content[one.end() :]
    return content


def _edited_bytes(content: bytes, dice: random.Random, words: tuple[bytes, ...]) -> bytes:
    made = bytearray(content)
    for _ in range(dice.randint(1, 5)):
        at, way = dice.randrange(len(made) + 1), dice.randrange(6)
        if way == 0:
            made[at:at] = dice.choice(words)
        elif way == 1:
            del made[at : at + dice.randint(1, 40)]
        elif way == 2:
            made[at : at + 1] = bytes([dice.randrange(256)])
        elif way == 3:
            piece = made[at : at + dice.randint(1, 200)]
            made[at:at] = piece * dice.randint(1, 20)
        elif way == 4:
            del made[at:]
        else:
            # A number or a word of the file itself becomes another.
            end = at + dice.randint(1, 8)
            made[at:end] = dice.choice(words)
    return bytes(made)
