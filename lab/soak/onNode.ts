import { FILTER_IPSET } from "../../node/addressFilter";
import { wallOf } from "../../firewall/inbound";
import { prefixOf } from "../../substrate/plan";
import type { Segment, Substrate, Tenant, WorkloadVm } from "../../substrate/substrate";
import { expectSame, type GuestState, type NodeState } from "../expect";
import { backedUp } from "./archives";

/** Parts of a VM's firewall that a soak keeps equal. */
interface GuestFirewall {
    readonly options: Readonly<Record<string, unknown>>;
    readonly rules: readonly Readonly<Record<string, unknown>>[];
    readonly ipset: Readonly<Record<string, readonly { readonly cidr: string }[]>>;
}

/** Whether a name on the node is that of a tenant's VM, by the identity rule. */
function isTenantVm(vmid: string): boolean {
    return /^5\d{3}$/.test(vmid);
}

/** Those of some VMIDs that are the tenants', each once. */
function ours(vmids: readonly string[]): string[] {
    return [...new Set(vmids)].filter(isTenantVm).sort();
}

function volumeOwner(volume: string): string {
    return /^vm-(\d+)-/.exec(volume)?.[1] ?? "";
}

/**
 * The node is exactly what the files say: each VM with its size, network and firewall, and nothing of ours besides.
 *
 * @throws UnexpectedError where it is not.
 */
export function expectNode(substrate: Substrate, state: NodeState): void {
    const declared = ours(substrate.tenants.flatMap(({ vms }) => vms.map(({ vmid }) => String(vmid))));
    expectSame("tenants' VMs on the node", ours(Object.keys(state.vms)), declared);
    expectSame("VMs with a firewall", ours(Object.keys(state.firewall.guests)), declared);
    const volumes = Object.values(state.storages).flatMap((storage) => Object.keys(storage.volumes));
    expectSame("VMs that own a volume", ours(volumes.map(volumeOwner)), declared);
    for (const tenant of substrate.tenants) {
        const vmids = tenant.vms.map(({ vmid }) => vmid);
        expectSame(`pool ${tenant.name}`, state.pools[tenant.name], poolOf(tenant, vmids));
        for (const vm of tenant.vms) {
            const what = `VM ${vm.vmid} (${vm.tenant}/${vm.name})`;
            expectSame(what, guestOf(state.vms[vm.vmid]!), declaredGuest(vm, tenant.segment));
            const firewall = state.firewall.guests[vm.vmid] as GuestFirewall;
            expectSame(`firewall of ${what}`, firewallOf(firewall), declaredFirewall(vm, tenant.segment));
            const volumesOfVm = volumes.filter((volume) => volumeOwner(volume) === String(vm.vmid)).sort();
            expectSame(`volumes of ${what}`, volumesOfVm, [`vm-${vm.vmid}-cloudinit`, `vm-${vm.vmid}-disk-0`]);
        }
    }
}

function poolOf({ description }: Tenant, vmids: readonly number[]): unknown {
    return { comment: description, storages: [], vmids: [...vmids].sort() };
}

/** A VM with what waits for its restart, in the words of its definition. */
function guestOf({ name, status, config, pending }: GuestState): unknown {
    const merged = { ...config, ...pending };
    const fields = (text: string | null | undefined) => (text ?? "").split(",");
    const nic = fields(merged["net0"]);
    return {
        name: pending["name"] ?? name,
        status,
        cores: Number(merged["cores"]),
        memory: Number(merged["memory"]),
        onBoot: merged["onboot"] === "1",
        tags: merged["tags"],
        disk: fields(merged["scsi0"]).find((field) => field.startsWith("size=")),
        nic: [nic[0], ...nic.filter((field) => /^(tag|firewall)=/.test(field))],
        address: fields(merged["ipconfig0"]).sort(),
        resolver: merged["nameserver"],
        described: merged["description"]?.split("\n")[0],
    };
}

function declaredGuest(vm: WorkloadVm, { vlan, subnet }: Segment): unknown {
    return {
        name: vm.name,
        status: "running",
        cores: vm.cores,
        memory: vm.memoryMiB,
        onBoot: vm.onBoot,
        tags: vm.tags.join(";"),
        disk: `size=${vm.diskGiB}G`,
        nic: [`virtio=${vm.mac!.toUpperCase()}`, "firewall=1", `tag=${vlan}`],
        address:
            vm.address === undefined
                ? ["ip=dhcp"]
                : [`gw=${subnet.gateway}`, `ip=${vm.address}/${prefixOf(subnet.cidr)}`],
        resolver: subnet.gateway,
        described: vm.description,
    };
}

function firewallOf({ options, rules, ipset }: GuestFirewall): unknown {
    const { enable, dhcp, policy_in, macfilter, ipfilter } = options;
    return {
        options: { enable, dhcp, policy_in, macfilter, ipfilter },
        rules: rules.map(({ type, action, source, dest, proto, sport, dport, comment, enable: on }) => ({
            type,
            action,
            on,
            comment,
            ...(source ? { source } : {}),
            ...(dest ? { dest } : {}),
            ...(proto ? { proto } : {}),
            ...(sport ? { sport } : {}),
            ...(dport ? { dport } : {}),
        })),
        addresses: ipset[FILTER_IPSET]?.map(({ cidr }) => cidr) ?? [],
    };
}

function declaredFirewall(vm: WorkloadVm, segment: Segment): unknown {
    return {
        options: {
            enable: 1,
            dhcp: segment.tagged ? 0 : 1,
            policy_in: "DROP",
            macfilter: 1,
            ipfilter: vm.address === undefined ? 0 : 1,
        },
        rules: wallOf(segment, vm).map(({ type, action, source, dest, name, protocol, sourcePorts, ports }) => ({
            type,
            action,
            on: 1,
            comment: name,
            ...(source && { source }),
            ...(dest && { dest }),
            ...(protocol && { proto: protocol }),
            ...(sourcePorts && { sport: sourcePorts }),
            ...(ports && { dport: ports }),
        })),
        addresses: vm.address === undefined ? [] : [vm.address],
    };
}

/** All on the node that is not the tenants', to be compared before and after. */
export function othersOnNode(state: NodeState, tenants: readonly string[]): unknown {
    const notOurs = <T>(record: Readonly<Record<string, T>>, isOurs: (name: string) => boolean) =>
        Object.fromEntries(Object.entries(record).filter(([name]) => !isOurs(name)));
    const storages = Object.entries(state.storages).map(([name, storage]) => [
        name,
        {
            ...storage,
            volumes: notOurs(storage.volumes, (volume) => isTenantVm(backedUp(volume) ?? volumeOwner(volume))),
            cloudinit: {},
        },
    ]);
    return {
        vms: notOurs(state.vms, isTenantVm),
        pools: notOurs(state.pools, (name) => tenants.includes(name)),
        storages: Object.fromEntries(storages) as unknown,
        firewall: { ...state.firewall, guests: notOurs(state.firewall.guests, isTenantVm) },
    };
}
