"""The network of a client: an IPv4 address, or the /64 of an IPv6 address."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings


def parse(address: str) -> IPv4Address | IPv6Address | None:
    """Return an IP address, or None if the text is not one, as on a Unix socket."""
    # Some proxies append the client's port.
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    # A dual-stack socket reports IPv4 clients as ::ffff:192.0.2.1.
    return getattr(parsed, "ipv4_mapped", None) or parsed


def is_proxy(address: IPv4Address | IPv6Address | None) -> bool:
    """Return whether a request comes from the proxy, not from a client that bypasses it."""
    return address is None or any(address in network for network in settings.PROXY_NETWORKS)


def network_of(peer: str, forwarded: str | None) -> str:
    """Return the network of a client, or an empty string if it is unknown.

    Args:
        peer: The address that has connected.
        forwarded: The X-Forwarded-For header, which is used only if the proxy has sent it.
    """
    address = parse(peer)
    if settings.BEHIND_TLS_PROXY and forwarded is not None and is_proxy(address):
        # The proxy has added the last address. The client may have forged the others.
        address = parse(forwarded.rpartition(",")[2].strip())
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address or "")
