"""What is read is a regular file of a sane size, and what is written a new or regular one that is nobody else's."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from smscampaign.settings.file import LARGEST

from .conftest import OPTIONS, command, ended

BARE = ("--purpose", "transactional", "--region", "FR", "--sender", "Sandbox")
SETTINGS = 'message = "Hi"\npurpose = "transactional"\nregion = "FR"\nsender = "Sandbox"\n'

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")


@pytest.fixture(params=["pipe", "/dev/zero", "folder", "huge", "to a pipe"])
def odd(request, folder):
    """Something that is no small regular file."""
    if request.param.startswith("/"):
        return request.param
    path = folder / "odd.txt"
    match request.param:
        case "pipe":
            os.mkfifo(path)
        case "to a pipe":
            os.mkfifo(folder / "pipe")
            path.symlink_to("pipe")
        case "folder":
            path.mkdir()
        case "huge":
            with path.open("wb") as file:
                file.truncate(20 * 1024**3)  # it takes no room
    return path


def test_settings(cli, people, odd):
    ended = cli("run", people(), "--settings", odd, "--dry-run")
    assert ended.code == 2
    assert "Error:" in ended.err
    assert "the settings cannot be read" in ended.err


def test_a_template(cli, people, odd):
    ended = cli("run", people(), *BARE, "--template", odd, "--dry-run")
    assert ended.code == 2
    assert "the template cannot be read" in ended.err


def test_settings_of_just_the_largest_size(cli, people, folder):
    text = SETTINGS.encode()
    (folder / "spring.toml").write_bytes(text + b"#" * (LARGEST - len(text)))
    assert cli("run", people(), "--dry-run").code == 0
    (folder / "spring.toml").write_bytes(text + b"#" * (LARGEST - len(text) + 1))
    assert cli("run", people(), "--dry-run").code == 2


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
def test_recipients(cli, folder, name):
    if name == "pipe":
        os.mkfifo(folder / name)
    for arguments in (("run", name, *OPTIONS, "--dry-run"), ("init", name), ("status", name)):
        assert cli(*arguments).code == 2


def test_standard_input(clean, people):
    def given(*arguments, text):
        line = command("run", *arguments, "--dry-run")
        return subprocess.run(
            line, check=False, input=text, env=clean, capture_output=True, text=True, timeout=60
        )

    piped = given("/dev/stdin", *OPTIONS, text=people().read_text())
    assert (piped.returncode, "Save them to a file first" in piped.stderr) == (2, True)
    piped = given(people(), "--settings", "/dev/stdin", text=SETTINGS)
    assert (piped.returncode, "the settings cannot be read" in piped.stderr) == (2, True)


def test_a_file_of_keys_that_is_a_pipe(process, people, folder):
    os.mkfifo(folder / "ovh.conf")
    refused = ended(process("run", people(), *OPTIONS, "--yes"))
    assert (refused.code, "ovh.conf" in refused.err, "Traceback" in refused.err) == (2, True, False)


# What is written ---------------------------------------------------------------------------------------------------

OWN = (
    "spring.csv",
    "spring.toml",
    "text.txt",
    "spring.rejected.csv",
    "spring.journal.sqlite",
    "spring.journal.sqlite-wal",
    "spring.journal.sqlite.lock",
    "spring.journal.mark",
    ".sandbox/spring.sandbox.sqlite",
    ".sandbox/spring.sandbox.journal.sqlite",
)
LINKS = {
    "as it is": lambda path, _: path,
    "by a symbolic link": lambda path, link: link.symlink_to(path) or link,
    "by a hard link": lambda path, link: link.hardlink_to(path) or link,
    "in other letters": lambda path, _: path.with_name(path.name.upper()),
}


@pytest.mark.parametrize("own", OWN)
@pytest.mark.parametrize("by", LINKS)
def test_results_are_written_over_no_file_of_the_campaign(cli, people, folder, own, by):
    people(1)
    (folder / "spring.toml").write_text(SETTINGS.replace('message = "Hi"', 'template = "text.txt"'))
    (folder / "text.txt").write_text("Hi")
    path = folder / own
    path.parent.mkdir(exist_ok=True)
    path.touch()
    before, inode = path.read_bytes(), path.stat().st_ino
    place = LINKS[by](path, folder / "other.csv")
    template = () if own != "text.txt" else ("--template", "text.txt", "--settings", "spring.toml")
    for more in (("--dry-run",), ("--dry-run", "--sandbox")):
        said = cli("run", "spring.csv", "--out", place, *template, *more)
        assert (said.code, "in use for something else" in said.err) == (2, True), said.err
    assert (path.read_bytes(), path.stat().st_ino) == (before, inode)


@pytest.mark.parametrize("by", LINKS)
def test_a_journal_is_no_file_of_the_users(campaign, people, folder, by):
    path = people(1)
    place = LINKS[by](path, folder / "other.sqlite")
    for name in (place, "spring.rejected.csv", ".sandbox/spring.sandbox.sqlite", "spring.journal.sqlite-wal"):
        said = campaign("--yes", "--sandbox", "--journal", name)
        assert (said.code, "--journal" in said.err) == (2, True), said.err
    assert path.read_text().startswith("name,mobile")


@pytest.mark.parametrize("option", ["--out", "--journal"])
@pytest.mark.parametrize("how", [("--dry-run",), ("--yes", "--sandbox")])
def test_a_device_or_a_pipe_is_written_nowhere(campaign, people, folder, option, how):
    people(1)
    os.mkfifo(folder / "pipe")
    (folder / "null").symlink_to("/dev/null")
    for place in ("pipe", "null", "/dev/null"):
        said = campaign(*how, option, place)
        assert (said.code, "no file but a device or a pipe" in said.err) == (2, True), said.err
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert not [path for path in folder.iterdir() if "journal" in path.name]


def test_whatever_stands_in_the_place_of_results_is_never_replaced(campaign, people, folder):
    people(1, more="Bob,none")
    os.mkfifo(folder / "spring.rejected.csv")
    said = campaign("--yes", "--sandbox")
    assert "the rejected rows could not be written" in said.err or (folder / "spring.rejected-2.csv").exists()
    assert stat.S_ISFIFO((folder / "spring.rejected.csv").stat().st_mode)


@pytest.mark.parametrize("what", ["pipe", "link", "link to nothing", "itself"])
def test_init_writes_into_no_link_and_no_pipe(cli, people, folder, what):
    file, target, other = people(1), folder / "spring.toml", folder / "other.txt"
    other.write_text("mine")
    match what:
        case "pipe":
            os.mkfifo(target)
        case "link":
            target.symlink_to(other)
        case "link to nothing":
            target.symlink_to(folder / "nothing")
        case "itself":
            target.hardlink_to(file)
    before = file.read_bytes()
    for force in ((), ("--force",)):
        assert cli("init", file, *force).code == 2
    assert (file.read_bytes(), other.read_text(), (folder / "nothing").exists()) == (before, "mine", False)


@pytest.mark.parametrize("place", ["pipe", "/dev/null", "spring.csv"])
def test_a_sandbox_keeps_its_record_in_a_file_of_its_own(cli, people, folder, place):
    before = people(1).read_bytes()
    os.mkfifo(folder / "pipe")
    assert cli("sandbox", "--port", 0, "--database", place).code == 2
    assert (folder / "spring.csv").read_bytes() == before
