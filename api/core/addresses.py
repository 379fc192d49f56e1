"""What a network address says of who can reach it, and of whom it belongs to."""

import ipaddress
from functools import lru_cache
from typing import Final

# Whoever has an IPv6 address has at least a whole network of this size.
_IPV6_PREFIX: Final = 64


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`. A name other than localhost may lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=4_096)
def network(address: str) -> str:
    """Whom an address counts for: itself in IPv4, its network in IPv6; a text that is none for itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))
