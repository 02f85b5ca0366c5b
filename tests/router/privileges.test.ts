import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { morePrivileges, privileges } from "../../router/privileges";
import { KINDS, startRouter, tenantOn, type KindName } from "./managed";

jest.setTimeout(60_000);

const RUNBOOK = readFileSync(join(__dirname, "../../docs/core-router.md"), "utf8");

/** The list of privileges in the runbook. */
function documented(): string[] {
    return [...RUNBOOK.matchAll(/^ +\* `([^`]+)` /gm)].map((entry) => entry[1]!);
}

/** Names in the first column of the runbook's table of privileges that open more. */
function documentedMore(): string[] {
    const table = /^\| Privilege \| .*\n\|[-|]+\|\n((?:\|.*\n)+)/m.exec(RUNBOOK)![1]!;
    return [...table.matchAll(/^\| `([^`]+)` \|/gm)].map((row) => row[1]!);
}

describe("the privileges of the API key's user", () => {
    let router: SimulatedRouter;

    beforeAll(async () => {
        router = await startRouter();
    });
    afterAll(() => router.stop());

    /** Parts of a tenant's life that go wrong with some privileges, by kind; the router is as before after it. */
    async function failures(held: readonly string[]): Promise<Partial<Record<KindName, string>>> {
        const found = await router.whole();
        const tenant = tenantOn(router, "grooveiq", 50);
        const failed: Partial<Record<KindName, string>> = {};
        await router.set({ privileges: held });
        for (const kind of KINDS) {
            await tenant[kind].up().catch((error: Error) => (failed[kind] = error.message));
        }
        await router.set({ privileges: null });
        await router.restore(found);
        return failed;
    }

    test("those that the runbook lists are those that the program names", () => {
        expect(documented()).toHaveLength(6);
        expect(documented()).toEqual(privileges());
        expect(documentedMore()).toEqual(morePrivileges());
    });

    test("they are enough", async () => {
        expect(await failures(privileges())).toEqual({});
    });

    test.each(privileges())("without %s a person is told that it is missing, and where to add it", async (missing) => {
        const failed = Object.values(await failures(privileges().filter((name) => name !== missing)));
        expect(failed.length).toBeGreaterThan(0);
        for (const message of failed) {
            expect(message).toContain(
                `403 Forbidden: the key's user lacks the privilege "${missing}": select it under System > Access > Users on the router`,
            );
        }
    });

    test("Unbound's narrower privilege does not stand in for the whole: whatever writes asks Unbound for the version", async () => {
        const narrower = "Services: Unbound DNS: Edit Host and Domain Override";
        const held = documented().map((name) => (name === "Services: Unbound" ? narrower : name));
        expect(Object.keys(await failures(held))).toEqual(["vlan", "dhcp", "names", "rules"]);
    });
});
