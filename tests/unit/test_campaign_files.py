"""About how many rows a file has, before it is read."""

from __future__ import annotations

import zipfile

import pandas as pd
import pytest

from smscampaign.campaign.files import rows_about
from smscampaign.recipients.sources import open_recipients


@pytest.mark.parametrize("rows", [1, 10, 50_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_files_rows_are_reckoned_from_its_beginning(tmp_path, rows, encoding):
    path = tmp_path / "people.csv"
    lines = ["name,mobile", *(f"Name {n % 10},+3379900{n % 10000:04d}" for n in range(rows))]
    path.write_text("\n".join(lines) + "\n", encoding)
    about = rows_about(open_recipients(path), path)
    assert rows * 0.9 <= about <= rows * 1.1


def test_a_frames_rows_are_known(tmp_path):
    frame = pd.DataFrame({"mobile": ["+33799000001"] * 7})
    assert rows_about(open_recipients(frame), tmp_path / "recipients.csv") == 7


def test_what_is_packed_or_gone_is_not_reckoned(tmp_path):
    path = tmp_path / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("people.csv", "name,mobile\nAnna,+33799000001\n")
    source = open_recipients(path)
    assert rows_about(source, path) is None
    path.unlink()
    assert rows_about(source, path) is None
