"""Starting, stopping, the record, the control endpoints and the page, over real HTTP."""

from __future__ import annotations

import contextlib
import csv
import http.client
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from decimal import Decimal

import ovh
import pytest

from smscampaign.sandbox import (
    Clock,
    Fault,
    FaultKind,
    Running,
    Sandbox,
    SandboxProblem,
    outcomes,
    running,
    serve,
)
from smscampaign.sandbox.__main__ import main
from smscampaign.sandbox.faults import NONE
from smscampaign.sandbox.jobs import send
from smscampaign.sandbox.world import Ask

NASTY = '<script>alert("1")</script>, "quoted"; é 😀\r\n=1+1'
FRENCH = "+33612345678"


@pytest.fixture(scope="module")
def here():
    with running(
        settings=Sandbox(senders=("Sandbox", "<b>Shop</b>")), clock=Clock(real=lambda: 1_772_794_800.125)
    ) as it:
        yield it


def fetch(here: Running, method: str, path: str, body: object = None, **headers: str):
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(here.url.rsplit(":", 1)[1].strip("/")), timeout=10
    )
    payload = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(
        method, path, payload, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def accept(here: Running, **params: object) -> dict[str, object]:
    """Put a job into the store from this thread; the server is idle meanwhile."""
    job = {"message": "Hello", "receivers": [FRENCH], "sender": "Sandbox", **params}
    return send(here.world, Ask({"serviceName": here.account}, job, None, NONE))


@pytest.mark.skipif(sys.platform == "win32", reason="the line is for POSIX shells")
def test_the_first_line_on_start_is_ready_to_paste(here):
    paste, people = here.announcement().splitlines()
    assert people == f"Account sms-sb00001-1, inbox {here.url}"
    # A program that the shell starts afterwards sees them, and the shell said nothing.
    pasted = f"{paste}\n'{sys.executable}' -c 'import json, os; print(json.dumps(dict(os.environ)))'\n"
    done = subprocess.run(["sh"], input=pasted, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    assert here.environment().items() <= json.loads(done.stdout).items()


def test_the_record_is_csv_and_json_with_the_text_as_posted(here):
    before = len(list(here.accepted()))
    accept(here, message=NASTY, sender="<b>Shop</b>", tag="t,1", receivers=[FRENCH, "+48512345678"])
    rows = list(here.accepted())[before:]
    assert sorted(r["receiver"] for r in rows) == [FRENCH, "+48512345678"]
    for row in rows:
        assert row["message"] == NASTY
        assert row["time"] == "2026-03-06T11:00:00.125Z"
        assert (row["tag"], row["sender"], row["parts"]) == ("t,1", "<b>Shop</b>", "1")
    assert {r["receiver"]: r["credits"] for r in rows} == {FRENCH: "1", "+48512345678": "0.4"}
    status, headers, content = fetch(here, "GET", "/_sandbox/accepted.csv")
    assert (status, headers["X-Sandbox"]) == (200, "smscampaign")
    assert content.startswith(b"time,call,tag,receiver,sender,parts,credits,message\r\n")
    assert [*csv.DictReader(io.StringIO(content.decode(), newline=""))][before:] == rows
    entries = json.loads(fetch(here, "GET", "/_sandbox/accepted.json")[2])[before:]
    assert [{k: str(e[k]) for k in rows[0]} for e in entries] == rows
    assert {(e["cancelled"], e["deleted"]) for e in entries} == {(None, None)}


def test_an_empty_record():
    with running() as it:
        assert list(it.accepted()) == []
        assert json.loads(fetch(it, "GET", "/_sandbox/accepted.json")[2]) == []


def test_state_counts(here):
    state = json.loads(fetch(here, "GET", "/_sandbox/state")[2])
    accept(here)
    after = json.loads(fetch(here, "GET", "/_sandbox/state")[2])
    assert after["messages"] == state["messages"] + 1
    assert after["calls"] == state["calls"] + 1
    assert after["accounts"][0]["creditsLeft"] == pytest.approx(state["accounts"][0]["creditsLeft"] - 1)
    assert after["clock"] == "2026-03-06T12:00:00+01:00"


def test_faults_are_set_listed_and_cleared(here):
    status, _, content = fetch(
        here, "POST", "/_sandbox/faults", [{"kind": "drop-after", "nth": 3}, {"kind": "latency"}]
    )
    assert status == 200
    assert [f["kind"] for f in json.loads(content)] == ["drop-after", "latency"]
    assert len(json.loads(fetch(here, "POST", "/_sandbox/faults", {"kind": "status"})[2])) == 3
    assert len(json.loads(fetch(here, "GET", "/_sandbox/faults")[2])) == 3
    assert json.loads(fetch(here, "DELETE", "/_sandbox/faults")[2]) == []


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'[{"kind":"latency"},{"kind":"x"}]', b"x" * 2_000_000, b"[" * 99_999]
)
def test_faults_that_are_none_change_nothing(here, body):
    status, _, content = fetch(here, "POST", "/_sandbox/faults", body)
    assert status == 400
    assert json.loads(content)["message"]
    assert here.world.injector.state() == []


def test_the_clock_is_stepped():
    with running() as it:
        before = it.world.clock.now()
        status, _, content = fetch(it, "POST", "/_sandbox/clock", {"step": 86400})
        assert (status, json.loads(content)["offset"]) == (200, 86400)
        assert 86400 <= it.world.clock.now() - before < 86460
        assert abs(int(fetch(it, "GET", "/1.0/auth/time")[2]) - it.world.clock.now()) < 60
        wrongs = [None, {}, {"step": "1"}, {"step": True}, {"step": 1e300}, {"set": "now"}, {"set": 5}]
        for wrong in [*wrongs, {"speed": -1}, {"speed": 2, "step": "x"}, {"jump": 1}, {"step": 1, "jump": 1}]:
            assert fetch(it, "POST", "/_sandbox/clock", wrong)[0] == 400
        assert (it.world.clock.offset, it.world.clock.speed) == (86400, 1)


def test_the_clock_is_set_and_hurried_and_old_clients_go_on():
    with running() as it:
        moment = {"set": "2026-03-06T21:30+01:00", "speed": 600}
        state = json.loads(fetch(it, "POST", "/_sandbox/clock", moment)[2])
        # Ten minutes a second: a busy machine has some of them.
        assert (
            timedelta(0)
            <= datetime.fromisoformat(state["clock"]) - datetime.fromisoformat(moment["set"])
            < timedelta(hours=2)
        )
        assert state["speed"] == 600
        first = int(fetch(it, "GET", "/1.0/auth/time")[2])
        time.sleep(0.2)
        assert 60 <= int(fetch(it, "GET", "/1.0/auth/time")[2]) - first < 6000


def test_the_clock_survives_a_restart(tmp_path):
    file = tmp_path / "s.sqlite"
    with running(file) as it:
        fetch(it, "POST", "/_sandbox/clock", {"step": 5000})
    with running(file) as it:
        assert it.world.clock.offset == 5000
        fetch(it, "POST", "/_sandbox/clock", {"speed": 10})
    with running(file, settings=Sandbox(start="2026-03-06T21:30:00+01:00")) as it:
        assert it.world.clock.text(it.world.clock.now()).startswith("2026-03-06T21:3")
        assert it.world.clock.speed == 10
    with running(file) as it:
        assert it.world.clock.text(it.world.clock.now()).startswith("2026-03-06T21:3")


@pytest.mark.parametrize("path", ["accepted.csv", "accepted.json", "state", "faults", "clock"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}]
)
def test_pages_of_other_origins_are_refused(here, path, headers):
    assert fetch(here, "GET", f"/_sandbox/{path}", **headers)[0] == 403


def test_the_own_page_is_not_refused(here):
    origin = here.url.rstrip("/")
    assert fetch(here, "GET", "/_sandbox/state", Origin=origin, Sec_Fetch_Site="same-origin")[0] == 200


def test_the_page_says_what_it_is(here):
    status, headers, content = fetch(here, "GET", "/")
    assert (status, headers["X-Sandbox"]) == (200, "smscampaign")
    assert "sandbox" in content.decode().lower()
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/_sandbox", "/_sandbox/x", "/1.0", "/1.0/", "/1.0/nothing", "/2.0/sms"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_elsewhere_is_404_in_json(here, method, path):
    status, headers, content = fetch(here, method, path)
    assert status == 404
    assert headers["X-Sandbox"] == "smscampaign"
    assert json.loads(content)["message"] == "Got an invalid (or empty) URL"


def test_many_threads_are_served_one_by_one(here):
    answers: list[int] = []

    def ask() -> None:
        answers.extend(fetch(here, "GET", "/_sandbox/state")[0] for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 80


def test_stopping_frees_the_port_and_the_thread():
    before = set(threading.enumerate())
    with running() as it:
        port = int(it.url.rsplit(":", 1)[1].strip("/"))
    assert set(threading.enumerate()) <= before
    with running(port=port) as again:
        assert again.url == it.url


def test_a_call_that_hangs_does_not_keep_it_from_stopping():
    with running(faults=[Fault(FaultKind.HANG_AFTER, route="*")]) as it:
        sock = socket.create_connection(("127.0.0.1", int(it.url.rsplit(":", 1)[1].strip("/"))))
        sock.sendall(b"GET /1.0/auth/time HTTP/1.1\r\nHost: localhost\r\n\r\n")
        limit = time.monotonic() + 30
        while not it.world.injector.state()[0]["hits"]:
            assert time.monotonic() < limit, "the call does not arrive"
            time.sleep(0.02)
        started = time.monotonic()
    assert time.monotonic() - started < 20
    sock.settimeout(20)
    with contextlib.suppress(ConnectionResetError):  # as good an end without an answer
        assert sock.recv(100) == b""
    sock.close()


def test_a_port_in_use_is_refused_with_a_remedy(here):
    with (
        pytest.raises(SandboxProblem, match="take another"),
        running(port=int(here.url.rsplit(":", 1)[1].strip("/"))),
    ):
        pass


def test_importing_loads_no_web_server():
    code = (
        "import sys, smscampaign.sandbox; print({'uvicorn', 'starlette', 'phonenumbers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "set()"


def spawn(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "smscampaign.sandbox", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_process_says_where_it_is_and_ends_well(number):
    process, line = spawn("--credits", "12.5", "--sender", "Shop")
    assert line.startswith("export OVH_ENDPOINT=http://127.0.0.1:")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Account ")
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_process_that_cannot_start_says_why(tmp_path, capsys):
    assert main(["--port", "0", "--database", str(tmp_path / "no" / "where")]) == 2
    assert "cannot be used" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_at_a_signal_and_gives_the_handlers_back(number, tmp_path):
    lines: list[str] = []

    def announce(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    serve(Sandbox(), port=0, database=tmp_path / "s.sqlite", announce=announce)
    assert len(lines) == 1
    assert signal.getsignal(number) is before


def test_serving_elsewhere_has_to_be_asked_for_and_shows_a_usable_address():
    lines: list[str] = []

    def announce(line: str) -> None:
        lines.append(line)
        os.kill(os.getpid(), signal.SIGTERM)

    serve(port=0, host="0.0.0.0", announce=announce)
    assert "OVH_ENDPOINT=http://127.0.0.1:" in lines[0]


@pytest.mark.parametrize("credits", ["many", "-1", "nan", "inf"])
def test_credits_that_are_none(credits, capsys):
    with pytest.raises(SystemExit):
        main(["--credits", credits])
    assert "credits" in capsys.readouterr().err


def test_somebody_answers_over_http(here):
    sent = accept(here, receivers=["+33698765432"], tag="asked")["ids"][0]
    status, _, content = fetch(here, "POST", "/_sandbox/reply", {"receiver": "+33698765432", "text": "STOP"})
    answer = json.loads(content)
    assert (status, answer["answers"], answer["blacklisted"], answer["tag"]) == (200, sent, True, "asked")
    assert fetch(here, "POST", "/_sandbox/reply", {"messageId": sent, "text": "Yes"})[0] == 409
    for wrong in (None, {}, {"text": "x"}, {"messageId": True, "text": "x"}, {"messageId": 1, "text": 5}):
        assert fetch(here, "POST", "/_sandbox/reply", wrong)[0] == 400
    assert fetch(here, "POST", "/_sandbox/reply", {}, Origin="https://evil.example")[0] == 403


def test_receipts_are_told_while_it_serves():
    heard = []
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)
    with running(settings=Sandbox(receipt_delay=0.0)) as it:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/dlr"
        it.world.store.objects.put("account", it.account, "", {"callBack": url})
        accept(it)
        peer, _ = listener.accept()
        heard.append(peer.recv(1000).split(b"\r\n")[0])
        peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        peer.close()
    listener.close()
    assert heard[0].startswith(b"GET /dlr?id=1000")


def test_a_mix_of_outcomes_is_named_or_spelled_out():
    assert outcomes("failed=.5, delayed=0.25") == {"failed_share": 0.5, "delayed_share": 0.25}
    assert set(outcomes("realistic")) == {"failed_share", "unreachable_share", "delayed_share"}
    for wrong in ("", "lost=0.1", "failed", "failed=2", "failed=nan", "failed=0.6,delayed=0.6"):
        with pytest.raises(ValueError):
            outcomes(wrong)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_process_with_a_clock_of_its_own_holds_unless_told_otherwise(tmp_path):
    process, line = spawn("--clock", "2026-03-08T12:00+01:00", "--speed", "600", "--outcomes", "realistic")
    try:
        url = line.partition("OVH_ENDPOINT=")[2].partition("1.0 ")[0]
        port = int(url.rsplit(":", 1)[1].strip("/"))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/_sandbox/state")
        state = json.loads(connection.getresponse().read())
        connection.close()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert state["clock"].startswith("2026-03-08T1")
    assert (state["speed"], state["hold"]) == (600, True)


@pytest.mark.parametrize("arguments", [["--clock", "soon"], ["--speed", "fast"], ["--outcomes", "bad"]])
def test_options_that_are_none(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize("text", ["two\nlines", "two\rlines", "two\r\nlines"])
def test_a_text_of_several_lines_stays_one_row_of_the_record(here, text):
    before = len(list(here.accepted()))
    accept(here, message=text)
    assert [row["message"] for row in here.accepted()][before:] == [text]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "shop.example", "::"])
def test_other_machines_are_let_in_only_in_so_many_words(host, capsys):
    with pytest.raises(SystemExit):
        main(["--host", host, "--port", "0"])
    assert "--let-others-in" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["localhost:8080", "[::1]:8080", "192.0.2.7:80"])
def test_the_controls_are_reached_by_every_own_name_from_its_own_origin_only(here, host):
    assert fetch(here, "GET", "/_sandbox/state", Host=host, Origin=f"http://{host}")[0] == 200
    assert fetch(here, "GET", "/_sandbox/state", Host=host, Origin="http://[::1")[0] == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/1.0/sms"),
        ("POST", "/_sandbox/faults"),
        ("GET", "/1.0/auth/time"),
    ],
)
def test_every_answer_says_that_it_is_a_sandbox(here, method, path):
    assert fetch(here, method, path)[1]["X-Sandbox"] == "smscampaign"


def test_so_does_a_failure_of_the_sandbox_itself(here, monkeypatch, caplog):
    monkeypatch.setattr(type(here.world.injector), "state", lambda _: 1 / 0)
    status, headers, _ = fetch(here, "GET", "/_sandbox/state")
    assert (status, headers["X-Sandbox"]) == (500, "smscampaign")


def test_keys_are_random_unless_they_are_given(tmp_path):
    def keys(*given: str) -> dict[str, str]:
        process, line = spawn(*given)
        process.terminate()
        process.communicate(timeout=20)
        return dict(pair.split("=", 1) for pair in line.split()[2:])

    first, kept = keys(), keys("--database", str(tmp_path / "s.sqlite"))
    assert len({*first.values(), *kept.values()}) == 6
    assert keys("--database", str(tmp_path / "s.sqlite")) == kept
    assert list(keys("--keys", "a", "b", "c").values()) == ["a", "b", "c"]


def test_random_keys_open_it_and_the_known_ones_do_not():
    with running(settings=Sandbox(credentials=())) as there:
        known = ovh_client(there.endpoint, "sandbox-ak", "sandbox-as", "sandbox-ck")
        with pytest.raises(ovh.exceptions.APIError, match="application key is invalid"):
            known.get("/sms")
        drawn = (there.application_key, there.application_secret, there.consumer_key)
        assert ovh_client(there.endpoint, *drawn).get("/sms") == [there.account]


def ovh_client(endpoint: str, *keys: str) -> ovh.Client:
    ovh.client.ENDPOINTS[endpoint] = endpoint
    names = ("application_key", "application_secret", "consumer_key")
    return ovh.Client(endpoint=endpoint, timeout=10, **dict(zip(names, keys, strict=True)))


def test_an_account_is_recharged_while_it_runs(here):
    before = here.world.store.credits(here.account)
    status, _, content = fetch(here, "POST", "/_sandbox/credits", {"add": 12.5})
    assert (status, json.loads(content)["account"]) == (200, here.account)
    here.recharge(7)
    assert here.world.store.credits(here.account) == before + Decimal("19.5")


@pytest.mark.parametrize(
    "wrong", [{}, [], {"add": True}, {"add": -1}, {"add": 0}, {"add": "9"}, {"add": 5, "account": "x"}]
)
def test_a_recharge_that_is_none_changes_nothing(here, wrong):
    before = here.world.store.credits(here.account)
    assert fetch(here, "POST", "/_sandbox/credits", wrong)[0] == 400
    assert here.world.store.credits(here.account) == before


def test_why_a_database_cannot_be_used_is_said(tmp_path):
    used, text, old = (tmp_path / name for name in ("used.sqlite", "text.sqlite", "old.sqlite"))
    text.write_text("recipients, not a database. " * 50)
    old.mkdir()
    with running(used), pytest.raises(SandboxProblem, match="another sandbox uses it"), running(used):
        pass
    for place, words in [
        (text, "no database"),
        (old, "no file but a folder"),
        (tmp_path / "no" / "s.sqlite", "no such folder"),
    ]:
        with pytest.raises(SandboxProblem, match=words), running(place):
            pass
    assert text.read_text().startswith("recipients")


def test_a_database_from_before_senders_had_an_order_is_brought_up_to_date(tmp_path):
    place = tmp_path / "s.sqlite"
    with running(place, settings=Sandbox(senders=("Zoe", "Ann"))):
        pass
    with contextlib.closing(sqlite3.connect(place)) as db:
        db.executescript(
            "DROP TABLE senders; CREATE TABLE senders (account TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,"
            " kind TEXT NOT NULL, description TEXT NOT NULL, PRIMARY KEY (account, name)) STRICT, WITHOUT ROWID;"
            "INSERT INTO senders VALUES ('sms-sb00001-1', 'Zoe', 'enable', 'alpha', ''); PRAGMA user_version = 3;"
        )
    with running(place, settings=Sandbox(senders=("Zoe", "Ann"))) as again:
        assert [one.name for one in again.world.store.senders(again.account)] == ["Zoe", "Ann"]
