import { ELSEWHERE, ROUTER } from "../firewall/reachability";
import type { FurtherNic } from "../substrate/furtherNics";
import { nameOfVm } from "../substrate/identity";
import type { Substrate, Tenant, WorkloadVm } from "../substrate/substrate";
import type { Check, Probe, ProofHost } from "./proof";

/** A NIC beside the first of a VM. In a proof it is a host of its own, so that all that it sends leaves by it. */
export interface NicHost {
    /** As tenant/vm net1. */
    readonly name: string;
    readonly tenant: Tenant;
    readonly vm: WorkloadVm;
    readonly nic: FurtherNic;
}

/** Every NIC beside a VM's first. */
export function nicHostsOf({ tenants }: Substrate): NicHost[] {
    return tenants.flatMap((tenant) =>
        tenant.vms.flatMap((vm) =>
            vm.nics.map((nic) => ({ name: `${nameOfVm(vm)} ${nic.interface}`, tenant, vm, nic })),
        ),
    );
}

type Kind = Omit<Probe, "address">;

/** Asked of everybody whom such a NIC can name, and of the NIC itself. */
const KINDS: readonly Kind[] = [
    { protocol: "icmp" },
    { protocol: "tcp", port: 22 },
    { protocol: "tcp", port: 443 },
    { protocol: "udp", port: 514 },
];

/** Asked of the NIC alone: a DHCP server's answer. */
const DHCP_ANSWER: Kind = { protocol: "udp", port: 68, sourcePort: 67 };

/**
 * Probes from and to the NICs that stand in a segment of the site: what leaves one goes to hosts of that segment alone, neither to the
 * router nor through it, and nothing comes in unasked.
 *
 * @param others every VM and NIC of the tenants' own segments, and the places outside.
 */
export function elsewhereChecks(nics: readonly NicHost[], others: readonly ProofHost[]): Check[] {
    const abroad = nics.filter(({ nic }) => nic.segment !== undefined);
    const hosts = abroad.map(({ name, nic }): ProofHost => ({ name, place: name, addresses: [nic.address] }));
    return abroad.flatMap(({ name, nic }) => {
        const router: ProofHost = { name: ROUTER, place: ROUTER, addresses: [nic.gateway] };
        const out = [...others, router, ...hosts.filter((host) => host.name !== name)];
        const into = others.filter(({ place }) => place !== ELSEWHERE);
        return [
            ...out.flatMap((to) => outward(name, nic, to)),
            ...into.flatMap((from) =>
                [...KINDS, DHCP_ANSWER].map((kind): Check => {
                    return { from: from.name, to: name, probe: { ...kind, address: nic.address }, open: false };
                }),
            ),
        ];
    });
}

function outward(from: string, { segment, interface: name }: FurtherNic, to: ProofHost): Check[] {
    const open = to.place === segment;
    return to.addresses.flatMap((address) =>
        KINDS.map((kind): Check => {
            const probe = { ...kind, address };
            return { from, to: to.name, probe, open, ...(open && { rule: `${name}: segment` }) };
        }),
    );
}
