"""A studio with TLS, and what it makes of bodies that are meant to hurt."""

from __future__ import annotations

import datetime
import ipaddress
import ssl

import httpx2 as httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lineament.errors import InputError
from lineament.studio.serving import serve
from lineament.studio.settings import Settings


@pytest.fixture
def certificate(tmp_path):
    """Write a certificate for this machine, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "studio")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, secret


def test_with_a_certificate_it_speaks_tls_alone(run_studio, certificate):
    pem, secret = certificate
    with run_studio(certificate=pem, key=secret) as running:
        address = f"https://127.0.0.1:{running.settings.port}"
        with httpx.Client(base_url=address, verify=ssl.create_default_context(cafile=pem)) as client:
            reply = client.get("/", params={"token": running.settings.token})
            assert reply.status_code == 303
            cookie = reply.headers["set-cookie"]
            assert "Secure" in cookie
            assert cookie.startswith("__Host-")
            assert reply.headers["strict-transport-security"]
            assert client.get("/api/session").json()["signed_in"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{running.settings.port}/")


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"edits": ' + b"[" * 100_000, b"\xff\xfe", b"1" * 5000, b""])
def test_a_body_that_is_meant_to_hurt_is_refused(browser, opened, body):
    headers = {"Content-Type": "application/json"}
    reply = browser.client.patch(f"/api/scans/{opened}/landmarks/ibug68", content=body, headers=headers)
    assert reply.status_code in (400, 422)
    assert set(reply.json()) == {"error"}


def test_an_address_of_another_machine_is_told(tmp_path):
    settings = Settings(
        host="192.0.2.1", database=tmp_path, certificate=tmp_path / "c.pem", key=tmp_path / "k.pem", port=1
    )
    with pytest.raises(InputError, match="cannot listen on 192"):
        serve(settings, print, browser=False)


def test_no_version_of_any_software_is_told(browser):
    reply = browser.get("/session")
    assert "server" not in reply.headers
    assert "x-powered-by" not in reply.headers
