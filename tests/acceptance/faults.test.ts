import { readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeState } from "../../lab/expect";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const UP = ["up", "--yes", "--skip-preview"];
const CONFIG = "/nodes/{node}/qemu/{vmid}/config";
const CLONE = "/nodes/{node}/qemu/{vmid}/clone";
const FIREWALL = "/nodes/{node}/qemu/{vmid}/firewall";

/** The VM with a fixed address, and that. */
const FIXED = { "5002": "10.20.50.11" };

/** Trouble on the node in the middle of an up: how it is told, and that the next up goes on from there. */
describe("a fault on the node", () => {
    let lab: AcceptanceLab;
    let found: NodeState;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        found = await lab.state();
        rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
        lab.fixAddress();
    });
    afterAll(() => lab.stop());
    afterEach(async () => {
        await lab.node.clearFaults();
        await lab.node.set({ reset_every: 0, latency: 0, time_scale: 0, agents_answer: false });
        await lab.recover();
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });

    test.each([
        [
            "a task error in the middle of a clone",
            { method: "POST", path: CLONE, task: "clone failed: copy error: Input/output error" },
            /Input\/output error/,
        ],
        [
            "a full storage",
            { method: "POST", path: CLONE, task: "unable to create image: no space left on thin pool" },
            /no space left on thin pool/,
        ],
        [
            "a lock on a VM's configuration that nobody lets go",
            {
                method: "PUT",
                path: CONFIG,
                status: 500,
                message: "can't lock file '/var/lock/qemu-server/lock-5001.conf' - got timeout",
            },
            /can't lock file '\/var\/lock\/qemu-server\/lock-5001\.conf' - got timeout/,
        ],
        [
            "one privilege that is missing",
            {
                method: "PUT",
                path: CONFIG,
                status: 403,
                message: "Permission check failed (/vms/5001, VM.Config.Options)",
            },
            /Permission check failed \(\/vms\/5001, VM\.Config\.Options\)/,
        ],
        [
            "a token that expires in the middle",
            { method: "PUT", path: CONFIG, status: 401, message: "authentication failure" },
            /401[^]*authentication failure/,
        ],
        [
            "a start that fails",
            {
                method: "POST",
                path: "/nodes/{node}/qemu/{vmid}/status/start",
                task: "start failed: QEMU exited with code 1",
            },
            /QEMU exited with code 1/,
        ],
        [
            "a firewall that takes no rules",
            {
                method: "POST",
                path: "/nodes/{node}/qemu/{vmid}/firewall/rules",
                status: 500,
                message: "unable to write firewall config",
            },
            /unable to write firewall config/,
        ],
        [
            "a firewall that takes no address",
            {
                method: "POST",
                path: "/nodes/{node}/qemu/{vmid}/firewall/ipset/{name}",
                status: 500,
                message: "can't lock file '/var/lock/pve-firewall/5002.lck'",
            },
            /can't lock file '\/var\/lock\/pve-firewall\/5002\.lck'/,
        ],
        [
            "a pool that cannot be made",
            { method: "POST", path: "/pools", status: 500, message: "can't lock file '/etc/pve/user.cfg'" },
            /can't lock file '\/etc\/pve\/user\.cfg'/,
        ],
    ])("%s", async (_, fault, message) => {
        await lab.node.fail(fault);
        const { exitCode, output } = await lab.workspace.pulumi(UP);
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(message);
        expect(output).not.toContain(lab.node.ready.apiToken.split("=")[1]!);
        await lab.node.clearFaults();
        await lab.recover();
        await lab.up();
        await lab.expectSettled(["5001", "5002"], FIXED);
    });

    test.each([
        ["a pool", "/pools", /recover: pool grooveiq: it is empty and is removed/],
        ["an address filter", `${FIREWALL}/ipset`, /recover: VM 5002: its address filter is removed/],
        ["firewall rules", `${FIREWALL}/rules`, /recover: VM 500\d: \d firewall rules are removed/],
    ])("a connection that breaks at the answer to %s", async (_, path, told) => {
        await lab.node.fail({ method: "POST", path, lost: true, times: 1 });
        expect((await lab.workspace.pulumi(UP)).exitCode).not.toBe(0);
        expect((await lab.recover()).output).toMatch(told);
        await lab.up();
        await lab.expectSettled(["5001", "5002"], FIXED);
    });

    test("a lock on the template that is let go after a while is waited for", async () => {
        const message = "can't lock file '/var/lock/qemu-server/lock-103.conf' - got timeout";
        await lab.node.fail({ method: "POST", path: CLONE, status: 500, message, times: 1 });
        await lab.up();
        await lab.expectSettled(["5001", "5002"], FIXED);
    });

    test("a connection that is reset on every tenth request", async () => {
        await lab.node.set({ reset_every: 10 });
        let runs = 0;
        let done = false;
        while (!done && runs < 10) {
            runs++;
            const settled = await lab.workspace.command("recover", "dvntm");
            done = settled.exitCode === 0 && (await lab.workspace.pulumi(UP)).exitCode === 0;
        }
        await lab.node.set({ reset_every: 0 });
        await lab.recover();
        await lab.up();
        await lab.expectSettled(["5001", "5002"], FIXED);
    });

    test("a guest agent that never answers holds a run no longer than the definition says", async () => {
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) =>
            text.replace("instance: 1\n", "instance: 1\n    agent: { wait: true, timeout: 3 }\n"),
        );
        await lab.grantRole();
        const started = Date.now();
        await lab.up();
        const asked = (await lab.node.requests()).filter(({ path }) => path.includes("agent/network-get-interfaces"));
        expect(asked.length).toBeGreaterThan(0);
        // Without a bound of its own the provider waits for 15 minutes.
        expect(Date.now() - started).toBeLessThan(120_000);
        await lab.expectSettled(["5001", "5002"], FIXED);
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("    agent: { wait: true, timeout: 3 }\n", ""));
    });

    test("a rename that the node refuses: the next up renames the same VM", async () => {
        const identity = async () => (await lab.state()).vms["5002"]!.config["smbios1"];
        await lab.up();
        const before = await identity();
        const rename = (from: string, to: string) =>
            lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace(`name: ${from}`, `name: ${to}`));
        rename("db-vm01", "db-vm09");
        await lab.node.fail({ method: "PUT", path: CONFIG, status: 500, message: "unable to write config" });
        expect((await lab.workspace.pulumi(UP)).exitCode).not.toBe(0);
        await lab.node.clearFaults();
        await lab.recover();
        await lab.up();
        expect((await lab.state()).vms["5002"]!.name).toBe("db-vm09");
        rename("db-vm09", "db-vm01");
        await lab.up();
        expect(await identity()).toBe(before);
    });

    test("a VM that somebody else makes under our VMID is theirs, whatever comes", async () => {
        await lab.node.byHand("POST", "/nodes/pve2/qemu", { vmid: "5002", name: "windows-pc", memory: "512" });
        const before = await lab.state();
        const { exitCode, output } = await lab.workspace.pulumi(UP);
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(
            /VMID 5002 on hv02 \(node pve2\) is taken by windows-pc \(pool none, tags none\), which is not ours/,
        );
        expect(await lab.state()).toEqual(before);
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/5002");
    });
});

/** Both tenants' VMs, so that there are enough writes between the first and the last. */
const OURS = ["5001", "5002", "5101", "5102", "5103"];

/** A run that ends without a word, at ten points from its first write to its last. */
describe("the CLI killed in the middle", () => {
    let lab: AcceptanceLab;
    let found: NodeState;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        found = await lab.state();
        lab.fixAddress();
    });
    afterAll(() => lab.stop());

    test.each([1, 3, 5, 7, 10, 13, 16, 20, 25, 30])("of up, after write %i: the next one converges", async (writes) => {
        await lab.killedAfter(writes, UP);
        await lab.recover();
        await lab.up();
        await lab.expectSettled(OURS, FIXED);
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });

    test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
        "of destroy, after write %i: the next one leaves the node as it was",
        async (writes) => {
            await lab.up();
            await lab.killedAfter(writes, ["destroy", "--yes", "--skip-preview"]);
            await lab.recover();
            await lab.succeed("destroy", "--yes", "--skip-preview");
            expect(await lab.state()).toEqual(found);
            expect(await lab.resources()).toEqual([]);
        },
    );

    test.each([2, 8])("of destroy, after write %i: an up makes again what is declared", async (writes) => {
        await lab.up();
        await lab.killedAfter(writes, ["destroy", "--yes", "--skip-preview"]);
        await lab.recover();
        await lab.up();
        await lab.expectSettled(OURS, FIXED);
        await lab.succeed("destroy", "--yes", "--skip-preview");
    });

    test("while it wrote the state: what it wrote half is removed, and the next one goes on", async () => {
        await lab.up();
        const stacks = join(lab.workspace.root, "../state/.pulumi/stacks/tenant-hypervisors");
        truncateSync(join(stacks, "dvntm.json.attrs"));
        writeFileSync(join(stacks, "dvntm.json.18ab.tmp"), "{");
        // Of another stack, which some process may be writing at this moment.
        writeFileSync(join(stacks, "dvnt.json.attrs"), "");
        const unread = await lab.workspace.pulumi(["preview"]);
        expect(unread.output).toContain("failed to load checkpoint: EOF");

        // What make does where the stack cannot be selected.
        const { output } = await lab.workspace.command("recover", "--files", "dvntm");
        expect(output).toMatch(/dvntm\.json\.attrs, which a run was writing .* is removed/);
        await lab.expectSettled(OURS, FIXED);
        expect(readdirSync(stacks).filter((file) => /\.tmp$|^dvnt\./.test(file))).toEqual(["dvnt.json.attrs"]);
        await lab.succeed("destroy", "--yes", "--skip-preview");
    });

    test("a lock whose owner lives is not released, and told by whom it is held", async () => {
        await lab.node.forgetRequests();
        await lab.node.set({ latency: 0.2 });
        const running = lab.workspace.pulumi(UP);
        await lab.wrote(1);
        const { exitCode, output } = await lab.workspace.command("recover", "dvntm");
        expect(exitCode).toBe(1);
        expect(output).toMatch(/dvntm is held by \S+@\S+ \(pid \d+, .*\)\. Wait for that run to end/);
        await lab.node.set({ latency: 0 });
        expect((await running).exitCode).toBe(0);
        await lab.expectSettled(OURS, FIXED);
    });
});
