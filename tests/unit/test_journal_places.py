"""A journal's place as a person writes it: a password is shown nowhere, however wrong the address is."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from smscampaign.errors import JournalProblem
from smscampaign.journal.places import Server, place_of, without_secrets
from smscampaign.journal.store import open_journal

WRONG = [
    "postgresql:/user:S3cret@127.0.0.1/db",
    "postgres:user:S3cret@127.0.0.1/db",
    " postgresql://user:S3cret@127.0.0.1:1/db",
    "postgresql //user:S3cret@127.0.0.1:1/db",
    "postgresql ://user:S3cret@127.0.0.1:1/db",
    "postgresql;//user:S3cret@127.0.0.1:1/db",
    "user:S3cret@127.0.0.1:1/db",
    "host=127.0.0.1 port=1 password=S3cret dbname=db",
    "host=127.0.0.1 password='S3cr S3cret' dbname=db",
    "PASSWORD = S3cret",
    "mysql://user:S3cret@127.0.0.1/db",
    "postgresql+psycopg2://user:S3cret@127.0.0.1:1/db",
    "postgresql+S3cret://127.0.0.1:1/db",
    "postgresql://user:S3cret@127.0.0.1:port/db",
    "postgresql://user:S3cret@127.0.0.1",
    "postgresql://user:S3cret@",
    "postgresql://user:S3cret@[::1:1/db",
    "postgresql://user:S3cr@S3cret@127.0.0.1:1/db",
    "postgresql://user@127.0.0.1:S3cret/db",
]
UNREACHABLE = [
    "postgresql://user:S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr/S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr?S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr#S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr:S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr%40S3cret@127.0.0.1:1/db",
    "postgresql://user:S3cr%zzS3cret@127.0.0.1:1/db",
    "postgresql://:S3cret@127.0.0.1:1/db",
    "postgresql://user@127.0.0.1:1/db?password=S3cret",
    "postgresql://user@127.0.0.1:1/db?password=S3cr&password=S3cret",
    "postgresql://user@127.0.0.1:1/db?password=S3cr S3cret",
    "postgresql://user@127.0.0.1:1/db?sslpassword=S3cret",
    "postgresql://user@127.0.0.1:1/db?PASSWORD=S3cret",
    "postgresql://user@127.0.0.1:1/db?pass=S3cret",
    "postgresql://user@127.0.0.1:1/db?options=-c%20my.secret=S3cret",
    "postgresql://user:S3cret@no.such.host.invalid/db",
    "postgresql://user:S3cret@127.0.0.1:1/db?lease=x",
]


def shown(error: BaseException) -> str:
    """All that a traceback or a look at the chain of errors shows."""
    chain, seen = [error], []
    while chain:
        one = chain.pop()
        seen.append(f"{one} {one!r} {one.args}")
        chain += [other for other in (one.__cause__, one.__context__) if other is not None]
    return "\n".join([*seen, *traceback.format_exception(error)])


@pytest.mark.parametrize("address", WRONG)
def test_an_address_that_is_none_is_refused_without_being_shown(address):
    with pytest.raises(JournalProblem, match="no address of a PostgreSQL database") as caught:
        place_of(address)
    assert "S3c" not in shown(caught.value)
    with pytest.raises(JournalProblem) as caught:
        place_of(Path(address))
    assert "S3c" not in shown(caught.value)


@pytest.mark.parametrize("address", UNREACHABLE)
def test_a_database_that_is_not_reached_shows_no_password(address):
    server = place_of(address)
    with pytest.raises(JournalProblem) as caught:
        open_journal(server)
    said = shown(caught.value) + str(server) + repr(server)
    assert "S3c" not in said + without_secrets(f"--journal={address}") + without_secrets(address)


@pytest.mark.parametrize(
    "name",
    [
        "spring.journal.sqlite",
        "C:\\me@shop\\a.sqlite",
        "/a:b@c/d.sqlite",
        "./user:x@y",
        "postgres.db",
        "a@b.db",
    ],
)
def test_a_files_name_is_a_files_name(name):
    assert place_of(name) == Path(name)
    assert without_secrets(name) == name


@pytest.mark.parametrize(
    "word",
    [
        "https://shop.example/?pass=3&x=1 is yours",
        "Your password= 7",
        "--message=Hello a:b@c",
        "mail me@shop.fr",
    ],
)
def test_what_is_no_journal_is_shown_as_it_is(word):
    assert without_secrets(word) == word


def test_a_password_in_the_query_reaches_the_server_and_no_repr():
    server = Server("postgresql://me@host/db?password=S3cret&sslpassword=S3cret2&sslmode=require")
    assert "S3c" not in repr(server.parsed())
    assert server.secrets() == {"password": "S3cret", "sslpassword": "S3cret2"}
