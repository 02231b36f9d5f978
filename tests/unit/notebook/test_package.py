"""`import smscampaign as sms`: light, complete, and not confused by its own subpackages."""

import subprocess
import sys

import pytest

import smscampaign as sms


def python(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_it_loads_nothing_heavy():
    loaded = python("import smscampaign, sys; print(*sys.modules)").split()
    assert not {"pandas", "ovh", "sqlalchemy", "starlette", "tqdm"} & set(loaded)


def test_every_name_is_there():
    assert [name for name in sms.__all__ if getattr(sms, name, None) is None] == []
    assert dir(sms) == sorted(sms.__all__)
    with pytest.raises(AttributeError, match="no attribute 'sandbocks'"):
        _ = sms.sandbocks


@pytest.mark.parametrize(
    "first",
    ["pass", "import smscampaign.sandbox, smscampaign.cli"],
)
def test_sandbox_can_be_called_and_is_still_the_package(first):
    code = f"""
import smscampaign as sms
{first}
import smscampaign.sandbox as package
from smscampaign import sandbox
with sms.sandbox() as gateway:
    print(len(gateway.accepted()), package.Sandbox.__name__, sandbox is package)
"""
    assert python(code) == "0 Sandbox True"
