"""The page and what its script asks for, over real HTTP."""

import http.client
import json
import re
from importlib.resources import files

import pytest

from smscampaign.sandbox import Clock, Sandbox, running
from smscampaign.sandbox.faults import NONE, FaultKind, from_json
from smscampaign.sandbox.jobs import send
from smscampaign.sandbox.page import Checksums
from smscampaign.sandbox.world import Ask

FRENCH = "+33612345678"
NASTY = '<img src=x onerror=alert(1)>&amp;"'


@pytest.fixture(scope="module")
def here():
    with running(
        settings=Sandbox(senders=("Sandbox", "<b>Shop</b>")), clock=Clock(real=lambda: 1_772_794_800.0)
    ) as it:
        yield it


def fetch(here, path, **headers):
    host = here.url.removeprefix("http://").strip("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request(
        "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def ask(here, query=""):
    status, _, content = fetch(here, f"/_sandbox/inbox{query}")
    assert status == 200
    return json.loads(content)


def accept(here, **params):
    job = {"message": "Hello", "receivers": [FRENCH], "sender": "Sandbox", **params}
    return send(here.world, Ask({"serviceName": here.account}, job, None, NONE))


def test_the_page_says_what_it_is_and_may_load_nothing_from_elsewhere(here):
    status, headers, content = fetch(here, "/")
    text = content.decode()
    assert (status, headers["X-Sandbox"], headers["Content-Type"]) == (
        200,
        "smscampaign",
        "text/html; charset=utf-8",
    )
    assert "This is a sandbox" in text
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert set(re.findall(r"\S+-src ([^;]+)", policy)) == {"'none'", "'self'"}
    own = re.findall(r'(?:src|href)="([^"#]+)"', text)
    assert len(own) >= 6
    for address in own:
        assert fetch(here, address)[0] == 200


@pytest.mark.parametrize(
    ("name", "kind"),
    [("inbox.css", "text/css"), ("inbox.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
def test_what_the_page_is_made_of(here, name, kind):
    status, headers, content = fetch(here, f"/_sandbox/static/{name}")
    assert status == 200
    assert headers["Content-Type"].startswith(kind)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert content == (files("smscampaign.sandbox") / "static" / name).read_bytes()


@pytest.mark.parametrize("name", ["page.py", "..%2fpage.py", "%2e%2e/page.py", "", "inbox.css/", "x"])
def test_nothing_else_is_given_out(here, name):
    assert fetch(here, f"/_sandbox/static/{name}")[0] == 404


def test_no_file_of_the_page_names_another_place_or_writes_markup():
    for file in (files("smscampaign.sandbox") / "static").iterdir():
        text = file.read_text("utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), file.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b| on\w+=\"", text
        ), file.name


def test_texts_come_as_they_are_and_only_as_json(here):
    accept(here, message=NASTY, sender="<b>Shop</b>", receivers=["+33612345600"])
    status, headers, content = fetch(here, "/_sandbox/inbox?search=33612345600")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    (one,) = json.loads(content)["phones"]["+33612345600"]["messages"]
    assert (one["text"], one["sender"]) == (NASTY + "\nSTOP 36xxx", "<b>Shop</b>")


def test_only_what_has_changed_is_told():
    with running(clock=Clock(real=lambda: 1_772_794_800.0)) as it:
        accept(it)
        accept(it, receivers=["+33612345600"])
        first = ask(it)
        assert set(first["phones"]) == {FRENCH, "+33612345600"}
        same = ask(it, f"?since={first['token']}")
        assert same == {**same, "phones": {}, "token": first["token"], "order": first["order"]}
        assert not {"figures", "held", "faults", "calls"} & set(same)
        accept(it)
        news = ask(it, f"?since={first['token']}")
        assert set(news["phones"]) == {FRENCH}
        assert news["order"] == [FRENCH, "+33612345600"]
        assert news["figures"]["messages"] == 3
        assert "faults" not in news
        assert set(ask(it, "?since=unknown")["phones"]) == {FRENCH, "+33612345600"}


def test_a_call_of_the_api_is_shown_with_its_answer():
    with running() as it:
        fetch(it, "/1.0/auth/time?x=%3C")
        fetch(it, "/1.0/sms")
        unsigned, time = ask(it)["calls"]
        assert (unsigned["method"], unsigned["path"], unsigned["status"]) == ("GET", "/1.0/sms", 403)
        assert "application key" in unsigned["answer"]
        assert (time["path"], time["number"]) == ("/1.0/auth/time?x=%3C", 1)


@pytest.mark.parametrize(
    "query", ["?search=12", "?search=abc", "?before=-1", "?before=x", "?before=" + "9" * 30]
)
def test_a_question_that_makes_no_sense(here, query):
    status, _, content = fetch(here, f"/_sandbox/inbox{query}")
    assert status == 400
    assert json.loads(content)["message"]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}])
def test_pages_of_other_origins_learn_nothing(here, headers):
    assert fetch(here, "/_sandbox/inbox", **headers)[0] == 403


def test_only_the_last_answers_are_remembered():
    told = Checksums()
    first = told.news("", {"a": 0}, {})["token"]
    for n in range(100):
        told.news("", {"a": n}, {})
    assert "a" in told.news(first, {"a": 0}, {})
    assert len(told._answers) < 100


def test_tokens_of_another_sandbox_mean_nothing():
    one, other = Checksums(), Checksums()
    token = one.news("", {"a": 1}, {})["token"]
    other.news("", {"a": 1}, {})
    assert "a" in other.news(token, {"a": 1}, {})


def test_every_fault_the_page_offers_is_one():
    script = (files("smscampaign.sandbox") / "static" / "inbox.js").read_text("utf-8")
    listed = script.split("const FAULTS = [")[1].split("\n];")[0]
    offered = re.findall(r", (\{ kind: .*\})\],", listed)
    faults = [from_json(json.loads(re.sub(r"(\w+):", r'"\1":', one).replace("'", '"'))) for one in offered]
    assert len(faults) == listed.count("kind:")
    assert {fault.kind for fault in faults} >= set(FaultKind) - {FaultKind.UNALIGNED_IDS}
