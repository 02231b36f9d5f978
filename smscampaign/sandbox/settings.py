"""What a sandbox is started with: accounts, keys, credits, senders, and the choices where OVHcloud's behaviour is unknown."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from smscampaign.errors import CampaignError
from smscampaign.model import Sender

if TYPE_CHECKING:
    from collections.abc import Mapping

APPLICATION_KEY = "sandbox-ak"
APPLICATION_SECRET = "sandbox-as"  # noqa: S105 - printed on every start, no secret
CONSUMER_KEY = "sandbox-ck"
EVERYTHING = (("GET", "/*"), ("POST", "/*"), ("PUT", "/*"), ("DELETE", "/*"))


class SandboxProblem(CampaignError):
    """The sandbox cannot start as asked; the text says why and what to do, for the person who started it."""

    code = "sandbox"


@dataclass(frozen=True, slots=True)
class Credential:
    """A consumer key of an application, with its rights.

    `rules` are pairs of a method and a path pattern in which `*` stands for anything, as on OVHcloud's token page:
    `GET /sms` and `GET /sms/*` are two rights. `status` is `validated`, `pendingValidation` or `expired`.
    """

    application_key: str = APPLICATION_KEY
    application_secret: str = APPLICATION_SECRET
    consumer_key: str = CONSUMER_KEY
    rules: tuple[tuple[str, str], ...] = EVERYTHING
    status: str = "validated"

    @classmethod
    def drawn(cls) -> Credential:
        """Keys that nobody can guess, with every right."""
        return cls(secrets.token_hex(8), secrets.token_hex(16), secrets.token_hex(16))


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Settings of one sandbox. Credits and senders apply to each of its accounts when it is first created.

    `rates` overrides credits per part by country (`{"FR": Decimal(1)}`). `signature_window` and `receipt_delay` are
    seconds. `failed_share` is the share of messages, 0 to 1, whose delivery fails. OVHcloud does not document what an
    empty account answers: `no_credits_status` chooses. `aligned_ids` makes `ids[i]` belong to `validReceivers[i]`,
    which OVHcloud does not promise. `refund_cancelled` gives back the credits of a job that was deleted.

    `hold` keeps commercial messages back at night, on Sundays and on French public holidays. Of the phones,
    `unreachable_share` stay switched off until the message's validity ends, and `delayed_share` are switched on again
    within `longest_delay` seconds. An answer to the short number is possible for `reply_window` seconds.

    `credentials` are the keys that open it; with none, they are drawn at random and kept in the database. Sent from the short
    number, a text with contact information is refused: a link, a phone number and, with `hosts_are_contacts`, also a bare
    host such as `shop.example.com`. OVHcloud's own guide shows one accepted.

    Batches move on by `batch_pace` seconds a stage, exports are written after `document_delay`, and new senders are
    usable after `review_delay`, all by the sandbox's clock.

    `start` is the RFC 3339 date at which its clock begins, `speed` the seconds that pass there for each real one; without
    them the clock runs as the database remembers it, or in real time.
    """

    credits: Decimal | int = Decimal(10_000)
    accounts: int = 1
    senders: tuple[str | Sender, ...] = ("Sandbox",)
    blacklist: tuple[str, ...] = ()
    credentials: tuple[Credential, ...] = (Credential(),)
    rates: Mapping[str, Decimal] | None = None
    seed: int = 1
    channel: str = "both"
    description: str = "Sandbox account"
    signature_window: int = 300
    receipt_delay: float = 2.0
    failed_share: float = 0.0
    no_credits_status: int = 403
    hosts_are_contacts: bool = False
    aligned_ids: bool = False
    refund_cancelled: bool = True
    max_body: int = 16 * 1024 * 1024
    hold: bool = False
    unreachable_share: float = 0.0
    delayed_share: float = 0.0
    longest_delay: float = 4 * 3600.0
    reply_window: float = 48 * 3600.0
    batch_pace: float = 1.0
    document_delay: float = 1.0
    review_delay: float = 3600.0
    start: str | None = None
    speed: float | None = None

    def account_names(self) -> tuple[str, ...]:
        """Names in OVHcloud's form: `sms-sb00001-1`, `sms-sb00001-2`, …"""
        return tuple(f"sms-sb00001-{n}" for n in range(1, self.accounts + 1))

    def sender_rows(self) -> tuple[Sender, ...]:
        """The senders as whole objects: a plain name is an alphanumeric sender that is enabled."""
        return tuple(s if isinstance(s, Sender) else _plain(s) for s in self.senders)


def _plain(name: str) -> Sender:
    kind = "virtual" if name.startswith("+") else "alpha"
    return Sender(name=name, status="enable", kind=kind, description="Sender of the sandbox")


REALISTIC: Mapping[str, float] = {"failed": 0.02, "unreachable": 0.02, "delayed": 0.06}


def outcomes(text: str) -> dict[str, float]:
    """The settings for a mix of outcomes: `realistic`, or shares such as `failed=0.1,unreachable=0.05,delayed=0.2`.

    Raises ValueError, in words, when it is none.
    """
    if text == "realistic":
        return {f"{name}_share": share for name, share in REALISTIC.items()}
    chosen: dict[str, float] = {}
    for piece in text.split(","):
        name, _, share = piece.strip().partition("=")
        if name not in REALISTIC or not re.fullmatch(r"0?\.\d+|[01](\.0+)?", share.strip()):
            raise ValueError(
                f"{piece!r} is no outcome: write realistic, or failed=0.02,unreachable=0.02,delayed=0.06"
            )
        chosen[f"{name}_share"] = float(share)
    if sum(chosen.values()) > 1:
        raise ValueError("the shares of the outcomes add up to more than 1")
    return chosen
