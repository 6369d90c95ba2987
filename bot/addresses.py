"""Which network addresses belong to the public internet."""

from __future__ import annotations

import ipaddress

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether a connection to this address leaves for the public internet; False for what is no address.

    An IPv6 address that only carries an IPv4 one (mapped, NAT64) is judged by that, a tunnel (6to4, Teredo) by both.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return _is_global(address)
    if address.ipv4_mapped or address in _NAT64:
        return _is_global(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    inner = address.sixtofour or (address.teredo[1] if address.teredo else None)
    return _is_global(address) and not address.is_site_local and (inner is None or _is_global(inner))


def _is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not is_special
