import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SimulatedRouter, type RouterState } from "../../lab/simulatedRouter";
import type { RouterRecords } from "../../router/recordTypes";
import { OWNER_PREFIX } from "../../substrate/recordOwnership";
import { recordsOf } from "../routerRecords";
import { RUN_TIMEOUT_MS } from "./lab";
import { RouterProject } from "./routerProject";
import { recordWrites } from "../routerWrites";

jest.setTimeout(RUN_TIMEOUT_MS);

const DRIFT = "refresh --preview-only --diff --expect-no-changes".split(" ");

/** One life of two tenants on the router, by the real CLI: each test goes on where the one before it ended. */
describe("the router's resources, from the first up to destroy", () => {
    let router: SimulatedRouter;
    let project: RouterProject;
    let found: RouterState;
    let whole: RouterState;
    const grooveiq = recordsOf("grooveiq", 50);
    const vintronics = recordsOf("vintronics", 51);

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        found = await router.state();
        project = await RouterProject.create(router);
        project.declare({ grooveiq, vintronics });
    });
    afterAll(async () => {
        project.remove();
        await router.stop();
    });

    /** The uuid of a record that a field names. */
    async function uuidOf(section: string, field: string, value: string): Promise<string> {
        const records = Object.entries((await router.state()).saved[section]!);
        return records.find(([, record]) => record[field] === value)![0];
    }

    test("a preview asks nothing of the router", async () => {
        const { output } = await project.succeed("preview");
        expect(output).toMatch(/\+ 9 to create/);
        expect(await router.requests()).toEqual([]);
    });

    test("up writes both tenants with one reconfigure of each service", async () => {
        await project.up();
        whole = await router.state();
        expect(whole.active).toEqual(whole.saved);
        const ours = (section: string) =>
            Object.values(whole.saved[section]!).filter(({ description }) => description!.startsWith(OWNER_PREFIX))
                .length;
        expect(["subnet4", "reservation", "host", "host_alias", "rule", "alias"].map(ours)).toEqual([
            2, 4, 4, 4, 14, 0,
        ]);
        const paths = (await router.requests())
            .map(({ path }) => path)
            .filter((path) => /reconfigure|apply/.test(path));
        expect(paths.sort()).toEqual([
            "/api/firewall/filter/apply",
            "/api/kea/service/reconfigure",
            "/api/unbound/service/reconfigure",
        ]);
    });

    test("a second preview finds nothing to change, and writes nothing", async () => {
        await router.forgetAudit();
        const { output } = await project.succeed("preview", "--expect-no-changes");
        expect(output).toMatch(/9 unchanged/);
        expect(await router.audit()).toEqual([]);
    });

    test("the state holds neither secret nor code nor a path of this machine", async () => {
        const { stdout } = await project.succeed("stack", "export", "--show-secrets");
        const { deployment } = JSON.parse(stdout) as {
            deployment: { resources: { type: string; outputs?: object }[] };
        };
        const properties = JSON.stringify(deployment.resources.map(({ outputs }) => outputs));
        expect(stdout).not.toContain(router.ready.apiSecret);
        expect(properties).toContain("./router/provider.ts");
        expect(properties).not.toContain("searchRule");
        expect(properties).not.toContain(project.root);
        expect(deployment.resources.map(({ type }) => type)).toContain("pulumi-nodejs:dynamic/router:RouterRules");
    });

    test("a refresh names what was changed or deleted by hand in every kind, and changes nothing", async () => {
        await router.byHand(`firewall/filter/setRule/${await uuidOf("rule", "sequence", "50001")}`, {
            rule: { enabled: "0", destination_port: "5353" },
        });
        await router.byHand(`firewall/filter/delRule/${await uuidOf("rule", "sequence", "51007")}`);
        await router.byHand(`kea/dhcpv4/set_subnet/${await uuidOf("subnet4", "subnet", "10.20.50.0/24")}`, {
            subnet4: { pools: "10.20.50.100-10.20.50.150" },
        });
        await router.byHand(`kea/dhcpv4/del_reservation/${await uuidOf("reservation", "ip_address", "10.20.51.11")}`);
        await router.byHand(`unbound/settings/setHostOverride/${await uuidOf("host", "server", "10.20.50.10")}`, {
            host: { server: "10.20.50.19" },
        });
        // Of one kind, everything that a tenant has.
        for (const address of ["10.20.51.10", "10.20.51.11"]) {
            await router.byHand(`unbound/settings/delHostOverride/${await uuidOf("host", "server", address)}`);
        }
        const before = await router.state();
        const { exitCode, output } = await project.pulumi(DRIFT);
        expect(exitCode).toBe(7);
        expect(output).toMatch(/RouterRules[^]*grooveiq-rules[^]*?\+ enabled: "0"[^]*?~ ports +: "53" => "5353"/);
        expect(output).toMatch(
            /RouterRules::vintronics-rules[^]*?- \[6\]: \{[^}]*?- description: "tenant-hypervisors: vintronics everything else"/,
        );
        expect(output).toMatch(/RouterDhcp::grooveiq-dhcp[^]*?~ poolEnd +: "10\.20\.50\.200" => "10\.20\.50\.150"/);
        expect(output).toMatch(/RouterDhcp::vintronics-dhcp[^]*?- \[1\]: \{[^}]*?- address +: "10\.20\.51\.11"/);
        expect(output).toMatch(/RouterNames::grooveiq-names[^]*?~ address +: "10\.20\.50\.10" => "10\.20\.50\.19"/);
        expect(output).toMatch(/RouterNames::vintronics-names[^]*?\+ missing +: true/);
        expect(output).toMatch(/~ 6 to update/);
        expect(await router.state()).toEqual(before);
    });

    test("up repairs all of it", async () => {
        await project.up();
        const { saved, active } = await router.state();
        const values = (section: string) =>
            Object.values(section in saved ? saved[section]! : {})
                .map((one) => JSON.stringify(one))
                .sort();
        for (const section of ["rule", "alias", "subnet4", "host"]) {
            expect(values(section)).toEqual(
                Object.values(whole.saved[section]!)
                    .map((one) => JSON.stringify(one))
                    .sort(),
            );
        }
        expect(Object.values(saved["reservation"]!).map((one) => one["ip_address"])).toContain("10.20.51.11");
        expect(active).toEqual(saved);
        await project.succeed("preview", "--expect-no-changes");
    });

    test("a change of one tenant and the teardown of another write that and no more", async () => {
        await router.forgetAudit();
        project.declare({ grooveiq: withoutSecondVm(grooveiq) });
        await project.up();
        const audit = await recordWrites(router);
        const writes = audit.filter(({ section }) => section !== "kea_general");
        // Kea's list of interfaces is the router's own; the tenant's interface alone is taken off it.
        expect(audit).toHaveLength(writes.length + 1);
        const tenantOf = ({ before }: (typeof writes)[number]) =>
            new RegExp(`^${OWNER_PREFIX}(\\w+) `).exec(before!["description"]!)?.[1];
        expect(new Set(writes.map(tenantOf))).toEqual(new Set(["grooveiq", "vintronics"]));
        const changed = writes.filter((write) => tenantOf(write) === "grooveiq");
        expect(changed.map(({ section, before, after }) => [section, before?.["description"], after]).sort()).toEqual([
            ["host", `${OWNER_PREFIX}grooveiq db-vm01`, null],
            ["reservation", `${OWNER_PREFIX}grooveiq db-vm01`, null],
        ]);
        await project.succeed("preview", "--expect-no-changes");
    });

    test("destroy without refresh, from another folder, leaves the router as it was found", async () => {
        const moved = mkdtempSync(join(tmpdir(), "elsewhere-"));
        rmSync(moved, { recursive: true });
        cpSync(project.root, moved, { recursive: true });
        await project.succeed("destroy", "--yes", "--skip-preview", "--refresh=false", "--cwd", moved);
        rmSync(moved, { recursive: true });
        expect(await router.state()).toEqual(found);
    });
});

describe("the router's resources, with credentials of the stack's configuration", () => {
    let router: SimulatedRouter;
    let project: RouterProject;
    let found: RouterState;
    const tenants = { grooveiq: recordsOf("grooveiq", 50) };

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        found = await router.state();
        project = await RouterProject.create(router);
        project.declare(tenants);
    });
    afterAll(async () => {
        project.remove();
        await router.stop();
    });
    async function failing(extra: Readonly<Record<string, string>> = {}): Promise<string> {
        const { exitCode, output } = await project.pulumi(["up", "--yes", "--skip-preview"], extra);
        expect(exitCode).not.toBe(0);
        expect(output).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
        return output;
    }

    test("credentials of the stack's secret configuration serve as well, and the state has them encrypted alone", async () => {
        const { apiKey, apiSecret } = router.ready;
        await project.up();
        await project.setSecret("routerApiKey", apiKey);
        await project.setSecret("routerApiSecret", apiSecret);
        const none = { OPNSENSE_API_KEY: "", OPNSENSE_API_SECRET: "" };
        // What is there is refreshed with the configuration of the last up, which did not have the key yet.
        expect(await failing(none)).toMatch(/let the first up have it in the environment, too/);
        await project.up();
        const { exitCode } = await project.pulumi(["up", "--yes", "--skip-preview"], none);
        expect(exitCode).toBe(0);
        const { stdout } = await project.succeed("stack", "export");
        expect(stdout).toContain("RouterRules::grooveiq-rules");
        expect(stdout).not.toContain(apiSecret);
        await project.pulumi(["destroy", "--yes", "--skip-preview"], none);
        expect(await router.state()).toEqual(found);
    });
});

function withoutSecondVm(records: RouterRecords): RouterRecords {
    return {
        ...records,
        dhcp: { ...records.dhcp, reservations: records.dhcp.reservations.slice(0, 1) },
        names: { hosts: records.names.hosts.slice(0, 1) },
    };
}
