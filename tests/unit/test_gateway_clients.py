"""From keys and an endpoint to clients: the `ovh` package's convention, one addition, and no secret shown."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import ovh
import ovh.client
import pytest
import requests
from ovh.config import ConfigurationManager
from ovh.exceptions import APIError

from smscampaign import sandbox
from smscampaign.errors import GatewayProblem
from smscampaign.gateway import open_api
from smscampaign.gateway.clients import Clients, base_url, unreachable
from smscampaign.gateway.endpoints import PLACES, Keys, chosen_endpoint, configured, identity
from smscampaign.sandbox import BodyKind, Fault, FaultKind

TIME = "GET /auth/time"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandboxed():
    with sandbox.running() as here:
        yield here


@pytest.fixture
def running(sandboxed):
    yield sandboxed
    sandboxed.clear_faults()


def keys_of(here, **changes):
    keys = Keys(here.endpoint, here.application_key, here.application_secret, here.consumer_key)
    return replace(keys, **changes)


def test_keys_never_show_their_secrets():
    shown = repr(Keys("ovh-eu", "public", "topsecret", "alsosecret"))
    assert "secret" not in shown.replace("application_secret", "")
    assert "public" in shown


def test_the_endpoint_is_the_one_given_then_the_environments_then_europe(monkeypatch):
    assert chosen_endpoint() == "ovh-eu"
    monkeypatch.setenv("OVH_ENDPOINT", "ovh-ca")
    assert (chosen_endpoint(), chosen_endpoint("ovh-us")) == ("ovh-ca", "ovh-us")


def test_the_endpoint_may_stand_in_ovh_conf(monkeypatch, tmp_path):
    conf = tmp_path / "ovh.conf"
    conf.write_text("[default]\nendpoint=ovh-ca\n")
    monkeypatch.setattr("smscampaign.gateway.endpoints.PLACES", [str(conf)])
    assert chosen_endpoint() == "ovh-ca"


@pytest.mark.parametrize(
    "files",
    [
        {},
        {".ovh.conf": "[default]\nendpoint=ovh-ca\n[ovh-ca]\nconsumer_key=%k\n"},
        {".ovh.conf": "[default]\nendpoint=ovh-ca\n", "ovh.conf": "[default]\nendpoint = ovh-us\n"},
    ],
)
def test_what_is_configured_is_what_the_ovh_package_finds(tmp_path, monkeypatch, files):
    (tmp_path / "home").mkdir()
    for name, text in files.items():
        (tmp_path / "home" / name if name.startswith(".") else tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OVH_CLIENT_ID", "")
    monkeypatch.setattr("smscampaign.gateway.endpoints.PLACES", PLACES)
    theirs = ["/etc/ovh.conf", str(tmp_path / "home" / ".ovh.conf"), str(tmp_path / "ovh.conf")]
    monkeypatch.setattr("ovh.config.CONFIG_PATH", theirs)
    for section, name in (("default", "endpoint"), ("ovh-ca", "consumer_key"), ("ovh-eu", "client_id")):
        assert configured(section, name) == ConfigurationManager().get(section, name)


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("ovh-eu", "ovh-eu"),
        ("https://api.example.com/1.0", "api.example.com"),
        ("http://127.0.0.1:8080/1.0", "loopback"),
        ("http://127.0.0.2:1/1.0", "loopback"),
        ("http://[::1]:8080/1.0", "loopback"),
        ("http://localhost:9/1.0", "loopback"),
        ("http://localhost.example.com/1.0", "localhost.example.com"),
    ],
)
def test_a_journal_remembers_where_it_goes_whatever_the_port(endpoint, name):
    assert identity(endpoint) == name


@pytest.mark.parametrize(
    "url", ["http://api.example.com/1.0", "ftp://127.0.0.1/", "http://127.0.0.1.example.com/1.0"]
)
def test_plain_http_is_taken_on_this_machine_only(url):
    with pytest.raises(GatewayProblem, match="https"):
        base_url(url)


def test_a_url_serves_as_an_endpoint_with_or_without_its_last_slash():
    assert base_url("https://api.example.com/1.0/") == "https://api.example.com/1.0"
    assert base_url("ovh-eu") == ovh.client.ENDPOINTS["ovh-eu"]


@pytest.mark.parametrize("endpoint", ["ovh-mars", "http://[::1/1.0"])
def test_an_endpoint_that_is_none_is_told(endpoint):
    with pytest.raises(GatewayProblem, match="endpoint"):
        Clients(Keys(endpoint, "ak", "as", "ck")).get()


@pytest.mark.parametrize(
    "keys",
    [
        Keys("ovh-eu"),
        Keys("ovh-eu", "ak", "as"),
        Keys("ovh-eu", "ak", None, "ck"),
        Keys("ovh-eu", None, None, "ck"),
    ],
)
def test_missing_keys_are_told_with_where_to_get_them(keys):
    with pytest.raises(GatewayProblem) as caught:
        Clients(keys).get()
    assert "createToken" in caught.value.remedy
    assert "as" not in caught.value.what.split()


def test_keys_are_found_in_the_environment(running, monkeypatch):
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    assert Clients(Keys()).get().get("/sms") == [running.account]


def test_keys_that_were_given_win_over_a_service_account_in_the_environment(running, monkeypatch):
    monkeypatch.setenv("OVH_CLIENT_ID", "id")
    monkeypatch.setenv("OVH_CLIENT_SECRET", "secret")
    assert Clients(keys_of(running)).get().get("/sms") == [running.account]
    assert (os.environ["OVH_CLIENT_ID"], os.environ["OVH_CLIENT_SECRET"]) == ("id", "secret")


def test_the_environment_is_whole_again_when_the_keys_are_wrong(running, monkeypatch):
    monkeypatch.setenv("OVH_CLIENT_ID", "id")
    with pytest.raises(GatewayProblem):
        Clients(keys_of(running, application_secret=None)).get()
    assert os.environ["OVH_CLIENT_ID"] == "id"


def test_a_service_account_needs_no_consumer_key_but_a_region(monkeypatch):
    monkeypatch.setenv("OVH_CLIENT_ID", "id")
    monkeypatch.setenv("OVH_CLIENT_SECRET", "secret")
    with pytest.raises(GatewayProblem, match="OAuth2"):
        Clients(Keys("https://api.example.com/1.0")).get()


def test_each_thread_has_its_own_client_and_keeps_it(running):
    clients, seen = Clients(keys_of(running)), []
    thread = threading.Thread(target=lambda: seen.append((clients.get(), clients.get())))
    thread.start()
    thread.join()
    assert seen[0][0] is seen[0][1]
    assert clients.get() is not seen[0][0]


def test_what_is_meant_for_this_machine_goes_through_no_proxy(running, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Clients(keys_of(running)).get().get("/sms") == [running.account]
    assert open_api(keys=keys_of(running)).rate("FR") is not None


@pytest.mark.parametrize("body", list(BodyKind))
@pytest.mark.parametrize("status", [200, 500])
def test_a_clock_that_cannot_be_read_is_an_error_before_anything_is_sent(running, status, body):
    running.add_faults(Fault(FaultKind.STATUS, route=TIME, status=status, body=body))
    clients = Clients(keys_of(running))
    with pytest.raises((APIError, requests.RequestException)):
        clients.get()
    running.clear_faults()
    assert clients.get().get("/sms") == [running.account]


def test_a_network_problem_is_told_by_its_kind_only():
    problem = unreachable(requests.ConnectionError("https://secret.example.com/?token=hidden"))
    assert "ConnectionError" in problem.what
    assert "secret" not in str(problem)


@pytest.mark.parametrize(("ahead", "hours"), [(-3600, -1), (0, 0), (3600, 0)])
def test_moments_are_translated_to_ovhclouds_clock_and_never_made_later(ahead, hours):
    """What was written down by a clock that has been put right since must not be missed."""
    clients = Clients(Keys("http://127.0.0.1:1/1.0", "a", "b", "c"))
    clients.ahead = timedelta(seconds=ahead)
    assert clients.earliest(NOON) == NOON + timedelta(hours=hours)
