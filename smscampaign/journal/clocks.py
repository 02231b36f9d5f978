"""What time it is: this computer's, or for journals that several machines share the database server's."""

from __future__ import annotations

from datetime import datetime, timedelta

from smscampaign.journal.protocol import Clock, utc_now


class ServerClock:
    """The server's time, as it was told last: machines whose own clocks disagree agree on when a doubt is ripe."""

    def __init__(self, local: Clock = utc_now) -> None:
        self._local = local
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The server's time now."""
        return self._local() + self._ahead

    def told(self, now: datetime) -> None:
        """The server says what time it is; asked with every transaction, so that steps and sleep do no harm."""
        self._ahead = now - self._local()
