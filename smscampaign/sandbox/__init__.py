"""A local OVHcloud look-alike for SMS: a real HTTP server to rehearse, teach and test against.

It is a second opinion on the product, not its accomplice: of the product it uses only `message.parts`, `phone` and the words.

- `serve(settings, port=8080)` blocks until it is stopped.
- `running()` is a context manager that serves from a thread of this process on a free loopback port.
- `Sandbox` are the settings, `Fault` and `FaultKind` what can go wrong on command, `Clock` its time.
"""

from smscampaign.sandbox.admission import is_loopback
from smscampaign.sandbox.clock import Clock
from smscampaign.sandbox.faults import BodyKind, Fault, FaultKind
from smscampaign.sandbox.faults import from_file as faults_from_file
from smscampaign.sandbox.faults import from_text as faults_from_text
from smscampaign.sandbox.server import Running, running, serve
from smscampaign.sandbox.settings import Credential, Sandbox, SandboxProblem, outcomes

__all__ = [
    "BodyKind",
    "Clock",
    "Credential",
    "Fault",
    "FaultKind",
    "Running",
    "Sandbox",
    "SandboxProblem",
    "faults_from_file",
    "faults_from_text",
    "is_loopback",
    "outcomes",
    "running",
    "serve",
]
