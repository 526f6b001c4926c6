"""A studio that others can reach does not start without TLS and sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineament.errors import InputError
from lineament.studio.serving import address_of
from lineament.studio.settings import Settings

TLS = {"certificate": Path("c.pem"), "key": Path("k.pem")}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_alone_needs_nothing(host):
    assert Settings(host=host).loopback


@pytest.mark.parametrize(
    "changes",
    [
        {},
        TLS,
        {"database": Path("db")},
        {**TLS, "database": Path("db"), "actor": "anna"},
    ],
)
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "scans.example"])
def test_a_public_address_needs_a_certificate_and_a_database_with_passwords(host, changes):
    with pytest.raises(InputError, match="can be reached from other machines"):
        Settings(host=host, **changes)


def test_a_public_address_with_both_is_taken():
    settings = Settings(host="0.0.0.0", database=Path("db"), public_name="scans.example", port=443, **TLS)
    assert settings.signs_in
    assert address_of(settings) == "https://scans.example:443/"


@pytest.mark.parametrize(
    "changes", [{"certificate": Path("c")}, {"key": Path("k")}, {"actor": "anna"}, {"port": 70000}, {"workers": 0}]
)
def test_what_cannot_be_is_refused(changes):
    with pytest.raises(InputError):
        Settings(**changes)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_every_address_needs_a_name(host):
    with pytest.raises(InputError, match="give the name"):
        Settings(host=host, database=Path("db"), **TLS)


def test_the_token_is_another_each_time_and_not_shown():
    one, other = Settings(), Settings()
    assert one.token != other.token
    assert len(one.token) > 40
    assert one.token not in repr(one)
    assert address_of(one).endswith(f"?token={one.token}")


def test_a_public_name_may_have_another_port():
    from lineament.studio.security import Guard

    settings = Settings(host="0.0.0.0", database=Path("db"), public_name="Scans.Example", port=8443, **TLS)
    guard = Guard(None, settings)
    assert guard._is_own_name("scans.example")
    assert guard._is_own_name("scans.example:443")
    assert not guard._is_own_name("other.example:8443")
    assert not guard._is_own_name("0.0.0.0:1")
