"""Every row of the map from what HTTP did to what became of a chunk, with real exceptions raised on real sockets."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from smscampaign.gateway.mapping import (
    body_of,
    credits_of,
    outcome_of_answer,
    outcome_of_failure,
    retry_after,
    speaks_of_the_clock,
)
from smscampaign.model import Accepted, InDoubt, NotSent, Refused

REQUEST_END = b"\r\n\r\n"


@contextmanager
def server(behave, *, wrap=lambda connection: connection):
    """A port on loopback where `behave(connection)` is called once; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def serve():
            try:
                connection, _ = listening.accept()
                with wrap(connection) as wrapped:
                    behave(wrapped, done)
            except OSError:
                pass  # the client is gone, which is what some of these tests are about

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def read_request(connection):
    received = b""
    while REQUEST_END not in received:
        received += connection.recv(65536)
    return received


def close_after_reading(connection, _):
    read_request(connection)


def hang_after_reading(connection, done):
    read_request(connection)
    done.wait(30)


def reset_after_reading(connection, _):
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def answer(raw):
    def behave(connection, _):
        read_request(connection)
        connection.sendall(raw)

    return behave


def failure(url, **options):
    with pytest.raises(requests.RequestException) as caught:
        requests.post(url, data="{}", **{"timeout": (30, 30), **options})
    return outcome_of_failure(caught.value)


@contextmanager
def closed_port():
    """A port where nobody listens, and which nobody else can take meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_refused_connection_was_not_sent():
    with closed_port() as port:
        assert isinstance(failure(f"http://127.0.0.1:{port}/"), NotSent)


def test_a_name_that_is_not_found_was_not_sent():
    assert isinstance(failure("http://nowhere.invalid/"), NotSent)


def test_a_connection_that_is_not_taken_in_time_was_not_sent():
    # A full backlog: the kernel leaves further connections unanswered.
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        try:
            outcome = failure(f"http://127.0.0.1:{listening.getsockname()[1]}/", timeout=(0.3, 0.3))
        finally:
            for filler in fillers:
                filler.close()
    assert isinstance(outcome, NotSent)
    assert "Connect" in outcome.detail


@pytest.mark.parametrize("behave", [close_after_reading, reset_after_reading])
def test_a_connection_dropped_after_the_request_is_a_doubt(behave):
    with server(behave) as address:
        assert isinstance(failure(f"http://{address}/"), InDoubt)


def test_an_answer_that_does_not_come_in_time_is_a_doubt():
    with server(hang_after_reading) as address:
        outcome = failure(f"http://{address}/", timeout=(30, 0.2))
    assert isinstance(outcome, InDoubt)
    assert "ReadTimeout" in outcome.detail


def test_an_answer_cut_off_in_the_middle_is_a_doubt():
    with server(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")) as address:
        assert isinstance(failure(f"http://{address}/"), InDoubt)


def test_an_answer_that_is_not_http_is_a_doubt():
    with server(answer(b"hello\r\n\r\n")) as address:
        assert isinstance(failure(f"http://{address}/"), InDoubt)


def test_plain_http_where_tls_is_expected_is_at_worst_a_doubt():
    with server(lambda connection, _: connection.sendall(b"HTTP/1.1 400 no TLS here\r\n\r\n")) as address:
        assert isinstance(failure(f"https://{address}/"), InDoubt)


def test_a_certificate_that_is_refused_was_not_sent(tmp_path):
    if not shutil.which("openssl"):
        assert not os.environ.get("CI"), "CI installs openssl"
        pytest.skip("openssl is not installed, so there is no certificate to refuse")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    wrapping = lambda connection: context.wrap_socket(connection, server_side=True)  # noqa: E731
    with server(close_after_reading, wrap=wrapping) as address:
        assert isinstance(failure(f"https://{address}/"), NotSent)


def test_an_earlier_failure_that_was_dealt_with_proves_nothing():
    """The doubt of a call is not taken away by a failed connection that came before it and was handled."""
    with server(close_after_reading) as address, closed_port() as port:
        try:
            requests.post(f"http://127.0.0.1:{port}/", timeout=5)
        except requests.RequestException:
            outcome = failure(f"http://{address}/")
    assert isinstance(outcome, InDoubt)


@pytest.mark.parametrize(
    "error", [ValueError("what"), KeyError(), MemoryError(), requests.TooManyRedirects()]
)
def test_what_is_not_known_is_a_doubt(error):
    assert isinstance(outcome_of_failure(error), InDoubt)


def test_errors_that_hold_one_another_in_a_circle_are_walked_once():
    one, two = ValueError(), ValueError()
    one.__cause__, two.__cause__ = two, one
    assert isinstance(outcome_of_failure(one), InDoubt)


# Answers ---------------------------------------------------------------------------------------------------------


def response(status, content=b"", **headers):
    made = requests.Response()
    made.status_code = status
    made._content = content if isinstance(content, bytes) else json.dumps(content).encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


GOOD = {
    "ids": [11, 12],
    "validReceivers": ["+33639980001"],
    "invalidReceivers": ["+33639980002"],
    "totalCreditsRemoved": 1.4,
    "creditsLeft": 998.6,
    "tag": "t",
}


def test_an_accepted_call_is_read_from_its_lists_with_exact_credits():
    assert outcome_of_answer(response(200, GOOD)) == Accepted(
        (11, 12), ("+33639980001",), ("+33639980002",), Decimal("1.4"), Decimal("998.6")
    )


def test_a_call_of_which_nothing_was_taken_is_accepted_in_form_only():
    nothing = {**GOOD, "ids": [], "validReceivers": [], "totalCreditsRemoved": 0}
    outcome = outcome_of_answer(response(200, nothing))
    assert (outcome.ids, outcome.receivers, outcome.invalid) == ((), (), ("+33639980002",))


@pytest.mark.parametrize("left", [None, "many", True])
def test_credits_left_that_cannot_be_read_are_unknown(left):
    assert outcome_of_answer(response(200, {**GOOD, "creditsLeft": left})).credits_left is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"42",
        b"<html>502 Bad Gateway</html>",
        b'{"ids": [1], "validReceivers": ["+336',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        {},
        {**GOOD, "ids": None},
        {**GOOD, "ids": ["1"]},
        {**GOOD, "ids": [True]},
        {**GOOD, "validReceivers": "+33639980001"},
        {**GOOD, "validReceivers": [33639980001]},
        {**GOOD, "invalidReceivers": {}},
        {**GOOD, "totalCreditsRemoved": "1.4"},
        {**GOOD, "totalCreditsRemoved": None},
        {**GOOD, "totalCreditsRemoved": True},
        {**GOOD, "totalCreditsRemoved": float("nan")},
        b'{"ids": [], "validReceivers": [], "invalidReceivers": [], "totalCreditsRemoved": 1e400}',
        {name: value for name, value in GOOD.items() if name != "invalidReceivers"},
    ],
)
def test_a_200_that_does_not_keep_the_promise_is_a_doubt(body):
    assert isinstance(outcome_of_answer(response(200, body)), InDoubt)


@pytest.mark.parametrize("status", [201, 202, 204, 301, 304, 500, 502, 503, 504, 599, 418, 422])
@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"null", b"[1]", {"message": "Internal error"}, GOOD]
)
def test_a_status_that_says_neither_yes_nor_no_is_a_doubt(status, body):
    assert isinstance(outcome_of_answer(response(status, body)), InDoubt)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 460])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>proxy</html>", b"null", b"[]", {}, {"message": None}, {"message": 4}, b'{"message": "x'],
)
def test_a_no_that_is_not_ovhclouds_own_is_a_doubt(status, body):
    assert isinstance(outcome_of_answer(response(status, body)), InDoubt)


@pytest.mark.parametrize(
    ("status", "message", "code", "stops"),
    [
        (400, "cannot send contact information with shortcode", None, False),
        (400, "[receivers] Given data is not valid", None, False),
        (400, "Invalid signature", "INVALID_SIGNATURE", True),
        (400, "Query out of time", None, True),
        (400, "Sms sender Shop does not exists. Please create it first", None, True),
        (400, "Not enough credits", None, True),
        (401, "You must login first", None, True),
        (402, "Payment required", None, True),
        (403, "This application key is invalid", "INVALID_KEY", True),
        (403, "This credential is not valid", "NOT_CREDENTIAL", True),
        (403, "This call has not been granted", "NOT_GRANTED_CALL", True),
        (404, "This service does not exist", None, True),
        (409, "Conflict", None, True),
        (460, "This service is expired", None, True),
    ],
)
def test_a_no_tells_its_code_and_whether_every_further_call_would_hear_it_too(status, message, code, stops):
    body = {"message": message, "httpCode": f"{status} No"} | ({"errorCode": code} if code else {})
    outcome = outcome_of_answer(response(status, body, X_Ovh_QueryID="EU.ext-1.abc"))
    more = " (`smscampaign senders` lists yours)" if "Sms sender" in message else ""
    assert outcome == Refused(code or str(status), f"{message}{more} [query EU.ext-1.abc]", stops)


@pytest.mark.parametrize("body", [b"", b"<html></html>", {"message": "Too many requests"}])
def test_too_fast_was_not_sent(body):
    assert outcome_of_answer(response(429, body)) == NotSent(
        "OVHcloud asks to slow down (429)", too_fast=True
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 30 ", 30.0),
        ("0", 0.0),
        ("9" * 30, 600.0),
        ("9" * 400, 600.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
    ],
)
def test_retry_after_is_honoured_where_it_is_a_number_of_seconds(header, seconds):
    assert retry_after(response(429, b"", Retry_After=header)) == seconds
    assert outcome_of_answer(response(429, b"", Retry_After=header)).retry_after == seconds


@pytest.mark.parametrize(
    ("until", "since", "seconds"),
    [
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:27:10 GMT", 50.0),
        ("Wednesday, 21-Oct-26 07:28:00 GMT", "Wed, 21 Oct 2026 07:27:10 GMT", 50.0),  # RFC 850's
        ("Wed Oct 21 07:28:00 2026", "Wed, 21 Oct 2026 07:27:10 GMT", 50.0),  # C's
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 08:00:00 GMT", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "", 480.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "yesterday", 480.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", "", 600.0),
        ("Wed, 99 Oct 2026 07:28:00 GMT", "", None),
    ],
)
def test_retry_after_may_be_a_date_measured_by_the_servers_own_clock(until, since, seconds):
    answer = response(429, b"", Retry_After=until, Date=since)
    assert retry_after(answer, now=lambda: datetime(2026, 10, 21, 7, 20, tzinfo=UTC)) == seconds


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40))
def test_no_retry_after_is_too_strange(header):
    seconds = retry_after(response(429, b"", Retry_After=header))
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("outcome", "stale"),
    [
        (Refused("INVALID_SIGNATURE", "Invalid signature", stops=True), True),
        (Refused("QUERY_TIME_OUT", "whatever", stops=True), True),
        (Refused("400", "Query out of time [query x]", stops=True), True),
        (Refused("INVALID_KEY", "This application key is invalid", stops=True), False),
        (Refused("400", "no"), False),
        (NotSent("Query out of time"), False),
        (InDoubt("INVALID_SIGNATURE"), False),
    ],
)
def test_only_a_refusal_at_the_door_speaks_of_the_clock(outcome, stale):
    assert speaks_of_the_clock(outcome) is stale


def test_the_query_is_kept_for_ovhclouds_support():
    assert "EU.ext-9" in outcome_of_answer(response(500, b"", X_Ovh_QueryID="EU.ext-9")).detail
    assert "EU.ext-9" in outcome_of_answer(response(200, b"", X_Ovh_QueryID="EU.ext-9")).detail


@given(status=st.integers(100, 599), body=st.binary(max_size=60))
def test_no_answer_is_too_strange(status, body):
    outcome = outcome_of_answer(response(status, body))
    assert isinstance(outcome, NotSent) == (status == 429)
    assert isinstance(outcome, NotSent | InDoubt | Refused)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (3, "3"),
        (Decimal("0.4"), "0.4"),
        (Decimal("1.2000000000000002"), "1.2"),
        (Decimal("0.30000000000000004"), "0.3"),
        (Decimal("100.00000000000001"), "100.0"),
        (Decimal("0.000001"), "0.000001"),
    ],
)
def test_sums_made_in_binary_are_read_as_what_they_stand_for(value, read):
    assert credits_of(value) == Decimal(read)
    assert credits_of(value).quantize(Decimal("0.000001")) == credits_of(value)


def test_a_body_is_read_with_exact_decimals():
    assert body_of(response(200, b'{"a": 0.1}')) == {"a": Decimal("0.1")}
