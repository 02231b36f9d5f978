"""What is published: `make dist` with an address that nobody has, from the tree as it is, without a network."""

from __future__ import annotations

import email
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from smscampaign.version import __version__

ROOT = Path(__file__).resolve().parents[1]
HOME = "https://example.org/smscampaign"
DIST = runpy.run_path(str(ROOT / "docs" / "make_dist.py"))

pytestmark = pytest.mark.skipif(
    not (ROOT / ".git").exists() or shutil.which("git") is None, reason="what is published is what git knows"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist and the wheel."""
    sdist, wheel = DIST["build"](f"{HOME}/", tmp_path_factory.mktemp("dist"))
    return sdist, wheel


@pytest.fixture(scope="module")
def unpacked(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What is in them, in folders."""
    sdist, wheel = (tmp_path_factory.mktemp(name) for name in ("sdist", "wheel"))
    with tarfile.open(built[0]) as packed:
        packed.extractall(sdist, filter="data")
    with zipfile.ZipFile(built[1]) as archive:
        archive.extractall(wheel)
    return sdist / f"smscampaign-{__version__}", wheel


def metadata(wheel: Path) -> Message:
    return email.message_from_bytes(
        (wheel / f"smscampaign-{__version__}.dist-info" / "METADATA").read_bytes()
    )


def test_the_addresses_are_in_the_metadata_of_both(unpacked: tuple[Path, Path]) -> None:
    sdist, wheel = unpacked
    urls = [
        f"Homepage, {HOME}",
        f"Documentation, {HOME}/README.md",
        f"Changelog, {HOME}/CHANGELOG.md",
    ]
    assert metadata(wheel).get_all("Project-URL") == urls
    assert email.message_from_bytes((sdist / "PKG-INFO").read_bytes()).get_all("Project-URL") == urls


def test_no_link_and_no_picture_of_the_long_description_is_relative(unpacked: tuple[Path, Path]) -> None:
    page = metadata(unpacked[1]).get_payload()
    assert isinstance(page, str)
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)]*)\)", prose) + re.findall(r"(?:src|href)=[\"']([^\"']*)", prose)
    assert len(targets) > 30
    assert [one for one in targets if not one.startswith("https://")] == []
    here = [one.removeprefix(f"{HOME}/") for one in targets if one.startswith(HOME)]
    assert "docs/images/run.png" in here
    assert "README.md#keys" in here
    assert [one for one in here if not (ROOT / one.partition("#")[0]).exists()] == []


def test_the_sdist_has_all_that_git_knows(unpacked: tuple[Path, Path]) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    names = {
        one for one in listed.stdout.split("\0") if one and not one.endswith((".gitignore", ".gitattributes"))
    }
    sdist = unpacked[0]
    assert sorted(name for name in names if not (sdist / name).exists()) == []
    changed = [name for name in names if (sdist / name).read_bytes() != (ROOT / name).read_bytes()]
    assert sorted(changed) == ["README.md", "pyproject.toml"]
    added = {one.relative_to(sdist).as_posix() for one in sdist.rglob("*") if one.is_file()} - names
    assert {one for one in added if "egg-info" not in one} <= {
        "PKG-INFO",
        "setup.cfg",
        ".gitignore",
        "sample_data/.gitattributes",
    }


def test_the_demo_of_the_wheel_sends(unpacked: tuple[Path, Path], tmp_path: Path) -> None:
    wheel = unpacked[1]
    entry = (wheel / f"smscampaign-{__version__}.dist-info" / "entry_points.txt").read_text("utf-8")
    assert "smscampaign = smscampaign.cli:main" in entry
    script = (
        f"import smscampaign, sys; assert smscampaign.__file__.startswith({str(wheel)!r}), smscampaign.__file__;"
        " from smscampaign.cli import main; sys.argv = ['smscampaign', 'demo']; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(wheel), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"accepted +1 158", ended.stdout)


@pytest.mark.parametrize(
    ("home", "page", "picture", "issues"),
    [
        ("https://github.com/a/b.git", "blob/v1/docs/x.md", "raw/v1/docs/x.png", "issues"),
        ("https://gitlab.com/a/b", "-/blob/v1/docs/x.md", "-/raw/v1/docs/x.png", "-/issues"),
        ("https://codeberg.org/a/b/", "src/tag/v1/docs/x.md", "raw/tag/v1/docs/x.png", "issues"),
    ],
)
def test_hosts_of_repositories_show_and_serve_files_in_their_own_way(
    home: str, page: str, picture: str, issues: str
) -> None:
    to = DIST["addresses"](home, "v1")
    root = home.removesuffix("/").removesuffix(".git")
    links = "[a\nb](docs/x.md) ![c](docs/x.png) [d](https://example.org)\n```\n[e](f)\n```\n"
    assert DIST["whole"](links, to) == (
        f"[a\nb]({root}/{page}) ![c]({root}/{picture}) [d](https://example.org)\n```\n[e](f)\n```\n"
    )
    assert to.urls()["Source"] == root
    assert to.urls()["Issues"] == f"{root}/{issues}"


@pytest.mark.parametrize(
    "home",
    [
        "",
        "example.org",
        "http://example.org/x",
        "https://nowhere/x",
        "https://example.org/x?y",
        'https://a.b/"',
    ],
)
def test_without_an_address_nothing_is_built_and_one_sentence_says_what_is_missing(home: str) -> None:
    with pytest.raises(ValueError, match="is no address of a project"):
        DIST["addresses"](home, "v1")
    if home:
        return
    ended = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "make_dist.py"), home],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert ended.stderr == (
        "Say where the project is published: make dist HOME_URL=https://github.com/OWNER/smscampaign\n"
    )


def test_no_address_stands_in_the_tree() -> None:
    """It comes from whoever publishes; one that is made up is somebody else's."""
    assert "urls" not in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
