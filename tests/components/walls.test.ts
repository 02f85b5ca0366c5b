import * as pulumi from "@pulumi/pulumi";
import { loadSubstrate } from "../../substrate/load";
import type { Substrate } from "../../substrate/substrate";
import { NOTHING_RECORDED } from "../../state/recorded";
import { inventoryOf, project, removeProjects, smallTenant, STACK, templateGuest } from "../fixtures";
import { record, settled } from "./recorder";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

function substrateOf(tenant: string): Substrate {
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": tenant });
    return loadSubstrate({ root, substrate: "dvntm" });
}

/** Inputs of one resource of a substrate. */
async function declared(substrate: Substrate, name: string): Promise<Record<string, unknown>> {
    const { registered } = await record();
    const inventories = new Map([["hv02", inventoryOf([templateGuest(100, "fedora-server-44-1.9")])]]);
    const { declare } = await import("../../components/substrate");
    const read = {
        inventories,
        recorded: NOTHING_RECORDED,
        hosts: new Map(),
        secrets: { variables: {} },
        comparesOnly: false,
        leftOut: new Map(),
    };
    const outputs = await declare(substrate, read, "");
    await settled(pulumi.output([...outputs.vms]));
    return registered.find((resource) => resource.name === name)!.inputs;
}

interface Rule {
    readonly type: string;
    readonly action: string;
    readonly source?: string;
    readonly dest?: string;
    readonly proto?: string;
    readonly sport?: string;
    readonly dport?: string;
    readonly comment: string;
}

/** PVE's rules of a VM of grooveiq, one line each. */
async function rulesOf(tenant: string, vm: string): Promise<string[]> {
    const { rules } = (await declared(substrateOf(tenant), `grooveiq-${vm}-rules`)) as unknown as {
        rules: readonly Rule[];
    };
    return rules.map(({ type, action, source, dest, proto, sport, dport, comment }) => {
        const [from, to] = [sport && `:${sport}`, dport && `:${dport}`];
        const parts = [type, action, proto, source, from, "->", dest, to, `(${comment})`];
        return parts.filter((part) => part !== undefined).join(" ");
    });
}

const OUTSIDE = ["in ACCEPT 10.20.99.0/24 -> (management)", "in ACCEPT 10.20.10.0/24 -> (trusted)"];

test("VMs of a tenant reach each other, unless isolate keeps them apart but for what the file opens at one of them", async () => {
    const vms = ["web-vm01", "db-vm01"]
        .map((name, i) => `  - {name: ${name}, instance: ${i + 1}, address: fixed}\n`)
        .join("");
    const tenant = (more: string) => `name: grooveiq\nvlan: 50\n${more}vms:\n${vms}`;
    expect(await rulesOf(tenant(""), "db-vm01")).toEqual(["in ACCEPT 10.20.50.0/24 -> (own segment)", ...OUTSIDE]);

    const isolated = tenant('isolate: true\nallow:\n  - {to: db-vm01, protocol: tcp, ports: "5432", why: orders}\n');
    const dhcp = "in ACCEPT udp 10.20.50.1/32 :67 -> :68 (dhcp)";
    const out = [
        "out DROP udp :67 -> (no DHCP server)",
        "out ACCEPT -> 10.20.50.1/32 (gateway)",
        "out ACCEPT tcp -> 10.20.50.11/32 :5432 (db-vm01: orders)",
        "out DROP -> 10.20.50.0/24 (isolate)",
    ];
    const opened = "in ACCEPT tcp 10.20.50.0/24 -> :5432 (db-vm01: orders)";
    expect(await rulesOf(isolated, "db-vm01")).toEqual([dhcp, opened, ...OUTSIDE, ...out]);
    expect(await rulesOf(isolated, "web-vm01")).toEqual([dhcp, ...OUTSIDE, ...out]);
    // Older versions of proxmox-firewall take no `#` in a comment.
    const hashed = isolated.replace("why: orders", 'why: "orders #12"');
    expect(await rulesOf(hashed, "db-vm01")).toContain(opened.replace("orders", "orders 12"));
});

test("DHCP's ports are let through by PVE's own option on a flat network alone", async () => {
    const substrate = substrateOf(smallTenant("grooveiq", 50));
    const [tenant] = substrate.tenants;
    const flat = { ...tenant!, segment: { ...tenant!.segment, tagged: false } };
    const options = (of: Substrate) => declared(of, "grooveiq-api-vm01-firewall");
    expect(await options(substrate)).toMatchObject({ dhcp: false });
    expect(await options({ ...substrate, tenants: [flat] })).toMatchObject({ dhcp: true });
});
