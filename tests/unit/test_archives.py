"""What is in a zip, and that what unpacks to far more than it should is not unpacked."""

from __future__ import annotations

import contextlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smscampaign.errors import FileProblem
from smscampaign.recipients.archives import Archive, ArchiveKind, looked_at

ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def zipped(folder: Path, packing: int = zipfile.ZIP_DEFLATED, **files: bytes | str) -> Path:
    path = folder / "people.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def read(archive: Archive) -> bytes:
    with io.BufferedReader(archive.stream()) as stream:
        return stream.read()


def test_one_table_is_read_whatever_litter_lies_beside_it(tmp_path: Path) -> None:
    files = {
        "a/": "",
        "a/people.CSV": "n\n1\n",
        "__MACOSX/a/._people.csv": "x",
        "a/.DS_Store": "x",
        "readme.pdf": "x",
    }
    archive = looked_at(zipped(tmp_path, **files))
    assert (archive.kind, archive.member) == (ArchiveKind.TABLE, "a/people.CSV")
    assert read(archive) == read(archive) == b"n\n1\n"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no table"),
        ({"a.pdf": b"x"}, "holds no table but 'a.pdf'"),
        ({"a.csv": b"x", "b.txt": b"x"}, "several files that may be the table: 'a.csv', 'b.txt'"),
        ({f"{n}.csv": b"x" for n in range(9)}, "and 6 more"),
        ({"a.zip": b"x"}, "archives in archives are not opened"),
        ({"a.csv": b"x", "b.xlsx": b"x"}, "several files"),
        ({"[Content_Types].xml": b"", "word/document.xml": b""}, "a Word document"),
        ({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}, "a PowerPoint"),
        ({"[Content_Types].xml": b"", "visio/a.xml": b""}, "an Office document"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "OpenDocument text"),
        ({"mimetype": b"application/epub+zip"}, "e-book"),
        ({"Index/Document.iwa": b""}, "Apple Numbers"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(FileProblem, match=said) as caught:
        looked_at(zipped(tmp_path, **files))
    assert caught.value.remedy


def test_workbooks_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    excel = zipped(tmp_path, **{"[Content_Types].xml": b"", "xl/workbook.xml": b""})
    assert looked_at(excel) == Archive(excel, ArchiveKind.XLSX)
    document = zipped(tmp_path, mimetype=ODS, **{"content.xml": b""})
    assert looked_at(document).kind is ArchiveKind.ODS
    binary = zipped(tmp_path, **{"[Content_Types].xml": b"", "xl/workbook.bin": b""})
    assert looked_at(binary).kind is ArchiveKind.XLSB


@pytest.mark.parametrize(
    "files",
    [
        {"a.csv": b"0" * 20_000_000},
        {"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/sharedStrings.xml": b"<si/>" * 2_000_000},
        {f"{n}": b"" for n in range(101)},
    ],
    ids=["csv", "workbook", "members"],
)
def test_bombs_are_refused_before_they_are_unpacked(
    tmp_path: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smscampaign.recipients.archives._MOST_MEMBERS", 100)
    with pytest.raises(FileProblem, match="unpacks to far more"):
        looked_at(zipped(tmp_path, **files))


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_tag_of_megabytes_is_refused_before_the_parser_holds_it(tmp_path: Path, name: str) -> None:
    attributes = b" ".join(b'a%d="%d"' % (n, n * n) for n in range(200_000))
    files = {"[Content_Types].xml": b"", "xl/workbook.xml": b""}
    with pytest.raises(FileProblem, match="larger than any"):
        looked_at(zipped(tmp_path, **files, **{name: b"<row " + attributes + b"/>"}))
    rows = b"".join(b"<c><v>%d</v></c>" % (n * n) for n in range(200_000))
    assert looked_at(zipped(tmp_path, **files, **{name: rows})).kind is ArchiveKind.XLSX


def test_a_large_part_that_is_read_whole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smscampaign.recipients.archives._LARGEST_PART", 10_000)
    styles = b"<xf/>" * 3_000
    files = {"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/styles.xml": styles}
    with pytest.raises(FileProblem, match=r"xl/styles\.xml in the workbook is far too large"):
        looked_at(zipped(tmp_path, **files))


def test_a_directory_that_lies_about_sizes_yields_no_more_than_it_says(tmp_path: Path) -> None:
    path = zipped(tmp_path, **{"a.csv": b"n\n" + b"1" * 100_000})
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (1_000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(FileProblem, match="damaged"):
        read(looked_at(path))


def test_a_password_is_said(tmp_path: Path) -> None:
    path = zipped(tmp_path, **{"a.csv": b"n\n1\n"})
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(FileProblem, match="password"):
        read(looked_at(path))


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=100)
def test_any_bytes_are_an_archive_or_a_file_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"PK\x03\x04" + content)
    with contextlib.suppress(FileProblem):
        read(looked_at(path))
