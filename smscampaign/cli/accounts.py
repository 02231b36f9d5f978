"""`accounts`, `senders`, `jobs`, `rates`: what the keys see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from smscampaign.cli import options
from smscampaign.cli.screen import note, out, print_json, records, table
from smscampaign.gateway import list_accounts, open_api, open_ovhcloud
from smscampaign.pricing import RateCache
from smscampaign.ways import destination


def accounts(json: options.Json = False) -> None:
    """Every SMS account your keys see, with its details."""
    heads = ("account", "status", "credits", "channel", "description")
    found = list(list_accounts())
    rows = [
        (name, one.status, one.credits_left, one.channel, one.description) if one else (name, "", "", "", "")
        for name, one in found
    ]
    _show(heads, rows, as_json=json, numeric="credits")
    if not rows:
        note("These keys see no SMS account.")
    if any(one is None for _, one in found):
        note("The details need keys with the right GET /sms/* as well.")


def senders(account: options.Account = None, json: options.Json = False) -> None:
    """The senders of an account; usable are those whose status is `enable`."""
    rows = [(one.name, one.status, one.kind, one.description) for one in open_ovhcloud(account).senders()]
    _show(("sender", "status", "type", "description"), rows, as_json=json)
    if not rows:
        note("The account has no sender: OVHcloud would use a short number.")


def jobs(account: options.Account = None, json: options.Json = False) -> None:
    """What was accepted and has not left yet: deferred, or held for the night."""
    rows = [
        (
            job["id"],
            job["receiver"],
            job["creationDatetime"],
            job["differedDelivery"],
            job["credits"],
            job["message"],
        )
        for job in open_ovhcloud(account).jobs()
    ]
    heads = ("id", "receiver", "created", "minutes", "credits", "message")
    _show(heads, rows, as_json=json, numeric="credits", cut="message")
    if not rows:
        note("Nothing is pending.")


def rates(
    countries: Annotated[
        list[str], typer.Argument(help="Two-letter countries, such as FR PL.", metavar="COUNTRY...")
    ],
    json: options.Json = False,
) -> None:
    """Credits for one part to each country, asked of OVHcloud (no keys needed) and remembered for dry runs."""
    wanted = [country.strip().upper() for country in countries]
    found = RateCache().learn(destination(), wanted, open_api().rate)
    rows = [(country, found.get(country, "unknown")) for country in wanted]
    _show(("country", "credits"), rows, as_json=json, numeric="credits")


def _show(
    heads: tuple[str, ...],
    rows: Sequence[Sequence[object]],
    *,
    as_json: bool,
    numeric: str = "",
    cut: str = "",
) -> None:
    if as_json:
        print_json(records(heads, rows))
    elif rows:
        table(heads, rows, console=out(), numeric=[numeric], cut=cut)
