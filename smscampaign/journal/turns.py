"""One pace for all machines that share a journal: whoever wants to make a call takes the next turn in the database."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, select, type_coerce

from smscampaign.journal import schema
from smscampaign.journal.statements import SERVER_NOW
from smscampaign.journal.store import Journal

_SECOND = 1_000_000


@cache
def _take() -> Any:
    # For those who share a journal: nobody else loads what SQLAlchemy knows of PostgreSQL.
    from sqlalchemy.dialects.postgresql import insert

    following = type_coerce(schema.pace.c.next_at, BigInteger)
    interval = bindparam("interval", type_=BigInteger())
    first = insert(schema.pace).from_select(
        ["name", "next_at"], select(bindparam("of", type_=schema.pace.c.name.type), SERVER_NOW + interval)
    )
    return first.on_conflict_do_update(
        index_elements=["name"], set_={"next_at": func.greatest(following, SERVER_NOW) + interval}
    ).returning(following - interval - SERVER_NOW)


class Turns:
    """The turns of one account: evenly spaced by the server's clock, whoever takes them."""

    def __init__(self, journal: Journal, name: str) -> None:
        self._journal = journal
        self._name = name

    def take(self, interval: float) -> float:
        """Take the next turn; says how many seconds away it is. The one after it comes `interval` seconds later."""
        values = {"of": self._name, "interval": round(interval * _SECOND)}
        with self._journal.writing(together=True) as connection:
            away = connection.execute(_take(), values).scalar_one()
        return max(int(away) / _SECOND, 0.0)
