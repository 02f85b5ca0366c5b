"""Frames past PVE's other firewall, that of nftables: each with its source in proxmox-firewall 1.2.3, and what that of iptables does."""

from collections.abc import Iterator

import pytest
from plane import (BROADCAST, MARK, MISSING, NOBODY, OPTIONS, DataPlane, address, arp, ethernet, guest, icmp6, link_local, mac, udp)

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or '')
IPV4, ARP, IPV6, LOOPBACK_TEST = 0x0800, 0x0806, 0x86dd, 0x9000
SELF, MATE, THIRD, STRANGER = 5001, 5002, 5003, 5101
ALL_NODES = bytes.fromhex('ff02' + '00' * 13 + '01')
NEIGHBOUR, ADVERTISEMENT, UNREACHABLE = 135, 134, 1
WALLED = {**OPTIONS, 'ipfilter': 1}


@pytest.fixture(scope='module')
def running() -> Iterator[DataPlane]:
    plane = DataPlane()
    yield plane
    plane.stop()


@pytest.fixture(params=[False, True], ids=['iptables', 'nftables'])
def nftables(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def packet(source: int = SELF, to: int = MATE, ports: tuple[int, int] = (514, 514), claims: str | None = None,
           payload: bytes = MARK, **link: object) -> tuple[int, bytes]:
    body = udp(claims or address(source), address(to), ports, payload)
    return source, ethernet(**{'source': mac(source), 'destination': mac(to), 'kind': IPV4, **link}, body=body)


def v6(kind: int, source: str | None = None) -> tuple[int, bytes]:
    own = source or mac(SELF)
    return SELF, ethernet(own, '33:33:00:00:00:01', IPV6, icmp6(link_local(own), ALL_NODES, kind))


def filtered(**changes: object) -> dict:
    return guest(SELF, options={**WALLED, **changes}, ipset=[{'cidr': address(SELF)}])


def test_both_hold_what_the_program_declares(running, nftables):
    """Incoming frames are dropped but for the rules (F:958), with the own MAC and, where it has a fixed address, from that alone."""
    running.apply(nftables=nftables)
    assert running.reached(packet()) == [MATE]
    assert STRANGER not in running.reached(packet(to=STRANGER))
    assert running.reached((SELF, packet(MATE, MATE)[1])) == []
    running.apply(guest(MATE, rules=[]), nftables=nftables)
    assert running.reached(packet()) == []
    running.apply(filtered(), nftables=nftables)
    assert running.reached(packet()) == [MATE]
    assert running.reached(packet(claims=address(THIRD))) == []
    assert running.reached((SELF, ethernet(mac(SELF), BROADCAST, ARP, arp(mac(SELF), '10.20.50.1')))) == []
    assert running.reached((SELF, ethernet(mac(SELF), BROADCAST, ARP, arp(mac(SELF), address(SELF))))) == [MATE, THIRD]


def test_answers_of_a_connection_pass_and_its_other_packets_do_not(running, nftables):
    """R pre-vm-in: established, before options and rules; control: without the question there is no answer."""
    running.apply(guest(SELF, rules=[]), nftables=nftables)
    answer = packet(MATE, SELF)
    assert running.reached(answer) == []
    assert running.reached(packet(payload=b'a first one.'), answer) == [SELF]


def test_router_advertisements_do_not_leave_and_neighbours_do(running, nftables):
    """F:711."""
    running.apply(nftables=nftables)
    assert running.reached(v6(ADVERTISEMENT)) == []
    assert running.reached(v6(NEIGHBOUR)) == [MATE, THIRD]
    assert running.reached(v6(NEIGHBOUR, NOBODY)) == []


def test_dhcp_passes_with_the_own_mac_alone_by_nftables(running, nftables):
    """F:617 is before F:670; by iptables DHCP is before the MAC."""
    running.apply(guest(SELF, options={**OPTIONS, 'dhcp': 1}), nftables=nftables)
    frame = ethernet(NOBODY, mac(MATE), IPV4, udp(address(SELF), address(MATE), (68, 67)))
    assert running.reached((SELF, frame)) == ([] if nftables else [MATE])
    assert running.reached(packet(ports=(68, 67))) == [MATE]


def test_an_arp_frame_has_the_own_mac_inside_too_by_nftables(running, nftables):
    """F:648."""
    running.apply(nftables=nftables)
    assert running.reached((SELF, ethernet(mac(SELF), BROADCAST, ARP, arp(NOBODY, address(SELF))))) == (
        [] if nftables else [MATE, THIRD])


def test_a_set_alone_filters_nothing_by_nftables(running, nftables):
    """U:774: without the option `ipfilter` no rule is made."""
    running.apply(filtered(ipfilter=0), nftables=nftables)
    assert running.reached(packet(claims=address(THIRD))) == ([MATE] if nftables else [])


def test_errors_of_icmp_pass_with_any_mac_and_address_by_nftables(running, nftables):
    """R vm-out, vm-in: allow-icmp is before a VM's own chain."""
    running.apply(filtered(), guest(MATE, rules=[]), guest(THIRD, rules=[]), nftables=nftables)
    assert running.reached(v6(UNREACHABLE, NOBODY)) == ([MATE, THIRD] if nftables else [])


def test_a_vm_with_a_fixed_address_has_no_ipv6_by_nftables(running, nftables):
    """F:821: the set has what stands in it, and no link-local address is added."""
    running.apply(filtered(), nftables=nftables)
    assert running.reached(v6(NEIGHBOUR)) == ([] if nftables else [MATE, THIRD])
    # A set that nobody made has it: F:830.
    running.apply(guest(SELF, options=WALLED), nftables=nftables)
    assert running.reached(v6(NEIGHBOUR)) == [MATE, THIRD]


def test_a_frame_with_a_tag_is_a_packet_like_others_by_nftables(running, nftables):
    """Linux takes the tag off before the bridge sees it; iptables looks at no tagged frame by default."""
    running.apply(filtered(), nftables=nftables)
    assert running.reached(packet(claims=address(THIRD), vlan=50)) == ([] if nftables else [MATE])
    assert running.reached(packet(vlan=50)) == [MATE]
    assert running.reached(packet(vlan=51)) == []


def test_other_frames_come_in_by_the_policy_alone_by_nftables(running, nftables):
    """F:1028: the policy is the end of the chain for every frame; by iptables no table looks at them on their way in."""
    running.apply(nftables=nftables)
    other = SELF, ethernet(mac(SELF), mac(MATE), LOOPBACK_TEST, MARK)
    assert running.reached(other) == ([] if nftables else [MATE])
    running.apply(guest(MATE, options={**OPTIONS, 'policy_in': 'ACCEPT'}), nftables=nftables)
    assert running.reached(other) == [MATE]


def test_a_vm_whose_firewall_is_off_sends_and_gets_everything(running, nftables):
    running.apply(guest(SELF, options={**OPTIONS, 'enable': 0}, rules=[]), nftables=nftables)
    assert running.reached((SELF, ethernet(NOBODY, mac(MATE), IPV4, udp(address(SELF), address(MATE))))) == [MATE]
    assert running.reached(packet(MATE, SELF)) == [SELF]
