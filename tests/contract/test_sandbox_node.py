"""OVHcloud's own client for Node, unmodified. It speaks HTTPS only, and signs the address without its port."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from smscampaign.sandbox import Running, Sandbox, SandboxProblem, running

MISSING = [tool for tool in ("node", "npm", "openssl") if shutil.which(tool) is None]
# In CI they have to be there: a test that is skipped everywhere tests nothing.
needs_node = pytest.mark.skipif(
    bool(MISSING) and not os.environ.get("CI"),
    reason=f"needs {', '.join(MISSING)} (Debian: nodejs npm openssl)",
)
PACKAGE = "@ovhcloud/node-ovh@3.0.0"

SCRIPT = r"""
const ovh = require('@ovhcloud/node-ovh')({ host: '127.0.0.1', port: Number(process.env.PORT),
  appKey: 'sandbox-ak', appSecret: 'sandbox-as', consumerKey: 'sandbox-ck' });
const call = (method, path, params) => ovh.requestPromised(method, path, params);
(async () => {
  const said = {};
  said.accounts = await call('GET', '/sms/');
  const account = '/sms/' + said.accounts[0];
  said.sent = await call('POST', account + '/jobs', { message: 'Zażółć / "é" 😀\u2028', sender: 'Sandbox', tag: 'node é',
    receivers: ['+33612345678', '+3360000000', 'nobody'], differedPeriod: null, validityPeriod: 2880 });
  said.outgoing = await call('GET', account + '/outgoing', { tag: 'node é' });
  said.message = await call('GET', account + '/outgoing/' + said.outgoing[0]);
  said.nothing = await call('DELETE', account + '/outgoing/{id}', { id: said.outgoing[0] });
  said.put = await call('PUT', account, { description: 'från Node' });
  said.account = await call('GET', account);
  try { await call('GET', account + '/senders/Nobody'); } catch (error) { said.error = error; }
  console.log(JSON.stringify(said));
})().catch(error => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    pair = (folder / "cert.pem", folder / "key.pem")
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-days", "2", "-subj", "/CN=sandbox", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-out", str(pair[0]), "-keyout", str(pair[1])),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return pair


@pytest.fixture(scope="module")
def here(certificate: tuple[Path, Path]) -> Iterator[Running]:
    with running(settings=Sandbox(receipt_delay=0.0), tls=certificate) as it:
        yield it


@pytest.fixture(scope="module")
def client() -> Path:
    """A folder with the client from npm; kept in the machine's temporary folder from one run to the next."""
    folder = Path(tempfile.gettempdir()) / f"smscampaign-{PACKAGE.split('/')[1]}-{os.getuid()}"
    if not (folder / "installed").exists():
        folder.mkdir(exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
        subprocess.run(command, check=True, capture_output=True, timeout=110)
        (folder / "installed").touch()
    return folder


@needs_node
def test_the_node_client_reads_sends_and_is_refused(
    here: Running, client: Path, certificate: tuple[Path, Path]
) -> None:
    environment = {
        **os.environ,
        "PORT": here.url.rsplit(":", 1)[1].strip("/"),
        "NODE_EXTRA_CA_CERTS": str(certificate[0]),
    }
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        cwd=client,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["accounts"] == [here.account]
    assert sorted(said["sent"]["validReceivers"]) == ["+3360000000", "+33612345678"]
    assert said["sent"]["invalidReceivers"] == ["nobody"]
    assert said["outgoing"] == said["sent"]["ids"]
    assert said["message"]["message"] == 'Zażółć / "é" 😀\u2028\nSTOP 36xxx'
    assert said["message"]["tag"] == "node é"
    assert (said["nothing"], said["put"]) == (None, None)
    assert said["account"]["description"] == "från Node"
    assert said["error"] == {"error": 404, "message": "The requested object (id = Nobody) does not exist"}
    rows = [row for row in here.accepted() if row["tag"] == "node é"]
    assert {row["message"] for row in rows} == {'Zażółć / "é" 😀\u2028'}


@needs_node
def test_its_addresses_are_https(here: Running) -> None:
    assert here.endpoint.startswith("https://127.0.0.1:")
    assert f"OVH_ENDPOINT={here.endpoint} " in here.announcement()


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("nothing")
    with (
        pytest.raises(SandboxProblem, match="certificate"),
        running(tls=(tmp_path / "x.pem", tmp_path / "x.pem")),
    ):
        pass


@pytest.mark.timeout(20)
@pytest.mark.parametrize("which", [0, 1])
def test_a_certificate_that_is_a_pipe_is_not_waited_for(
    tmp_path: Path, certificate: tuple[Path, Path], which: int
) -> None:
    os.mkfifo(tmp_path / "pipe.pem")
    pair = [*certificate]
    pair[which] = tmp_path / "pipe.pem"
    with pytest.raises(SandboxProblem, match=r"pipe\.pem is no file"), running(tls=(pair[0], pair[1])):
        pass
