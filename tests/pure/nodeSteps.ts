import { nodeDrift } from "../../node/drift";
import type { Guest, Inventory, Settings } from "../../node/inventory";
import type { PreviewStep, Properties } from "../../state/preview/client";
import type { Finding } from "../../substrate/findings";
import { loadSubstrate } from "../../substrate/load";
import { inventoryOf, project, SMALL_GUEST, smallTenant, STACK } from "../fixtures";

/** The program's own token. */
export const OWN = "deevnet@pve!pulumi";

/** Two tenants of one VM each. */
export const substrate = loadSubstrate({
    root: project({
        "Pulumi.dvntm.yaml": STACK,
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
    }),
    substrate: "dvntm",
});

export const VM = "index/vmLegacy:VmLegacy";
export const POOL = "index/poolLegacy:PoolLegacy";
export const RULES = "firewall/rulesLegacy:RulesLegacy";
export const IPSET = "firewall/ipsetLegacy:IpsetLegacy";

/** A step of a preview that changes a resource in some properties. */
export function step(
    op: string,
    type: string,
    declared?: Properties,
    found?: Properties,
    differing: string[] = [],
): PreviewStep {
    const of = { type: `proxmoxve:${type}` };
    return {
        op,
        urn: "urn:pulumi:dvntm::tenant-hypervisors::x::y",
        ...(found && { oldState: { ...of, inputs: found, outputs: found } }),
        ...(declared && { newState: { ...of, inputs: declared } }),
        detailedDiff: Object.fromEntries(differing.map((path) => [path, { kind: "update" }])),
    };
}

export const api = { vmId: 5001, nodeName: "pve2", poolId: "grooveiq", name: "api-vm01" };

/** Settings of that VM as the provider leaves them. */
export const API_SETTINGS: Settings = {
    ...{ agent: "enabled=1,fstrim_cloned_disks=0,type=virtio", balloon: 0, boot: "order=scsi0;ide3", ciupgrade: 0 },
    ...{ cores: 2, cpu: "host", ide2: "local-lvm:vm-5001-cloudinit,media=cdrom", ide3: "none,media=cdrom" },
    description: "api-vm01.grooveiq.dvntm.deevnet.net, declared in tenant grooveiq: changes by hand are undone.",
    ...{ ipconfig0: "ip=dhcp", memory: "2048", name: "api-vm01", nameserver: "10.20.50.1", numa: 0, onboot: 1 },
    ...{ net0: "virtio=BC:24:11:01:02:03,bridge=vmbr0,firewall=1,tag=50", ostype: "l26", serial0: "socket" },
    ...{ scsi0: "local-lvm:vm-5001-disk-0,aio=io_uring,backup=1,cache=none,size=32G", scsihw: "virtio-scsi-single" },
    ...{ searchdomain: "grooveiq.dvntm.deevnet.net", sockets: 1, tags: "grooveiq;tenant" },
};

/** The findings of steps, on a node that has these parts. */
export function findings(steps: readonly PreviewStep[], node: Partial<Inventory> = {}): Finding[] {
    return nodeDrift(substrate, steps, [inventoryOf([], node)], OWN);
}

export const rule = (comment: string, source: string) => ({
    type: "in",
    action: "ACCEPT",
    source,
    comment,
    enabled: true,
});
export const [own, management, trusted] = [
    rule("own segment", "10.20.50.0/24"),
    rule("management", "10.20.99.0/24"),
    rule("trusted", "10.20.10.0/24"),
];
export const rules = (...list: Properties[]) => ({ vmId: 5001, nodeName: "pve2", rules: list });

const { pool: _, ...UNMARKED } = { ...SMALL_GUEST, tags: [] };
/** A guest that bears no mark of a tenant. */
export const guest = (vmid: number, name: string, more: Partial<Guest> = {}): Guest => ({
    ...UNMARKED,
    vmid,
    name,
    ...more,
});
