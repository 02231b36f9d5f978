"""The stop button: once to end in order, twice to end at once."""

import os
import signal
import threading

import pytest

from smscampaign.notebook.journals import stopping


@pytest.fixture(autouse=True)
def patient():
    """A Ctrl-C that nobody takes does no harm to the other tests."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_once_asks_and_twice_interrupts():
    with stopping() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(30)  # it is set by another thread
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_in_another_thread_there_is_nothing_to_install():
    seen = []

    def work():
        with stopping() as stop:
            seen.append((stop.is_set(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, signal.SIG_IGN)]
