import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mismatchesOf, type Proof } from "../../proof/findings";
import { asPage } from "../../report/proofPage";
import { asText, cellsOf } from "../../report/proofText";
import type { Site } from "../../proof/measure/controls";
import { prove } from "../../proof/measure/run";
import { LAB_SYSTEM, systemMissing } from "../../tools/labSystem";
import type { CliResult, Workspace } from "../../lab/workspace";
import { but, OUTCOME } from "./proofOutcome";
import { devices, firstOf } from "./proofProcesses";

jest.setTimeout(600_000);

const missing = systemMissing();
if (missing !== undefined) {
    process.stderr.write(`proof.test.ts: not run, ${missing}\n`);
}
const describeHere = missing === undefined ? describe : describe.skip;

const TENANTS: Readonly<Record<string, string>> = {
    grooveiq: `name: grooveiq
vlan: 50
allow:
  - { to: vintronics, protocol: tcp, ports: "5432,8000:8010", why: orders }
vms:
  - { name: api-vm01, instance: 1, memory: 1GiB, aliases: [api] }
  - name: db-vm01
    instance: 2
    memory: 1GiB
    address: fixed
    networkInterfaces: [{ segment: storage, address: 10.20.20.50 }, { address: 10.20.50.60 }]
  - { name: web-vm01, instance: 41, memory: 1GiB }
`,
    vintronics: `name: vintronics
vlan: 51
vms:
  - { name: web-vm01, instance: 1, memory: 1GiB }
  - { name: web-vm02, instance: 2, memory: 1GiB }
  - { name: db-vm01, instance: 3, memory: 1GiB, aliases: [db] }
`,
    moneyrouter: `name: moneyrouter
vlan: 52
isolate: true
allow:
  - { to: 10.20.99.95/32, protocol: tcp, ports: "80", why: artifact server }
  - { to: db-vm01, protocol: tcp, ports: "5432", why: accounts }
vms:
  - { name: api-vm01, instance: 1, memory: 1GiB }
  - { name: db-vm01, instance: 2, memory: 1GiB }
`,
};

/** Three tenants with eight VMs and two allow rules, one VM of a fixed address and one that takes any of the pool. */
function define(root: string): void {
    const folder = join(root, "tenants", "dvntm");
    readdirSync(folder).forEach((file) => rmSync(join(folder, file)));
    for (const [name, text] of Object.entries(TENANTS)) {
        writeFileSync(join(folder, `${name}.yaml`), text);
    }
    const stack = join(root, "Pulumi.dvntm.yaml");
    const keys = [
        "tenant-hypervisors:macPolicy: deterministic",
        "tenant-hypervisors:network: { opened: [{ segment: storage, to: [grooveiq], hosts: 50-59 }] }",
    ];
    const text = readFileSync(stack, "utf8");
    writeFileSync(stack, text.replace(/^( *)(?=tenant-hypervisors:site:)/m, `$1${keys.join("\n$1")}\n$1`));
}

describeHere("three tenants, eight VMs and two allow rules, measured from inside", () => {
    let proof: Proof;
    const wereThere = devices();

    /** Output of tenants verify as declared, and with a file that says another port than is open. */
    const verified: CliResult[] = [];

    beforeAll(async () => {
        const inspect = async (site: Site, workspace: Workspace) => {
            const config = await sshInto(site, workspace);
            const verify = (...more: readonly string[]) =>
                workspace.command("verify", "dvntm", "grooveiq", "--ssh-config", config, ...more);
            verified.push(await verify());
            const file = join(workspace.root, "tenants", "dvntm", "grooveiq.yaml");
            const text = readFileSync(file, "utf8");
            writeFileSync(file, text.replace("5432", "5433"));
            verified.push(await verify());
            writeFileSync(file, text);
        };
        proof = await prove({ define, inspect, say: () => undefined });
    });

    /** Measurements between two hosts, as `protocol port` of all that got through. */
    function reached(from: string, to: string): string[] {
        const probes = proof.matrix.filter((probe) => probe.from === from && probe.to === to);
        expect(probes.length).toBeGreaterThan(0);
        const through = probes.filter(({ answered }) => answered === to);
        return [...new Set(through.map(({ probe }) => `${probe.protocol} ${probe.port ?? ""}`.trim()))];
    }

    test("every cell is measured and as declared", () => {
        expect(mismatchesOf(proof)).toEqual([]);
        // From each VM, and from the second NIC of one in its own segment, to the eight others, the gateway, the router, eight
        // segments, the internet and elsewhere; and from the eight segments and the internet to each. Nobody is asked of the
        // segment that a VM has a NIC in. By that one all of them are asked, and the router; and all but elsewhere ask it.
        expect(cellsOf(proof.matrix)).toHaveLength(9 * (8 + 2 + 8 + 2) - 1 + 9 * 9 + (9 + 1 + 8 + 2) + (9 + 9));
        expect(asText(proof)).toMatch(/dvntm: 8 VMs, 298 cells with \d+ probes, .*: all as declared$/);
    });

    test("a NIC in a segment of the site reaches its hosts alone, and nobody reaches it", () => {
        const net1 = "grooveiq/db-vm01 net1";
        expect(reached(net1, "storage")).toEqual(["icmp", "tcp 22", "tcp 443", "udp 514"]);
        const others = proof.matrix.filter(({ from, to }) => (from === net1 && to !== "storage") || to === net1);
        expect(others.length).toBeGreaterThan(100);
        expect(others.filter(({ answered }) => answered !== undefined)).toEqual([]);
        expect(reached("grooveiq/api-vm01", "grooveiq/db-vm01 net2")).toContain("icmp");
        expect(reached("vintronics/db-vm01", "grooveiq/db-vm01 net2")).toEqual([]);
        expect(proof.unmeasured).toBeUndefined();
    });

    test("an allowance opens its ports to the port, and in one direction", () => {
        expect(reached("grooveiq/api-vm01", "vintronics/db-vm01")).toEqual(["tcp 5432", "tcp 8000", "tcp 8010"]);
        expect(reached("vintronics/db-vm01", "grooveiq/api-vm01")).toEqual([]);
        expect(reached("moneyrouter/api-vm01", "management")).toEqual(["tcp 80"]);
        expect(reached("grooveiq/api-vm01", "management")).toEqual([]);
        expect(reached("grooveiq/api-vm01", "gateway")).toEqual(["tcp 53", "dns", "udp 123"]);
        expect(reached("grooveiq/api-vm01", "grooveiq/db-vm01")).toContain("icmp");
    });

    test("each VM has its address, by reservation outside of the pool or in it, or from cloud-init", () => {
        const of = (vm: string) => proof.addresses.find(({ what }) => what === `${vm} address`)?.measured;
        expect(of("grooveiq/api-vm01")).toBe("10.20.50.10");
        expect(of("grooveiq/db-vm01")).toBe("10.20.50.11");
        expect(of("grooveiq/web-vm01")).toBe("10.20.50.160");
        expect(proof.addresses).toContainEqual(
            expect.objectContaining({
                what: "vintronics/db-vm01 search domain",
                measured: "vintronics.dvntm.deevnet.net",
            }),
        );
    });

    test("names resolve in every tenant, and one that nobody declared does not", () => {
        const asked = (vm: string, name: string) =>
            proof.names.find(({ what }) => what === `${vm} asks for ${name}.dvntm.deevnet.net`)?.measured;
        expect(asked("grooveiq/api-vm01", "api.grooveiq")).toBe("10.20.50.10");
        expect(asked("moneyrouter/db-vm01", "db.vintronics")).toBe("10.20.51.12");
        expect(asked("moneyrouter/db-vm01", "nobody.moneyrouter")).toBe("none");
        // By the inventory of mode export they do, too: one VM of each tenant asks for the eight, two aliases and nobody.
        const exported = proof.names.filter(({ what }) => what.endsWith(" (mode export)"));
        expect(exported).toHaveLength(3 * 11);
        expect(exported).toContainEqual({
            what: "grooveiq/api-vm01 asks for web-vm01.grooveiq.dvntm.deevnet.net (mode export)",
            expected: "10.20.50.160",
            measured: "10.20.50.160",
            ok: true,
        });
    });

    test("faults made on purpose turn cells red: one rule's exactly, a wall's, and a moved VM's", () => {
        expect(proof.controls).toEqual([
            {
                what: 'the rule "tenant-hypervisors: grooveiq: vintronics tcp 5432: orders" removed',
                expected: "12 probes red, and no other",
                measured: "12 probes red, 0 of them others",
                ok: true,
            },
            expect.objectContaining({ what: "PVE's firewall of grooveiq/api-vm01 off", ok: true }),
            {
                what: "PVE's firewall of grooveiq/db-vm01 off, at net1",
                expected: "5 probes from storage red",
                measured: "5 probes red",
                ok: true,
            },
            {
                what: "the router boots, with grooveiq's way to the internet by an alias",
                expected: "probes through a wall while its table is empty, and none once it is filled",
                measured: expect.stringMatching(/^[1-9]\d* probes through a wall, 0 once it is filled$/) as string,
                ok: true,
            },
            expect.objectContaining({ what: "PVE's option dhcp of grooveiq/api-vm01 on", ok: true }),
            expect.objectContaining({ what: "grooveiq/api-vm01 with VLAN 51 as a trunk", ok: true }),
            expect.objectContaining({
                what: "grooveiq/api-vm01 from its start on, rebuilt and restarted, without its firewall",
                measured:
                    "2 of 2 frames through a wall in 1 moments: into it from guest, from it with the MAC of nobody",
                ok: true,
            }),
            expect.objectContaining({ what: "grooveiq/api-vm01 moved from VLAN 50 to 51", ok: true }),
        ]);
    });

    /** Outcome of what one VM tried, as it stands in the proof, for what names no one. */
    function tried(vm: string): string[] {
        const own = proof.spoofing.filter(({ what }) => what.startsWith(`${vm}: `));
        const other = { grooveiq: "vintronics/web-vm01", moneyrouter: "grooveiq/api-vm01" }[vm.split("/")[0]!]!;
        return own.map(({ what, measured, note }) => {
            const mate = vm.endsWith("api-vm01") ? vm.replace("api", "db") : vm.replace("db", "api");
            const said = what.split(": ")[1]!.replace(other, "STRANGER").replace(mate, "MATE");
            return `${said}: ${measured.replace(/vm\d+/, "MATE")}${note === undefined ? "" : " (not stopped)"}`;
        });
    }

    test("who passes for another is stopped, or said not to be; no other tenant's VM is reached", () => {
        expect(tried("grooveiq/api-vm01")).toEqual(OUTCOME);
        // A VM of a fixed address, which PVE's address filter limits to it.
        expect(tried("grooveiq/db-vm01")).toEqual(
            but("with the address of MATE: stopped", "gratuitous ARP for the gateway: stopped"),
        );
    });

    test("VMs of a tenant that are kept from each other get nothing of each other but what names itself as no packet", () => {
        const names = (line: string) => line.replace("VLAN 50 ", "VLAN 52 ").replace("VLAN 51 ", "VLAN 50 ");
        expect(tried("moneyrouter/api-vm01")).toEqual(
            but(
                "a frame of its own (control): stopped",
                "a frame of VLAN 0 with the address of nobody to MATE: stopped",
                "a frame of VLAN 50 with the address of nobody to MATE: stopped",
                "a DHCP server of its own: stopped",
                "with a MAC of nobody in a connection to MATE: stopped",
            ).map(names),
        );
        expect(reached("moneyrouter/api-vm01", "moneyrouter/db-vm01")).toEqual(["tcp 5432"]);
        expect(reached("moneyrouter/db-vm01", "moneyrouter/api-vm01")).toEqual([]);
    });

    test("an address of another tenant's pool is taken by a VM that asks as a relay would, and that is said", () => {
        const pools = proof.spoofing.filter(({ what }) => what.includes("pool"));
        expect(pools.map(({ what, measured }) => `${what}: ${measured}`)).toEqual([
            "grooveiq asks for 10.20.51.200 of vintronics's pool (control): vintronics is offered it",
            "grooveiq asks for 10.20.51.200 of vintronics's pool as a relay of its segment: vintronics is not offered it any more",
        ]);
        expect(pools[1]!.note).toMatch(/^across tenants: Kea takes the scope by the relay/);
    });

    test("no frame passes a wall in any moment of a VM that is rebuilt and restarted, no probe while the router boots", () => {
        expect(proof.moments).toEqual([
            {
                what: "grooveiq/api-vm01 from its start on, rebuilt and restarted",
                expected: "no frame through a wall in any moment",
                measured: expect.stringMatching(/^0 of \d+ frames through a wall in [2-9] moments$/) as string,
                ok: true,
            },
            {
                what: "the router boots, with its tables still empty",
                expected: "no probe through a wall",
                measured: expect.stringMatching(/^0 of [1-9]\d+ probes through a wall$/) as string,
                ok: true,
            },
        ]);
    });

    test("the page needs nothing else, and mismatches come first in both", () => {
        const [first, ...others] = proof.matrix;
        const broken = { ...proof, matrix: [{ ...first!, ok: false, answered: "somebody" }, ...others] };
        expect(asText(broken).split("\n")[0]).toMatch(/^MISMATCH \S+ -> \S+ .*expected .*; somebody answered$/);
        expect(asText(broken)).toMatch(/1 not as declared$/);
        expect(asPage(broken).indexOf("Not as declared")).toBeLessThan(asPage(broken).indexOf("<svg"));
        expect(asPage(proof)).not.toContain("Not as declared");
        expect(asPage(proof)).not.toMatch(/(src|href)=|https?:/);
        expect(asPage(proof).match(/<rect/g)).toHaveLength(298);
    });

    test("tenants verify finds the same inside the VMs, over SSH", () => {
        const [asDeclared, other] = verified;
        expect(asDeclared!.stdout).toMatch(/dvntm: 3 VMs, \d+ cells with \d+ probes, .*: all as declared\n$/);
        expect(asDeclared!.exitCode).toBe(0);
        // The state tells the address of each.
        expect(other!.output).not.toContain("not asked");
        const path = "MISMATCH grooveiq/api-vm01 -> vintronics/db-vm01 (10.20.51.12) tcp";
        expect(other!.output).toContain(`${path} 5432: expected denied; vintronics/db-vm01 answered`);
        expect(other!.output).toContain(
            `${path} 5433: expected open, by tenant-hypervisors: grooveiq: vintronics tcp 5433`,
        );
        expect(other!.exitCode).toBe(2);
    });

    test("nothing of it is left", () => {
        expect(devices()).toEqual(wereThere);
    });
});

/** Lets ssh into the VMs from the segment management, as a person of the site has it; gives back ssh's configuration. */
async function sshInto({ plane, leases }: Site, workspace: Workspace): Promise<string> {
    const [key, known, config] = ["key", "known_hosts", "ssh_config"].map((file) => join(workspace.root, file));
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key!]);
    writeFileSync(known!, `vm ${await plane.ssh(leases, readFileSync(`${key}.pub`, "utf8"))}\n`);
    const management = `/proc/${firstOf(plane.pid)}/root/run/netns/management`;
    const lines = [
        "User root",
        "Port 2222",
        `IdentityFile ${key}`,
        `UserKnownHostsFile ${known}`,
        "HostKeyAlias vm",
        `ProxyCommand nsenter --net=${management} chroot ${LAB_SYSTEM} nc %h %p`,
    ];
    writeFileSync(config!, `${lines.join("\n")}\n`);
    return config!;
}
