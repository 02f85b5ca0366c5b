"""Frames through the data plane, each with its source in PVE's firewall: what passes there passes here, and nothing else."""

from collections.abc import Iterator

import pytest
from plane import (BROADCAST, MARK, MISSING, NOBODY, OPTIONS, DataPlane, address, arp, asked_for, dhcp, ethernet, guest, icmp6,
                   link_local, mac, state, udp, udp6)

pytestmark = pytest.mark.skipif(MISSING is not None, reason=MISSING or '')
IPV4, ARP, IPV6, LOOPBACK_TEST = 0x0800, 0x0806, 0x86dd, 0x9000
SELF, MATE, THIRD, STRANGER = 5001, 5002, 5003, 5101
ALL_ROUTERS = bytes.fromhex('ff02' + '00' * 13 + '01')


@pytest.fixture(scope='module')
def running() -> Iterator[DataPlane]:
    plane = DataPlane()
    yield plane
    plane.stop()


@pytest.fixture
def plane(running: DataPlane) -> DataPlane:
    running.apply()
    return running


def packet(source: int = SELF, to: int = MATE, ports: tuple[int, int] = (514, 514), claims: str | None = None,
           payload: bytes = MARK, **link: object) -> tuple[int, bytes]:
    """A packet of a VM to another of its segment."""
    body = udp(claims or address(source), address(to), ports, payload)
    return source, ethernet(**{'source': mac(source), 'destination': mac(to), 'kind': IPV4, **link}, body=body)


def v6(kind: int, vlan: int | None = None, mac_of: int = SELF) -> tuple[int, bytes]:
    body = icmp6(link_local(mac(mac_of)), ALL_ROUTERS, kind)
    return SELF, ethernet(mac(SELF), '33:33:00:00:00:01', IPV6, body, vlan)


def test_frame_of_a_vm_reaches_another_of_its_segment_and_no_other_mac_does(plane):
    assert plane.reached(packet()) == [MATE]
    assert STRANGER not in plane.reached(packet(source=SELF, to=STRANGER))
    assert plane.reached((SELF, packet(MATE, MATE)[1])) == []


@pytest.mark.parametrize('vlan, reached', [(0, [MATE]), (50, [MATE]), (51, [])])
def test_frame_with_a_tag_is_checked_for_its_mac_alone_and_stays_in_its_vlan(plane, vlan, reached):
    """bridge-nf-filter-vlan-tagged is 0, so iptables does not see it; ebtables (Firewall.pm:4694) checks the MAC."""
    plane.apply(guest(SELF, ipset=[{'cidr': address(SELF)}]))
    assert plane.reached(packet(claims=address(THIRD))) == []
    assert plane.reached(packet(claims=address(THIRD), vlan=vlan)) == reached
    gateway = arp(mac(SELF), '10.20.50.1')
    assert plane.reached((SELF, ethernet(mac(SELF), BROADCAST, ARP, gateway))) == []
    assert plane.reached((SELF, ethernet(mac(SELF), BROADCAST, ARP, gateway, vlan))) == ([MATE, THIRD] if reached else [])
    assert plane.reached((SELF, ethernet(NOBODY, mac(MATE), IPV4, udp(address(SELF), address(MATE)), vlan))) == []


def test_packet_with_a_tag_meets_the_rules_of_whom_it_is_for(plane):
    plane.apply(guest(MATE, rules=[]))
    assert plane.reached(packet(vlan=0)) == []


@pytest.mark.parametrize('trunks', ['51', '60-70;51', '40-60'])
def test_trunks_carry_another_vlans_frames_past_every_chain_both_ways(plane, trunks):
    plane.apply(guest(SELF, net=f',trunks={trunks}'))
    body = udp('10.20.51.99', address(STRANGER))
    # The chain of whom it is for is still there.
    plane.apply(guest(SELF, net=f',trunks={trunks}'), guest(STRANGER, rules=[{'type': 'in', 'action': 'ACCEPT', 'enable': 1}]))
    assert plane.reached((SELF, ethernet(mac(SELF), mac(STRANGER), IPV4, body, 51))) == [STRANGER]
    assert plane.reached((STRANGER, ethernet(mac(STRANGER), mac(SELF), IPV4, udp(address(STRANGER), '10.20.51.99')))) == [SELF]
    assert plane.reached((SELF, ethernet(mac(SELF), mac(STRANGER), IPV4, body, 52))) == []
    plane.apply()
    assert plane.reached((SELF, ethernet(mac(SELF), mac(STRANGER), IPV4, body, 51))) == []
    # A switch forgets who is behind a port whose VLANs change (bundle_set, ofproto/ofproto-dpif.c of openvswitch/ovs).
    assert plane.reached(packet()) == [MATE]


@pytest.mark.parametrize('dhcp, reached', [(1, [MATE]), (0, [])])
def test_dhcp_out_passes_before_mac_and_address_are_looked_at_where_the_option_is_on(plane, dhcp, reached):
    """Firewall.pm:2559 is before 2617 and 2628."""
    plane.apply(guest(SELF, options={**OPTIONS, 'dhcp': dhcp}, ipset=[{'cidr': address(SELF)}]))
    assert plane.reached(packet(ports=(68, 67), claims=address(THIRD))) == reached
    assert plane.reached((SELF, ethernet(NOBODY, mac(MATE), IPV4, udp(address(THIRD), address(MATE), (68, 67))))) == reached
    assert plane.reached((SELF, ethernet(NOBODY, mac(MATE), IPV4, udp(address(THIRD), address(MATE), (68, 68))))) == []


@pytest.mark.parametrize('dhcp, reached', [(1, [MATE]), (0, [])])
def test_dhcp_in_passes_from_anywhere_where_the_option_is_on(plane, dhcp, reached):
    """Firewall.pm:2574."""
    plane.apply(guest(MATE, options={**OPTIONS, 'dhcp': dhcp}, rules=[]))
    across = ethernet(mac(STRANGER), plane.router_mac, IPV4, udp(address(STRANGER), address(MATE), (67, 68)))
    assert plane.reached((STRANGER, across)) == reached
    assert plane.reached((STRANGER, across.replace(b'\x00\x43\x00\x44', b'\x00\x43\x00\x45'))) == []


def test_what_was_answered_passes_with_any_mac_at_every_nic(plane):
    """Firewall.pm:4322; one conntrack zone for the node."""
    foreign = (SELF, ethernet(NOBODY, mac(MATE), IPV4, udp(address(SELF), address(MATE))))
    first, answer = packet(payload=b'a first one.'), packet(MATE, SELF, payload=b'an answer...')
    assert plane.reached(first, foreign) == []
    assert plane.reached(first, answer, foreign) == [MATE]


def test_a_first_packet_sent_again_is_still_a_new_connection(plane):
    plane.apply(guest(MATE, rules=[]))
    assert plane.reached(packet(payload=b'a first one.'), packet(payload=b'a second one'), packet()) == []


def test_vms_that_work_together_pass_the_rules_of_both(plane):
    """A packet that one accepted outwards is established at the other, whose answer was never asked for."""
    plane.apply(guest(SELF, rules=[]), guest(MATE, rules=[]))
    asked = packet(payload=b'a first one.')
    assert plane.reached(packet(MATE, SELF)) == []
    assert plane.reached(asked, packet(MATE, SELF)) == [SELF]


def test_answers_of_a_connection_that_began_without_a_chain_pass_when_there_is_one(plane):
    """D1: what connects before the chains are made stays."""
    none = guest(MATE, options={**OPTIONS, 'enable': 0}, rules=[])
    plane.apply(none)
    assert plane.reached(packet(payload=b'a first one.'), packet(MATE, SELF)) == [SELF]
    plane.command('apply', state=state(guest(MATE, rules=[])))
    assert plane.reached(packet()) == [MATE]
    assert plane.reached(packet(ports=(515, 515))) == []


@pytest.mark.parametrize('without', [{'options': {}}, {'options': {**OPTIONS, 'enable': 0}}])
def test_vm_without_a_chain_sends_and_is_sent_to(plane, without):
    """Firewall.pm:4362."""
    across = (STRANGER, ethernet(mac(STRANGER), plane.router_mac, IPV4, udp(address(STRANGER), address(SELF))))
    assert plane.reached(across) == []
    plane.apply(guest(SELF, **without))
    assert plane.reached(across) == [SELF]
    assert plane.reached((SELF, packet(THIRD, MATE)[1])) == [MATE]


def test_no_frame_passes_a_nic_whose_link_is_down(plane):
    plane.apply(guest(MATE, net=',link_down=1'))
    assert plane.reached(packet()) == []
    assert plane.reached(packet(MATE, SELF)) == []


@pytest.mark.parametrize('rule, reached', [
    ({'dest': '10.20.50.0/24', 'action': 'DROP'}, []), ({'dest': address(THIRD), 'action': 'DROP'}, [MATE]),
    ({'proto': 'udp', 'sport': '514', 'action': 'DROP'}, []), ({'proto': 'udp', 'dport': '515', 'action': 'DROP'}, [MATE])])
def test_rules_out_are_held_against_what_a_vm_sends(plane, rule, reached):
    own = {'type': 'in', 'action': 'ACCEPT', 'enable': 1, 'source': '10.20.50.0/24'}
    plane.apply(guest(SELF, rules=[own, {'type': 'out', 'enable': 1, **rule}]))
    assert plane.reached(packet()) == reached


@pytest.mark.parametrize('options, vlan, reached', [
    ({}, None, []), ({'radv': 1}, None, [MATE, THIRD]), ({}, 0, [MATE, THIRD]), ({}, 50, [MATE, THIRD])])
def test_router_advertisement_passes_where_radv_is_on_or_with_a_tag(plane, options, vlan, reached):
    """Firewall.pm:2620 and 2504; no other segment hears it."""
    plane.apply(guest(SELF, options={**OPTIONS, **options}))
    assert plane.reached(v6(134, vlan)) == reached


def test_neighbours_are_found_over_ipv6_and_nothing_else_comes_in(plane):
    assert plane.reached(v6(135)) == [MATE, THIRD]
    body = udp6(link_local(mac(SELF)), link_local(mac(MATE)))
    assert plane.reached((SELF, ethernet(mac(SELF), mac(MATE), IPV6, body))) == []
    plane.apply(guest(MATE, rules=[{'type': 'in', 'action': 'ACCEPT', 'enable': 1, 'source': 'fe80::/10'}]))
    assert plane.reached((SELF, ethernet(mac(SELF), mac(MATE), IPV6, body))) == [MATE]
    plane.apply(*(guest(vmid, options={**OPTIONS, 'ndp': 0}) for vmid in (MATE, THIRD)))
    assert plane.reached(v6(135)) == []


def test_address_filter_leaves_a_vm_its_own_link_local_address(plane):
    """mac_to_linklocal and fe80::/10 nomatch, Firewall.pm:4509."""
    plane.apply(guest(SELF, ipset=[{'cidr': address(SELF)}]))
    assert plane.reached(v6(135)) == [MATE, THIRD]
    assert plane.reached(v6(135, mac_of=THIRD)) == []
    plane.apply(guest(SELF, options={**OPTIONS, 'ipfilter': 1}))
    assert plane.reached(packet()) == []
    # A set that is not there filters no ARP.
    assert plane.reached((SELF, ethernet(mac(SELF), BROADCAST, ARP, arp(mac(SELF), '10.20.50.1')))) == [MATE, THIRD]


def test_kea_believes_a_relays_address_so_one_segment_can_empty_the_pool_of_another(plane):
    """Kea chooses the scope by `giaddr` where there is one, and takes frames before any packet filter; what has a reservation or a
    fixed address needs no pool. No rule of PVE or pf sees the field, so this is not stopped: docs/walls.md says so."""
    plane.apply(scopes=True)

    def offered(client: bytes) -> bool:
        """Whether the other tenant's VM is offered an address."""
        discover = ethernet(mac(STRANGER), BROADCAST, IPV4, dhcp(1, client))
        return plane.seen(client, [STRANGER], (STRANGER, discover)) == [STRANGER]

    def takes(number: int, relay: str, client: bytes = b'\x02\x00\x00\x00\x07') -> tuple[int, bytes]:
        client, wanted = (client + bytes([number]))[:6], f'10.20.51.{number}'
        return SELF, ethernet(mac(SELF), BROADCAST, IPV4, dhcp(3, client, asked_for(wanted, '10.20.50.1'), relay))

    assert offered(b'\x02\x00\x00\x00\x08\x01')
    plane.seen(MARK, [], takes(100, '0.0.0.0'), takes(101, '0.0.0.0'))
    assert offered(b'\x02\x00\x00\x00\x08\x02')
    reserved = b'\x02\x00\x00\x00\x09\x01'
    plane.seen(MARK, [], takes(100, '10.20.51.1'), takes(101, '10.20.51.1'), takes(20, '10.20.51.1', reserved))
    assert not offered(b'\x02\x00\x00\x00\x08\x03')
    assert offered(reserved)


def test_frame_that_is_no_packet_passes_with_the_vms_own_mac(plane):
    assert plane.reached((SELF, ethernet(mac(SELF), mac(MATE), LOOPBACK_TEST, MARK + bytes(40)))) == [MATE]
    assert plane.reached((SELF, ethernet(NOBODY, mac(MATE), LOOPBACK_TEST, MARK + bytes(40)))) == []
