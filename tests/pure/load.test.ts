import { resolve } from "node:path";
import { listSubstrates } from "../../definitions/read";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

const ROOT = resolve(__dirname, "..", "..");

afterAll(removeProjects);

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
        expect(handed.plan.site).toBe(20);
        expect(handed.hypervisors).toEqual([{ ...hypervisors[0], endpoint: "https://127.0.0.1:8006/" }]);
    });

    test("a fault in a value that was handed over still names the line of the stack file", () => {
        const root = project({ "Pulumi.dvntm.yaml": STACK, ...GOOD });
        const config = { "tenant-hypervisors:site": "200", "tenant-hypervisors:status": "active" };
        expect(() => loadSubstrate({ root, substrate: "dvntm", config })).toThrow(
            /^Pulumi\.dvntm\.yaml:1: hypervisors is missing; for example hypervisors: \{"hv02":\{"node":"pve2"\}\}\nPulumi\.dvntm\.yaml:2 site: 200 is out of range; allowed: 1 to 99$/,
        );
    });
});

describe("faults", () => {
    test("a substrate without a stack file is told so", () => {
        const root = project(GOOD);
        expect(() => loadSubstrate({ root, substrate: "dvntm" })).toThrow(
            "Pulumi.dvntm.yaml: no such file: dvntm is no substrate here",
        );
    });
});
