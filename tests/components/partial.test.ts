import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../../state/reading/reading";
import { inventoryOf, removeProjects, smallTenant } from "../fixtures";
import { NOTHING_RECORDED } from "../../state/recorded";
import type { VmOutput } from "../../substrate/outputs";
import { declared, NO_HOSTS, substrateOf, TEMPLATES } from "./declared";
import { record, settled } from "./recorder";

jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const SECOND = smallTenant("vintronics", 51);

/** Files of another tenant, none of which may count for what grooveiq declares, but for the last one's. */
const OTHERS: Readonly<Record<string, string>> = {
    small: SECOND,
    "of another VLAN": smallTenant("vintronics", 58),
    "with more VMs": `${SECOND}  - name: web\n    instance: 2\n    cores: 2\n    memory: 1GiB\n    tags: [grooveiq]\n`,
    "kept, with a quota": `${SECOND}keep: true\nquota:\n  vms: 1\n`,
    "of a fixed address": `${SECOND}    address: 10.20.51.11\n`,
    "that may reach out": `${SECOND}allow:\n  - to: management\n    protocol: tcp\n    ports: "443"\n    why: updates\n`,
    "that may reach in": `${SECOND}allow:\n  - to: grooveiq\n    protocol: tcp\n    ports: "443"\n    why: its API\n`,
};

async function ofGrooveiq(other: string | undefined) {
    const substrate = substrateOf({
        grooveiq: smallTenant("grooveiq", 50),
        ...(other !== undefined && { vintronics: other }),
    });
    const { registered } = await declared(substrate);
    const own = registered.filter(({ name }) => name.startsWith("grooveiq"));
    // A MAC is drawn anew in each of these runs.
    const text = JSON.stringify(own).replaceAll(/bc:24:11:[0-9a-f:]{8}/gi, "MAC");
    return { model: digestOf(substrate.tenants.find(({ name }) => name === "grooveiq")), declared: text };
}

describe("what a tenant declares", () => {
    test.each(Object.keys(OTHERS))("is the same beside a tenant %s wherever its own model is", async (name) => {
        const [alone, beside] = [await ofGrooveiq(undefined), await ofGrooveiq(OTHERS[name])];
        const reachesIn = name === "that may reach in";
        expect(beside.model === alone.model).toBe(!reachesIn);
        expect(beside.declared === alone.declared).toBe(!reachesIn);
    });
});

test("a run that leaves a tenant out declares nothing of it, and gives its VMs out as the state has them", async () => {
    const substrate = substrateOf({ grooveiq: smallTenant("grooveiq", 50), vintronics: SECOND });
    const { registered } = await record();
    const { declare } = await import("../../components/substrate");
    const kept = { tenant: "grooveiq", name: "api-vm01", vmid: 5001, mac: "bc:24:11:00:50:01" } as VmOutput;
    const survey = {
        inventories: new Map([["hv02", inventoryOf(TEMPLATES)]]),
        recorded: NOTHING_RECORDED,
        ...NO_HOSTS,
    };
    const outputs = await declare(substrate, { ...survey, leftOut: new Map([["grooveiq", [kept]]]) }, "");
    const vms = await settled(pulumi.output([...outputs.vms]));
    expect(vms).toEqual([kept, expect.objectContaining({ tenant: "vintronics", vmid: 5101 })]);
    expect(registered.filter(({ name }) => name.startsWith("grooveiq"))).toEqual([]);
    expect(registered.filter(({ name }) => name.startsWith("vintronics"))).not.toEqual([]);
});
