"""The export of a call's history: read whole or not at all, fetched without keys and only from where it may come from."""

from __future__ import annotations

import csv
import io
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.errors import GatewayProblem
from smscampaign.gateway import exports
from smscampaign.gateway.exports import exported, receivers_of

HEAD = "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt"


def export_of(rows):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(HEAD.split(";"))
    for identity, receiver, tag, message in rows:
        writer.writerow([identity, "", "Shop", receiver, 0, "", "", tag, message, "", ""])
    return text.getvalue().encode()


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**12),
            st.sampled_from(["+33612345678", "0033612345679"]),
            st.sampled_from(["mine", "other"]),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=20),
        ),
        unique_by=lambda row: row[0],
    )
)
def test_whatever_the_texts_hold_each_message_of_the_tag_has_its_receiver(rows):
    expected = {
        identity: f"+{receiver.removeprefix('00').removeprefix('+')}"
        for identity, receiver, tag, _ in rows
        if tag == "mine"
    }
    assert receivers_of([export_of(rows)], "mine") == expected


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"id;receiver\n1;+33612345678\n",
        f"{HEAD}\nx;;;+33612345678;;;;mine;;;\n".encode(),
        f"{HEAD}\n1;;\n".encode(),
        b"\xff\xfe\x00",
        f'{HEAD}\n1;;;"+336'.encode() + b"x" * 200_000,
    ],
)
def test_what_is_no_export_is_none(content):
    assert receivers_of([content], "mine") in (None, {})


class Documents:
    """The calls of the API that an export takes, answered from a list, and a server beside it for the file itself."""

    def __init__(self, *answers, endpoint="http://127.0.0.1:1/1.0"):
        self.answers, self.asked = list(answers), []
        self.clients = SimpleNamespace(endpoint=endpoint)

    def get(self, path, **query):
        self.asked.append((path, query))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def server():
    """A place that hands out what it is told, and remembers the headers it was asked with."""
    seen = SimpleNamespace(body=b"", status=200, headers=[])

    class Place(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.headers.append(dict(self.headers))
            self.send_response(seen.status)
            self.send_header("Content-Length", str(len(seen.body)))
            self.end_headers()
            self.wfile.write(seen.body)

        def log_message(self, *_):
            return

    with HTTPServer(("127.0.0.1", 0), Place) as place:
        Thread(target=place.serve_forever, daemon=True).start()
        seen.url = f"http://127.0.0.1:{place.server_port}/file"
        yield seen
        place.shutdown()


def test_a_document_is_waited_for_and_fetched_without_keys(server, monkeypatch):
    monkeypatch.setattr(exports, "LOOKS", (0.0, 0.0, 0.0))
    server.body = export_of([(7, "+33612345678", "mine", "Hello\nSTOP 36180")])
    empty = {"size": 0, "getUrl": server.url}
    api = Documents("doc-1", empty, {"size": 9, "getUrl": server.url})
    assert exported(api, "/sms/s", "mine", stop=Event()) == {7: "+33612345678"}
    assert api.asked == [
        ("/sms/s/document", {"wayType": "outgoing", "tag": "mine"}),
        ("/me/document/doc-1", {}),
        ("/me/document/doc-1", {}),
    ]
    assert not [name for headers in server.headers for name in headers if name.lower().startswith("x-ovh")]


@pytest.mark.parametrize(
    "answers",
    [
        [GatewayProblem("not granted", code="NOT_GRANTED_CALL")],
        [17],
        ["doc", GatewayProblem("not granted")],
        ["doc", "no document"],
        ["doc", {"size": "9", "getUrl": "http://127.0.0.1:1/"}],
        ["doc", {"size": 9}],
        ["doc", {"size": exports.LARGEST + 1, "getUrl": "http://127.0.0.1:1/"}],
        ["doc", {"size": 9, "getUrl": "http://127.0.0.1:1/"}],
        ["doc", {"size": 9, "getUrl": "http://example.invalid/file"}],
        ["doc", {"size": 9, "getUrl": "file:///etc/passwd"}],
        ["doc", {"size": 9, "getUrl": "https://"}],
        ["doc", {"size": 9, "getUrl": "http://[::1"}],
        ["doc", {"size": 0, "getUrl": ""}, {"size": 0, "getUrl": ""}],
    ],
)
def test_what_cannot_be_had_is_none(answers, monkeypatch):
    monkeypatch.setattr(exports, "LOOKS", (0.0, 0.0))
    assert exported(Documents(*answers), "/sms/s", "mine", stop=Event()) is None


@pytest.mark.parametrize("status", [302, 403, 500])
def test_a_place_that_does_not_hand_it_out_is_none(server, status):
    server.status = status
    api = Documents("doc", {"size": 9, "getUrl": server.url})
    assert exported(api, "/sms/s", "mine", stop=Event()) is None


def test_a_file_that_is_larger_than_it_said_is_none(server, monkeypatch):
    monkeypatch.setattr(exports, "LARGEST", 100)
    server.body = export_of([(7, "+33612345678", "mine", "x" * 200)])
    api = Documents("doc", {"size": 9, "getUrl": server.url})
    assert exported(api, "/sms/s", "mine", stop=Event()) is None


@pytest.mark.parametrize("missing", [1, 2, 8, 20, 23, 60])
def test_a_file_that_breaks_off_is_none_also_where_its_last_line_looks_whole(server, missing):
    whole = export_of([(7, "+33612345678", "mine", "Hello"), (8, "+33612345679", "mine", "Hello")])
    server.body = whole[:-missing]
    api = Documents("doc", {"size": len(whole), "getUrl": server.url})
    assert exported(api, "/sms/s", "mine", stop=Event()) is None


def test_one_text_that_is_no_utf_8_costs_no_line():
    whole = export_of([(7, "+33612345678", "mine", "Été"), (8, "+33612345679", "mine", "Hello")])
    broken = whole.decode().encode("latin-1", "replace")
    assert receivers_of([broken], "mine") == {7: "+33612345678", 8: "+33612345679"}


def test_in_the_clear_only_from_this_machine_and_only_when_the_api_is_here(server):
    api = Documents("doc", {"size": 9, "getUrl": server.url}, endpoint="ovh-eu")
    assert exported(api, "/sms/s", "mine", stop=Event()) is None
    assert server.headers == []


def test_a_stop_ends_the_waiting(monkeypatch):
    stop = Event()
    stop.set()
    api = Documents("doc", {"size": 0, "getUrl": ""})
    assert exported(api, "/sms/s", "mine", stop=stop) is None
