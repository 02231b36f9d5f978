"""What the pages of the manual show is run as it stands there, in the order of the page, against a sandbox."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import requests

import smscampaign
from smscampaign import sandbox
from smscampaign.gateway import open_ovhcloud
from smscampaign.gateway.endpoints import Keys

DOCS = Path(__file__).resolve().parents[2] / "docs"
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
#: What sets up a machine, and what serves until it is stopped.
_ELSEWHERE = re.compile(r"python3 -m venv|\.venv/|export |smscampaign sandbox")


def blocks(page: str) -> list[tuple[str, str]]:
    return _FENCE.findall((DOCS / page).read_text("utf-8"))


def commands(block: str) -> list[list[str]]:
    lines = [line for line in block.replace("\\\n", " ").splitlines() if line and not _ELSEWHERE.match(line)]
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_the_page_for_those_who_come_from_the_php_guide(ovhcloud, cli, folder):
    ovhcloud()
    typed, python, sent = [], [], 0
    for language, block in blocks("coming-from-the-php-guide.md"):
        match language:
            case "csv":
                (folder / "first.csv").write_text(block, "utf-8")
            case "toml":
                # The whole example is another campaign than the first message: what that one had is put aside.
                for old in folder.glob("first.*"):
                    if old.name != "first.csv":
                        old.unlink()
                (folder / "first.toml").write_text(block, "utf-8")
            case "sh":
                for words in commands(block):
                    typed.append(words)
                    if words[0] == "run" and "--dry-run" not in words:
                        words = [*words, "--yes"]  # noqa: PLW2901 - what a person types when asked
                        sent += 1
                    ended = cli(*words)
                    assert ended.code == 0, (words, ended.err)
            case "python":
                python.append(block)
    assert len(typed) >= 8
    assert sent == 2
    assert ["sms.Campaign.load" in block for block in python] == [True, False]


def test_the_python_of_the_php_page_sends(ovhcloud, folder):
    here = ovhcloud()
    found = dict(reversed(list(blocks("coming-from-the-php-guide.md"))))  # the first of each language
    (folder / "first.csv").write_text(found["csv"], "utf-8")
    (folder / "first.toml").write_text(found["toml"], "utf-8")
    code = smscampaign.Campaign.load("first.csv").plan(smscampaign.ovhcloud()).code
    names: dict[str, object] = {}
    exec(found["python"].replace("K7QX", code), names)
    assert [row["message"] for row in here.accepted()] == ["Bonjour les SMS OVH par api.ovh.com"]


def test_the_first_script_of_the_guide_in_five_lines(ovhcloud):
    here = ovhcloud()
    *_, (_, script) = (one for one in blocks("coming-from-the-php-guide.md") if one[0] == "python")
    assert len([line for line in script.splitlines() if line]) <= 5
    names: dict[str, object] = {}
    exec(script.replace('"MyShop", no_stop_clause=True', '"Sandbox", no_stop_clause=True, yes=True'), names)
    assert [row["message"] for row in here.accepted()] == ["Hello from the API"]
    assert names["report"].credits_removed == 1


def test_clients_and_the_clock_as_the_page_of_the_sandbox_shows_them():
    with sandbox.running(settings=sandbox.Sandbox(receipt_delay=0)) as here:
        keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
        job = {"message": "Sale", "receivers": ["+33612345678"], "senderForResponse": True}
        assert open_ovhcloud(keys=keys).api.post(f"/sms/{here.account}/jobs", job)["ids"]
        for language, block in blocks("sandbox.md"):
            text = block.replace("http://127.0.0.1:8080/", here.url)
            if language == "python" and "ovh.Client" in text:
                exec(text.replace('client.get("/sms")', 'assert client.get("/sms")'), {})
            elif language == "python":
                exec(text, {})
            for line in re.findall(r"^curl http.* -d .*$", "" if language else text, re.MULTILINE):
                _, url, _, body = shlex.split(line)
                assert requests.post(url, data=body, timeout=10).status_code == 200, line
        state = requests.get(f"{here.url}_sandbox/state", timeout=10).json()
    assert state["speed"] == 600
    assert state["accounts"][0]["creditsLeft"] == 10_499
