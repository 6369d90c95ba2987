"""Which addresses count as the public internet."""

from __future__ import annotations

import pytest

from bot.addresses import is_public


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.1",
            "192.0.2.1",
        ),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1"),
        *("fc00::1", "fd12::1", "ff02::1", "ff0e::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::7f00:1"),
        *("64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2001:0:0:0:0:0:f5ff:fffe", "", "localhost", "1.2.3"),
    ],
)
def test_everything_else(address: str) -> None:
    assert not is_public(address)
