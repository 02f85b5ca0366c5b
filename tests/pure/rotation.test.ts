import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { NodeError } from "../../node/client";
import { gate, needsAddress, type Gated } from "../../node/health/gate";
import { standingsOn } from "../../node/standing";
import { VM, type StateResource } from "../../state/deployment";
import { asksRebuild, NOTHING_RECORDED, type Recorded, type VmHistory } from "../../state/recorded";
import { loadSubstrate } from "../../substrate/load";
import { rotating, rotationOf } from "../../substrate/rotation";
import type { Health, Substrate } from "../../substrate/substrate";
import { inventoryOf, project, removeProjects, SMALL_GUEST, smallTenant, STACK, templateGuest } from "../fixtures";

afterAll(removeProjects);

function substrateOf(tenant = smallTenant("grooveiq", 50)): Substrate {
    return loadSubstrate({
        root: project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": tenant }),
        substrate: "dvntm",
    });
}

const SUBSTRATE = substrateOf();
const [VM_OF] = SUBSTRATE.tenants[0]!.vms;

function recordedAs(history?: Partial<VmHistory>): Recorded {
    return {
        ...NOTHING_RECORDED,
        vms: new Map([[5001, { component: "grooveiq-api-vm01", node: "pve2" }]]),
        history: new Map([["grooveiq-api-vm01", { generation: 1, rebuild: "", ...history }]]),
    };
}

describe("a run of a rotation", () => {
    test("rebuilds the VMs that it names, once, and no others", () => {
        const { tenants } = rotating(SUBSTRATE, rotationOf("20261129T150000Z", [5001, 5007]));
        const [vm] = tenants[0]!.vms;
        expect(vm!.rotation).toBe("20261129T150000Z");
        expect(asksRebuild(vm!, recordedAs())).toBe(true);
        expect(asksRebuild(vm!, recordedAs({ rotation: "20261129T150000Z" }))).toBe(false);
        expect(asksRebuild(vm!, NOTHING_RECORDED)).toBe(false);
        expect(rotating(SUBSTRATE, rotationOf("w", [5007])).tenants).toEqual(SUBSTRATE.tenants);
    });

    test("later runs do not rebuild what it rebuilt, with and without a word in the file", () => {
        const done = recordedAs({ rotation: "once", rebuild: "word" });
        expect(asksRebuild(VM_OF!, done)).toBe(false);
        expect(asksRebuild({ ...VM_OF!, rebuild: "word" }, done)).toBe(false);
        expect(asksRebuild({ ...VM_OF!, rebuild: "other" }, done)).toBe(true);
    });

    test("any other run has none, and what is none is refused", () => {
        expect(rotating(SUBSTRATE, undefined)).toBe(SUBSTRATE);
        for (const value of ["", "yes", "word:", "word:5001,", "a b:5001"]) {
            expect(() => rotating(SUBSTRATE, value)).toThrow(/TENANT_HYPERVISORS_ROTATION is for `tenants rotate`/);
        }
    });
});

describe("the template that a VM stands on", () => {
    const OLD = templateGuest(101, "fedora-server-44-1.9");
    const NEW = { ...templateGuest(103, "fedora-server-44-1.10"), created: 1_764_000_000 };
    const AFTER = "2025-11-25T00:00:00Z";
    const BEFORE = "2025-11-23T00:00:00Z";
    const machine = (vmId: number, created = AFTER): StateResource => ({
        ...{ urn: "urn:pulumi:dvntm::p::t::grooveiq-api-vm01-vm", type: VM, id: "5001" },
        ...{ inputs: { clone: { vmId } }, created },
    });
    const standing = (
        resource: StateResource | undefined,
        history?: Partial<VmHistory>,
        guests = [OLD, NEW, SMALL_GUEST],
    ) => {
        const resources = resource === undefined ? [] : [resource];
        const recorded = recordedAs(history);
        const vms = SUBSTRATE.tenants[0]!.vms;
        const [one] = standingsOn(vms, SUBSTRATE.hypervisors[0]!, inventoryOf(guests), recorded, resources);
        return [one!.stands, one!.from?.vmid, one!.from?.name];
    };
    const cloned = (vmid: number, name: string, created?: number) => ({
        clonedFrom: { vmid, name, ...(created !== undefined && { created }) },
    });

    test.each<[string, Parameters<typeof standing>, unknown[]]>([
        ["recorded, the newest", [machine(103), cloned(103, NEW.name, NEW.created)], ["newest", 103, NEW.name]],
        ["recorded, an older one", [machine(101), cloned(101, OLD.name)], ["older", 101, OLD.name]],
        [
            "recorded, one of its VMID that was built again",
            [machine(103), cloned(103, NEW.name, 1)],
            ["older", 103, NEW.name],
        ],
        [
            "recorded, one of its VMID with another name",
            [machine(103), cloned(103, OLD.name)],
            ["older", 103, OLD.name],
        ],
        ["of an earlier release, the newest", [machine(103)], ["newest", 103, NEW.name]],
        ["of an earlier release, an older one", [machine(101)], ["older", 101, OLD.name]],
        ["of an earlier release, made before its VMID's template", [machine(103, BEFORE)], ["older", 103, undefined]],
        ["of an earlier release, whose template is gone", [machine(102)], ["older", 102, undefined]],
        ["taken back into the state", [machine(100)], ["unknown", undefined, undefined]],
        [
            "back from a backup that is older than it",
            [machine(103), cloned(100, "")],
            ["unknown", undefined, undefined],
        ],
        ["not in the state", [undefined], ["missing", undefined, undefined]],
        ["not on its node", [machine(103), {}, [OLD, NEW]], ["missing", undefined, undefined]],
    ])("%s", (_, given, expected) => {
        expect(standing(...given)).toEqual(expected);
    });

    test("without a template to choose there is no answer", () => {
        expect(() => standing(machine(103), {}, [SMALL_GUEST])).toThrow(RangeError);
    });
});

describe("a health gate", () => {
    const servers: Server[] = [];
    afterAll(() => servers.forEach((server) => server.close()));

    async function listening(server: Server): Promise<number> {
        servers.push(server);
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        return (server.address() as AddressInfo).port;
    }

    const ask = (health: Partial<Health>, more: Partial<Gated> = {}) =>
        gate({
            ...{ vm: VM_OF!, node: "pve2", address: "127.0.0.1", runs: () => Promise.resolve(false) },
            client: { get: () => Promise.reject(new NodeError("QEMU guest agent is not running", 500)) },
            health: { agent: false, timeoutSeconds: 1, ...health },
            ...more,
        });

    test("tcp: a port that takes connections, and one that does not", async () => {
        const port = await listening(createServer((socket) => socket.end()));
        expect(await ask({ tcp: port })).toBeUndefined();
        const closed = createServer();
        const gone = await listening(closed);
        await new Promise((done) => closed.close(done));
        expect(await ask({ tcp: gone })).toBe(`port ${gone} of 127.0.0.1 took no connection within 1 s`);
    });

    test("http: 200 to 399 is well, and nothing else", async () => {
        const server = createHttpServer((asked, response) => {
            response.writeHead(Number(asked.url!.slice(1)), { Location: "/200" }).end();
        });
        const port = await listening(server);
        for (const [status, well] of [
            [200, true],
            [302, true],
            [404, false],
            [503, false],
        ] as const) {
            const told = await ask({ http: { port, path: `/${status}` } });
            expect([status, told === undefined]).toEqual([status, well]);
        }
    });

    test("command: asked until it ends with 0", async () => {
        const asked: string[] = [];
        const runs = (address: string, command: string) => {
            asked.push(`${address} ${command}`);
            return Promise.resolve(asked.length === 2);
        };
        expect(await ask({ command: "true", timeoutSeconds: 10 }, { runs })).toBeUndefined();
        expect(asked).toEqual(["127.0.0.1 true", "127.0.0.1 true"]);
        expect(await ask({ command: "false" })).toBe("`false` did not end with 0 on 127.0.0.1 within 1 s");
    });

    test("agent: an address that it tells, and none", async () => {
        const result = [{ "ip-addresses": [{ "ip-address-type": "ipv4", "ip-address": "10.20.50.101" }] }];
        const client = { get: <T>() => Promise.resolve({ result } as T) };
        expect(await ask({ agent: true }, { client })).toBeUndefined();
        expect(await ask({ agent: true })).toBe("its guest agent told no address within 1 s");
    });

    test("all of it must come true, and what needs an address is not asked without one", async () => {
        const port = await listening(createServer((socket) => socket.end()));
        expect(await ask({ tcp: port, command: "false" })).toMatch(/`false` did not end with 0/);
        expect(await ask({ tcp: port }, { address: undefined })).toMatch(/no address of it was known/);
        expect([
            needsAddress({ agent: true, timeoutSeconds: 1 }),
            needsAddress({ agent: true, tcp: 22, timeoutSeconds: 1 }),
        ]).toEqual([false, true]);
    });

    test("the VM's own stands before its tenant's", () => {
        const text = `${smallTenant("grooveiq", 50)}    health: {tcp: 22}\n  - name: db-vm01\n    instance: 2\nhealth: {agent: true, timeout: 60}\n`;
        const [first, second] = substrateOf(text).tenants[0]!.vms;
        expect([first!.health, second!.health]).toEqual([
            { agent: false, tcp: 22, timeoutSeconds: 300 },
            { agent: true, timeoutSeconds: 60 },
        ]);
    });
});
