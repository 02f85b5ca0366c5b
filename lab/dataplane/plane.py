"""The data plane itself: builds what the plan says, and changes what stands when the plan changes."""

import json
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import machine, nft_filter, packet_filter, plan, port_filter, services

# The node's bridge, and the bridge that stands for the router's trunk NIC.
SWITCH, TRUNK = 'vmbr0', 'rtr0'
ROUTER, INTERNET = 'router', 'internet'
# VLAN devices have the MAC of the NIC that they lie on.
ROUTER_MAC = '02:00:00:00:00:fe'


class Plane:
    """One substrate: switch, router, VMs and stand-ins for what lies outside."""

    def __init__(self) -> None:
        # By namespace.
        self.nics: dict[str, plan.Nic] = {}
        self._interfaces: dict[str, plan.Interface] = {}
        self._flows: dict[str, list[str]] = {}
        self._stand_ins: list[str] = []
        self._daemons: dict[str, tuple[str, subprocess.Popen[bytes]]] = {}
        self._start_switch()
        machine.add_namespace(ROUTER, forwards=True)

    def _start_switch(self) -> None:
        machine.run('ovsdb-tool', 'create', '/run/openvswitch/conf.db', '/usr/share/openvswitch/vswitch.ovsschema')
        machine.run('ovsdb-server', '/run/openvswitch/conf.db', '--remote=punix:/run/openvswitch/db.sock', '--detach',
                    '--pidfile', '--log-file=/var/log/ovsdb.log')
        machine.run('ovs-vsctl', '--no-wait', 'init')
        machine.run('ovs-vswitchd', '--detach', '--pidfile', '--log-file=/var/log/vswitchd.log')
        # The router is at the other end of a wire, on which frames carry their VLAN's tag.
        machine.ip(['link set lo up', 'link add name trunk0 type veth peer name trunk1', 'link set trunk0 up',
                    'link set trunk1 up'])
        self._vsctl([*_bridge(SWITCH), *_bridge(TRUNK), f'add-port {SWITCH} trunk0', f'add-port {TRUNK} trunk1'])

    def apply(self, state: plan.Record) -> dict[str, Any]:
        """Makes the data plane as node and router hold it now; raises PlanError for what is not modelled."""
        nics = {nic.namespace: nic for nic in plan.nics(state['node'])}
        self._router(state['router'])
        self._unplug(self.nics.keys() - nics.keys())
        self._ports(nics)
        self.nics = nics
        return {'vms': [{'vmid': nic.vmid, 'mac': nic.mac, 'vlan': nic.vlan, 'filtered': nic.options is not None}
                        for nic in nics.values() if nic.number == 0]}

    def _unplug(self, namespaces: Iterable[str]) -> None:
        """Takes NICs away of VMs that do not run any more, with all that they were."""
        for namespace in sorted(namespaces):
            port = self.nics[namespace].port
            self._vsctl([f'del-port {SWITCH} fwpr{port}', f'del-br fwbr{port}'])
            del self._flows[namespace]
            machine.ip([f'link del tap{port}'])
            machine.run('ip', 'netns', 'del', namespace)

    def _ports(self, nics: dict[str, plan.Nic]) -> None:
        commands: list[str] = []
        for namespace, nic in nics.items():
            old = self.nics.get(namespace)
            if old is None:
                machine.add_namespace(namespace)
                machine.add_link(f'tap{nic.port}', namespace, 'eth0', nic.mac)
                commands += _port(nic)
            elif (old.vlan, old.trunks) != (nic.vlan, nic.trunks):
                commands += [f'clear port fwpr{nic.port} tag trunks vlan_mode', *_membership(nic)]
        self._vsctl(commands)
        for namespace, nic in nics.items():
            flows = (nft_filter if nic.nftables else port_filter).flows(nic)
            if self._flows.get(namespace) != flows:
                machine.run('ovs-ofctl', '--bundle', 'replace-flows', f'fwbr{nic.port}', '-', given='\n'.join(flows) + '\n')
                self._flows[namespace] = flows

    def _router(self, router: plan.Record) -> None:
        for interface in plan.interfaces(router):
            if interface.device not in self._interfaces:
                self._interface(interface)
        machine.run('ip', 'netns', 'exec', ROUTER, 'nft', '-f', '-', given=packet_filter.ruleset(router))
        self._daemon('kea', router, json.dumps(services.kea(router)), 'kea-dhcp4', '-c')
        self._daemon('unbound', router, services.unbound(router), 'unbound', '-d', '-c')

    def _interface(self, interface: plan.Interface) -> None:
        self._interfaces[interface.device] = interface
        outside = f'r-{interface.device}'
        if interface.uplink:
            # Nothing behind it: the internet is a namespace that answers for the addresses it is given.
            machine.add_namespace(INTERNET)
            machine.ip([f'link add name eth0 netns {INTERNET} type veth peer name {interface.device} '
                        f'address {ROUTER_MAC} netns {ROUTER}'])
            machine.ip([f'addr add {_neighbour(interface)} dev eth0', 'link set eth0 up'], INTERNET)
        else:
            machine.add_link(outside, ROUTER, interface.device, ROUTER_MAC)
            self._vsctl([f'add-port {TRUNK} {outside}' + (f' tag={interface.vlan}' if interface.vlan else '')])
        machine.ip([f'addr add {interface.address} broadcast + dev {interface.device}', f'link set {interface.device} up'],
                   ROUTER)
        if interface.uplink:
            machine.ip([f'route add default via {_neighbour(interface).partition("/")[0]}'], ROUTER)

    def _daemon(self, name: str, router: plan.Record, text: str, *command: str) -> None:
        """Runs a service of the router with a configuration, where the router says that it runs."""
        wanted = text if router['running'][name] == 'running' else ''
        had, process = self._daemons.pop(name, ('', None))
        if had == wanted and process is not None:
            self._daemons[name] = (had, process)
            return
        if process is not None:
            process.kill()
            process.wait()
        if wanted:
            Path(f'/run/{name}.conf').write_text(wanted)
            self._daemons[name] = (wanted, machine.start(ROUTER, *command, f'/run/{name}.conf', log=f'/var/log/{name}.log'))
            self._await(name, {'kea': '0:67', 'unbound': ':53'}[name])

    def _await(self, name: str, port: str) -> None:
        """Waits until a daemon listens."""
        process = self._daemons[name][1]
        deadline = time.monotonic() + machine.PATIENCE
        while True:
            listening = machine.run('ip', 'netns', 'exec', ROUTER, 'ss', '-Hlnup0')
            if f'"{process.args[0]}' in listening and process.poll() is None:
                return
            if process.poll() is not None or time.monotonic() > deadline:
                raise machine.CommandError(f'{name} did not come up: {Path(f"/var/log/{name}.log").read_text()[-2000:]}')
            time.sleep(0.1)

    def stand_in(self, name: str, vlan: int, addresses: list[str], gateway: str | None) -> None:
        """Gives addresses with their lengths to a host in a segment, or, without a gateway, addresses alone to the internet."""
        if gateway is None:
            route = f'route replace default via {self._uplink.address.ip} src {addresses[0]}'
            machine.ip([*(f'addr replace {address}/32 dev lo' for address in addresses), route], INTERNET)
            return
        machine.add_namespace(name)
        # A device has fifteen characters, and a segment's name may have more.
        outside = f'in{len(self._stand_ins)}'
        self._stand_ins.append(name)
        machine.add_link(outside, name, 'eth0')
        machine.ip([*(f'addr add {address} dev eth0' for address in addresses), f'route add default via {gateway}'], name)
        self._vsctl([f'add-port {SWITCH} {outside}' + (f' tag={vlan}' if vlan else '')])

    @property
    def _uplink(self) -> plan.Interface:
        return next(one for one in self._interfaces.values() if one.uplink)

    def forget(self) -> None:
        """Clears what switch, router and hosts learned of addresses that have moved."""
        for bridge in (SWITCH, TRUNK):
            machine.run('ovs-appctl', 'fdb/flush', bridge)
        self.forget_connections()
        for namespace in machine.NAMESPACES.iterdir():
            machine.ip(['neigh flush all'], namespace.name)

    @staticmethod
    def forget_connections() -> None:
        """Clears what the node's conntrack knows."""
        machine.run('ovs-appctl', 'dpctl/flush-conntrack')

    @staticmethod
    def _vsctl(commands: list[str]) -> None:
        """Runs commands of ovs-vsctl as one transaction."""
        if commands:
            machine.run('ovs-vsctl', '--timeout=60', *' -- '.join(commands).split(' '))


def _bridge(name: str, *settings: str) -> list[str]:
    return [f'add-br {name}', ' '.join([f'set bridge {name} datapath_type=netdev', *settings])]


def _port(nic: plan.Nic) -> list[str]:
    """A VM's place on the switch as PVE makes it: a bridge of its own for the firewall, and the VLAN on the switch."""
    bridge, tap, inner, outer = (f'{prefix}{nic.port}' for prefix in ('fwbr', 'tap', 'fwln', 'fwpr'))
    return [*_bridge(bridge, 'fail_mode=secure'), f'add-port {bridge} {tap}',
            f'set interface {tap} ofport_request={port_filter.VM}', f'add-port {bridge} {inner}',
            f'set interface {inner} type=patch options:peer={outer} ofport_request={port_filter.SWITCH}',
            f'add-port {SWITCH} {outer}', f'set interface {outer} type=patch options:peer={inner}', *_membership(nic)]


def _membership(nic: plan.Nic) -> list[str]:
    """VLANs of a VM's port on a VLAN-aware bridge (pve-common 8.2.9, src/PVE/Network.pm, bridge_add_interface): untagged frames
    and those of VID 0 are of its own, tagged ones may be of its own and of the trunks; without either, of every one."""
    if not nic.vlan and not nic.trunks:
        return []
    own = f'tag={nic.vlan} vlan_mode=native-untagged' if nic.vlan else 'vlan_mode=trunk'
    members = sorted({nic.vlan, *(vlan for trunk in nic.trunks for vlan in _range(trunk))})
    return [f'set port fwpr{nic.port} {own} trunks={",".join(map(str, members))}']


def _range(trunk: str) -> range:
    first, _, last = trunk.partition('-')
    return range(int(first), int(last or first) + 1)


def _neighbour(interface: plan.Interface) -> str:
    """Another address of the interface's network."""
    network = interface.address.network
    first = next(host for host in network.hosts() if host != interface.address.ip)
    return f'{first}/{network.prefixlen}'
