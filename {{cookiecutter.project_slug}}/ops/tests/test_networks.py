"""Tests of the networks of clients."""

from ipaddress import ip_network

import pytest
from django.conf import LazySettings

from ops.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1:2:3:4", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.1:4321", "192.0.2.1"),
        ("[2001:db8::1]:4321", "2001:db8::/64"),
        ("::ffff:192.0.2.1%eth0", "192.0.2.1"),
        ("192.0.2.01", ""),
        ("192.0.2.\uff11", ""),
        ("2001:db8::1%", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_network_of_a_client(address: str, network: str) -> None:
    assert network_of(address, None) == network


def test_forwarded_address_is_trusted_behind_a_proxy_only(settings: LazySettings) -> None:
    forwarded = "203.0.113.9, 192.0.2.1"
    assert network_of("10.0.0.1", forwarded) == "10.0.0.1"
    settings.BEHIND_TLS_PROXY = True
    assert network_of("10.0.0.1", forwarded) == "192.0.2.1"
    # A client that bypasses the proxy.
    assert network_of("198.51.100.7", forwarded) == "198.51.100.7"
    settings.PROXY_NETWORKS = [ip_network("198.51.100.0/24")]
    assert network_of("198.51.100.7", forwarded) == "192.0.2.1"
    assert network_of("10.0.0.1", forwarded) == "10.0.0.1"
