import { ownerOfRecord } from "../../substrate/recordOwnership";
import type { NodeState } from "../expect";
import type { SimulatedNode } from "../simulatedNode";
import type { SavedRecord, SimulatedRouter } from "../simulatedRouter";
import type { Dice } from "./dice";
import type { SoakTenants } from "./tenants";

/** Changes of a VM by hand, as calls of the PVE API below the VM's path. */
interface HandOnVm {
    readonly what: string;
    readonly calls: readonly (readonly [method: string, path: string, fields?: Readonly<Record<string, string>>])[];
}

const ON_VMS: readonly HandOnVm[] = [
    { what: "memory 777", calls: [["PUT", "/config", { memory: "777" }]] },
    { what: "cores 7", calls: [["PUT", "/config", { cores: "7" }]] },
    { what: "name by-hand", calls: [["PUT", "/config", { name: "by-hand" }]] },
    { what: "no tags", calls: [["PUT", "/config", { delete: "tags" }]] },
    { what: "onboot 0", calls: [["PUT", "/config", { onboot: "0" }]] },
    { what: "description", calls: [["PUT", "/config", { description: "by hand" }]] },
    { what: "stopped", calls: [["POST", "/status/stop"]] },
    {
        what: "deleted",
        calls: [
            ["POST", "/status/stop"],
            ["DELETE", "?purge=1&destroy-unreferenced-disks=1"],
        ],
    },
    { what: "firewall off", calls: [["PUT", "/firewall/options", { enable: "0" }]] },
    { what: "policy_in ACCEPT", calls: [["PUT", "/firewall/options", { policy_in: "ACCEPT" }]] },
    { what: "a rule less", calls: [["DELETE", "/firewall/rules/0"]] },
    { what: "a rule more", calls: [["POST", "/firewall/rules", { type: "in", action: "ACCEPT", enable: "1" }]] },
];

/** Changes by hand of one of a tenant's records on the router; without a body the record is deleted. */
interface HandOnRouter {
    readonly what: string;
    readonly section: string;
    readonly path: string;
    readonly body?: Readonly<Record<string, unknown>>;
}

const ON_ROUTER: readonly HandOnRouter[] = [
    {
        what: "no pool in the scope",
        section: "subnet4",
        path: "kea/dhcpv4/set_subnet",
        body: { subnet4: { pools: "" } },
    },
    { what: "a reservation less", section: "reservation", path: "kea/dhcpv4/del_reservation" },
    { what: "an alias less", section: "host_alias", path: "unbound/settings/delHostAlias" },
    { what: "a rule less", section: "rule", path: "firewall/filter/delRule" },
    { what: "a table disabled", section: "alias", path: "firewall/alias/setItem", body: { alias: { enabled: "0" } } },
    { what: "a rule disabled", section: "rule", path: "firewall/filter/setRule", body: { rule: { enabled: "0" } } },
    {
        what: "a host disabled",
        section: "host",
        path: "unbound/settings/setHostOverride",
        body: { host: { enabled: "0" } },
    },
    {
        what: "a host elsewhere",
        section: "host",
        path: "unbound/settings/setHostOverride",
        body: { host: { server: "10.20.25.99" } },
    },
];

/** Changes up to two VMs of the tenants on the node by hand; gives back what was done, in words. */
export async function driftOnNode(node: SimulatedNode, all: SoakTenants, dice: Dice): Promise<string[]> {
    const { vms } = (await node.state()) as NodeState;
    const there = all.vmids();
    const done: string[] = [];
    for (let left = dice.below(3); left > 0; left--) {
        const vmid = dice.pick(
            there.filter((one) => String(one) in vms && !done.some((text) => text.includes(`${one}`))),
        );
        const hand = dice.pick(ON_VMS)!;
        if (vmid !== undefined) {
            for (const [method, path, fields] of hand.calls) {
                await node.byHand(method, `/nodes/${node.ready.node}/qemu/${vmid}${path}`, { ...fields });
            }
            done.push(`node: VM ${vmid} ${hand.what}`);
        }
    }
    return done;
}

/** Changes up to two of the tenants' records on the router by hand; gives back what was done, in words. */
export async function driftOnRouter(router: SimulatedRouter, dice: Dice): Promise<string[]> {
    const done: string[] = [];
    for (let left = dice.below(3); left > 0; left--) {
        const hand = dice.pick(ON_ROUTER)!;
        const record = dice.pick(ours((await router.state()).saved[hand.section] ?? {}));
        if (record !== undefined) {
            await router.byHand(`${hand.path}/${record.uuid}`, hand.body);
            done.push(`router: ${hand.what} (${record.description})`);
        }
    }
    return done;
}

/** The tenants' records of a section, in an order that is the same in every run: a uuid is another one each time. */
function ours(section: Readonly<Record<string, SavedRecord>>): { uuid: string; description: string }[] {
    const key = (record: SavedRecord) =>
        ["description", "hostname", "domain", "ip_address", "sequence"].map((field) => record[field] ?? "").join(" ");
    return Object.entries(section)
        .filter(([, record]) => ownerOfRecord(record["description"]) !== undefined)
        .sort(([, one], [, other]) => (key(one) < key(other) ? -1 : 1))
        .map(([uuid, record]) => ({ uuid, description: record["description"]! }));
}
