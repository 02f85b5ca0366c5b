import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { systemMissing } from "../../../lab/system";
import { SimulatedNode } from "../../../lab/simulatedNode";
import { clone } from "./lab";
import type { Runbook } from "./runbook";

jest.setTimeout(600_000);

const PAGE = "README.md";

/** The site's own segments, as the lab's collection has them. */
const ROUTER = `deevnet_vlans:
  management: {vlan_id: 99, subnet: 10.20.99.0/24, gateway: 10.20.99.1}
  trusted: {vlan_id: 10, subnet: 10.20.10.0/24, gateway: 10.20.10.1}
  platform: {vlan_id: 25, subnet: 10.20.25.0/24, gateway: 10.20.25.1}
firewall_zone_policies: [{from_zone: trusted, to_zone: platform}]
firewall_internet_zones: [trusted]
`;

describe(PAGE, () => {
    let node: SimulatedNode;
    let runbook: Runbook;

    beforeAll(async () => {
        node = await SimulatedNode.start();
        runbook = clone(node);
        runbook.open("README.md");
    });
    afterAll(async () => {
        runbook.remove();
        await node.stop();
    });

    test("the demo", async () => {
        await runbook.next(PAGE, "make demo");
    });

    test("a tenant is brought up", async () => {
        expect((await runbook.next(PAGE, "make validate")).output).toMatch(/\+ 2\d created/);
    });

    test("who reaches whom, the router's variables and the inventory", async () => {
        writeFileSync(runbook.path("now.yml"), ROUTER);
        await runbook.next(PAGE, "make reachability");
        expect(readFileSync(runbook.path("next.yml"), "utf8")).toContain("10.20.50.0/24");
        expect(readdirSync(runbook.path("inventory")).length).toBeGreaterThan(0);
    });

    test("the proof, where this machine can have a data plane", async () => {
        const missing = systemMissing();
        if (missing === undefined) {
            await runbook.next(PAGE, "make prove");
            expect(existsSync(runbook.path("proof.html"))).toBe(true);
        } else {
            runbook.leave(PAGE, "make prove", missing);
        }
    });

    test("the map", async () => {
        await runbook.next(PAGE, "make map");
        expect(existsSync(runbook.path("map-dvntm.html"))).toBe(true);
        runbook.expectDone();
    });
});
