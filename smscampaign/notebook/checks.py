"""`sms.check`: whether an account can be used, as the command's `check` finds it."""

from __future__ import annotations

from smscampaign.campaign.checks import AccountCheck, check_account
from smscampaign.campaign.keywords import in_python
from smscampaign.drawing import Sheet, Viewable
from smscampaign.notebook.sheets import points
from smscampaign.translation import told
from smscampaign.ways import ovhcloud


class CheckView(Viewable):
    """What is fine about an account, and what is not, with what to do about it."""

    def __init__(self, looked: AccountCheck) -> None:
        self._looked = looked

    @property
    def usable(self) -> bool:
        """Whether nothing stands in the way of sending."""
        return not self._looked.found

    def sheet(self) -> Sheet:
        """The page that shows it."""
        looked = self._looked
        return Sheet(
            told("Is the account right?"),
            "it can be used" if self.usable else "something is to be mended",
            facts=tuple(("ok", f"{words}.") for words in looked.fine),
            points=tuple(points(looked.found)),
        )


def check(account: str | None = None, *, sender: str | None = None) -> CheckView:
    """Look at the account that the keys lead to (or at `account`): keys, rights, clock, credits, and whether `sender` can be
    used. Sends nothing; what is wrong is told, not raised.
    """
    with in_python():
        return CheckView(check_account(lambda: ovhcloud(account), sender=sender))
