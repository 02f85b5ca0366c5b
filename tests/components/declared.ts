import * as pulumi from "@pulumi/pulumi";
import type { Guest, Inventory } from "../../node/inventory";
import { NOTHING_RECORDED, type Recorded } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import type { Substrate } from "../../substrate/substrate";
import { inventoryOf, project, STACK, templateGuest } from "../fixtures";
import { record, settled, type Registered } from "./recorder";

export const TEMPLATES = [templateGuest(100, "fedora-server-44-1.9"), templateGuest(103, "fedora-server-44-1.10")];

export function substrateOf(tenants: Record<string, string>, stack = STACK): Substrate {
    const files: Record<string, string> = { "Pulumi.dvntm.yaml": stack };
    for (const [name, text] of Object.entries(tenants)) {
        files[`tenants/dvntm/${name}.yaml`] = text;
    }
    const root = project(files);
    return loadSubstrate({ root, substrate: "dvntm" });
}

export const NO_HOSTS = { hosts: new Map(), secrets: { variables: {} }, comparesOnly: false, leftOut: new Map() };

/** Declares a substrate on a node with guests, under mocks; gives back what was registered, and the outputs. */
export async function declared(
    substrate: Substrate,
    guests: readonly Guest[] = [],
    recorded = NOTHING_RECORDED,
    more: Partial<Inventory> = {},
    preview = false,
) {
    const registrations = await record("dvntm", preview);
    const inventories = new Map([["hv02", inventoryOf([...TEMPLATES, ...guests], more)]]);
    const { declare } = await import("../../components/substrate");
    const outputs = await declare(substrate, { inventories, recorded, ...NO_HOSTS }, "");
    // Spread: an array that began in node:fs is of another realm under Jest, and Pulumi takes it for an object.
    // In a preview they are never all known: what is declared is there once everything was given the time for it.
    const vms = preview ? [] : await settled(pulumi.output([...outputs.vms]));
    await new Promise((resolve) => setTimeout(resolve, preview ? 100 : 0));
    return { ...registrations, vms };
}

/** Inputs of the one resource of a name. */
export function named(registered: readonly Registered[], name: string): Record<string, unknown> {
    const found = registered.filter((resource) => resource.name === name);
    expect(found.map((resource) => resource.name)).toEqual([name]);
    return found[0]!.inputs;
}

/** A VM of grooveiq that the state has. */
export const BEFORE: Recorded = {
    vms: new Map([[5001, { component: "grooveiq-api-vm01", node: "pve2", mac: "BC:24:11:00:50:01" }]]),
    names: new Map([[5001, new Set(["grooveiq-api-vm01"])]]),
    ruled: new Set([5001]),
    history: new Map([["grooveiq-api-vm01", { generation: 2, rebuild: "once" }]]),
    reservations: new Map(),
    macs: new Map([[5001, "bc:24:11:00:50:01"]]),
    nicMacs: new Map(),
    baselines: new Map(),
};

/** MAC that the VM api-vm01 of grooveiq is declared with. */
export function macIn(registered: readonly Registered[]): unknown {
    const [device] = named(registered, "grooveiq-api-vm01-vm")["networkDevices"] as { macAddress?: string }[];
    return device?.macAddress;
}
