import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { systemMissing } from "../../../tools/labSystem";
import { siteOf } from "./lab";
import { COMMANDS, ON_PATH } from "./runbook";

jest.setTimeout(600_000);

const PAGE = "README.md";
const SUBSTRATE = "docs/substrate.md";
const ROUTER_PAGE = "docs/router.md";
const WALLS = "docs/walls.md";

/** The site's own segments, as the site's collection has them. */
const ROUTER = `deevnet_vlans:
  management: {vlan_id: 99, subnet: 10.20.99.0/24, gateway: 10.20.99.1}
  trusted: {vlan_id: 10, subnet: 10.20.10.0/24, gateway: 10.20.10.1}
  platform: {vlan_id: 25, subnet: 10.20.25.0/24, gateway: 10.20.25.1}
firewall_zone_policies: [{from_zone: trusted, to_zone: platform}]
firewall_internet_zones: [trusted]
`;

describe("README.md, docs/commands.md and the pages on a substrate", () => {
    const site = siteOf([PAGE, COMMANDS, SUBSTRATE, ROUTER_PAGE, WALLS]);

    test("the demo", async () => {
        await site.runbook.next(PAGE, "make demo");
    });

    test("tenants is found, and bash completes it", async () => {
        await site.runbook.next(COMMANDS, ON_PATH);
        const { stdout } = await site.runbook.first(
            "command -v tenants; source <(tenants completion bash); complete -p tenants",
        );
        expect(stdout).toBe(`${site.runbook.path("bin/tenants")}\ncomplete -F __tenants tenants\n`);
    });

    test("a tenant is brought up", async () => {
        expect((await site.runbook.next(SUBSTRATE, "tenants validate")).output).toMatch(/\+ 2\d created/);
    });

    test("who reaches whom, the router's variables and the inventory", async () => {
        writeFileSync(site.runbook.path("now.yml"), ROUTER);
        await site.runbook.next(ROUTER_PAGE, "tenants reachability");
        expect(readFileSync(site.runbook.path("next.yml"), "utf8")).toContain("10.20.50.0/24");
        expect(readdirSync(site.runbook.path("inventory")).length).toBeGreaterThan(0);
    });

    test("the proof, where this machine can have a data plane", async () => {
        const missing = systemMissing();
        if (missing === undefined) {
            await site.runbook.next(WALLS, "tenants prove");
            expect(existsSync(site.runbook.path("proof.html"))).toBe(true);
        } else {
            site.runbook.leave(WALLS, "tenants prove", missing);
        }
    });

    test("every command of the pages was run", () => site.runbook.expectDone());
});
