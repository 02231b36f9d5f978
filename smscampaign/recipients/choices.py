"""What a person decides about a file where its own signs would. Words and standard library only."""

from __future__ import annotations

from typing import NamedTuple

from smscampaign.errors import SettingsProblem


class Choices(NamedTuple):
    """What a person decides about a file where its own signs would; None leaves it to them.

    `encoding` and `delimiter` are for text, `sheet` for workbooks; `header_row` is the spreadsheet row of the column names.
    `region` is the country in whose way a workbook's numbers and days are shown, as its own Excel would. `may_be_empty` says
    that a header without rows is a night on which there is nothing to do.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None
    region: str | None = None
    may_be_empty: bool = False

    @property
    def sign(self) -> str | None:
        """The delimiter itself, where it was named. Raises SettingsProblem for what cannot be one."""
        given = self.delimiter
        sign = "\t" if given is not None and given.lower() in {"tab", "\\t"} else given
        if sign is not None and (len(sign) != 1 or sign in '"\r\n\0' or sign.isalnum()):
            raise SettingsProblem(
                f"{given!r} cannot separate cells",
                where="file.delimiter",
                remedy="Give `,` `;` `|` or tab.",
            )
        return sign
