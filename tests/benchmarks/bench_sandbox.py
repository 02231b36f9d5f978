"""What the sandbox carries on two cores that it shares with its client, and what five million messages cost in memory."""

from __future__ import annotations

import hashlib
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.bounds import Figure

SINGLE_CALLS = 2000
CHUNK = 500
CHUNKS = 10_000
_ACCOUNT = "/1.0/sms/sms-sb00001-1"


class Client:
    """A client that does nothing but sign and send, so that what is measured is the sandbox."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._base = f"http://{place.netloc}"
        self._connection = http.client.HTTPConnection(place.netloc, timeout=120)

    def call(self, method: str, target: str, body: bytes = b"") -> bytes:
        """The body of the answer, which must be a success."""
        stamp = str(int(time.time()))
        signed = (
            f"sandbox-as+sandbox-ck+{method}+{self._base}{target}+".encode() + body + f"+{stamp}".encode()
        )
        headers = {
            "X-Ovh-Application": "sandbox-ak",
            "X-Ovh-Consumer": "sandbox-ck",
            "X-Ovh-Timestamp": stamp,
            "X-Ovh-Signature": "$1$" + hashlib.sha1(signed).hexdigest(),
        }
        self._connection.request(method, target, body or None, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {content[:200]!r}")
        return content


def _job(first: int, count: int) -> bytes:
    receivers = [f"+336{10_000_000 + (first + n) % 80_000_000}" for n in range(count)]
    job = {
        "message": "Your order is ready",
        "sender": "Sandbox",
        "receivers": receivers,
        "tag": f"bench-{first}",
    }
    return json.dumps(job).encode()


def _took(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _singles(client: Client) -> float:
    bodies = [_job(n, 1) for n in range(SINGLE_CALLS)]
    return SINGLE_CALLS / _took(lambda: [client.call("POST", f"{_ACCOUNT}/jobs", body) for body in bodies])


def _bulk(url: str, chunks: int) -> float:
    """Two connections, so that one chunk is written while another is answered: each side has a core."""

    def send(start: int) -> None:
        client = Client(url)
        for n in range(start, chunks, 2):
            client.call("POST", f"{_ACCOUNT}/jobs", _job(n * CHUNK, CHUNK))

    with ThreadPoolExecutor(2) as both:
        return chunks * CHUNK / _took(lambda: list(both.map(send, range(2))))


def _memory(process: int) -> float:
    """The most memory a process ever had, in MB (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _first_answer(url: str, target: str) -> float:
    """Milliseconds until a page or its data is here, the median of five."""

    def fetch() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        connection.request("GET", target)
        connection.getresponse().read()
        connection.close()

    return statistics.median(_took(fetch) for _ in range(5)) * 1000


def rows() -> list[Figure]:
    """Calls and messages a second, and then the memory, the page and the history with five million messages."""
    command = [
        sys.executable,
        "-m",
        "smscampaign.sandbox",
        "--keys",
        "sandbox-ak",
        "sandbox-as",
        "sandbox-ck",
        "--port",
        "0",
        "--credits",
        "100000000",
        "--no-hold",
    ]
    sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = (
            (sandbox.stdout.readline() if sandbox.stdout else "")
            .partition("OVH_ENDPOINT=")[2]
            .partition("1.0 ")[0]
        )
        client = Client(url)
        singles, bulk = _singles(client), _bulk(url, CHUNKS)
        page = _first_answer(url, "/") + _first_answer(url, "/_sandbox/inbox")
        seconds = _took(lambda: client.call("GET", f"{_ACCOUNT}/outgoing"))
        memory = _memory(sandbox.pid)
    finally:
        sandbox.terminate()
        sandbox.communicate(timeout=30)
    many = f"{CHUNKS * CHUNK / 1e6:g} million messages"
    return [
        Figure("POST /jobs to the sandbox, one receiver", singles, "calls/s", 0),
        Figure(f"POST /jobs to the sandbox, {CHUNK} receivers", bulk, "messages/s", 0),
        Figure(f"sandbox's memory at {many}", memory, "MB", 0),
        Figure(f"sandbox's page and its data at {many}", page, "ms", 0),
        Figure(f"GET /outgoing of {many}", seconds, "s"),
    ]
