import { resolve } from "node:path";
import { DefinitionError } from "../../model/faults";
import { listSubstrates, loadSubstrate } from "../../model/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

const ROOT = resolve(__dirname, "..", "..");

afterAll(removeProjects);

/** The lines that a person sees. */
function faultsOf(files: Record<string, string>): string[] {
    const root = project({ "Pulumi.dvntm.yaml": STACK, ...files });
    try {
        loadSubstrate({ root, substrate: "dvntm" });
    } catch (error) {
        if (error instanceof DefinitionError) {
            return error.message.split("\n");
        }
        throw error;
    }
    return [];
}

const GOOD = { "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) };

describe("the committed definitions", () => {
    test("there is a stack file for each of the two substrates", () => {
        expect(listSubstrates(ROOT)).toEqual(["dvnt", "dvntm"]);
    });

    test("dvntm resolves to the addresses, VMIDs and names of the design", () => {
        const substrate = loadSubstrate({ root: ROOT, substrate: "dvntm" });
        const vms = substrate.tenants.flatMap((t) => t.vms.map((vm) => [vm.vmid, vm.fqdn, t.segment.subnet.cidr]));
        expect(vms).toEqual([
            [5001, "api-vm01.grooveiq.dvntm.deevnet.net", "10.20.50.0/24"],
            [5002, "db-vm01.grooveiq.dvntm.deevnet.net", "10.20.50.0/24"],
            [5101, "web-vm01.vintronics.dvntm.deevnet.net", "10.20.51.0/24"],
            [5102, "web-vm02.vintronics.dvntm.deevnet.net", "10.20.51.0/24"],
            [5103, "db-vm01.vintronics.dvntm.deevnet.net", "10.20.51.0/24"],
        ]);
        expect(substrate.missing).toEqual([]);
    });

    test("dvnt is planned, and says what an up still needs", () => {
        const substrate = loadSubstrate({ root: ROOT, substrate: "dvnt" });
        expect(substrate.status).toBe("planned");
        expect(substrate.tenants.map((t) => t.segment.subnet.gateway)).toEqual(["10.10.50.1"]);
        expect(substrate.missing).toEqual([
            "hardware of hv02 (memory, storage, threads)",
            "hypervisor hv02 (PVE node pve2, installed and reachable)",
        ]);
    });
});

describe("defaults", () => {
    test("the smallest legal tenant has every field", () => {
        const root = project({ "Pulumi.dvntm.yaml": STACK, ...GOOD });
        const [tenant] = loadSubstrate({ root, substrate: "dvntm" }).tenants;
        expect(tenant).toMatchObject({
            description: "",
            hypervisor: "hv02",
            vms: [{ vmid: 5001, cores: 2, memoryMiB: 2048, diskGiB: 32, aliases: [], tags: ["grooveiq", "tenant"] }],
        });
    });

    test("a vendor's terabyte is 931 GiB", () => {
        const root = project({ "Pulumi.dvntm.yaml": STACK, ...GOOD });
        const [hypervisor] = loadSubstrate({ root, substrate: "dvntm" }).hypervisors;
        expect(hypervisor?.hardware).toEqual({ memoryMiB: 32768, storageGiB: 931, threads: 8 });
    });

    test("the model is frozen all the way down", () => {
        const root = project({ "Pulumi.dvntm.yaml": STACK, ...GOOD });
        const { tenants } = loadSubstrate({ root, substrate: "dvntm" });
        expect([tenants, tenants[0], tenants[0]!.vms, tenants[0]!.vms[0]].every(Object.isFrozen)).toBe(true);
    });
});

describe("configuration as Pulumi hands it over", () => {
    test("text and numbers written as text resolve as the stack file does", () => {
        const root = project({ "Pulumi.dvntm.yaml": STACK, ...GOOD });
        const hypervisors = loadSubstrate({ root, substrate: "dvntm" }).hypervisors;
        const config = {
            "tenant-hypervisors:site": "20",
            "tenant-hypervisors:status": "active",
            "tenant-hypervisors:hypervisors": JSON.stringify({
                hv02: {
                    node: "pve2",
                    endpoint: "https://127.0.0.1:8006/",
                    ssh: { host: "hv02.dvntm.deevnet.net" },
                    bridge: "vmbr0",
                    datastore: "local-lvm",
                    template: { prefix: "fedora-server-" },
                    hardware: { memory: "32GiB", storage: "1TB", threads: 8 },
                },
            }),
            "another-project:site": "99",
        };
        const handed = loadSubstrate({ root, substrate: "dvntm", config });
        expect(handed.site).toBe(20);
        expect(handed.hypervisors).toEqual([{ ...hypervisors[0], endpoint: "https://127.0.0.1:8006/" }]);
    });

    test("a fault in a value that was handed over still names the line of the stack file", () => {
        const root = project({ "Pulumi.dvntm.yaml": STACK, ...GOOD });
        const config = { "tenant-hypervisors:site": "200", "tenant-hypervisors:status": "active" };
        expect(() => loadSubstrate({ root, substrate: "dvntm", config })).toThrow(
            /^Pulumi\.dvntm\.yaml:1: hypervisors is missing\nPulumi\.dvntm\.yaml:2 site: 200 is out of range; allowed: 1 to 99$/,
        );
    });
});

describe("faults", () => {
    const tenant = (text: string) => ({ "tenants/dvntm/grooveiq.yaml": text });
    const vm = (lines: string) =>
        tenant(`name: grooveiq\nvlan: 50\nvms:\n  - name: api-vm01\n    instance: 1\n${lines}`);
    const G = "tenants/dvntm/grooveiq.yaml";

    test.each<[string, Record<string, string>, string[]]>([
        ["none in a good file", GOOD, []],
        [
            "unknown key",
            vm("    ram: 4GiB\n"),
            [`${G}:6 vms[0].ram: unknown key; allowed here: name, instance, description, cores, memory, disk, aliases`],
        ],
        [
            "missing key",
            tenant("name: grooveiq\nvms:\n  - {name: a, instance: 1}\n"),
            [`${G}:1: vlan is missing; for example vlan: 50`],
        ],
        ["wrong type", vm("    cores: two\n"), [`${G}:6 vms[0].cores: two is not a whole number`]],
        [
            "wrong unit",
            vm("    memory: 4GB\n"),
            [`${G}:6 vms[0].memory: 4GB is not a whole number of MiB or GiB, such as 512MiB or 4GiB`],
        ],
        [
            "VLAN out of range",
            tenant(smallTenant("grooveiq", 99)),
            [`${G}:2 vlan: 99 is out of range; allowed: 50 to 59`],
        ],
        ["no VMs", tenant("name: grooveiq\nvlan: 50\nvms: []\n"), [`${G}:3 vms: empty; at least 1 is needed`]],
        [
            "name that is not the file's",
            tenant(smallTenant("groove", 50)),
            [`${G}:1 name: groove is not the file's name; allowed: grooveiq, or rename the file`],
        ],
        [
            "unknown hypervisor",
            tenant(`${smallTenant("grooveiq", 50)}hypervisor: hv09\n`),
            [`${G}:6 hypervisor: hv09 is not on dvntm; allowed: hv02`],
        ],
        [
            "instance used twice",
            vm("  - name: db-vm01\n    instance: 1\n"),
            [`${G}:7 vms[1].instance: instance 1 is taken by ${G}:5 vms[0].instance`],
        ],
        [
            "alias that is a VM's name",
            vm("  - name: db-vm01\n    instance: 2\n    aliases: [api-vm01]\n"),
            [`${G}:8 vms[1].aliases[0]: name api-vm01 is taken by ${G}:4 vms[0].name`],
        ],
        [
            "VLAN used twice",
            { ...GOOD, "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 50) },
            [`tenants/dvntm/vintronics.yaml:2 vlan: VLAN 50 is taken by ${G}:2 vlan`],
        ],
        [
            "bad YAML",
            tenant("name: grooveiq\nvlan: [50\n"),
            [expect.stringMatching(new RegExp(`^${G}:\\d+: not valid YAML: `))],
        ],
        [
            "duplicate key",
            tenant("name: grooveiq\nname: grooveiq\n"),
            [`${G}:2: not valid YAML: duplicated mapping key`],
        ],
        [
            "two documents",
            tenant(`${smallTenant("grooveiq", 50)}---\na: 1\n`),
            [`${G}: more than one YAML document; allowed: one per file`],
        ],
        ["empty file", tenant(""), [`${G}: empty; a definition is needed`]],
    ])("%s", (_what, files, expected) => {
        expect(faultsOf(files)).toEqual(expected);
    });

    test("two faults in each of three files are six lines, ordered by file and line", () => {
        const bad = (name: string) => `name: ${name}\nvlan: 7\nvms:\n  - name: api-vm01\n    instance: 0\n`;
        const files = Object.fromEntries(["c", "a", "b"].map((n) => [`tenants/dvntm/${n}.yaml`, bad(n)]));
        expect(faultsOf(files).map((line) => line.split(": ")[0])).toEqual([
            "tenants/dvntm/a.yaml:2 vlan",
            "tenants/dvntm/a.yaml:5 vms[0].instance",
            "tenants/dvntm/b.yaml:2 vlan",
            "tenants/dvntm/b.yaml:5 vms[0].instance",
            "tenants/dvntm/c.yaml:2 vlan",
            "tenants/dvntm/c.yaml:5 vms[0].instance",
        ]);
    });

    test("a substrate without a stack file is told so", () => {
        const root = project(GOOD);
        expect(() => loadSubstrate({ root, substrate: "dvntm" })).toThrow(
            "Pulumi.dvntm.yaml: no such file: dvntm is no substrate here",
        );
    });
});
