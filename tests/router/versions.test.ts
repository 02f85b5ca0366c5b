import { RouterClient } from "../../router/client";
import { claimsOfOthers } from "../../router/claims";
import { routerDrift } from "../../router/drift";
import { readInventory } from "../../router/read";
import { routerRecordsOf } from "../../router/records";
import { unreadWords } from "../../report/routerWords";
import type { RouterOptions, SimulatedRouter } from "../../lab/simulatedRouter";
import { loadSubstrate } from "../../substrate/load";
import { OWNER_PREFIX } from "../../substrate/recordOwnership";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import { destroyAll, managed, startRouter, upAll, type Resources } from "./managed";

jest.setTimeout(60_000);
afterAll(removeProjects);

const root = project({
    "Pulumi.dvntm.yaml":
        `${STACK}  tenant-hypervisors:macPolicy: deterministic\n` +
        `  tenant-hypervisors:coreRouter: {mode: api, endpoint: "https://router.example/"}\n`,
    "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
});
const substrate = loadSubstrate({ root, substrate: "dvntm" });
const TOO_OLD =
    /is older than OPNsense 26\.1\.3, and its API does not list what was written .*; nothing was written\. Update it/;

/** Runs with a router of a version, which ends with it. */
async function withRouter(
    opnsense: RouterOptions["opnsense"] & string,
    run: (router: SimulatedRouter, tenant: Resources, client: RouterClient) => Promise<void>,
): Promise<void> {
    const router = await startRouter({ opnsense });
    const { endpoint, apiKey: key, apiSecret: secret } = router.ready;
    const tenant = managed(router, "grooveiq", 50, routerRecordsOf(substrate, substrate.tenants[0]!));
    try {
        await run(router, tenant, new RouterClient(endpoint, { key, secret }));
    } finally {
        await router.stop();
    }
}

const rulesOf = async (router: SimulatedRouter) =>
    Object.values((await router.state()).saved["rule"]!).filter((one) => one["description"]!.startsWith(OWNER_PREFIX));

test.each(["25.7", "26.1"] as const)("a router of %s is refused before anything is written to it", (version) =>
    withRouter(version, async (router, tenant, client) => {
        await expect(tenant.rules.up()).rejects.toThrow(TOO_OLD);
        await expect(tenant.dhcp.up()).rejects.toThrow(TOO_OLD);
        // And by the survey, before a VM is made.
        await expect(claimsOfOthers(client, substrate, substrate.tenants)).rejects.toThrow(TOO_OLD);
        expect(await router.audit()).toEqual([]);
    }),
);

test("what its API has nothing for is told by name, with the version that does", () =>
    withRouter("25.7", async (_router, _tenant, client) => {
        const { doors } = await readInventory(client, ["doors"]);
        expect(doors.unread.map(unreadWords)).toEqual([
            "router: not looked at: port forwards; the API of the router's version does not tell of them; OPNsense 26.1 or newer does",
        ]);
    }));

test.each(["26.1.3", "26.7"] as const)(
    "a tenant's life on a router of %s: up, nothing more to do, no drift, gone",
    (version) =>
        withRouter(version, async (router, tenant, client) => {
            const before = await router.state();
            await upAll(tenant);
            expect(await rulesOf(router)).toHaveLength(24);
            expect(await upAll(tenant)).toEqual([false, false, false, false]);
            const inventory = await readInventory(client);
            expect(inventory.doors.unread).toEqual([]);
            expect(routerDrift(substrate, inventory)).toEqual([]);
            await destroyAll(tenant);
            expect(await router.state()).toEqual(before);
        }),
);

test("rules that are written and not listed end the run, and are taken back: no run after it doubles them", () =>
    withRouter("26.7", async (router, tenant) => {
        await tenant.vlan.up();
        await router.fail({ method: "POST", path: "/firewall/filter/searchRule", answer: '{"rows": [], "total": 0}' });
        const untold =
            /^24 of 24 records were written to the router, and it does not list them; they were taken back\./;
        await expect(tenant.rules.up()).rejects.toThrow(untold);
        await expect(tenant.rules.up()).rejects.toThrow(/^24 of 24 records were written/);
        expect(await rulesOf(router)).toEqual([]);
        const { saved, active } = await router.state();
        expect(active).toEqual(saved);
        // Control: a router that lists them keeps them.
        await router.clearFaults();
        await tenant.rules.up();
        expect(await rulesOf(router)).toHaveLength(24);
    }));
