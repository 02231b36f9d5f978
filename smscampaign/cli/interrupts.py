"""Ctrl-C and SIGTERM while messages leave: the first asks to stop, the second leaves at once."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

from smscampaign.translation import told

#: The exit code of a command that was asked to stop.
INTERRUPTED = 130

_ASKING = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def stopping(onward: str = "") -> Iterator[Event]:
    """Ctrl-C and SIGTERM ask to stop; what is in flight is recorded first. A second one leaves at once, and names `onward`.

    A thread hears them, over the wakeup socket that the interpreter writes to within the signal itself. The main thread would
    hear them too late: it runs its handlers between two instructions only, and a signal that comes just before it begins to
    wait for a lock is heard when that wait ends. https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
    """
    stop = Event()
    heard, rung = socket.socketpair()
    rung.setblocking(False)
    # A thread of its own speaks no language yet.
    asked, left = told(_ASKED), told(f"Left at once. To go on:\n  {onward}") if onward else ""
    listener = threading.Thread(target=_listen, args=(heard, stop, asked, left), name="signals", daemon=True)
    listener.start()
    # What is ignored stays so: a command that a script put into the background has no part in the script's Ctrl-C.
    asking = [number for number in _ASKING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _heard_elsewhere) for number in asking}
    before_us = signal.set_wakeup_fd(rung.fileno(), warn_on_full_buffer=False)
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(before_us)
        for number, handler in before.items():
            signal.signal(number, handler)
        rung.close()
        listener.join()
        heard.close()


_ASKED = "Stopping: waiting for the calls under way (Ctrl-C again leaves at once)."


def _listen(heard: socket.socket, stop: Event, told_once: str, told_twice: str) -> None:
    asked = False
    while numbers := heard.recv(64):
        for number in numbers:
            if number not in _ASKING:
                continue
            if asked:
                try:
                    if told_twice:
                        os.write(2, f"\n{told_twice}\n".encode(errors="replace"))
                finally:
                    os._exit(INTERRUPTED)  # safe: what is in flight is in doubt, and is asked about next time
            asked = True
            stop.set()
            os.write(2, f"\n{told_once}\n".encode(errors="replace"))


def _heard_elsewhere(number: int, frame: FrameType | None) -> None:
    """The listener has it: without a handler the interpreter would not write to the socket."""
