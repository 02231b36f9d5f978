"""The report as one page of HTML that loads nothing: read on a phone and on a screen, printed, and read aloud.

Whatever comes from files, settings and OVHcloud is escaped.
"""

from __future__ import annotations

from html import escape

from smscampaign.drawing import Table
from smscampaign.journal.figures import Outcomes
from smscampaign.languages import mark
from smscampaign.report import pictures
from smscampaign.report.contents import About, Section
from smscampaign.report.places import MARK
from smscampaign.report.sections import sections
from smscampaign.report.sentences import headline, made
from smscampaign.translation import spoken_here, told

#: Nothing is fetched and no script runs, whatever a cell held; the styles are in the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:#1a1a1a;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.2rem 0 .6rem;border-top:1px solid #c8c8c8;padding-top:1.2rem}
p{margin:.5rem 0;overflow-wrap:anywhere}
.lead{font-size:1.15rem}
.note{border-left:4px solid #1f5f99;padding-left:.8rem}
figure{margin:1rem 0;max-width:32rem}
figure svg{display:block;width:100%;height:auto}
figcaption{font-weight:600;margin:0 0 .4rem}
details{margin:.6rem 0}
summary{cursor:pointer;color:#1f5f99;padding:.4rem 0}
summary:focus-visible,.wide:focus-visible{outline:3px solid #1f5f99;outline-offset:2px}
.wide{overflow-x:auto;margin:.6rem 0}
table{border-collapse:collapse;font-size:.95rem;min-width:15rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid #dcdcdc}
th[scope=row]{font-weight:400}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td:not(.n),th[scope=row]{min-width:7rem;overflow-wrap:break-word}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f3f3;padding:.8rem;border-radius:6px;margin:.5rem 0;
font:inherit}
code{font-family:ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
footer{margin:2.5rem 0 1rem;border-top:1px solid #c8c8c8;color:#4a4a4a;font-size:.9rem}
@page{size:A4;margin:16mm}
@media print{
body{font-size:10.5pt}
main{max-width:none;padding:0}
h2,section>p,figcaption,caption{break-after:avoid}
figure,tr,pre,.lead{break-inside:avoid}
figure{max-width:11cm}
thead{display:table-header-group}
.wide{overflow:visible}
summary{display:none}
details::details-content{content-visibility:visible;display:block;height:auto}
}
"""


def page(about: About, found: Outcomes) -> str:
    """The page, in the language that is spoken here. Without matplotlib it has the tables, and says what it lacks."""
    drawing = pictures.installed()
    title = f"{about.name}: {told(mark('report'))}"
    body = [
        f"<header><h1>{escape(about.name)}</h1>",
        f'<p class="lead">{escape(headline(found))}</p>',
        _next(about),
        "" if drawing else _without_pictures(),
        "</header>",
        *(section(one, drawing=drawing) for one in sections(about, found)),
        "<footer>",
        *(f"<p>{escape(one)}</p>" for one in made(about, found)),
        "</footer>",
    ]
    return pictures.visible(
        f'<!doctype html>\n<html lang="{spoken_here()}">\n<head>\n<meta charset="utf-8">\n{MARK}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{_lines(body)}\n</main>\n</body>\n</html>\n"
    )


def _lines(pieces: list[str]) -> str:
    return "\n".join(one for one in pieces if one)


def _next(about: About) -> str:
    if not about.sentence:
        return ""
    command = f"<br><code>{escape(about.command)}</code>" if about.command else ""
    return f'<p class="note">{escape(about.sentence)}{command}</p>'


def _without_pictures() -> str:
    return f'<p class="note">{escape(told(pictures.MISSING))}: <code>{escape(pictures.INSTALL)}</code></p>'


def section(one: Section, *, drawing: bool) -> str:
    """One section as HTML that stands within a page; without `drawing` its tables alone."""
    first, *others = one.tables or (None,)
    pieces = [
        f'<section id="{one.name}" aria-labelledby="{one.name}-head">',
        f'<h2 id="{one.name}-head">{escape(one.title)}</h2>',
        *(f"<p>{escape(sentence)}</p>" for sentence in one.sentences),
        f'<pre dir="auto">{escape(one.text)}</pre>' if one.text else "",
    ]
    if first is not None and one.picture is not None and drawing:
        pieces.append(_figure(one, first))
    elif first is not None:
        pieces.append(_table(first))
    pieces += [_table(table) for table in others if table is not None]
    return _lines([*pieces, "</section>"])


def _figure(one: Section, table: Table) -> str:
    assert one.picture is not None  # noqa: S101
    told_of = "; ".join(f"{row[0]}: {', '.join(row[1:])}" for row in table.rows[:_READ])
    drawn = pictures.svg(one.picture, name=one.name, title=table.caption, told=told_of)
    return (
        f"<figure><figcaption>{escape(table.caption)}</figcaption>{drawn}</figure>"
        f"<details><summary>{escape(told(mark('The figures of this picture')))}</summary>{_table(table)}</details>"
    )


#: Rows that are read aloud of a picture; all of them stand in the table behind it.
_READ = 8


def _table(table: Table) -> str:
    heads = "".join(
        f'<th scope="col"{_side(table, at)}>{escape(head)}</th>' for at, head in enumerate(table.heads)
    )
    rows = "".join(f"<tr>{_row(table, row)}</tr>" for row in table.rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(table.caption)}"><table>'
        f"<caption>{escape(table.caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(table: Table, row: tuple[str, ...]) -> str:
    first, *others = row
    cells = "".join(f"<td{_side(table, at)}>{escape(cell)}</td>" for at, cell in enumerate(others, 1))
    return f'<th scope="row"{_side(table, 0)}>{escape(first)}</th>{cells}'


def _side(table: Table, at: int) -> str:
    return ' class="n"' if at in table.figures else ""
