import { checkNode } from "../../node/checkNode";
import { formatFault } from "../../definitions/faults";
import type { Guest, Inventory, TemplateDetails } from "../../node/inventory";
import { NOTHING_RECORDED, type Recorded } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { inventoryOf, project, smallTenant, STACK, templateGuest } from "../fixtures";

export const FILE = "tenants/dvntm/grooveiq.yaml";
export const TEMPLATE: TemplateDetails = {
    vmid: 103,
    name: "fedora-server-44-1.10",
    settings: {},
    rootOnly: [],
    account: [],
    agent: true,
    cloudInit: true,
    firewallRules: 0,
    addressFilters: [],
    systemDisk: { storage: "local-lvm", sizeGiB: 32 },
};
export const RECORDED: Recorded = {
    ...NOTHING_RECORDED,
    vms: new Map([[5001, { component: "grooveiq-api-vm01", node: "pve2" }]]),
    history: new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "" }]]),
};

/** A node and its state, and the one tenant on it. */
export interface Given {
    /** Lines added to the one VM of tenant grooveiq. */
    readonly vm?: string;
    readonly tenant?: string;
    readonly guests?: readonly Guest[];
    readonly template?: Partial<TemplateDetails> | null;
    readonly recorded?: Recorded;
    readonly configs?: Inventory["configs"];
    readonly hostFirewall?: Inventory["hostFirewall"];
    readonly storages?: Inventory["storages"];
    readonly snapshotable?: Inventory["snapshotable"];
}

/** dvntm with the one tenant of a file. */
export function substrateOf(tenant: string) {
    return loadSubstrate({ root: project({ "Pulumi.dvntm.yaml": STACK, [FILE]: tenant }), substrate: "dvntm" });
}

/** Faults of that tenant on that node. */
export function faultsOf(given: Given): string[] {
    const {
        vm = "",
        guests = [],
        template = {},
        recorded = NOTHING_RECORDED,
        configs = new Map(),
        hostFirewall,
        storages,
        snapshotable,
    } = given;
    const substrate = substrateOf(given.tenant ?? `${smallTenant("grooveiq", 50)}${vm}`);
    const details = template === null ? [] : [{ ...TEMPLATE, ...template }];
    const inventory = inventoryOf([...guests, ...details.map(({ vmid, name }) => templateGuest(vmid, name))], {
        ...{ templates: new Map(details.map((one) => [one.vmid, one])), configs },
        ...(hostFirewall && { hostFirewall }),
        ...(storages && { storages }),
        ...(snapshotable && { snapshotable }),
    });
    return checkNode(substrate, substrate.hypervisors[0]!, inventory, recorded).map(formatFault);
}
