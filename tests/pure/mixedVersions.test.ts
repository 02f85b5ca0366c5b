import type * as Client from "../../node/client";
import { preflight, requirePreflight } from "../../node/preflight";
import { loadSubstrate } from "../../substrate/load";
import { grantsOf, TOKEN, type Permissions } from "../../substrate/role";
import type { Hypervisor, Substrate } from "../../substrate/substrate";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

/** Answers of the nodes, by path, by the hypervisor's name. */
const mockAnswers = new Map<string, Record<string, unknown>>();
jest.mock("../../node/client", () => ({
    ...jest.requireActual<typeof Client>("../../node/client"),
    withEachNode: ({ hypervisors }: Substrate, work: (client: object, hypervisor: Hypervisor) => Promise<unknown>) =>
        Promise.all(
            hypervisors.map((one) =>
                work({ get: (path: string) => Promise.resolve(mockAnswers.get(one.name)![path]) }, one),
            ),
        ),
}));

beforeAll(() => (process.env["PROXMOX_VE_API_TOKEN"] = `${TOKEN}=secret`));
afterAll(() => {
    delete process.env["PROXMOX_VE_API_TOKEN"];
    removeProjects();
});

const [, hv02 = ""] = /( {4}hv02:\n[^]*)/.exec(STACK)!;
const second = hv02.replace("hv02:", "hv03:").replace("pve2", "pve3").replaceAll("hv02.", "hv03.");
const tenant = (name: string, vlan: number, hypervisor: string) =>
    `${smallTenant(name, vlan).replace("vms:", `hypervisor: ${hypervisor}\nvms:`)}    agent: {wait: true}\n`;
const substrate = loadSubstrate({
    root: project({
        "Pulumi.dvntm.yaml": `${STACK}${second}`,
        "tenants/dvntm/grooveiq.yaml": tenant("grooveiq", 50, "hv02"),
        "tenants/dvntm/vintronics.yaml": tenant("vintronics", 51, "hv03"),
    }),
    substrate: "dvntm",
});

/** Has each node be of a version, with a token that holds what a substrate needs on nodes of one. */
function nodes(versions: Readonly<Record<string, string>>, held: Readonly<Record<string, string>> = versions): void {
    for (const hypervisor of substrate.hypervisors) {
        const { name, node } = hypervisor;
        const permissions: Record<string, Record<string, number>> = {};
        for (const { path, privileges, propagate } of grantsOf(substrate, hypervisor, held[name])) {
            permissions[path] = {
                ...permissions[path],
                ...Object.fromEntries(privileges.map((one) => [one, Number(propagate)])),
            };
        }
        mockAnswers.set(name, {
            "/nodes": [{ node, maxcpu: 8 }],
            [`/nodes/${node}/network`]: [{ iface: "vmbr0", type: "bridge" }],
            "/version": { version: versions[name] },
            "/access/permissions": permissions satisfies Permissions,
        });
    }
}

test("nodes of different versions in one substrate each need what their own version has", async () => {
    nodes({ hv02: "8.4.1", hv03: "9.2.11" });
    expect(await preflight(substrate)).toEqual([]);
    expect(await requirePreflight(substrate)).toEqual([
        expect.stringMatching(/^hv02: agent\.wait in a tenant's file lets the token run commands/),
    ]);
});

test("control: the other version's role is none on either, and each is named", async () => {
    nodes({ hv02: "8.4.1", hv03: "9.2.11" }, { hv02: "9.2.11", hv03: "8.4.1" });
    const lack = (name: string, privilege: string) =>
        `${name}: the token ${TOKEN} lacks ${privilege} on /pool; see \`tenants role\``;
    expect(await preflight(substrate)).toEqual([lack("hv02", "VM.Monitor"), lack("hv03", "VM.GuestAgent.Audit")]);
});

test("a version that is not known is told of its node alone, and stops nothing where nothing is missing", async () => {
    nodes({ hv02: "9.2.11", hv03: "10.1.2" });
    expect(await requirePreflight(substrate)).toEqual([
        expect.stringMatching(/^hv03: node pve3 runs PVE 10\.1\.2, which is not known to work/),
    ]);
    nodes({ hv02: "9.2.11", hv03: "10.1.2" }, { hv02: "9.2.11", hv03: "8.4.1" });
    await expect(requirePreflight(substrate)).rejects.toThrow(
        "hv03: the token deevnet@pve!pulumi lacks VM.GuestAgent.Audit",
    );
});
