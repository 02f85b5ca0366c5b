import { isDeepStrictEqual } from "node:util";
import type { NodeState } from "../../lab/expect";
import type { SimulatedGrant } from "../../lab/simulatedNode";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";
import { grantsIn } from "../../lab/pveum";

jest.setTimeout(RUN_TIMEOUT_MS);

const FILE = "tenants/dvntm/grooveiq.yaml";
const UP = ["up", "--yes", "--skip-preview"];
const CONFIG = "/nodes/pve2/qemu/5001/config";

/** Another size for the first VM, and the address that it has from then on. */
const AT_ONCE = "cores: 3\n    address: fixed\n    reboot: when-needed";

/** A life of a substrate with the roles that tenants role prints, and nothing else granted. */
describe("the roles of tenants role", () => {
    let lab: AcceptanceLab;
    let found: NodeState;
    let granted: SimulatedGrant[];

    /** Changes that the node was asked for, and resources that came or went, while something ran. */
    async function touchedBy(run: () => Promise<void>): Promise<unknown[]> {
        const before = await resources();
        await lab.node.forgetRequests();
        await run();
        const writes = (await lab.node.requests()).filter(({ method }) => method !== "GET");
        return isDeepStrictEqual(await resources(), before) ? writes : [...writes, "the state"];
    }

    /** The resources in the state, but for the stack's own, which every run writes. */
    async function resources(): Promise<unknown[]> {
        return (await lab.resources()).filter(({ type }) => type !== "pulumi:pulumi:Stack");
    }

    /** Lines on the hypervisor among the run's diagnostics. */
    const linesOn = (output: string) =>
        (output.slice(output.indexOf("Diagnostics:")).match(/hv02: .*/g) ?? []).map((line) => line.trim());

    /** Message about a privilege that is missing on a path. */
    const lack = (privilege: string, path: string) =>
        `hv02: the token deevnet@pve!pulumi lacks ${privilege} on ${path}; see \`tenants role\``;

    beforeAll(async () => {
        lab = await AcceptanceLab.start(undefined, {}, "8.4");
        found = await lab.state();
        await lab.node.set({ grants: [] });
        lab.withoutVintronics();
    });
    afterAll(() => lab.stop());

    test("a token without any grant is told everything that it lacks, in one run, and nothing is touched", async () => {
        const { output: printed } = await lab.workspace.command("role", "dvntm");
        const lacks = grantsIn(printed).flatMap(({ path, privileges }) => privileges.map((name) => lack(name, path)));
        expect(lacks.length).toBeGreaterThan(15);
        const touched = await touchedBy(async () => {
            const { exitCode, output } = await lab.workspace.pulumi(UP);
            expect(exitCode).not.toBe(0);
            expect(linesOn(output)).toEqual(lacks);
            expect(output).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
        });
        expect(touched).toEqual([]);
    });

    test("a run without one privilege names it and its path, and touches nothing: what make asks first, and up", async () => {
        granted = await lab.grantRole();
        const named = granted.flatMap(({ path, privileges }) => privileges.map((privilege) => ({ path, privilege })));
        const touched = await touchedBy(async () => {
            for (const { path, privilege } of named) {
                await lab.node.set({ without: [privilege] });
                const asked = await lab.workspace.command("role", "--check", "dvntm");
                expect(asked).toMatchObject({ exitCode: 1, output: `${lack(privilege, path)}\n` });
            }
            const { path, privilege } = named.at(-1)!;
            const { exitCode, output } = await lab.workspace.pulumi(UP);
            expect(exitCode).not.toBe(0);
            expect(linesOn(output)).toEqual([lack(privilege, path)]);
        });
        expect(touched).toEqual([]);
        await lab.node.set({ without: [] });
    });

    test("they are enough for up and for a second preview that is empty", async () => {
        expect(granted.every(({ userids }) => userids.length === 2)).toBe(true);
        await lab.up();
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("they are enough to change a VM's size, and to find and repair what was changed by hand", async () => {
        lab.edit(FILE, (text) => text.replace("cores: 2", AT_ONCE).replace("disk: 64GiB", "disk: 65GiB"));
        await lab.node.byHand("PUT", CONFIG, { memory: "1024", tags: "changed" });
        const { exitCode, output } = await lab.workspace.pulumi([
            ..."refresh --preview-only --diff --expect-no-changes".split(" "),
        ]);
        expect(exitCode).toBe(7);
        expect(output).toMatch(/dedicated: 4096 => 1024/);
        await lab.node.forgetRequests();
        await lab.up();
        const { vms } = await lab.state();
        expect({ ...vms["5001"]!.config, ...vms["5001"]!.pending }).toMatchObject({
            memory: "4096",
            tags: "grooveiq;tenant",
        });
        expect(vms["5002"]!.config["scsi0"]).toContain("size=65G");
    });

    test("a VM that restarts for its fixed address may send from that alone, once it has it", async () => {
        expect(await lab.filterOf("5001")).toEqual({ on: true, addresses: ["10.20.50.10"] });
        const writes = (await lab.node.requests()).filter(({ method }) => method !== "GET").map(({ path }) => path);
        const at = (part: string) => writes.findIndex((path) => path.includes(`/qemu/5001/${part}`));
        expect(at("status/start")).toBeGreaterThan(-1);
        expect(at("firewall/ipset")).toBeGreaterThan(at("status/start"));
        expect(at("firewall/options")).toBeGreaterThan(at("firewall/ipset/ipfilter-net0"));
    });

    test("without VM.Audit every VM looks deleted to the CLI, so make asks before it starts one", async () => {
        await lab.node.set({ without: ["VM.Audit"] });
        const touched = await touchedBy(async () => {
            const { output } = await lab.workspace.pulumi(["refresh", "--preview-only", "--diff"]);
            expect(output).toMatch(/- proxmoxve:index\/vmLegacy[^]*?\[id=5001\]/);
            const asked = await lab.workspace.command("role", "--check", "dvntm");
            expect(asked).toMatchObject({ exitCode: 1, output: `${lack("VM.Audit", "/vms")}\n` });
        });
        expect(touched).toEqual([]);
        await lab.node.set({ without: [] });
        expect(await lab.workspace.command("role", "--check", "dvntm")).toMatchObject({ exitCode: 0, output: "" });
    });

    test("a version that is not known to work is told, and stops nothing where nothing is missing", async () => {
        const check = async () => {
            const { exitCode, output } = await lab.workspace.command("role", "--check", "dvntm");
            return [exitCode, output];
        };
        await lab.node.set({ product: "10.0.1" });
        const told = expect.stringMatching(
            /^hv02: node pve2 runs PVE 10\.0\.1, which is not known to work: /,
        ) as unknown;
        expect(await check()).toEqual([0, told]);
        await lab.node.set({ product: "8.4.1" });
        expect(await check()).toEqual([0, ""]);
    });

    test("a CPU type of the node's own asks for more, and is looked for there before anything is touched", async () => {
        lab.edit(FILE, (text) => text.replace("cores: 3", "cpu: custom-own\n    cores: 3"));
        const check = async () => {
            const { exitCode, output } = await lab.workspace.command("role", "--check", "dvntm");
            return [exitCode, output];
        };
        expect(await check()).toEqual([1, `${lack("Sys.Audit", "/nodes")}\n`]);
        granted = await lab.grantRole();
        expect(await check()).toEqual([
            1,
            expect.stringMatching(/vms\[0\]\.cpu: the node has no CPU type custom-own; it has none\n$/),
        ]);
        await lab.node.set({ cpu_types: ["custom-own"] });
        expect(await check()).toEqual([0, ""]);
        lab.edit(FILE, (text) => text.replace("cpu: custom-own\n    ", ""));
        granted = await lab.grantRole();
    });

    test("a start order or a wait for the agent asks for more, which is printed then and no sooner", async () => {
        lab.edit(FILE, (text) =>
            text.replace("cores: 3", "cores: 3\n    startup: { order: 1 }\n    agent: { wait: true, timeout: 5 }"),
        );
        await lab.node.set({ agents_answer: true });
        const { exitCode, output } = await lab.workspace.pulumi(UP);
        expect(exitCode).not.toBe(0);
        expect(output).toContain(lack("VM.Monitor", "/pool"));
        expect(output).toContain(lack("Sys.Modify", "/"));
        const onRoot = () => granted.filter(({ path }) => path === "/");
        const reading = { path: "/", propagate: false, privileges: ["Sys.Audit"] };
        expect(onRoot()).toEqual([expect.objectContaining(reading)]);
        granted = await lab.grantRole();
        const modifying = { ...reading, privileges: ["Sys.Modify"] };
        expect(onRoot()).toEqual([reading, modifying].map((grant) => expect.objectContaining(grant) as unknown));
        await lab.up();
        expect((await lab.state()).vms["5001"]!.config["startup"]).toBe("order=1");
    });

    test("after an upgrade to PVE 9 in place the role that it empties is told before a run, and made anew all is as declared", async () => {
        const before = await lab.state();
        await lab.node.upgrade("9.2");
        await lab.node.forgetRequests();
        const { exitCode, output } = await lab.workspace.pulumi(UP);
        expect(exitCode).not.toBe(0);
        expect(linesOn(output)).toEqual([lack("VM.GuestAgent.Audit", "/pool")]);
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        const { output: old } = await lab.workspace.command("role", "--pve", "8.4", "dvntm");
        await expect(lab.node.set({ grants: grantsIn(old) })).rejects.toThrow("no privileges of PVE 9.2: VM.Monitor");
        granted = await lab.grantRole();
        await lab.succeed("preview", "--expect-no-changes");
        expect(await lab.state()).toEqual(before);
    });

    test("a refusal in the middle of a run is told with privilege and path, and the next up converges", async () => {
        lab.edit(FILE, (text) => text.replace("cores: 3", "cores: 1"));
        await lab.node.fail({
            method: "PUT",
            path: CONFIG,
            status: 403,
            message: "Permission check failed (/vms/5001, VM.Config.CPU)",
        });
        const { exitCode, output } = await lab.workspace.pulumi(UP);
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(/403[^\n]*\/vms\/5001, VM\.Config\.CPU/);
        await lab.node.clearFaults();
        await lab.up();
        const { config, pending } = (await lab.state()).vms["5001"]!;
        expect(pending["cores"] ?? config["cores"]).toBe("1");
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("they are enough to destroy, which leaves the node as it was found", async () => {
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });
});
