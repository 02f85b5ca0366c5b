import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NodeClient } from "../../node/client";
import { digestsOn } from "../../node/reading/read";
import { subjectsOf } from "../../node/reading/subjects";
import { readSettings } from "../../node/read";
import { loadSubstrate } from "../../substrate/load";
import { changesOfSettings } from "../drift/confdesc";
import { nodeChanges } from "../drift/nodeChanges";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Changes of what no refresh reads: drift's own reading finds them, whatever the provider reads. */
const BESIDE = [
    "a stranger with a VMID of ours",
    "a stranger with our tags",
    "a container in a tenant's segment",
    "an ipset that filters what a VM sends",
    "a VM paused",
    "the datacentre's firewall lets all in",
    "the node's own firewall lets packets of no connection pass",
];

describe("a substrate on which nothing changed since the last run", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.startWithRouter();
        lab.fixAddress();
        await lab.succeed("config", "set", "macPolicy", "deterministic");
        // What the role lets the token read is enough to tell that nothing changed.
        await lab.grantRole();
        await tenants("up", "--yes", "--", "--skip-preview");
    });
    afterAll(() => lab.stop());

    /** Runs a command; tells whether the provider read guests in it. */
    async function tenants(name: string, ...args: string[]) {
        await lab.node.forgetRequests();
        // That rules are held to is what tests/acceptance/policy has, and takes each of these runs a third longer.
        const free = ["preview", "up"].includes(name) ? ["--policy", "off"] : [];
        const ran = await lab.workspace.command(name, "dvntm", ...free, ...args);
        // Ours asks for the state of all guests at once, the provider for that of each.
        const asked = (await lab.node.requests()).map(({ path }) => path);
        // Of drift's preview nobody is told; its program asks for the token's privileges once more.
        const privileges = asked.filter((path) => path.endsWith("/access/permissions")).length;
        const runsPulumi = /^(Previewing|Updating)/m.test(ran.output) || (name === "drift" && privileges > 1);
        return { ...ran, reads: asked.some((path) => path.endsWith("/status/current")), runsPulumi };
    }

    /** A run that neither reads guests in full nor has Pulumi run. */
    const idle = { reads: false, runsPulumi: false };

    function digestsOfFiles(folder: string): string[] {
        const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
        const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
        return contents.map((content) => createHash("sha256").update(content).digest("hex")).sort();
    }

    const home = () => lab.workspace.variables["HOME"]!;
    const records = () => join(home(), ".cache/tenant-hypervisors/readings");
    const state = () => digestsOfFiles(join(lab.workspace.root, "..", "state"));

    test("the first up after a create reads all of it, and what comes then does not", async () => {
        expect(await tenants("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0, reads: true });
        expect(await tenants("up", "--yes", "--", "--skip-preview")).toMatchObject({ exitCode: 0, reads: true });
        const before = state();
        expect(await tenants("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0, ...idle });
        expect(await tenants("drift")).toMatchObject({ exitCode: 0, ...idle });
        // Looking writes nothing, and neither kept anything of what it read but digests.
        expect(state()).toEqual(before);
        const [record] = readdirSync(records());
        const { parts } = JSON.parse(readFileSync(join(records(), record!), "utf8")) as { parts: object };
        expect(Object.values(parts).filter((one) => !/^[0-9a-f]{64} [0-9a-f]{64}$/.test(String(one)))).toEqual([]);
        const up = await tenants("up", "--yes", "--", "--skip-preview");
        expect(up).toMatchObject({ exitCode: 0, ...idle });
        expect(up.output).toMatch(/nothing to do[^]*\b37 unchanged[^]*api-vm01 +5001 /);
        expect(state()).toEqual(before);
    });

    test("a run whose definitions, program, rules or words are others is Pulumi's, and the next like it has nothing to do", async () => {
        const compared = { exitCode: 0, reads: false, runsPulumi: true };
        const preview = (...args: string[]) => tenants("preview", "--expect-no-changes", ...args);
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => `# moved down\n${text}`);
        expect(await preview()).toMatchObject({
            ...compared,
            output: expect.stringContaining("not refreshed") as unknown,
        });
        expect(await preview()).toMatchObject({ exitCode: 0, ...idle });
        await lab.succeed("config", "set", "other:note", "of the person's");
        expect(await preview()).toMatchObject(compared);
        lab.edit("components/tenant.ts", (text) => `${text}\n`);
        expect(await tenants("drift")).toMatchObject(compared);
        expect(await tenants("drift")).toMatchObject({ exitCode: 0, ...idle });
        // Drift looked at the nodes alone.
        expect(await preview()).toMatchObject(compared);
        expect(await preview("--policy", "on")).toMatchObject(compared);
    });

    test("one that has nothing to do is refused, and warns, as any other", async () => {
        const held = ["--policy", "on"];
        await lab.node.byHand("PUT", "/cluster/firewall/options", { enable: "0" });
        expect(await tenants("up", "--yes", ...held)).toMatchObject({
            ...{ exitCode: 0, ...idle },
            output: expect.stringContaining("PVE's datacentre firewall is off") as unknown,
        });
        await lab.node.byHand("PUT", "/cluster/firewall/options", { enable: "1" });
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/110/config", { ipconfig0: "ip=10.20.50.11/24" });
        for (const command of ["preview", "up"]) {
            expect(await tenants(command, ...held)).toMatchObject({
                ...{ exitCode: 1, ...idle },
                output: expect.stringContaining("10.20.50.11") as unknown,
            });
        }
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/110/config", { delete: "ipconfig0" });
    });

    test("--refresh always reads all of it, and so does a run without the record, or with one that is cut off", async () => {
        expect(await tenants("preview", "--refresh", "always")).toMatchObject({ exitCode: 0, reads: true });
        const [record] = readdirSync(records());
        writeFileSync(join(records(), record!), readFileSync(join(records(), record!), "utf8").slice(0, 99));
        expect(await tenants("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0, reads: true });
        rmSync(records(), { recursive: true });
        expect(await tenants("drift")).toMatchObject({ exitCode: 0, reads: true });
        // Which both kept anew, as all that a refresh read was as the state has it.
        expect(await tenants("drift")).toMatchObject({ exitCode: 0, reads: false });
    });

    test("each setting of a VM and each change that drift tells of has another digest", async () => {
        process.env["SSL_CERT_FILE"] = lab.node.ready.caFile;
        const substrate = loadSubstrate({ root: lab.workspace.root, substrate: "dvntm" });
        const subjects = subjectsOf(substrate, await lab.deployment())!.get("hv02")!;
        const client = new NodeClient("hv02", lab.node.ready.endpoint, lab.node.ready.apiToken);
        const read = async () => JSON.stringify(await digestsOn(client, { name: "hv02", node: "pve2" }, subjects));
        const { net0, scsi0 } = (await readSettings(client, "pve2", 5001)) as Record<string, string>;
        const settings = changesOfSettings(net0!, scsi0!).map((change) => ({
            name: JSON.stringify(change),
            make: () => {
                const fields = { ...change.set, ...(change.delete && { delete: change.delete }) };
                return lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", fields);
            },
        }));
        const before = await read();
        const whole = await lab.node.whole();
        const unseen: string[] = [];
        for (const { name, make } of [...settings, ...nodeChanges(lab.node)]) {
            await make();
            // What cannot be read any more, such as a pool that is gone, counts as changed.
            if ((await read().catch(() => "")) === before) {
                unseen.push(name);
            }
            await lab.node.restore(whole);
        }
        client.close();
        expect(unseen.filter((name) => !BESIDE.includes(name))).toEqual([]);
        expect(await tenants("preview", "--expect-no-changes")).toMatchObject({ exitCode: 0 });
    });

    test("what somebody changed by hand is read, and once it is settled nothing is again", async () => {
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", { memory: "1024" });
        expect(await tenants("preview", "--expect-no-changes")).toMatchObject({ exitCode: 2, reads: true });
        expect(await tenants("drift")).toMatchObject({ exitCode: 2, reads: true });
        expect(await tenants("up", "--yes", "--", "--skip-preview")).toMatchObject({ exitCode: 0, reads: true });
        // The up wrote to the node, so what was read before it counts no more, though it may come back to what it was.
        expect(await tenants("drift")).toMatchObject({ exitCode: 0, reads: true });
        expect(await tenants("drift")).toMatchObject({ exitCode: 0, reads: false });
    });
});
