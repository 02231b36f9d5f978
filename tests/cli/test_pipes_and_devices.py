"""Pipes, devices, folders and huge files where settings, a template, keys or recipients are expected: refused at once."""

from __future__ import annotations

import os
import subprocess

import pytest

from smscampaign.settings_file import LARGEST

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
