import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from facestream.client.address import parse_address
from facestream.client.trust import client_tls
from facestream.errors import BadCertificate
from facestream.server.tls import server_certificate

LOOPBACK, ELSEWHERE = parse_address("wss://127.0.0.1"), parse_address("wss://192.168.1.5")


def test_without_tls_there_is_no_context() -> None:
    assert client_tls(parse_address("ws://192.168.1.5")) is None


@pytest.mark.parametrize(
    ("context", "verified"),
    [
        (client_tls(LOOPBACK), False),
        (client_tls(ELSEWHERE), True),
        (client_tls(ELSEWHERE, insecure=True), False),
    ],
    ids=["loopback", "elsewhere", "insecure"],
)
def test_certificates_are_verified_but_on_the_loopback(
    context: ssl.SSLContext, verified: bool
) -> None:
    assert (context.verify_mode is ssl.CERT_REQUIRED) is verified
    assert context.check_hostname is verified


@pytest.mark.parametrize("address", [LOOPBACK, ELSEWHERE])
def test_given_authority_is_the_only_one_trusted(address: object, tmp_path: Path) -> None:
    files = server_certificate(tmp_path, ["host"], [], datetime.now(UTC))
    context = client_tls(address, ca=files.ca)  # type: ignore[arg-type]
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_broken_authority_is_refused(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadCertificate, match=r"ca\.pem"):
        client_tls(ELSEWHERE, ca=path)
