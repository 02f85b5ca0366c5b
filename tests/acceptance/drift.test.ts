import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import type { DriftRow } from "../../model/drift";
import { loadSubstrate } from "../../model/load";
import { writeAsCollection } from "../drift/collection";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

describe("coreRouter.mode: export", () => {
    let router: SimulatedRouter;
    let lab: AcceptanceLab;

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        lab = await AcceptanceLab.start(router);
        await lab.succeed("config", "set", "macPolicy", "deterministic");
        await lab.succeed("config", "set", "--path", "tenant-hypervisors:coreRouter.mode", "export");
        await lab.up();
        await writeAsCollection(router, loadSubstrate({ root: lab.workspace.root, substrate: "dvntm" }));
        await router.forgetAudit();
        await lab.node.forgetRequests();
    });
    afterAll(async () => {
        await lab.stop();
        await router.stop();
    });

    async function drift(): Promise<{ exitCode: number; rows: DriftRow[] }> {
        const { exitCode, stdout } = await lab.workspace.command("drift", "--json", "dvntm");
        return { exitCode, rows: (JSON.parse(stdout) as { drift: DriftRow[] }).drift };
    }

    test("what the lab's collection wrote is no drift, and nothing is written to router, node or folder", async () => {
        const before = await router.state();
        const stack = readFileSync(join(lab.workspace.root, "Pulumi.dvntm.yaml"), "utf8");
        expect(await drift()).toEqual({ exitCode: 0, rows: [] });
        expect(await router.audit()).toEqual([]);
        expect(await router.state()).toEqual(before);
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        expect(readFileSync(join(lab.workspace.root, "Pulumi.dvntm.yaml"), "utf8")).toBe(stack);
    });

    test("control: the audit sees a write, and drift tells of it, as a table too", async () => {
        await router.byHand("firewall/filter/addRule", {
            rule: { interface: "opt9", sequence: "1", destination_net: "10.20.99.0/24", description: "for a moment" },
        });
        expect(await router.audit()).toHaveLength(1);
        const { exitCode, rows } = await drift();
        expect(exitCode).toBe(2);
        expect(rows).toEqual([
            {
                tenant: "vintronics",
                where: "router",
                what: "rule 1 (for a moment)",
                declared: "none",
                found: "opens any to router (10.20.99.1), management",
                settle: "by hand, on the router: Firewall > Rules",
            },
        ]);
        const { stdout } = await lab.workspace.command("drift", "dvntm");
        expect(stdout).toMatch(
            /^ {2}where +what +declared +is +since +who +to settle\nvintronics\n {2}router +rule 1 \(for a moment\)/,
        );
    });

    test("what cannot be told is no drift and not none", async () => {
        const told = await lab.workspace.command("drift", "dvntm", "--nonsense");
        expect(told.exitCode).toBe(1);
        await router.fail({ method: "POST", path: "/kea/dhcpv4/search_subnet", status: 503, times: 1 });
        const { exitCode, output } = await lab.workspace.command("drift", "dvntm");
        expect(exitCode).toBe(1);
        expect(output).toMatch(/^router: it could not be told: POST kea\/dhcpv4\/search_subnet: 503/m);
        expect(output).not.toMatch(/no drift/);
    });
});
