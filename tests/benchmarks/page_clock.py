"""How long a person waits in a page: from the event to the frame that shows its answer, by the page's own clock."""

from __future__ import annotations

import time
from typing import Any

#: Given what is done, what is to be seen, and the page's promise. The clock stops in the frame after the one that drew it.
_STEP = """
const [act, seen, done] = arguments;
const test = new Function("return " + seen), begin = performance.now();
const look = new MutationObserver(() => check());
const check = () => {
  let found = false;
  try { found = test(); } catch { return; }
  if (!found) return;
  look.disconnect();
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin)));
};
look.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
new Function(act)();
check();
"""

#: Notes each key with the text it makes, and when the phone shows that text.
_KEYS = """
const area = [...document.querySelectorAll(".sms-panel textarea")].find(one => one.checkVisibility());
const bubble = document.querySelector(".sms-panel .sms-bubble"), from = area.value.length;
const typed = window.typed = {times: [], waiting: []};
let key = 0;
area.addEventListener("keydown", (event) => { key = event.timeStamp; }, true);
area.addEventListener("input", () => typed.waiting.push({at: key, text: area.value.slice(from)}), true);
new MutationObserver(() => {
  const shown = bubble.textContent;
  const seen = typed.waiting.filter(one => shown.includes(one.text));
  typed.waiting = typed.waiting.filter(one => !shown.includes(one.text));
  if (seen.length) requestAnimationFrame(() => setTimeout(() => {
    typed.times.push(...seen.map(one => performance.now() - one.at));
  }));
}).observe(bubble, {subtree: true, childList: true, characterData: true});
area.focus();
area.setSelectionRange(from, from);
"""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def step(browser: Any, act: str, seen: str) -> float:
    """Milliseconds from `act`, done in the page, until `seen` is drawn. Raises `RuntimeError` if it never does."""
    from selenium.common.exceptions import TimeoutException

    try:
        return float(browser.execute_async_script(_STEP, act, seen))
    except TimeoutException as error:
        shown = browser.execute_script(
            "return document.querySelector('.sms-panel')?.innerText.slice(0, 2000)"
        )
        raise RuntimeError(f"never seen: {seen}, but:\n{shown}") from error


def keys(browser: Any, number: int, *, apart: float, rest_after: int, rest: float) -> list[float]:
    """Milliseconds for each of some keys until the phone shows its text. They come so many seconds `apart`, and `rest`
    seconds pass after every `rest_after` of them, in which the panel begins to keep the text.
    """
    browser.execute_script(_KEYS)
    for at in range(number):
        letter = _LETTERS[at % len(_LETTERS)]
        for kind, text in (("keyDown", letter), ("keyUp", "")):
            event = {"type": kind, "key": letter, "text": text}
            browser.execute_cdp_cmd("Input.dispatchKeyEvent", event)
        time.sleep(rest if at % rest_after == rest_after - 1 else apart)
    end = time.monotonic() + 30
    while browser.execute_script("return window.typed.times.length") < number and time.monotonic() < end:
        time.sleep(0.05)
    times: list[float] = browser.execute_script("return window.typed.times")
    if len(times) < number:
        raise RuntimeError(f"of {number} keys the phone showed {len(times)}")
    return times
