"""Every route of the published contract, walked over real HTTP: what it answers has the contract's fields and types."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import ovh
import ovh.client
import ovh.exceptions
import pytest
import requests

from smscampaign.sandbox import Running, Sandbox, running
from smscampaign.sandbox.contract import ENUMS, PARAMETERS
from smscampaign.sandbox.routing import ROUTES

CONTRACT = json.loads(Path(__file__).with_name("ovh_sms_contract.json").read_text(encoding="utf-8"))
A, B, POLISH, BARRED = "+33612345678", "+33612345679", "+48512345678", "+33612345600"
SETTINGS = Sandbox(
    credits=Decimal(100_000),
    senders=("Sandbox", "My Shop", "+33700000000"),
    blacklist=(BARRED,),
    receipt_delay=0.0,
    batch_pace=0.0,
    document_delay=0.0,
)
ROOT = "/sms/{serviceName}"
#: What no campaign needs of the published contract: the sandbox answers as to any call it does not know.
LEFT_OUT = re.compile(
    r".*/(users|templatesControl|hlr|exceptions|sendersAvailableForValidation|senders/\{sender\}/(documents|validate))(/.*)?"
)
KNOWN = sorted(key for key in CONTRACT["routes"] if not LEFT_OUT.fullmatch(key))
SIMPLE = {"string": str, "boolean": bool, "number": (int, float)}


def conforms(value: Any, kind: str, place: str) -> None:
    """Fail unless a value has a type of the contract: all of its fields and no others."""
    if kind == "void":
        assert value is None, place
        return
    if kind.endswith("?"):
        if value is None:
            return
        kind = kind[:-1]
    if kind.endswith("[]"):
        assert isinstance(value, list), place
        for n, item in enumerate(value):
            conforms(item, kind[:-2], f"{place}[{n}]")
    elif kind in CONTRACT["types"]:
        fields = CONTRACT["types"][kind]
        assert isinstance(value, dict), place
        assert set(value) == set(fields), place
        for name, field in fields.items():
            conforms(value[name], field, f"{place}.{name}")
    elif kind in CONTRACT["enums"]:
        assert value in CONTRACT["enums"][kind], place
    else:
        assert isinstance(value, SIMPLE[kind]), f"{place}: {value!r} is no {kind}"
        assert isinstance(value, bool) is (kind == "boolean"), place


def connect(here: Running) -> ovh.Client:
    ovh.client.ENDPOINTS[here.endpoint] = here.endpoint
    keys = (here.application_key, here.application_secret, here.consumer_key)
    names = ("application_key", "application_secret", "consumer_key")
    return ovh.Client(endpoint=here.endpoint, timeout=10, **dict(zip(names, keys, strict=True)))


class Walker:
    """Makes calls by their key in the contract and keeps one answer of each."""

    def __init__(self, here: Running) -> None:
        self.here, self.api, self.answers = here, connect(here), dict[str, Any]()

    def __call__(self, key: str, names: dict[str, Any] | None = None, **params: Any) -> Any:
        method, _, path = key.partition(" ")
        values = {"serviceName": self.here.account, **(names or {})}
        filled = re.sub(r"\{(\w+)\}", lambda m: requests.utils.quote(str(values[m[1]]), safe=""), path)
        if method in {"GET", "DELETE"} and params:
            filled += "?" + requests.models.RequestEncodingMixin._encode_params(params)
            params = {}
        answer = self.api.call(method, filled, params or None, True)
        self.answers[key] = answer
        return answer


def until(ask: Callable[[], Any], seconds: float = 60) -> Any:
    """What `ask` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := ask()):
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
    return value


CSV = "number;first;code\n+33612345678;Zoé;A1\n+33612345679;Ann;B€\n+33612345600;Bo;C\n+33100000000;Bad;D\n".encode()


def document(walk: Walker, content: bytes) -> str:
    made = walk("POST /me/document", name="people.csv", tags=[{"key": "for", "value": "test"}])
    walk("PUT /me/document/{id}", {"id": made["id"]}, expirationDate="2099-01-01T00:00:00+01:00")
    assert made["size"] == 0
    assert requests.put(made["putUrl"], data=content, timeout=10).status_code == 201
    assert walk("GET /me/document/{id}", {"id": made["id"]})["size"] == len(content)
    assert requests.get(made["getUrl"], timeout=10).content == content
    return str(made["id"])


def walk_messages(walk: Walker, root: str, **names: Any) -> None:
    """The calls about messages."""
    job = {
        "message": "Hello é",
        "sender": "+33700000000",
        "tag": "walk",
        "priority": "low",
        "validityPeriod": 2880,
    }
    later = walk(f"POST {root}/jobs", names, receivers=[A], differedPeriod=30, **job)["ids"][0]
    sent = walk(f"POST {root}/jobs", names, receivers=[A, POLISH, "nobody"], **job)["ids"]
    assert walk(f"GET {root}/jobs", names) == [later]
    walk(f"GET {root}/jobs/{{id}}", {**names, "id": later})
    walk(f"DELETE {root}/jobs/{{id}}", {**names, "id": later})
    assert walk(f"GET {root}/outgoing", names, tag="walk") == sent
    walk(f"GET {root}/outgoing/{{id}}", {**names, "id": sent[0]})
    answer = {"messageId": sent[1], "text": "Yes"}
    assert requests.post(f"{walk.here.url}_sandbox/reply", json=answer, timeout=10).status_code == 200
    (heard,) = walk(f"GET {root}/incoming", names, tag="walk")
    walk(f"GET {root}/incoming/{{id}}", {**names, "id": heard})
    export = walk(f"GET {root}/document", names, wayType="outgoing", tag="walk")
    whole = until(lambda: (d := walk("GET /me/document/{id}", {"id": export}))["size"] and d)
    lines = requests.get(whole["getUrl"], timeout=10).content.decode().splitlines()
    assert lines[0].replace('"', "") == (
        "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt"
    )
    assert lines[1].startswith(f'"{sent[0]}";"20')
    assert lines[2].startswith('STOP 36xxx";'), "the clause is on a line of its own"
    assert len(lines) == 1 + 2 * len(sent)
    walk(f"DELETE {root}/incoming/{{id}}", {**names, "id": heard})
    walk(f"DELETE {root}/outgoing/{{id}}", {**names, "id": sent[0]})
    slot = {**names, "slotId": 3}
    made = {"autoUpdate": False, "description": "People", "slotId": 3, "documentId": document(walk, CSV)}
    assert walk(f"POST {root}/receivers", names, **made)["records"] == 4
    assert walk(f"GET {root}/receivers", names) == [3]
    walk(f"PUT {root}/receivers/{{slotId}}", slot, description="Others")
    assert walk(f"GET {root}/receivers/{{slotId}}", slot)["description"] == "Others"
    clean = walk(f"POST {root}/receivers/{{slotId}}/clean", slot, freemium=False, priceOnly=True)
    assert clean["totalCreditsRemoved"] == 0.4
    inside = walk(f"GET {root}/receivers/{{slotId}}/csv", slot)
    assert walk("GET /me/document/{id}", {"id": inside})["size"] == len(CSV)


def walk_batches(walk: Walker) -> None:
    batch = {
        "name": "spring",
        "from": "My Shop",
        "slotID": "3",
        "message": "Hi #first# #code# #else#",
        "tag": "b",
    }
    made = walk(f"POST {ROOT}/batches", deferred="2098-01-01T10:00:00+01:00", **batch)
    assert [error["receiver"] for error in made["errors"]] == ["+33100000000"]
    one = {"id": made["id"]}
    assert walk(f"POST {ROOT}/batches/{{id}}/cancel", one)["status"] == "CANCELED"
    made = walk(f"POST {ROOT}/batches", **batch)
    one = {"id": made["id"]}
    assert walk(f"GET {ROOT}/batches/{{id}}", one)["status"] == "COMPLETED"
    assert walk(f"PUT {ROOT}/batches/{{id}}", one, name="summer")["name"] == "summer"
    count = walk(f"GET {ROOT}/batches/{{id}}/statistics", one)
    assert (count["delivered"], count["stoplisted"], count["credits"]) == (2, 1, 2)
    ids = walk(f"GET {ROOT}/outgoing", batchID=made["id"])
    texts = [walk(f"GET {ROOT}/outgoing/{{id}}", {"id": i})["message"] for i in ids]
    assert texts == ["Hi Zoé A1 #else#\nSTOP 36xxx", "Hi Ann B€ #else#\nSTOP 36xxx"]
    assert [b["name"] for b in walk(f"GET {ROOT}/batches")] == ["spring", "summer"]
    walk(f"DELETE {ROOT}/batches/{{id}}", one)


def walk_senders(walk: Walker) -> None:
    assert walk(f"POST {ROOT}/senders", sender="NewShop", description="d", reason="r") == "NewShop"
    new = {"sender": "NewShop"}
    assert walk(f"GET {ROOT}/senders/{{sender}}", new)["status"] == "waitingValidation"
    walk(f"PUT {ROOT}/senders/{{sender}}", new, description="Our shop")
    assert "NewShop" in walk(f"GET {ROOT}/senders")
    walk(f"DELETE {ROOT}/senders/{{sender}}", new)


def walk_the_rest(walk: Walker) -> None:
    walk("GET /sms")
    walk("POST /sms/estimate", message="Hi", noStopClause=True, senderType="alpha")
    walk("GET /sms/ptts", ptt=4)
    walk("GET /sms/rates/destinations", country="pl", billingCountry="fr")
    walk("GET /sms/rates/packs", country="fr", billingCountry="pl")
    walk(
        f"PUT {ROOT}",
        description="Walked",
        callBack="http://192.0.2.1/",
        smsResponse={"responseType": "none"},
    )
    assert walk(f"GET {ROOT}")["description"] == "Walked"
    assert walk(f"GET {ROOT}/blacklists") == [BARRED]
    walk(f"GET {ROOT}/blacklists/{{number}}", {"number": BARRED})


@pytest.fixture(scope="module")
def here() -> Iterator[Running]:
    with running(settings=SETTINGS) as it:
        yield it


@pytest.fixture(scope="module")
def walked(here: Running) -> dict[str, Any]:
    """An answer of every route under /sms, in an order that makes sense."""
    walk = Walker(here)
    walk_the_rest(walk)
    walk_senders(walk)
    walk_messages(walk, ROOT)
    walk_batches(walk)
    walk(f"DELETE {ROOT}/receivers/{{slotId}}", {"slotId": 3})
    walk(f"DELETE {ROOT}/blacklists/{{number}}", {"number": BARRED})
    return walk.answers


@pytest.mark.parametrize("key", KNOWN)
def test_answers_have_the_contract_s_fields_and_types(walked: dict[str, Any], key: str) -> None:
    conforms(walked[key], CONTRACT["routes"][key]["returns"], key)
    if CONTRACT["routes"][key]["returns"].endswith("[]"):
        assert walked[key], "an empty list shows nothing"


@pytest.mark.parametrize("key", KNOWN)
def test_parameters_are_the_contract_s(key: str) -> None:
    assert dict(PARAMETERS.get(key, {})) == CONTRACT["routes"][key]["params"]


def test_enums_are_the_contract_s() -> None:
    assert {name: set(values) for name, values in ENUMS.items()} == {
        name: set(CONTRACT["enums"][name]) for name in ENUMS
    }


def test_every_enum_of_a_parameter_is_checked() -> None:
    used = {kind.rstrip("!") for kinds in PARAMETERS.values() for kind in kinds.values()}
    assert {kind for kind in used if kind.endswith(("Enum", "Statuses"))} <= set(ENUMS)


@pytest.mark.parametrize("key", sorted(set(CONTRACT["routes"]) - set(KNOWN)))
def test_what_is_left_out_is_an_unknown_call(here: Running, key: str) -> None:
    method, _, path = key.partition(" ")
    filled = re.sub(r"\{\w+\}", "1", path.replace("{serviceName}", here.account))
    answer = connect(here).raw_call(method, filled, None if method == "GET" else {})
    assert (answer.status_code, answer.json()["message"]) == (404, "Got an invalid (or empty) URL")


def test_nothing_under_sms_is_made_up() -> None:
    assert {key for key in ROUTES if " /sms" in key} == set(KNOWN)


@pytest.mark.parametrize("key", KNOWN)
def test_nonsense_is_refused_and_never_an_error_of_the_server(here: Running, key: str) -> None:
    """Wrong ids, missing parameters, unknown ones, and wrong types all end in 4xx with a JSON object."""
    api = connect(here)
    method, _, path = key.partition(" ")
    declared = CONTRACT["routes"][key]["params"]
    filled = re.sub(r"\{\w+\}", "%20%22%E2%82%AC", path.replace("{serviceName}", here.account))
    wrong: dict[str, dict[str, Any]] = {name: {name: {"a": [1]}} for name in declared}
    for body in [{"nothing": "x"}, *wrong.values()]:
        if method in {"GET", "DELETE"}:
            target = f"{filled}?{requests.models.RequestEncodingMixin._encode_params({k: str(v) for k, v in body.items()})}"
            answer = api.raw_call(method, target)
        else:
            answer = api.raw_call(method, filled, body)
        assert answer.status_code < 500, (key, body)
        assert answer.status_code != 200 or method == "GET", (key, body)
        assert answer.status_code == 200 or answer.json()["message"]


# --- Keys -----------------------------------------------------------------------------------------------------------


def test_a_consumer_key_waits_for_a_person(here: Running) -> None:
    ovh.client.ENDPOINTS[here.endpoint] = here.endpoint
    keys = {"application_key": "sandbox-ak", "application_secret": "sandbox-as", "timeout": 10}
    api = ovh.Client(endpoint=here.endpoint, consumer_key="", **keys)
    wanted = api.new_consumer_key_request()
    wanted.add_rules(["GET"], "/sms")
    wanted.add_rules(["GET"], "/auth/currentCredential")
    asked = wanted.request(redirect_url="https://shop.example/<back>")
    assert asked["state"] == "pendingValidation"
    with pytest.raises(ovh.exceptions.InvalidCredential):
        api.get("/sms")
    page = requests.get(asked["validationUrl"], timeout=10)
    assert "GET /sms" in page.text
    assert "sandbox" in page.text
    assert requests.post(asked["validationUrl"], data={"status": "maybe"}, timeout=10).status_code == 400
    done = requests.post(asked["validationUrl"], data={"status": "validated"}, timeout=10)
    assert 'href="https://shop.example/&lt;back&gt;"' in done.text
    assert api.get("/sms") == [here.account]
    mine = api.get("/auth/currentCredential")
    assert mine["status"] == "validated"
    assert {"method": "GET", "path": "/sms"} in mine["rules"]
    with pytest.raises(ovh.exceptions.NotGrantedCall):
        api.get("/me")


def test_a_key_can_be_refused_or_logged_out(here: Running) -> None:
    rules = [{"method": m, "path": "/*"} for m in ("GET", "POST")]
    for status in ("refused", "validated"):
        asked = requests.post(
            f"{here.endpoint}/auth/credential",
            json={"accessRules": rules},
            headers={"X-Ovh-Application": "sandbox-ak"},
            timeout=10,
        ).json()
        decision = {"consumerKey": asked["consumerKey"], "status": status}
        listed = requests.post(f"{here.url}_sandbox/credentials", json=decision, timeout=10).json()
        assert listed[-1]["status"] == status
        keys = ("sandbox-ak", "sandbox-as", asked["consumerKey"])
        api = ovh.Client(here.endpoint, *keys, timeout=10)
        if status == "validated":
            api.post("/auth/logout")
        with pytest.raises(ovh.exceptions.InvalidCredential):
            api.get("/sms")


@pytest.mark.parametrize("rules", [None, "x", ["GET"], [{"method": "GET"}], [{"method": "X", "path": "/"}]])
def test_rights_that_are_none(here: Running, rules: Any) -> None:
    url, head = f"{here.endpoint}/auth/credential", {"X-Ovh-Application": "sandbox-ak"}
    assert requests.post(url, json={"accessRules": rules}, headers=head, timeout=10).status_code == 400


def test_a_key_for_an_unknown_application(here: Running) -> None:
    answer = requests.post(f"{here.endpoint}/auth/credential", json={"accessRules": []}, timeout=10)
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "INVALID_KEY")


# --- Documents and slots --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"number\n\xff\n", "on line 2"),
        (b"", "on line 1"),
        (b"phone\n+33612345678\n", "on line 1"),
        (b"number;number\n", "on line 1"),
        (b"number\n+33612345678\n0612345678\n", "on line 3"),
        ("number;text\n+33612345678;ok\n+33612345679;ł\n".encode(), "outside of GSM-7 on line 3"),
        (b"number;text\n+33612345678\n", "2 columns expected, 1 found on line 2"),
        (b'number;text\n+33612345678;"open\n', "on line"),
    ],
)
def test_a_csv_that_is_refused(here: Running, content: bytes, problem: str) -> None:
    walk = Walker(here)
    made = {"autoUpdate": False, "description": "d", "slotId": 7, "documentId": document(walk, content)}
    with pytest.raises(ovh.exceptions.BadParametersError, match=problem):
        walk(f"POST {ROOT}/receivers", **made)
    assert 7 not in walk(f"GET {ROOT}/receivers")


@pytest.mark.parametrize(
    "changes",
    [
        {"slotId": 0},
        {"slotId": 10},
        {"description": "x" * 41},
        {"documentId": "none"},
        {"documentId": None},
        {"csvUrl": "http://192.0.2.1/x.csv"},
    ],
)
def test_slots_that_are_refused(here: Running, changes: dict[str, Any]) -> None:
    walk = Walker(here)
    made = {
        "autoUpdate": False,
        "description": "d",
        "slotId": 8,
        "documentId": document(walk, CSV),
        **changes,
    }
    with pytest.raises((ovh.exceptions.BadParametersError, ovh.exceptions.ResourceNotFoundError)):
        walk(f"POST {ROOT}/receivers", **made)


def test_a_job_to_a_slot(here: Running) -> None:
    walk = Walker(here)
    made = {"autoUpdate": False, "description": "d", "slotId": 9, "documentId": document(walk, CSV)}
    walk(f"POST {ROOT}/receivers", **made)
    with pytest.raises(ovh.exceptions.ResourceConflictError):
        walk(f"POST {ROOT}/receivers", **made)
    sent = walk(f"POST {ROOT}/jobs", receiversSlotId="9", sender="Sandbox", message="Hi", noStopClause=True)
    assert sorted(sent["validReceivers"]) == [BARRED, A, B]
    assert sent["invalidReceivers"] == ["+33100000000"]
    walk(f"DELETE {ROOT}/receivers/{{slotId}}", {"slotId": 9})


def test_a_document_s_addresses_need_their_own_tokens(here: Running) -> None:
    walk = Walker(here)
    made = walk("POST /me/document", name="x")
    bare = made["getUrl"].split("?")[0]
    assert requests.get(bare, timeout=10).status_code == 403
    assert requests.put(made["getUrl"], data=b"x", timeout=10).status_code == 403
    assert requests.get(made["putUrl"], timeout=10).status_code == 403
    assert (
        requests.put(
            made["putUrl"], data=b"x", headers={"Origin": "https://evil.example"}, timeout=10
        ).status_code
        == 403
    )
    assert made["id"] in walk("GET /me/document")
    walk("DELETE /me/document/{id}", {"id": made["id"]})
    assert requests.get(made["getUrl"], timeout=10).status_code == 403


def test_a_document_that_is_too_large() -> None:
    with running(settings=Sandbox(max_body=5000)) as small:
        made = Walker(small)("POST /me/document", name="x")
        assert requests.put(made["putUrl"], data=b"x" * 5001, timeout=10).status_code == 413
        assert Walker(small)("GET /me/document/{id}", {"id": made["id"]})["size"] == 0
