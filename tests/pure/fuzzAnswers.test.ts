import "../router/hurry";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NodeClient, NodeError } from "../../node/client";
import { checkNode } from "../../node/checkNode";
import { readInventory } from "../../node/read";
import { RouterClient } from "../../router/client";
import { routerDrift } from "../../router/drift";
import { RouterError } from "../../router/errors";
import { readInventory as readRouter } from "../../router/read";
import { NOTHING_RECORDED } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { FUZZ_TIMEOUT_MS, mutations, search } from "../fuzzing";
import { project, smallTenant, STACK } from "../fixtures";
import { useMachine, type HttpsMachine } from "../httpsServer";

jest.setTimeout(FUZZ_TIMEOUT_MS);

/** Answers of a node with a template and the one VM of a tenant, by path. */
const NODE: Readonly<Record<string, unknown>> = {
    "/cluster/resources": [
        {
            vmid: 103,
            node: "pve2",
            type: "qemu",
            name: "fedora-server-44-1.10",
            template: 1,
            status: "stopped",
            maxdisk: 5e9,
        },
        {
            vmid: 5001,
            node: "pve2",
            type: "qemu",
            name: "api-vm01",
            pool: "grooveiq",
            tags: "grooveiq;tenant",
            status: "running",
        },
    ],
    "/nodes/pve2/qemu/103/config": {
        scsi0: "local-lvm:vm-103-disk-0,size=5G",
        ide2: "local-lvm:cloudinit",
        agent: "1",
    },
    "/nodes/pve2/qemu/103/feature": { hasFeature: 1 },
    "/nodes/pve2/qemu/103/firewall/rules": [{ pos: 0, type: "in", action: "ACCEPT" }],
    "/nodes/pve2/qemu/103/firewall/ipset": [{ name: "ipfilter-net0" }],
    "/nodes/pve2/qemu/5001/config": {
        scsi0: "local-lvm:vm-5001-disk-0,size=32G",
        scsi1: "local-lvm:vm-5001-disk-1,size=4G",
    },
    "/nodes/pve2/qemu/5001/firewall/options": { enable: 1, dhcp: 0 },
    "/nodes/pve2/qemu/5001/firewall/ipset": [],
    "/nodes/pve2/qemu/5001/status/current": { status: "running", pid: 4711 },
    "/cluster/firewall/options": { enable: 1 },
    "/nodes/pve2/storage/local-lvm/content": [{ volid: "local-lvm:vm-5001-disk-0", vmid: 5001 }],
    "/pools": [{ poolid: "grooveiq", comment: "" }],
    "/nodes/pve2/tasks": [
        { upid: "UPID:pve2:1", type: "qmstart", id: "5001", user: "root@pam", starttime: 1, status: "OK" },
    ],
};

/** Answers of a router as one gave them (tests/lab/corpus), by path, for what the program reads. */
const RECORDED = Object.fromEntries(
    readFileSync(join(__dirname, "../lab/corpus/opnsense-26.7.2.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { path: string; status?: number; answer?: { rows?: unknown[] } })
        .filter(({ status, answer }) => status === 200 && answer !== undefined)
        .filter(({ path }) => /\/(search\w+|export|status|dhcpv4\/get)$/i.test(path))
        .reverse()
        // A few records are as good as hundreds, and sooner mutated.
        .map(({ path, answer }) => [path.toLowerCase().replaceAll("_", ""), shortened(answer!)] as const),
);

/** Answer of a router that has none of what is searched, as of groups and NAT, which were not recorded. */
const NONE = { rows: [], rowCount: 0, total: 0, current: 1 };
const ROUTER = {
    "/api/firewall/group/searchitem": NONE,
    "/api/firewall/dnat/searchrule": NONE,
    "/api/firewall/sourcenat/searchrule": NONE,
    "/api/firewall/onetoone/searchrule": NONE,
    ...RECORDED,
};

function shortened(answer: { rows?: unknown[]; total?: number }): unknown {
    return answer.rows === undefined
        ? answer
        : { ...answer, rows: answer.rows.slice(0, 3), total: Math.min(answer.rows.length, 3) };
}

let machine: HttpsMachine;
useMachine((started) => (machine = started));

/** Has the machine answer each path with its part of some answers. */
function answerWith(answers: unknown, pathOf: (url: string) => string, wrap: (answer: unknown) => unknown): void {
    machine.answer = (request, response) => {
        const all = (typeof answers === "object" && answers !== null ? answers : {}) as Record<string, unknown>;
        response.end(JSON.stringify(wrap(all[pathOf(request.url!)])) ?? "");
    };
}

function substrateWith(more: string) {
    const root = project({
        "Pulumi.dvntm.yaml": STACK + more,
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
    });
    return loadSubstrate({ root, substrate: "dvntm" });
}

/** Whether what came of it is a refusal of a person's kind; anything else is a finding. */
function refused(error: unknown, kind: new (...args: never[]) => Error): string {
    if (!(error instanceof kind)) {
        throw error;
    }
    expect(error.message).not.toMatch(/[^\P{C}\n]/u);
    return "refused";
}

const BOTH = { taken: expect.any(Number) as number, refused: expect.any(Number) as number };

test("every answer of a node ends in an inventory that can be checked, or in a refusal", async () => {
    const substrate = substrateWith("");
    const [hypervisor] = substrate.hypervisors;
    const client = new NodeClient("hv02", machine.endpoint, "deevnet@pve!pulumi=0b8fa1c2-1111-2222-3333-444455556666");
    const parts = {
        datacentreFirewall: true,
        volumes: true,
        pools: true,
        tasks: true,
        configs: () => [5001],
        firewalls: [5001],
    };
    const template = { vmid: 103, name: "fedora-server-44-1.10", node: "pve2", linked: true };
    const ends = await search<unknown>(mutations(NODE), [NODE, null], async (answers) => {
        answerWith(
            answers,
            (url) => url.replace("/api2/json", "").split("?")[0]!,
            (data) => ({ data }),
        );
        try {
            const asked = { ...parts, processes: [5001], templates: () => [template] };
            const inventory = await readInventory(client, hypervisor!, asked);
            checkNode(substrate, hypervisor!, inventory, NOTHING_RECORDED);
            return "taken";
        } catch (error) {
            return refused(error, NodeError);
        }
    });
    client.close();
    expect(ends).toEqual(BOTH);
});

test("every answer of a router ends in an inventory that drift can be looked for in, or in a refusal", async () => {
    const substrate = substrateWith(
        `  tenant-hypervisors:coreRouter:\n    mode: api\n    endpoint: ${machine.endpoint}\n`,
    );
    const client = new RouterClient(machine.endpoint, { key: "key", secret: "secret" }, 5);
    const ends = await search<unknown>(mutations(ROUTER), [ROUTER, null], async (answers) => {
        answerWith(
            answers,
            (url) => url.toLowerCase().replaceAll("_", ""),
            (answer) => answer,
        );
        try {
            routerDrift(substrate, await readRouter(client));
            return "taken";
        } catch (error) {
            return refused(error, RouterError);
        }
    });
    expect(ends).toEqual(BOTH);
});
