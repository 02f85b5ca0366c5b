import { checkNode } from "../../node/checkNode";
import { formatFault } from "../../definitions/faults";
import { loadSubstrate } from "../../substrate/load";
import type { Guest, Inventory, TemplateDetails } from "../../node/inventory";
import { NOTHING_RECORDED, type Recorded } from "../../state/recorded";
import { inventoryOf, project, smallTenant, STACK, templateGuest } from "../fixtures";

/** File of the one tenant. */
export const FILE = "tenants/dvntm/grooveiq.yaml";
/** Template that every VM fits. */
export const TEMPLATE: TemplateDetails = {
    vmid: 103,
    name: "fedora-server-44-1.10",
    agent: true,
    cloudInit: true,
    firewallRules: 0,
    addressFilter: false,
    rootOnly: [],
    account: [],
    systemDisk: { storage: "local-lvm", sizeGiB: 32 },
};
/** The one VM of the tenant, as the state has it. */
export const RECORDED: Recorded = {
    ...NOTHING_RECORDED,
    vms: new Map([[5001, { component: "grooveiq-api-vm01", node: "pve2" }]]),
    history: new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "" }]]),
};

interface Given {
    /** Lines added to the one VM of tenant grooveiq. */
    readonly vm?: string;
    readonly tenant?: string;
    readonly guests?: readonly Guest[];
    readonly template?: Partial<TemplateDetails> | null;
    readonly recorded?: Recorded;
    /** Settings of guests on the node, by VMID. */
    readonly configs?: Inventory["configs"];
}

/** Faults of the one tenant against a node and a state, as they are told. */
export function faultsOf({ vm = "", tenant, guests = [], template = {}, ...given }: Given): string[] {
    const { recorded = NOTHING_RECORDED, configs = new Map() } = given;
    const text = tenant ?? `${smallTenant("grooveiq", 50)}${vm}`;
    const substrate = loadSubstrate({
        root: project({ "Pulumi.dvntm.yaml": STACK, [FILE]: text }),
        substrate: "dvntm",
    });
    const details = template === null ? [] : [{ ...TEMPLATE, ...template }];
    const inventory = inventoryOf([...guests, ...details.map(({ vmid, name }) => templateGuest(vmid, name))], {
        templates: new Map(details.map((one) => [one.vmid, one])),
        configs,
    });
    return checkNode(substrate, substrate.hypervisors[0]!, inventory, recorded).map(formatFault);
}
