import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GuestState, NodeState } from "../../lab/expect";
import type { CliResult } from "../../lab/workspace";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";
import { Matrix } from "./matrix";
import { changeMacByHand, changeWhole, renameTenant } from "./matrixLast";
import { checkJobs } from "./matrixJobs";
import { callOn, FAST, instanceOf, MAPPINGS, VM_ROWS, waits, type Row } from "./matrixRows";
import { RULES } from "./matrixRules";
import { ALLOWANCES, FILE, REFUSALS, TENANT, tenantText, type Phase } from "./matrixTenants";

jest.setTimeout(RUN_TIMEOUT_MS);

/** A VM without the account that cloud-init makes, which is the tenant's attribute. */
function withoutAccount({ config, ...vm }: GuestState) {
    const { ciuser: _, sshkeys: __, ...others } = config;
    return { ...vm, config: others };
}

/** Every attribute that a tenant file can declare, on VMs whose attributes show the same effects, through one life of them all. */
describe("each attribute", () => {
    const matrix = new Matrix();
    let lab: AcceptanceLab;
    let found: NodeState;
    let before: Record<string, GuestState>;
    const vmidOf = (row: Row) => String(5200 + instanceOf(row));
    const attributeOf = (row: Row) => `vms[].${row.attribute}`;
    const drifting = VM_ROWS.filter((row) => row.drift !== undefined);
    const onNode = VM_ROWS.filter((row) => row.node !== undefined);

    /** Writes the tenants as one phase has them. */
    function define(phase: Phase): void {
        writeFileSync(join(lab.workspace.root, FILE), tenantText(VM_ROWS, phase));
        const file = join(lab.workspace.root, "tenants/dvntm/grooveiq.yaml");
        const [grooveiq] = readFileSync(file, "utf8").split("allow:");
        writeFileSync(file, `${grooveiq}${ALLOWANCES[phase]}`);
    }

    async function held(row: Row): Promise<unknown> {
        const state = await lab.state();
        return row.node!.held(state.vms[vmidOf(row)]!, state);
    }

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        await lab.node.byHand("POST", "/storage", FAST);
        for (const [kind, fields] of MAPPINGS) {
            await lab.node.byHand("POST", `/cluster/mapping/${kind}`, fields);
        }
        found = await lab.state();
        await lab.node.set({ agents_answer: true });
        const hardware = "memory: 64GiB\n        storage: 2TB\n        threads: 32\n      datastores: { fast: 200GiB }";
        const opened = "[{segment: storage, to: [matrix, other], hosts: 50-59}]";
        const block = `config:\n  tenant-hypervisors:network:\n    opened: ${opened}\n`;
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("config:\n", block));
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace(/memory: 32GiB\s+storage: 1TB\s+threads: 8/, hardware));
    });
    afterAll(() => lab.stop());

    describe("create", () => {
        beforeAll(async () => {
            define("first");
            await lab.grantRole();
            await lab.up();
            before = { ...(await lab.state()).vms };
        });

        test.each(onNode)("$attribute", async (row) => {
            expect(await held(row)).toEqual(row.node!.values[0]);
            matrix.note(attributeOf(row), { create: "as declared" });
        });

        test("what is not on the node is accepted, and the template is the one that the VM names", async () => {
            const clones = (await lab.node.requests()).filter(({ path }) => path.endsWith("/clone"));
            const pinned = VM_ROWS.find(({ attribute }) => attribute === "template")!;
            const from = clones.filter(({ body }) => body.includes(`newid=${vmidOf(pinned)}`)).map(({ path }) => path);
            expect(from).toEqual(["/api2/json/nodes/pve2/qemu/100/clone"]);
            VM_ROWS.filter((row) => row.node === undefined).forEach((row) =>
                matrix.note(attributeOf(row), { create: "accepted" }),
            );
            const { vms, pools } = await lab.state();
            VM_ROWS.forEach((row) => expect(vms[vmidOf(row)]!.status).toBe("running"));
            expect(vms["5201"]).toMatchObject({ name: "vm01", pool: TENANT.name });
            expect(vms["5201"]!.config["net0"]).toMatch(/tag=52/);
            expect(vms["5201"]!.config).toMatchObject({ ciuser: "first", sshkeys: TENANT.sshkeys.first });
            expect(pools[TENANT.name]).toMatchObject({ comment: "first" });
            const own = ["name", "instance"].map((attribute) => `vms[].${attribute}`);
            for (const attribute of ["name", "description", "vlan", "user.name", "user.keys", ...own]) {
                matrix.note(attribute, { create: "as declared" });
            }
            const linked = clones.filter(({ body }) => /\bfull=0\b/.test(body)).map(({ body }) => body);
            const one = VM_ROWS.find(({ attribute }) => attribute === "clone")!;
            expect(linked).toEqual([expect.stringContaining(`newid=${vmidOf(one)}`)]);
            for (const attribute of [...TENANT.steering, ...TENANT.quota]) {
                matrix.note(attribute, { create: "accepted" });
            }
        });

        test.each(RULES)("$attribute", async ({ attribute, rule }) => {
            expect(await lab.ruleOf(rule.vmid.first, rule.comment.first)).toMatchObject(rule.values.first);
            matrix.note(attribute, { create: "as declared" });
        });

        checkJobs(() => lab, matrix, "first", { create: "as declared" });

        test("a second preview is empty", async () => {
            await lab.succeed("preview", "--expect-no-changes");
            matrix.made().forEach((attribute) => matrix.note(attribute, { second: "empty" }));
        });
    });

    describe("update", () => {
        let second: string;

        beforeAll(async () => {
            define("then");
            await lab.grantRole();
            // The tenant's account changes too, which needs a restart: disks grow first, the rest comes with the next up.
            const { output } = await lab.up();
            expect(output).toMatch(/matrix\/vm06: its disk grows in this run; its other changes need a restart/);
            second = (await lab.up()).output;
        });

        test("a VM that still runs with the address that it had is not cut off, and told to be restarted", async () => {
            expect(second).toMatch(
                /matrix\/vm22: it runs with the address that it had, .* \(qm reboot 5222\), and the next/,
            );
            expect(await lab.filterOf("5222")).toEqual({ on: false });
        });

        test.each(VM_ROWS)("$attribute: $update", async (row) => {
            const { vms } = await lab.state();
            const now = vms[vmidOf(row)]!;
            const then = before[vmidOf(row)]!;
            const replaced = now.config["smbios1"] !== then.config["smbios1"];
            expect(replaced).toBe(row.update === "replaces the VM");
            expect(now.config["net0"]).toBe(then.config["net0"]);
            expect(Object.keys(now.pending).length > 0).toBe(waits(row));
            if (row.update === "nothing on the node") {
                expect(withoutAccount(now)).toEqual(withoutAccount(then));
            }
            if (row.node !== undefined) {
                expect(await held(row)).toEqual(row.node.values[1]);
            }
            matrix.note(attributeOf(row), { update: row.update });
        });

        test("of what the tenant says itself", async () => {
            const { vms, pools } = await lab.state();
            expect(vms["5201"]!.config).toMatchObject({ ciuser: "then", sshkeys: TENANT.sshkeys.then });
            expect(pools[TENANT.name]).toMatchObject({ comment: "then" });
            expect(vms["5201"]!.config["smbios1"]).toBe(before["5201"]!.config["smbios1"]);
            ["description", "user.name", "user.keys"].forEach((own) => matrix.note(own, { update: "in place" }));
            // Until now no run restarted a VM, so that none took a snapshot before it.
            expect((await lab.node.requests()).filter(({ path }) => /\/snapshot(\/|$)/.test(path))).toEqual([]);
            // Every VM that is not replaced has the template's identity still, whatever its tenant's `clone` says since.
            for (const attribute of ["clone", "expires", "health", "snapshot", "snapshotKeep"]) {
                matrix.note(attribute, { update: "nothing on the node" });
            }
        });

        test.each(RULES)("$attribute", async ({ attribute, rule }) => {
            expect(await lab.ruleOf(rule.vmid.then, rule.comment.then)).toMatchObject(rule.values.then);
            matrix.note(attribute, { update: "in place" });
        });

        checkJobs(() => lab, matrix, "then", { update: "in place" });
    });

    describe("drift", () => {
        let shown: ReadonlyMap<string, string>;

        beforeAll(async () => {
            await lab.node.byHand("POST", "/nodes/pve2/qemu/5222/status/reboot");
            for (const row of drifting) {
                await lab.node.byHand(...callOn(vmidOf(row), row.drift!.byHand));
            }
            await TENANT.changeByHand(lab);
            for (const { rule } of RULES) {
                await lab.changeRule(rule.vmid.then, rule.comment.then, rule.byHand);
            }
            shown = await lab.driftByName();
        });

        test.each(drifting)("$attribute", (row) => {
            const name = `${TENANT.name}-vm${vmidOf(row).slice(2)}-vm`;
            expect(shown.get(name)).toMatch(row.drift!.shown);
            matrix.note(attributeOf(row), { drift: "found" });
        });

        test.each(RULES)("$attribute", ({ attribute, rule }) => {
            expect(shown.get(rule.resource)).toMatch(rule.shown);
            matrix.note(attribute, { drift: "found" });
        });

        test("of what the tenant says itself", () => {
            for (const [attribute, { resource, pattern }] of Object.entries(TENANT.shown)) {
                expect(shown.get(resource)).toMatch(pattern);
                matrix.note(attribute, { drift: "found" });
            }
        });

        test("and of nothing else", () => {
            const changed = [
                ...drifting.map((row) => `${TENANT.name}-vm${vmidOf(row).slice(2)}-vm`),
                ...RULES.map(({ rule }) => rule.resource),
                ...Object.values(TENANT.shown).map(({ resource }) => resource),
            ];
            expect([...shown.keys()].sort()).toEqual([...new Set(changed)].sort());
            const attributes = VM_ROWS.filter((row) => row.drift === undefined).map(attributeOf);
            [...attributes, ...TENANT.steering, ...TENANT.quota].forEach((attribute) =>
                matrix.note(attribute, { drift: "not on the node", repair: "not on the node" }),
            );
        });
    });

    describe("repair", () => {
        beforeAll(async () => {
            define("after");
            const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
            expect(exitCode).not.toBe(0);
            expect(output).toMatch(/scsi7 of VM 5208 was detached on hv02 by hand, and holds data: attach it again/);
            const [, volume] = /\(qm set 5208 --scsi7 (\S+)\), then `tenants recover/.exec(output)!;
            await lab.node.byHand("PUT", "/nodes/pve2/qemu/5208/config", { scsi7: volume! });
            expect((await lab.recover()).output).toMatch(
                /matrix-vm08-vm: a disk that was detached by hand has its name/,
            );
            await lab.up();
        });

        test.each(drifting)("$attribute", async (row) => {
            expect(await held(row)).toEqual(row.after?.value ?? row.node!.values[1]);
            matrix.note(attributeOf(row), { repair: row.drift!.settledBy ?? "repaired" });
        });

        test("a VM that was restarted with its fixed address may send from that alone", async () => {
            expect(await lab.filterOf("5222")).toEqual({ on: true, addresses: ["10.20.52.31"] });
        });

        test.each(RULES)("$attribute", async ({ attribute, rule }) => {
            expect(await lab.ruleOf(rule.vmid.then, rule.comment.then)).toMatchObject(rule.values.then);
            matrix.note(attribute, { repair: "repaired" });
        });

        checkJobs(() => lab, matrix, "then", { repair: "repaired" });

        test("of what the tenant says itself", async () => {
            const { vms, pools } = await lab.state();
            const { config, pending, name } = vms["5201"]!;
            expect({ ...config, ...pending }).toMatchObject({ ciuser: "then", sshkeys: TENANT.sshkeys.then });
            expect(config["net0"]).toMatch(/tag=52/);
            expect(name).toBe("vm01");
            expect(pools[TENANT.name]).toMatchObject({ comment: "then" });
            Object.keys(TENANT.shown).forEach((attribute) => matrix.note(attribute, { repair: "repaired" }));
            await lab.succeed("preview", "--expect-no-changes");
        });
    });

    describe.each(REFUSALS)("what is refused: $run", ({ edit, command, refused }) => {
        let state: NodeState;
        let run: CliResult;

        beforeAll(async () => {
            state = await lab.state();
            const undo = edit(lab);
            run = await lab.workspace.pulumi(command);
            undo();
        });

        test("and nothing is touched", async () => {
            expect(run.exitCode).not.toBe(0);
            expect(await lab.state()).toEqual(state);
        });

        test.each(refused)("$attribute: $what", ({ attribute, message, cells }) => {
            expect(run.output).toMatch(message);
            matrix.note(attribute, cells ?? {});
        });
    });

    describe("what is changed last", () => {
        test("vms[].name, macPolicy and a tenant's keep, all in one run", () => changeWhole(lab, matrix));

        test("a MAC changed by hand is found; keep refuses the teardown; with it lifted the MAC is repaired", () =>
            changeMacByHand(lab, matrix));

        test("a tenant's name takes its VMs along", () => renameTenant(lab, matrix));

        test("when all is lifted, destroy leaves the node as it was", async () => {
            await lab.succeed("destroy", "--yes", "--skip-preview");
            expect(await lab.state()).toEqual(found);
        });

        test("every attribute of the schema is tested at every stage, and docs/lifecycle.md says what came of it", () => {
            expect(matrix.untested()).toEqual([]);
            expect(matrix.written()).toBe(matrix.text());
        });
    });
});
