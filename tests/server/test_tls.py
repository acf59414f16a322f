from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ifaddr
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from facestream.errors import BadCertificate
from facestream.server import tls
from facestream.server.tls import CertificateFiles, server_certificate

NOW = datetime(2030, 3, 31, 12, tzinfo=UTC)
NAMES = ("attic", "attic.local", "localhost")
ADDRESSES = ("192.168.1.20", "fd00::20")


def make(
    folder: Path,
    names: tuple[str, ...] = NAMES,
    addresses: tuple[str, ...] = ADDRESSES,
    now: datetime = NOW,
) -> CertificateFiles:
    return server_certificate(folder, names, addresses, now)


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def contents(files: CertificateFiles) -> tuple[bytes, bytes, bytes]:
    return files.ca.read_bytes(), files.certificate.read_bytes(), files.key.read_bytes()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_keys_and_their_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    make(tmp_path / "data")
    folder = tmp_path / "data" / "tls"
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.glob("*-key.pem")} == {
        "ca-key.pem": 0o600,
        "server-key.pem": 0o600,
    }
    assert len(list(folder.iterdir())) == 4


def test_server_certificate_holds_all_names_and_addresses_and_those_of_loopback(
    tmp_path: Path,
) -> None:
    certificate = read(make(tmp_path, names=("attic",)).certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["attic", "localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == [
        "192.168.1.20",
        "fd00::20",
        "127.0.0.1",
        "::1",
    ]


def test_server_certificate_is_one_that_apple_accepts(tmp_path: Path) -> None:
    certificate = read(make(tmp_path).certificate)
    lifetime = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lifetime <= timedelta(days=398)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)


def test_server_certificate_is_valid_on_a_device_whose_clock_is_hours_behind(
    tmp_path: Path,
) -> None:
    certificate = read(make(tmp_path).certificate)
    assert certificate.not_valid_before_utc <= NOW - timedelta(hours=12)


def test_authority_can_sign_servers_only_and_lasts_ten_years(tmp_path: Path) -> None:
    authority = read(make(tmp_path).ca)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert limits.critical
    assert (limits.value.ca, limits.value.path_length) == (True, 0)
    usage = authority.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert authority.not_valid_after_utc - NOW > timedelta(days=3600)


def test_nothing_is_written_while_the_certificate_is_good(tmp_path: Path) -> None:
    before = contents(make(tmp_path))
    later = NOW + timedelta(days=300)
    assert contents(make(tmp_path, names=NAMES[::-1], now=later)) == before


@pytest.mark.parametrize(
    ("names", "addresses", "now"),
    [
        pytest.param((*NAMES, "cellar"), ADDRESSES, NOW, id="a name more"),
        pytest.param(NAMES, ADDRESSES[:1], NOW, id="an address less"),
        pytest.param(NAMES, ("192.168.1.21", "fd00::20"), NOW, id="another address"),
        pytest.param(NAMES, ADDRESSES, NOW + timedelta(days=367), id="expires within 30 days"),
        pytest.param(NAMES, ADDRESSES, NOW - timedelta(days=2), id="not yet valid"),
    ],
)
def test_certificate_is_renewed_and_the_authority_stays(
    tmp_path: Path, names: tuple[str, ...], addresses: tuple[str, ...], now: datetime
) -> None:
    ca, certificate, key = contents(make(tmp_path))
    new_ca, new_certificate, new_key = contents(make(tmp_path, names, addresses, now))
    assert new_ca == ca
    assert new_certificate != certificate
    assert new_key != key


@pytest.mark.parametrize("name", ["server.pem", "server-key.pem"])
@pytest.mark.parametrize("content", [None, b"", b"not PEM", b"-----BEGIN CERTIFICATE-----\n"])
def test_missing_or_broken_server_file_is_made_anew(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    files = make(tmp_path)
    ca = files.ca.read_bytes()
    replace(tmp_path / "tls" / name, content)
    make(tmp_path)
    tls.ssl_context(files)
    assert files.ca.read_bytes() == ca


def test_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    files, foreign = make(tmp_path / "a"), make(tmp_path / "b")
    files.certificate.write_bytes(foreign.certificate.read_bytes())
    files.key.write_bytes(foreign.key.read_bytes())
    make(tmp_path / "a")
    read(files.certificate).verify_directly_issued_by(read(files.ca))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ca-key.pem", None),
        ("ca-key.pem", b""),
        ("ca.pem", b""),
        ("ca.pem", b"not PEM"),
    ],
)
def test_broken_authority_is_an_error_which_says_what_to_do(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    make(tmp_path)
    replace(tmp_path / "tls" / name, content)
    with pytest.raises(BadCertificate, match=r"authority in .*tls is broken .*delete that folder"):
        make(tmp_path)


def test_authority_with_the_key_of_another_is_an_error(tmp_path: Path) -> None:
    make(tmp_path / "a")
    make(tmp_path / "b")
    foreign_key = (tmp_path / "b" / "tls" / "ca-key.pem").read_bytes()
    (tmp_path / "a" / "tls" / "ca-key.pem").write_bytes(foreign_key)
    with pytest.raises(BadCertificate, match=r"ca-key\.pem is not the key of ca\.pem"):
        make(tmp_path / "a")


def test_expired_authority_is_an_error_and_a_nearly_expired_one_is_not(tmp_path: Path) -> None:
    files = make(tmp_path)
    end = read(files.ca).not_valid_after_utc
    make(tmp_path, now=end - timedelta(days=10))
    assert read(files.certificate).not_valid_after_utc == end
    with pytest.raises(BadCertificate, match="has expired"):
        make(tmp_path, now=end)


def test_authority_that_was_interrupted_before_its_certificate_is_made_anew(
    tmp_path: Path,
) -> None:
    files = make(tmp_path)
    files.ca.unlink()
    make(tmp_path)
    read(files.certificate).verify_directly_issued_by(read(files.ca))


def test_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadCertificate, match="cannot be read or written"):
        make(tmp_path / "file")


def test_context_refuses_files_that_are_no_certificate(tmp_path: Path) -> None:
    files = make(tmp_path)
    files.certificate.write_bytes(b"")
    with pytest.raises(BadCertificate, match=r"server\.pem cannot be used"):
        tls.ssl_context(files)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "192.168.1.20", "attic.local"])
def test_client_which_trusts_the_authority_shakes_hands(tmp_path: Path, name: str) -> None:
    assert handshake(tmp_path, name) in ("TLSv1.2", "TLSv1.3")


def test_client_which_asks_for_another_name_refuses(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        handshake(tmp_path, "192.168.1.99")


def handshake(folder: Path, name: str) -> str | None:
    """The version of TLS that a client agrees on which knows the server as `name`."""
    files = make(folder, now=datetime.now(UTC))
    client_context = ssl.create_default_context(cafile=files.ca)
    # As strict as browsers are; the default of Python 3.13.
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    near, far = socket.socketpair()
    server = threading.Thread(target=serve_one, args=(tls.ssl_context(files), far))
    server.start()
    try:
        with client_context.wrap_socket(near, server_hostname=name) as connection:
            return connection.version()
    finally:
        near.close()
        server.join()


def serve_one(context: ssl.SSLContext, connection: socket.socket) -> None:
    with connection:
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return  # the client refused, which is for the client to tell


def test_local_names_begin_with_the_short_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Attic.example.org")
    assert tls.local_names() == ["attic", "attic.local", "attic.example.org", "localhost"]


@pytest.mark.parametrize("hostname", ["", "küche", "a b", "-", "x" * 64])
def test_host_name_that_no_certificate_can_hold_is_left_out(
    monkeypatch: pytest.MonkeyPatch, hostname: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: hostname)
    assert tls.local_names() == ["localhost"]


def test_lan_addresses_are_those_of_use_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ips = [
        ifaddr.IP("127.0.0.1", 8, "lo"),
        ifaddr.IP(("::1", 0, 0), 128, "lo"),
        ifaddr.IP(("fe80::1", 0, 2), 64, "eth0"),
        ifaddr.IP(("fd00::20", 0, 0), 64, "eth0"),
        ifaddr.IP("172.17.0.1", 16, "docker0"),
        ifaddr.IP("169.254.3.4", 16, "eth1"),
        ifaddr.IP("192.168.1.20", 24, "wlan0"),
    ]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [ifaddr.Adapter("all", "all", ips)])
    monkeypatch.setattr(tls, "_address_of_default_route", lambda: "192.168.1.20")
    assert tls.lan_addresses() == ["192.168.1.20", "172.17.0.1", "fd00::20"]


def test_lan_addresses_of_this_machine_are_addresses() -> None:
    for address in tls.lan_addresses():
        assert not ipaddress.ip_address(address).is_loopback


def replace(path: Path, content: bytes | None) -> None:
    """None deletes the file."""
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
