import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import type { DriftRow } from "../../report/row";
import { loadSubstrate } from "../../substrate/load";
import { NODES_ALONE } from "../../substrate/nodesAlone";
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

    test("what the site's collection wrote is no drift, and nothing is written to router, node or folder", async () => {
        const before = await router.state();
        const stack = readFileSync(join(lab.workspace.root, "Pulumi.dvntm.yaml"), "utf8");
        expect(await drift()).toEqual({ exitCode: 0, rows: [] });
        expect(await router.audit()).toEqual([]);
        expect(await router.state()).toEqual(before);
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        expect(readFileSync(join(lab.workspace.root, "Pulumi.dvntm.yaml"), "utf8")).toBe(stack);
    });

    test("control: the audit sees a write, and drift tells of it", async () => {
        await router.byHand("firewall/filter/addRule", {
            rule: { interface: "opt9", sequence: "1", destination_net: "10.20.99.0/24", description: "for a moment" },
        });
        expect(await router.audit()).toHaveLength(1);
        const { exitCode, rows } = await drift();
        expect(exitCode).toBe(2);
        expect(rows).toMatchObject([
            {
                tenant: "vintronics",
                where: "router",
                place: { kind: "router" },
                subject: { kind: "rule", id: "1", name: "for a moment" },
                what: "rule 1 (for a moment)",
                declared: "none",
                found: "opens any to router (10.20.99.1), management",
                settle: "by hand, on the router: Firewall > Rules",
            },
        ]);
    });

    test("a node or router that cannot be asked, or a node that hides its VMs from the token, is not one without drift", async () => {
        await lab.node.fail({ method: "GET", path: "/cluster/resources", status: 503, message: "busy", times: 1 });
        await router.fail({ method: "POST", path: "/kea/dhcpv4/search_subnet", status: 503, times: 1 });
        const unasked = await lab.workspace.command("drift", "dvntm");
        expect(unasked.exitCode).toBe(1);
        expect(unasked.output).toMatch(
            /^node: it could not be read: hv02: GET \/cluster\/resources\S* was answered 503/m,
        );
        expect(unasked.output).toMatch(/^router: it could not be read: POST kea\/dhcpv4\/search_subnet: 503/m);
        expect(unasked.output).not.toMatch(/no drift/);
        await lab.node.set({ without: ["VM.Audit"] });
        const hidden = await lab.workspace.command("drift", "dvntm");
        await lab.node.set({ without: [] });
        expect(hidden.exitCode).toBe(1);
        expect(hidden.output).toMatch(/^node: it could not be read: hv02: the token \S+ lacks VM.Audit on \/vms/m);
        expect(hidden.output).not.toMatch(/VM 5001|no drift|^ +at /m);
    });

    test("the program declares less for drift's preview alone: no up takes away what it left out", async () => {
        const before = await lab.state();
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"], {
            [NODES_ALONE]: "1",
        });
        expect(exitCode).not.toBe(0);
        expect(output).toContain(`${NODES_ALONE} is for previews`);
        expect(await lab.state()).toEqual(before);
    });

    describe("as docs/drift.md has it run unattended", () => {
        const runbook = readFileSync(join(__dirname, "../../docs/drift.md"), "utf8");
        const block = (title: string) => runbook.split(`# ${title}\n`)[1]!.split("\n```")[0]!;
        const unit = (title: string) =>
            block(title).replaceAll("/opt/tenant-hypervisors", lab.workspace.root).replace("User=deevnet\n", "");

        test("systemd takes the units, and the service's command ends with 2 for the rule that was added", async () => {
            const folder = mkdtempSync(join(tmpdir(), "units-"));
            const units = ["tenant-drift@.service", "tenant-drift@.timer"].map((name) => {
                writeFileSync(join(folder, name), unit(name));
                return join(folder, name.replace("@", "@dvntm"));
            });
            if (existsSync("/usr/bin/systemd-analyze")) {
                const { exitCode, output } = await lab.workspace.shell(`systemd-analyze verify ${units.join(" ")}`);
                expect([exitCode, output]).toEqual([0, ""]);
            }
            rmSync(folder, { recursive: true });
            const setting = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(unit("tenant-drift@.service"))![1]!;
            expect(setting("WorkingDirectory")).toBe(lab.workspace.root);
            const line = setting("ExecStart").replaceAll("%i", "dvntm");
            // What systemd gives a service.
            const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "" };
            const { exitCode, stdout } = await lab.workspace.shell(line, environment);
            expect(stdout).toMatch(
                /^ {2}where +what +declared +is +to settle\nvintronics\n {2}router +rule 1 \(for a moment\)/,
            );
            expect(exitCode).toBe(2);
        });

        test("the CI job's last step does, too", async () => {
            const { jobs } = load(block(".github/workflows/drift.yml")) as {
                jobs: { drift: { steps: { run?: string }[] } };
            };
            const { exitCode, stdout } = await lab.workspace.shell(jobs.drift.steps.at(-1)!.run!);
            expect(stdout).toContain("rule 1 (for a moment)");
            expect(exitCode).toBe(2);
        });
    });

    test("an option that there is not is refused", async () => {
        expect((await lab.workspace.command("drift", "dvntm", "--nonsense")).exitCode).toBe(64);
    });
});
