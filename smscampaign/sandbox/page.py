"""The page at `/`: what this sandbox is and what it accepted last. Plain HTML, nothing from the network."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from smscampaign.sandbox.clock import utc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from smscampaign.sandbox.world import World

SHOWN = 50
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2733; background: #f6f7f9 }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
.notice { background: #fff3c4; border: 1px solid #d9b64a; border-radius: .4rem; padding: .5rem .8rem }
li { background: #fff; border: 1px solid #d9dee4; border-radius: .6rem; list-style: none }
li { padding: .5rem .8rem; margin: .5rem 0 }
ul { padding: 0 }
p.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2rem 0 } small { color: #4a5866 }
"""


class Page:
    """The page of one sandbox."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def show(self, request: Request) -> Response:
        """The whole page."""
        items = "".join(self._items()) or "<li>No message yet.</li>"
        html = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>SMS sandbox</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{_STYLE}</style></head><body><h1>SMS sandbox</h1>"
            '<p class="notice">This is a sandbox: it imitates OVHcloud’s SMS API on this machine. '
            "No message leaves it, and nothing costs money.</p>"
            f"{self._summary()}<h2>Last messages</h2><ul>{items}</ul></body></html>"
        )
        return HTMLResponse(html)

    def _summary(self) -> str:
        store, clock = self._world.store, self._world.clock
        accounts = "; ".join(
            f"{escape(name)}: {left.normalize():f} credits left" for name, left in store.accounts()
        )
        faults = len(self._world.injector.state())
        return (
            f"<p>{accounts}<br>{store.messages} messages accepted in {store.calls} calls<br>"
            f"Clock: {escape(clock.text(clock.now()))} · faults in force: {faults}<br>"
            '<a href="/_sandbox/accepted.csv">What was accepted (CSV)</a> · <a href="/_sandbox/state">State (JSON)</a></p>'
        )

    def _items(self) -> Iterator[str]:
        room = SHOWN
        for call in self._world.store.recent(SHOWN):
            for number in call.numbers()[:room]:
                yield (
                    f"<li><strong>{escape(number)}</strong> <small>from {escape(call.sender)}, "
                    f"{escape(utc(call.created))}, {call.parts} part(s){_tagged(call.tag)}</small>"
                    f'<p class="text">{escape(call.shown)}</p></li>'
                )
            room -= min(room, call.count)
            if not room:
                return


def _tagged(tag: str) -> str:
    return f", tag {escape(tag)}" if tag else ""
