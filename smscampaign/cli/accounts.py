"""`accounts`, `senders`, `jobs`, `rates`, and `replies` without FILE: what the keys see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from smscampaign.bars import Bars
from smscampaign.cli import options
from smscampaign.cli.endings import DONE, NOTHING, PARTLY
from smscampaign.cli.screen import note, out, print_json, records, table, warn
from smscampaign.drawing import local
from smscampaign.gateway import list_accounts, open_api
from smscampaign.model import NoAnswer
from smscampaign.pricing import RateCache
from smscampaign.translation import told
from smscampaign.ways import destination, ovhcloud

if TYPE_CHECKING:
    from smscampaign.gateway import OvhCloud


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


Added = Annotated[
    str | None, typer.Option("--add", help="Ask OVHcloud for this sender; it is reviewed.", metavar="NAME")
]
Reason = Annotated[str, typer.Option("--reason", help="With --add: what the sender is for, for the review.")]
Deleted = Annotated[
    int | None,
    typer.Option(
        "--delete",
        help="Delete this one: it never leaves. `cancel` stops a campaign; a call in doubt stays so.",
        metavar="ID",
    ),
]


def senders(
    account: options.Account = None, add: Added = None, reason: Reason = "", json: options.Json = False
) -> None:
    """The senders of an account; usable are those whose status is `enable`."""
    carrier = ovhcloud(account).carrier
    if add is not None:
        carrier.add_sender(add, reason=reason)
        note(f"OVHcloud was asked for the sender {add}. It can be used once its status is `enable`.")
    rows = [(one.name, one.status, one.kind, one.description) for one in carrier.senders()]
    _show(("sender", "status", "type", "description"), rows, as_json=json)
    if not rows:
        note("The account has no sender: OVHcloud would use a short number.")


def jobs(account: options.Account = None, delete: Deleted = None, json: options.Json = False) -> None:
    """What was accepted and has not left yet: deferred, or held for the night."""
    carrier = ovhcloud(account).carrier
    if delete is not None:
        raise typer.Exit(_delete(carrier, delete, json=json))
    names = ("receiver", "creationDatetime", "differedDelivery", "credits", "message")
    with _looking(carrier) as watch:
        rows = [(one, *(job[name] if job else "" for name in names)) for one, job in carrier.jobs(watch)]
    heads = ("id", "receiver", "created", "minutes", "credits", "message")
    if json:
        print_json(records(heads, rows))
    else:
        # To a person when it leaves, at the earliest: what is commercial may be held for longer.
        shown = [(*row[:2], _leaves(row[2], row[3]), *row[4:]) for row in rows]
        _show(
            ("id", "receiver", "not before", "credits", "message"),
            shown,
            as_json=False,
            numeric="credits",
            cut="message",
        )
    if not rows:
        note("Nothing is pending.")
    elif not any(row[1] for row in rows):
        note("What they are needs keys with the right GET /sms/*/jobs/* as well.")


def _leaves(created: object, minutes: object) -> str:
    """When a job leaves, as far as it is known."""
    try:
        return local(datetime.fromisoformat(str(created)) + timedelta(minutes=int(str(minutes))))
    except ValueError:
        return ""


def _delete(carrier: OvhCloud, message: int, *, json: bool) -> int:
    answer = carrier.transport.recall(message)
    if json:
        print_json({"id": message, "deleted": None if isinstance(answer, NoAnswer) else answer})
    match answer:
        case True:
            note(f"Message {message} is deleted: it never leaves.")
            return DONE
        case False:
            warn(f"Message {message} does not wait: it has left, or there is no such message.")
            return NOTHING
        case unheard:
            warn(
                f"Whether message {message} is deleted is not known: {unheard.detail}. `jobs` shows it while it waits."
            )
            return PARTLY


def answers(account: str | None, *, json: bool) -> None:
    """`replies` without FILE: what people answered to the account, newest first."""
    carrier = ovhcloud(account).carrier
    names = ("id", "creationDatetime", "sender", "tag", "message")
    with _looking(carrier) as watch:
        rows = [tuple(one.get(name) or "" for name in names) for one in carrier.incoming(watch)]
    _show(("id", "received", "from", "tag", "message"), rows, as_json=json, cut="message")
    if not rows:
        note("Nobody has answered.")


@contextmanager
def _looking(carrier: OvhCloud) -> Iterator[Bars]:
    """Progress while each message is asked for: at 60 calls a minute many take their time."""
    with Bars() as bars, carrier.heeding(Event(), note):
        yield bars


def rates(
    countries: Annotated[
        list[str], typer.Argument(help="Two-letter countries, such as FR PL.", metavar="COUNTRY...")
    ],
    json: options.Json = False,
) -> None:
    """Credits for one part to each country, asked of OVHcloud (no keys needed) and remembered for dry runs."""
    wanted = [country.strip().upper() for country in countries]
    found = RateCache().learn(destination(), wanted, open_api().rate)
    rows = [(country, found.get(country, "unknown" if json else told("unknown"))) for country in wanted]
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
