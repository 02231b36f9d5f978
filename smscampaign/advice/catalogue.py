"""The rules by their ids, and why each is one. Ids are stable: they stand in settings files."""

from __future__ import annotations

from smscampaign.advice.findings import Rule, Severity

_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

UCS2 = Rule(
    "SMS001",
    _W,
    "one character lets a part hold 70 characters instead of 160, so that more parts are paid",
    "A text of the GSM-7 alphabet holds 160 characters a part, any other 70. A single typographic apostrophe or letter"
    " outside that alphabet more than doubles the price of a long text. Told only of texts that would take fewer parts"
    " without it. Source: 3GPP TS 23.038.",
    "Write the message without it, or swap it: --typography gsm for typographic signs, --swap ê=e for a letter.",
)
LINK_SHORT_NUMBER = Rule(
    "SMS002",
    _E,
    "a link or a phone number in a text sent from a short number",
    "Without a sender OVHcloud sends from a short number, and refuses a text with a link or other contact information there:"
    ' 400 "cannot send contact information with shortcode".',
    "Set a sender that is validated on the account, or take the link or the number out.",
)
PLACEHOLDER = Rule(
    "SMS003",
    _E,
    "a placeholder that was not filled in",
    "People would read {first_name}, [NAME], *|FNAME|*, XXXX, nan or #N/A. Placeholders of this program are written"
    " {{ first_name }}; other programs write «First name», (first name) or $first_name, which is told where the file has such"
    " a column. Words such as nan and None come from cells that a spreadsheet or another program left without a value.",
    "Write {{ column }} in the message, and empty the cells that hold such a word.",
)
SHOUTING = Rule(
    "SMS004",
    _H,
    "the text shouts",
    "Texts in capitals and with rows of exclamation marks look like spam to people and to the networks' filters.",
    "Write it in ordinary letters.",
)
SENDER = Rule(
    "SMS005",
    _E,
    "the sender cannot be used",
    "A sender must be validated on the account (status enable) before anything can be sent from it. An alphanumeric sender"
    " has at most 11 letters, digits and spaces, and not digits only.",
    "See `smscampaign senders`; new ones are created in OVHcloud's control panel.",
)
ADVERTISER = Rule(
    "SMS006",
    _W,
    "the advertiser is not named",
    "A commercial message must say who it is from (in France: article L.34-5 of the Code des postes et des communications"
    " électroniques). From a number, the text has to; an alphanumeric sender says it by itself.",
    'Name the advertiser in the text, and in the settings: advertiser = "…".',
)
VALIDITY = Rule(
    "SMS007",
    _E,
    "the message expires while it is held",
    "Commercial messages are held at night, on Sundays and on public holidays. One that is held for longer than its"
    " validity may be dropped unsent.",
    "Raise sending.validity (minutes), or send it during opening hours.",
)
USA = Rule(
    "SMS008",
    _W,
    "numbers in the United States",
    "Texts to the United States need a template approved beforehand and must not be commercial; others fail with ptt 1999.",
    "Have a template approved (templatesControl in OVHcloud's API), or take these rows out.",
)
REPEATED = Rule(
    "SMS009",
    _W,
    "the same text went to the same people lately",
    "Another campaign beside this one sent this very text to some of these numbers a short while ago.",
    "Look at that campaign first; people who get a text twice answer STOP.",
)
OWN_STOP = Rule(
    "SMS010",
    _W,
    "a STOP clause of its own",
    "OVHcloud adds its STOP clause to every commercial message. One written by hand costs characters and names a number that"
    " does not unsubscribe anybody here.",
    "Take it out of the message.",
)
SHORTENER = Rule(
    "SMS011",
    _W,
    "a shortened link",
    "Networks filter public link shorteners, because fraud uses them, and people cannot see where they lead.",
    "Link to a domain of your own.",
)
HOLE = Rule(
    "SMS012",
    _H,
    "a hole where a value is missing",
    "A value that is empty, or whose default is, leaves two spaces, a space before a comma or a full stop, empty brackets, or"
    " a sign that ends a sentence where one begins: `Hello , …`.",
    'Give the value a default that reads well: {{ first_name | default("there") }}.',
)
INVISIBLE = Rule(
    "SMS013",
    _W,
    "an invisible character",
    "Zero-width and direction marks (as phones copy them around names), no-break, thin and line-separating spaces, fillers"
    " and variation selectors come along when a text is copied. Nobody sees them, and most make the whole text UCS-2.",
    "Type the place anew; --typography gsm takes them out wherever that saves a part.",
)
LONG = Rule(
    "SMS014",
    _W,
    "a long text",
    "Networks may drop messages of many parts, and each part is paid.",
    "Shorten the message; limits.parts_warning sets from where this is said.",
)
HELD = Rule(
    "SMS015",
    _H,
    "it will not leave at once",
    "OVHcloud holds commercial messages back at night (20:00 to 08:00), on Sundays and on French public holidays.",
    "Nothing is to be done if that suits you. If people wait for this message, declare it: --purpose transactional.",
)

DAMAGED = Rule(
    "SMS016",
    _E,
    "letters that were damaged",
    "“JosÃ©” is José in UTF-8, read by some program as windows-1252 and saved so; where it reads � a letter is lost. People"
    " would get it as it stands, and mostly at the price of UCS-2.",
    "Export the file again as UTF-8, or name its character set with --encoding; else correct the cells.",
)
LEFTOVER = Rule(
    "SMS017",
    _W,
    "something that is left of a program",
    r"HTML writes é as &eacute;, programmers write a line break as \n, and a program without a letter writes ? for it"
    " (?ukasz). No phone turns any of them back.",
    "Correct the cells or the message; a line break is a new line in the settings, between three quotes.",
)
ALIKE = Rule(
    "SMS018",
    _E,
    "two keys of one number that look like one",
    "What gets one message is named by once_per. Keys that differ only by zeros or punctuation (9:00 and 09:00, A-17 and A17)"
    " are most likely one appointment or order that is written in two ways, and this person gets a message for each.",
    "Write them alike in the file, or in the program that exports it. If they are two, ignore the rule.",
)

CATALOGUE = {
    rule.id: rule
    for rule in (
        UCS2,
        LINK_SHORT_NUMBER,
        PLACEHOLDER,
        SHOUTING,
        SENDER,
        ADVERTISER,
        VALIDITY,
        USA,
        REPEATED,
        OWN_STOP,
        SHORTENER,
        HOLE,
        INVISIBLE,
        LONG,
        HELD,
        DAMAGED,
        LEFTOVER,
        ALIKE,
    )
}
