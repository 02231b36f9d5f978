"""Build what is published: `make dist HOME_URL=https://…` writes an sdist and a wheel into `dist/`.

No address of the project stands in its tree, because a made-up one leads to somebody else's page. Whoever publishes gives
it; a copy of the tracked files gets `[project.urls]` and a README whose links and pictures are whole addresses, as PyPI shows
them. The wheel is built from the sdist, as pip does it, so that nothing can be missing there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]

#: Where hosts of repositories show a file of a tag, where they serve it as it is, and where one reports what is wrong.
#: Sources: their own links, and https://docs.gitlab.com/user/project/repository/files/ for GitLab's.
_HOSTS = {
    "github.com": ("blob/{tag}", "raw/{tag}", "issues"),
    "gitlab.com": ("-/blob/{tag}", "-/raw/{tag}", "-/issues"),
    "codeberg.org": ("src/tag/{tag}", "raw/tag/{tag}", "issues"),
}
_LINK = re.compile(r"(?P<picture>!?)(?P<words>\[[^\]]*\])\((?P<target>[^)\s]+)\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_BUILD = "import sys; from setuptools import build_meta as b; getattr(b, 'build_' + sys.argv[1])(sys.argv[2])"


class Addresses(NamedTuple):
    """The project's page, and the folders under which a file of the tree is shown and served."""

    home: str
    shown: str
    served: str
    issues: str

    def urls(self) -> dict[str, str]:
        """What `[project.urls]` holds. Source and issues are known of hosts of repositories only."""
        known = {"Source": self.home, "Issues": self.issues} if self.issues else {}
        pages = {"Documentation": "README.md", "Changelog": "CHANGELOG.md"}
        return {
            "Homepage": self.home,
            **{name: f"{self.shown}/{page}" for name, page in pages.items()},
            **known,
        }


def addresses(home: str, tag: str) -> Addresses:
    """What follows from a project's page; where nobody knows its host, the tree lies below it. Raises `ValueError`."""
    parts = urlsplit(home)
    if (
        parts.scheme != "https"
        or "." not in parts.netloc
        or parts.query
        or parts.fragment
        or re.search(r'[\s"\\]', home)
    ):
        raise ValueError(f"{home!r} is no address of a project, such as https://github.com/OWNER/smscampaign")
    home = home.rstrip("/").removesuffix(".git")
    if parts.netloc not in _HOSTS:
        return Addresses(home, home, home, "")
    shown, served, issues = (f"{home}/{one.format(tag=tag)}" for one in _HOSTS[parts.netloc])
    return Addresses(home, shown, served, issues)


def whole(page: str, to: Addresses) -> str:
    """The README with whole addresses, but for what stands in examples."""

    def address(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        if urlsplit(target).scheme:
            return found[0]
        file = f"README.md{target}" if target.startswith("#") else target
        return f"{picture}{words}({to.served if picture else to.shown}/{file})"

    return "".join(
        piece if piece.startswith("```") else _LINK.sub(address, piece) for piece in _FENCE.split(page)
    )


def build(home: str, into: Path) -> list[Path]:
    """Write the sdist and the wheel; gives their paths. Raises `ValueError` for an address that is none."""
    version = re.findall(r'"(.+)"', (ROOT / "smscampaign" / "version.py").read_text("utf-8"))[-1]
    to = addresses(home, f"v{version}")
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        _copy(tree)
        readme, project = tree / "README.md", tree / "pyproject.toml"
        readme.write_text(whole(readme.read_text("utf-8"), to), "utf-8")
        table = "".join(f'{name} = "{url}"\n' for name, url in to.urls().items())
        project.write_text(f"{project.read_text('utf-8')}\n[project.urls]\n{table}", "utf-8")
        into.mkdir(parents=True, exist_ok=True)
        _setuptools("sdist", tree, into)
        sdist = into / f"smscampaign-{version}.tar.gz"
        with tarfile.open(sdist) as packed:
            packed.extractall(scratch, filter="data")
        _setuptools("wheel", Path(scratch) / f"smscampaign-{version}", into)
    return [sdist, *into.glob(f"smscampaign-{version}-*.whl")]


def _copy(tree: Path) -> None:
    """What git knows and no more: beside the samples may lie what campaigns wrote, with people's numbers in it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S607
    for name in filter(None, os.fsdecode(listed).split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)


def _setuptools(kind: str, tree: Path, into: Path) -> None:
    command = [sys.executable, "-c", _BUILD, kind, str(into.resolve())]
    done = subprocess.run(command, cwd=tree, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def main() -> None:
    """The address is the only argument."""
    try:
        built = build(sys.argv[1] if len(sys.argv) > 1 else "", ROOT / "dist")
    except ValueError:
        raise SystemExit(
            "Say where the project is published: make dist HOME_URL=https://github.com/OWNER/smscampaign"
        ) from None
    print(*built, sep="\n")


if __name__ == "__main__":
    main()
