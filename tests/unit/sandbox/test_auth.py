"""Signatures and rights."""

from __future__ import annotations

import hashlib

import pytest

from smscampaign.sandbox import Credential
from smscampaign.sandbox.answers import ApiError
from smscampaign.sandbox.auth import Signed, allow, authenticate

KEY = Credential()
NOW = 1_772_794_800


def request(
    url: str, target: str, *, secret: str = "sandbox-as", body: bytes = b"", **headers: str
) -> Signed:
    stamp = headers.get("x_ovh_timestamp", str(NOW))
    text = f"{secret}+sandbox-ck+GET+{url}+{body.decode()}+{stamp}"
    sent = {
        "host": "127.0.0.1:8080",
        "x-ovh-application": "sandbox-ak",
        "x-ovh-consumer": "sandbox-ck",
        "x-ovh-timestamp": stamp,
        "x-ovh-signature": "$1$" + hashlib.sha1(text.encode()).hexdigest(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Signed("GET", target, {name: value for name, value in sent.items() if value != "absent"}, body)


def code(signed: Signed, *credentials: Credential) -> str:
    try:
        authenticate(signed, credentials or (KEY,), now=NOW, window=300)
    except ApiError as error:
        return f"{str(error.body['httpCode'])[:3]} {error.body['errorCode']}"
    return "ok"


HERE = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("url", "target", "expected"),
    [
        (f"{HERE}/1.0/sms", "/1.0/sms", "ok"),
        (f"{HERE}/1.0/sms/", "/1.0/sms/", "ok"),
        ("https://127.0.0.1/1.0/sms", "/1.0/sms", "ok"),
        ("https://127.0.0.1:8080/1.0/sms", "/1.0/sms", "ok"),
        (f"{HERE}/1.0/sms?tag=a%20b", "/1.0/sms?tag=a%20b", "ok"),
        (f"{HERE}/1.0/sms?tag=a b", "/1.0/sms?tag=a%20b", "400 INVALID_SIGNATURE"),
        (f"{HERE}/1.0/sms?tag=a+b", "/1.0/sms?tag=a%20b", "400 INVALID_SIGNATURE"),
        (f"{HERE}/1.0/sms/", "/1.0/sms", "400 INVALID_SIGNATURE"),
        ("http://127.0.0.1:9090/1.0/sms", "/1.0/sms", "400 INVALID_SIGNATURE"),
    ],
)
def test_the_url_is_the_raw_request_target(url, target, expected):
    assert code(request(url, target)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"x_ovh_application": "other"}, "403 INVALID_KEY"),
        ({"x_ovh_application": "absent"}, "403 INVALID_KEY"),
        ({"x_ovh_consumer": "other"}, "403 NOT_CREDENTIAL"),
        ({"x_ovh_consumer": "absent"}, "403 NOT_CREDENTIAL"),
        ({"secret": "other"}, "400 INVALID_SIGNATURE"),
        ({"x_ovh_signature": "absent"}, "400 INVALID_SIGNATURE"),
        ({"x_ovh_signature": "$1$ée"}, "400 INVALID_SIGNATURE"),
        ({"x_ovh_timestamp": str(NOW - 301)}, "400 QUERY_TIME_OUT"),
        ({"x_ovh_timestamp": str(NOW + 301)}, "400 QUERY_TIME_OUT"),
        ({"x_ovh_timestamp": str(NOW - 300)}, "ok"),
        ({"x_ovh_timestamp": "absent"}, "400 INVALID_TIMESTAMP"),
        ({"x_ovh_timestamp": "soon"}, "400 INVALID_TIMESTAMP"),
        ({"x_ovh_timestamp": "9" * 5000}, "400 INVALID_TIMESTAMP"),
    ],
)
def test_refusals_at_the_door(change, expected):
    assert code(request(f"{HERE}/1.0/sms", "/1.0/sms", **change)) == expected


def test_the_body_is_signed():
    signed = request(f"{HERE}/1.0/sms", "/1.0/sms", body=b'{"a": 1}')
    assert code(signed) == "ok"
    assert code(Signed("GET", signed.target, signed.headers, b'{"a":1}')) == "400 INVALID_SIGNATURE"


@pytest.mark.parametrize("status", ["expired", "pendingValidation"])
def test_a_credential_that_is_not_valid(status):
    signed = request(f"{HERE}/1.0/sms", "/1.0/sms")
    assert code(signed, Credential(status=status)) == "403 INVALID_CREDENTIAL"


@pytest.mark.parametrize(
    ("rule", "method", "path", "granted"),
    [
        (("GET", "/sms"), "GET", "/sms", True),
        (("GET", "/sms/"), "GET", "/sms", True),
        (("GET", "/sms"), "GET", "/sms/a", False),
        (("GET", "/sms/*"), "GET", "/sms", False),
        (("GET", "/sms/*"), "GET", "/sms/a/jobs/1", True),
        (("GET", "/sms/*"), "POST", "/sms/a/jobs", False),
        (("POST", "/sms/*/jobs"), "POST", "/sms/a/jobs", True),
        (("POST", "/sms/sms-sb00001-1/jobs"), "POST", "/sms/sms-sb00001-2/jobs", False),
        (("GET", "/*"), "GET", "/me", True),
        (("GET", "/s.s"), "GET", "/sms", False),
    ],
)
def test_rights_are_a_method_and_a_pattern(rule, method, path, granted):
    credential = Credential(rules=(rule,))
    if granted:
        allow(credential, method, path)
    else:
        with pytest.raises(ApiError) as caught:
            allow(credential, method, path)
        assert caught.value.body["errorCode"] == "NOT_GRANTED_CALL"
