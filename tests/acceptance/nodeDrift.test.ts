import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { declareBaseline } from "../../lab/baseline";
import { LabHost } from "../../lab/labHost";
import type { SimulatedNode } from "../../lab/simulatedNode";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { systemMissing } from "../../tools/labSystem";
import { NodeClient } from "../../node/client";
import { nodeDrift } from "../../node/drift";
import { driftParts, readInventory, readSettings } from "../../node/read";
import type { DriftRow } from "../../report/row";
import { loadSubstrate } from "../../substrate/load";
import { changesOfSettings } from "../drift/confdesc";
import { nodeChanges, type Change, type ToldRow } from "../drift/nodeChanges";
import { contentChanges, type RouterChange } from "../drift/routerChanges";
import { uuidOf } from "../router/managed";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Another seed makes the changes in another order. */
const SEED = Number(process.env["DRIFT_SEED"] ?? 9);

/** Changes between two looks. */
const AT_ONCE = 30;

/** Changes on the router that touch no record of one another, by what they are. */
const ON_ROUTER = ["pool", "MAC", "host's address", "alias deleted", "name in the zone", "rule that opens management"];

function routerChange(router: SimulatedRouter, change: RouterChange): Change {
    const [what, declared, found] = change.row;
    const make = async () => {
        const uuid = change.record === undefined ? undefined : await uuidOf(router, change.section, change.record);
        return router.byHand(uuid === undefined ? change.path : `${change.path}/${uuid}`, change.body);
    };
    const row = { tenant: "grooveiq", where: "router", what, declared: String(declared), found: String(found) };
    return { name: `router: ${change.what}`, make, row };
}

function hostChanges(host: LabHost): Change[] {
    const row = (what: string, found: string): ToldRow => ({
        ...{ tenant: "", where: "host hv02", what: `tenant_hypervisor : ${what}`, declared: "as its baseline", found },
    });
    return [
        {
            name: "host: bridge",
            make: () => Promise.resolve(host.write("sys/class/net/vmbr0/bridge/vlan_filtering", "0\n")),
            row: row("The network is as PVE has it", "would run: pvesh set /nodes/pve2/network"),
        },
        {
            name: "host: sudoers",
            make: () =>
                Promise.resolve(
                    host.write("etc/sudoers.d/010_a_autoprov-nopasswd", "a_autoprov ALL=(ALL) ALL\n", 0o440),
                ),
            row: row("It may do all without a password", "a difference"),
        },
    ];
}

/** The same numbers from 0 to 1 for the same seed. */
function randomFrom(seed: number): () => number {
    let state = seed;
    return () => createHash("sha256").update(`${seed} ${state++}`).digest().readUInt32BE() / 2 ** 32;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
    return items
        .map((item) => [random(), item] as const)
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item);
}

/** Makes a template with UEFI and TPM, whose clones have boot entries and keys to lose. */
async function makeUefiTemplate(node: SimulatedNode): Promise<void> {
    await node.byHand("POST", "/nodes/pve2/qemu", {
        ...{
            vmid: "104",
            name: "fedora-uefi-44-1.1",
            bios: "ovmf",
            machine: "q35",
            ostype: "l26",
            agent: "1",
            vga: "qxl",
        },
        ...{ efidisk0: "local-lvm:1,efitype=4m,pre-enrolled-keys=1", tpmstate0: "local-lvm:1,version=v2.0" },
        ...{
            scsihw: "virtio-scsi-single",
            scsi0: "local-lvm:32",
            ide2: "local-lvm:cloudinit",
            net0: "virtio,bridge=vmbr0",
        },
        ...{ boot: "order=scsi0", cpuunits: "200" },
    });
    await node.byHand("POST", "/nodes/pve2/qemu/104/template");
}

describe("drift on node, host and router", () => {
    let router: SimulatedRouter;
    let lab: AcceptanceLab;
    let host: LabHost | undefined;

    beforeAll(async () => {
        router = await SimulatedRouter.start();
        lab = await AcceptanceLab.start(router);
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) =>
            text.replace("instance: 2\n", "instance: 2\n    address: fixed\n"),
        );
        // What is protected is left out of the preview, and not told to be taken away.
        lab.edit("tenants/dvntm/vintronics.yaml", (text) => text.replace("vlan: 51\n", "vlan: 51\nkeep: true\n"));
        await makeUefiTemplate(lab.node);
        lab.edit("tenants/dvntm/vintronics.yaml", (text) =>
            text.replace("instance: 2\n", "instance: 2\n    template: fedora-uefi-44-1.1\n"),
        );
        await lab.succeed("config", "set", "macPolicy", "deterministic");
        await lab.succeed("config", "set", "--path", "tenant-hypervisors:hypervisors.hv02.taskLog", "true");
        await lab.grantRole();
    });
    afterAll(async () => {
        await host?.remove();
        await lab.stop();
        await router.stop();
    });

    /** Everything of the state's folder, byte for byte. */
    function stateBytes(): Record<string, string> {
        const folder = join(lab.workspace.root, "..", "state");
        const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        return Object.fromEntries(
            files.map(({ parentPath, name }) => {
                const path = join(parentPath, name);
                return [path, createHash("sha256").update(readFileSync(path)).digest("hex")];
            }),
        );
    }

    async function drift(): Promise<{ exitCode: number; rows: DriftRow[]; output: string }> {
        const { exitCode, stdout, output } = await lab.workspace.command("drift", "--json", "dvntm");
        expect(output).not.toMatch(/^ +at /m);
        return { exitCode, rows: (JSON.parse(stdout) as { drift: DriftRow[] }).drift, output };
    }

    const told = ({ tenant, where, what, declared, found, who }: DriftRow): ToldRow => ({
        ...{
            tenant,
            where,
            what,
            declared,
            found: where.startsWith("host") && found.includes("@@") ? "a difference" : found,
        },
        ...(who !== undefined && { who }),
    });
    const sorted = (rows: readonly ToldRow[]) => [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const key = ({ where, what }: ToldRow) => `${where} ${what}`;

    test("before the first up every pool and VM is missing, and nothing is made by looking", async () => {
        const { exitCode, rows } = await drift();
        expect(exitCode).toBe(2);
        expect(rows.filter(({ where }) => where === "node pve2").map(told)).toEqual(
            ["pool grooveiq", "VM 5001 api-vm01", "VM 5002 db-vm01"]
                .map((what) => ({ tenant: "grooveiq", what }))
                .concat(
                    ["pool vintronics", "VM 5101 web-vm01", "VM 5102 web-vm02", "VM 5103 db-vm01"].map((what) => ({
                        ...{ tenant: "vintronics", what },
                    })),
                )
                .map((row) => ({ ...row, where: "node pve2", declared: "there", found: "none" }))
                .sort((a, b) => (a.what < b.what ? -1 : 1)),
        );
        expect(await lab.resources()).toEqual([]);
    });

    test("an up makes everything as declared", async () => {
        if (systemMissing() === undefined) {
            host = await LabHost.start();
            await declareBaseline(lab.workspace, host);
        }
        await lab.up();
    }, 300_000);

    test("a run on what nobody changed finds nothing, and writes nowhere", async () => {
        await lab.node.forgetRequests();
        await router.forgetAudit();
        const before = [stateBytes(), await lab.state(), await router.state(), host?.files()];
        const { exitCode, rows } = await drift();
        expect([exitCode, rows]).toEqual([0, []]);
        expect([stateBytes(), await lab.state(), await router.state(), host?.files()]).toEqual(before);
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        expect(await router.audit()).toEqual([]);
    }, 900_000);

    test("any change of any setting of a VM is told, as the node has it afterwards", async () => {
        const substrate = loadSubstrate({ root: lab.workspace.root, substrate: "dvntm" });
        const [hypervisor] = substrate.hypervisors;
        process.env["SSL_CERT_FILE"] = lab.node.ready.caFile;
        const client = new NodeClient("hv02", lab.node.ready.endpoint, lab.node.ready.apiToken);
        const inventory = await readInventory(client, hypervisor!, driftParts(substrate, hypervisor!));
        const whole = await lab.node.whole();
        const { net0, scsi0 } = inventory.configs.get(5001) as Record<string, string>;
        const untold: string[] = [];
        for (const change of changesOfSettings(net0!, scsi0!)) {
            const fields = { ...change.set, ...(change.delete && { delete: change.delete }) };
            await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", fields);
            const settings = (await readSettings(client, "pve2", 5001))!;
            const now = { ...inventory, configs: new Map([...inventory.configs, [5001, settings]]) };
            if (nodeDrift(substrate, [], [now], "").length === 0) {
                untold.push(JSON.stringify(change));
            }
            await lab.node.restore(whole);
        }
        client.close();
        expect(untold).toEqual([]);
        // Control: as the up left it, nothing is told.
        expect(nodeDrift(substrate, [], [inventory], "")).toEqual([]);
    });

    test("what no run may begin with, or the token holds too much of, is told before anything is touched", async () => {
        const check = () => lab.workspace.command("role", "--check", "dvntm");
        expect(await check()).toMatchObject({ exitCode: 0, output: "" });
        const granted = await lab.grantRole();
        const wide = { ...granted[0]!, path: "/", privileges: ["Sys.Modify"], propagate: false };
        await lab.node.set({ grants: [...granted, wide] });
        const told = await check();
        expect(told.exitCode).toBe(0);
        expect(told.output).toContain("reaches more than the definitions ask for: Sys.Modify on /");
        await lab.node.set({ grants: granted });
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("bridge: vmbr0", "bridge: vmbr1"));
        expect(await check()).toMatchObject({
            exitCode: 1,
            output: expect.stringContaining("node pve2 has no bridge vmbr1, but vmbr0") as unknown,
        });
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("bridge: vmbr1", "bridge: vmbr0"));
    });

    test(`changes by hand, ${AT_ONCE} at once in the order of seed ${SEED}, are told once each, and nothing else is`, async () => {
        const onRouter = ON_ROUTER.map((what) =>
            routerChange(
                router,
                contentChanges.find((one) => one.what === what)!,
            ),
        );
        const changes = shuffled(
            [...nodeChanges(lab.node), ...onRouter, ...(host === undefined ? [] : hostChanges(host))],
            randomFrom(SEED),
        );
        expect(changes.length).toBeGreaterThanOrEqual(20);
        const state = stateBytes();
        for (let made = 0; made < changes.length; made += AT_ONCE) {
            for (const { make } of changes.slice(made, made + AT_ONCE)) {
                await make();
            }
            const { exitCode, rows } = await drift();
            const expected = changes.slice(0, made + AT_ONCE).map(({ row }) => row);
            expect(sorted(rows.map(told))).toEqual(sorted(expected));
            expect(exitCode).toBe(2);
            expect(rows.filter(({ who, since }) => (who === undefined) !== (since === undefined))).toEqual([]);
        }
        expect(stateBytes()).toEqual(state);
    }, 900_000);
});
