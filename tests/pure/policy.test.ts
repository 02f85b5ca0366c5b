import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadSubstrate } from "../../substrate/load";
import { Claims } from "../../policy/quota";
import { firewallFaults, segmentFaults, standaloneFaults, type VmInputs } from "../../policy/rules";
import { plainSecrets, secretsOfTheRun } from "../../policy/secrets";
import { ALLOWED_TYPES, FIREWALL_OPTIONS, PROVIDER, refusedType, VM } from "../../policy/types";
import { knownOf, withoutSecrets } from "../../policy/values";
import { crashesPublishedPlugin } from "../crashingTypes";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const QUOTA = "quota:\n  memory: 8GiB\n  disk: 100GiB\n  vcpus: 5\n  vms: 3\n";

function substrateOf(stack = STACK) {
    const tenants = {
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) + QUOTA,
        "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51),
    };
    return loadSubstrate({ root: project({ "Pulumi.dvntm.yaml": stack, ...tenants }), substrate: "dvntm" });
}

const substrate = substrateOf();
const flat = substrateOf(`${STACK}  tenant-hypervisors:coreRouter:\n    mode: none\n`);

const NIC = { bridge: "vmbr0", vlanId: 50, firewall: true };
const GOOD: VmInputs & Record<string, unknown> = {
    vmId: 5001,
    poolId: "grooveiq",
    nodeName: "pve2",
    cpu: { cores: 2, sockets: 1 },
    memory: { dedicated: 4096 },
    disks: [{ size: 32, datastoreId: "local-lvm" }] as VmInputs["disks"] & object,
    networkDevices: [NIC],
    clone: { vmId: 103, datastoreId: "local-lvm" },
};

function seen(inputs: Record<string, unknown>, type = VM, urn = "urn:pulumi:dvntm::p::t::n") {
    return { urn, type, inputs };
}

describe("allowed types", () => {
    test.each([
        ["proxmoxve:index/haresourceLegacy:HaresourceLegacy", /there is no HA/],
        ["proxmoxve:index/replicationLegacy:ReplicationLegacy", /there is no replication/],
        ["proxmoxve:storage/nfsLegacy:NfsLegacy", /there is no shared storage/],
        ["proxmoxve:cluster/optionsLegacy:OptionsLegacy", /there is no cluster/],
        ["proxmoxve:index/userLegacy:UserLegacy", /policy\/types\.ts lists what a stack may have/],
        ["command:local:Command", /is not allowed/],
    ])("%s is not", (type, why) => {
        expect(refusedType(type)).toMatch(why);
    });

    test("those of the list are, and none of them ends the published plugin", () => {
        expect(ALLOWED_TYPES.map(refusedType)).toEqual(ALLOWED_TYPES.map(() => undefined));
        expect(ALLOWED_TYPES.filter(crashesPublishedPlugin)).toEqual([]);
    });
});

describe("every NIC is on its tenant's VLAN, behind the firewall", () => {
    test.each([
        ["another tenant's VLAN", { ...NIC, vlanId: 51 }, "is on VLAN 51: its tenant's is 50"],
        ["no VLAN", { bridge: "vmbr0", firewall: true }, "is on VLAN none: its tenant's is 50"],
        ["no firewall", { ...NIC, firewall: false }, /^has no firewall: set firewall: true/],
        ["a firewall that is left out", { bridge: "vmbr0", vlanId: 50 }, /^has no firewall/],
        ["a trunk", { ...NIC, trunks: "10;99" }, /^takes in the VLANs 10;99/],
        ["another bridge", { ...NIC, bridge: "vmbr1" }, "is on vmbr1: the tenants' bridge of hv02 is vmbr0"],
    ])("%s", (_, nic, fault) => {
        const faults = segmentFaults(seen({ ...GOOD, networkDevices: [NIC, nic] }), substrate);
        expect(faults).toHaveLength(1);
        expect(faults[0]!.replace("networkDevices[1] ", "")).toEqual(
            typeof fault === "string" ? fault : expect.stringMatching(fault),
        );
    });

    test("a VM that has no tenant's VMID, or leaves it to PVE", () => {
        expect(segmentFaults(seen({ ...GOOD, vmId: 105 }), substrate)).toEqual([
            "VMID 105 is no tenant's: VLAN x 100 + instance, 5001-5999",
        ]);
        const { vmId: _, ...left } = GOOD;
        expect(segmentFaults(seen(left), substrate)).toEqual([expect.stringMatching(/^VMID left to PVE is no/)]);
        expect(segmentFaults(seen({ ...GOOD, vmId: undefined }), substrate)).toEqual([]);
    });

    test("on a flat network a NIC has no tag, and is refused one", () => {
        expect(segmentFaults(seen({ ...GOOD, networkDevices: [{ ...NIC, vlanId: 0 }] }), flat)).toEqual([]);
        expect(segmentFaults(seen(GOOD), flat)).toEqual([
            "networkDevices[0] is on VLAN 50: the flat network has no VLAN (coreRouter.mode: none)",
        ]);
    });

    test("control: a VM as the program declares it", () => {
        expect(segmentFaults(seen(GOOD), substrate)).toEqual([]);
        expect(segmentFaults(seen({ vmId: 1 }, FIREWALL_OPTIONS), substrate)).toEqual([]);
    });
});

describe("a VM's firewall", () => {
    const options = { enabled: true, inputPolicy: "DROP", macfilter: true };

    test.each([
        [{ ...options, enabled: false }, /^the VM's firewall is off/],
        [{ ...options, inputPolicy: "ACCEPT" }, /^inputPolicy ACCEPT lets everything in/],
        [{ enabled: true, macfilter: true }, /^inputPolicy left out lets everything in/],
        [{ ...options, macfilter: false }, /^the VM may send with any MAC/],
    ])("%j", (inputs, fault) => {
        expect(firewallFaults(seen(inputs, FIREWALL_OPTIONS))).toEqual([expect.stringMatching(fault)]);
    });

    test("control: on, closed, with its own MAC", () => {
        expect(firewallFaults(seen(options, FIREWALL_OPTIONS))).toEqual([]);
    });
});

describe("a standalone hypervisor", () => {
    test.each([
        [{ ...GOOD, nodeName: "pve3" }, /^nodeName pve3 is no hypervisor of the substrate: pve2/],
        [{ ...GOOD, clone: { nodeName: "pve3" } }, /^clone\.nodeName pve3 is no hypervisor/],
        [{ ...GOOD, disks: [{ datastoreId: "nfs" }] }, /^disks\[0\]\.datastoreId nfs: there is no shared storage/],
        [{ ...GOOD, initialization: { datastoreId: "ceph" } }, /^initialization\.datastoreId ceph: /],
        [{ ...GOOD, migrate: true }, /^migrate: there is no migration/],
    ])("VM %#", (inputs, fault) => {
        expect(standaloneFaults(seen(inputs), substrate)).toEqual([expect.stringMatching(fault)]);
    });

    test("a provider for another API, or one that is not verified", () => {
        const endpoint = "https://hv02.dvntm.deevnet.net:8006/";
        const faults = (inputs: Record<string, unknown>) => standaloneFaults(seen(inputs, PROVIDER), substrate);
        expect(faults({ endpoint: "https://elsewhere:8006/" })).toEqual([expect.stringMatching(/no hypervisor's/)]);
        expect(faults({ endpoint, insecure: "true" })).toEqual([expect.stringMatching(/must be verified/)]);
        expect(faults({ endpoint, insecure: "false" })).toEqual([]);
    });

    test("control: a VM as the program declares it", () => {
        expect(standaloneFaults(seen(GOOD), substrate)).toEqual([]);
    });
});

describe("sizes", () => {
    const vm = (claims: Claims, name: string, inputs: object) =>
        claims.faults(seen({ ...GOOD, ...inputs }, VM, `urn:${name}`), substrate);

    test.each([
        ["memory", { memory: { dedicated: 9216 } }, "grooveiq claims 9 GiB, and its quota is 8 GiB"],
        ["disk", { disks: [{ size: 101 }] }, "grooveiq claims 101 GiB, and its quota is 100 GiB"],
        ["vCPUs", { cpu: { cores: 3, sockets: 2 } }, "grooveiq claims 6 vCPU, and its quota is 5 vCPU"],
    ])("more %s than the tenant's quota", (_, inputs, fault) => {
        expect(vm(new Claims(), "a", inputs)).toEqual([fault]);
    });

    test("VMs count together, in the order in which they come, each once", () => {
        const claims = new Claims();
        const small = { memory: { dedicated: 512 }, cpu: { cores: 1 }, disks: [{ size: 8 }] };
        const told = ["a", "b", "b", "c", "d", "e"].map((name) => vm(claims, name, small));
        expect(told).toEqual([[], [], [], [], ["grooveiq claims 4 VMs, and its quota is 3 VMs"], []]);
    });

    test("more than the hypervisor has, of a tenant without a quota", () => {
        const large = { poolId: "vintronics", memory: { dedicated: 30 * 1024 } };
        expect(vm(new Claims(), "a", large)).toEqual(["30 GiB are claimed of hv02, which has 28 GiB to give"]);
        expect(vm(new Claims(), "a", { ...large, onBoot: false })).toEqual([]);
    });

    test("with those that the files claim for tenants that are no part of the run", () => {
        const before = substrate.tenants.find(({ name }) => name === "grooveiq")!.vms.filter(({ onBoot }) => onBoot);
        const most = 28 * 1024 - before.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
        const claim = (dedicated: number) => ({ poolId: "vintronics", memory: { dedicated } });
        const claims = () => new Claims(["vintronics"]);
        expect(before).not.toEqual([]);
        expect(vm(claims(), "a", claim(most))).toEqual([]);
        expect(vm(claims(), "a", claim(most + 1))).toEqual([
            expect.stringMatching(/are claimed of hv02, which has 28 GiB/),
        ]);
        expect(vm(new Claims(), "a", claim(most + 1))).toEqual([]);
    });

    test("a VM that is in no tenant's pool; one whose pool is known later is not told", () => {
        expect(vm(new Claims(), "a", { poolId: "others" })).toEqual([
            "the VM is in the pool others: put it into that of a tenant (grooveiq, vintronics)",
        ]);
        const { poolId: _, ...none } = GOOD;
        expect(new Claims().faults(seen(none), substrate)).toEqual([expect.stringMatching(/^the VM is in no pool/)]);
        expect(vm(new Claims(), "a", { poolId: undefined })).toEqual([]);
    });

    test("control: within quota and hypervisor", () => {
        expect(vm(new Claims(), "a", {})).toEqual([]);
    });
});

describe("secrets", () => {
    const KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nx";

    test.each([
        [{ connection: { password: "hidden" } }, "connection.password"],
        [{ environment: { API_TOKEN: "hidden" } }, "environment.API_TOKEN"],
        [{ users: [{ privateKey: "hidden" }] }, "users[0].privateKey"],
        [{ create: `echo '${KEY}' > key` }, "create"],
    ])("%j holds one in plain text", (inputs, path) => {
        const faults = plainSecrets(inputs);
        expect(faults).toEqual([expect.stringMatching(/^\S+ holds a secret in plain text: wrap it in pulumi\.secret/)]);
        expect(faults[0]!.split(" ")[0]).toBe(path);
        expect(faults.join()).not.toContain("hidden");
    });

    test("control: what is marked as secret, left empty, or no secret", () => {
        expect(plainSecrets({ keys: ["ssh-ed25519 AAAA"], hostKey: "ssh-ed25519 AAAA", password: "" })).toEqual([]);
    });

    test("the token of the run is in no input, encrypted or not", () => {
        const environment = { PROXMOX_VE_API_TOKEN: "deevnet@pve!pulumi=01234567-89ab-cdef", OPNSENSE_API_SECRET: "" };
        const faults = secretsOfTheRun({ create: ["curl -H 01234567-89ab-cdef"] }, environment);
        expect(faults).toEqual([expect.stringMatching(/^create\[0\] holds what PROXMOX_VE_API_TOKEN says/)]);
        expect(faults.join()).not.toContain("89ab");
        expect(secretsOfTheRun({ create: "deevnet@pve!pulumi" }, environment)).toEqual([]);
    });
});

test("values behind the package's proxies: what is unknown is undefined, what is secret is left out", () => {
    class UnknownValueError extends Error {}
    class Secret {
        constructor(readonly value: unknown) {}
    }
    const target = { a: 1, list: [{ b: new Secret("hidden") }], token: new Secret({ deep: "hidden" }) };
    const proxied = { __isSpecialProxy: true, __getSpecialProxyTarget: target };
    expect(withoutSecrets(proxied, Secret)).toEqual({ a: 1, list: [{ b: undefined }], token: undefined });
    const unknown = Object.defineProperty({ a: 1 }, "id", {
        enumerable: true,
        get: () => {
            throw new UnknownValueError();
        },
    });
    expect(knownOf({ nested: [unknown] })).toEqual({ nested: [{ a: 1, id: undefined }] });
});

describe("where the pack cannot be used", () => {
    const root = resolve(__dirname, "..", "..");

    /** Arguments that the Pulumi CLI would be started with, in a folder, where the CLI is of a version. */
    function held(folder: string, version: string) {
        const bin = project({ pulumi: `#!/bin/sh\necho ${version}\n` });
        chmodSync(join(bin, "pulumi"), 0o755);
        const held = `policyArguments("on", process.cwd())`;
        const program = `console.log(require("${root}/commands/shared/policy").${held}.join(" "))`;
        const args = ["--require", join(root, "start/typescript"), "-e", program];
        const env = { ...process.env, PATH: `${bin}:/usr/bin:/bin` };
        const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8", env });
        return [stdout.trim(), stderr.trim()];
    }

    test("an older CLI, or a package that is not installed, is told in one line", () => {
        const line = "policy: this run is not checked against policy/pack";
        const older = `${line} (Pulumi CLI v3.100.0 is older than v3.259.0, with which such a pack was tried)`;
        expect(held(root, "v3.100.0")).toEqual(["", older]);
        const missing = `${line} (the npm package @pulumi/policy is not installed: npm ci)`;
        expect(held(project({ "package.json": "{}" }), "v3.259.0")).toEqual(["", missing]);
    });

    test("control: with the pinned CLI it is used, and with a newer one", () => {
        expect(held(root, "v3.259.0")).toEqual(["--policy-pack policy/pack", ""]);
        expect(held(root, "v3.1000.0")).toEqual(["--policy-pack policy/pack", ""]);
    });
});
