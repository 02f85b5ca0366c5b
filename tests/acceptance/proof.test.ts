import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { mismatchesOf, type Proof } from "../../proof/findings";
import { asPage } from "../../report/proofPage";
import { asText, cellsOf } from "../../report/proofText";
import type { Site } from "../../proof/measure/controls";
import { prove } from "../../proof/measure/run";
import { LAB_SYSTEM, systemMissing } from "../../tools/labSystem";
import type { CliResult, Workspace } from "../../lab/workspace";

jest.setTimeout(300_000);

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
  - { name: db-vm01, instance: 2, memory: 1GiB, address: fixed }
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
    const policy = "tenant-hypervisors:macPolicy: deterministic";
    writeFileSync(stack, readFileSync(stack, "utf8").replace(/^( *)(?=tenant-hypervisors:site:)/m, `$1${policy}\n$1`));
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
            verified.push(await verify("--addresses", `grooveiq/web-vm01=${site.leases.get(5041)?.address}`));
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
        // From each VM to seven others, the gateway, the router, eight segments, the internet and elsewhere; and from the
        // eight segments and the internet to each VM.
        expect(cellsOf(proof.matrix)).toHaveLength(8 * (7 + 2 + 8 + 2) + 9 * 8);
        expect(asText(proof)).toMatch(/dvntm: 8 VMs, 224 cells with \d+ probes, .*: all as declared$/);
    });

    test("an allowance opens its ports to the port, and in one direction", () => {
        expect(reached("grooveiq/api-vm01", "vintronics/db-vm01")).toEqual(["tcp 5432", "tcp 8000", "tcp 8010"]);
        expect(reached("vintronics/db-vm01", "grooveiq/api-vm01")).toEqual([]);
        expect(reached("moneyrouter/api-vm01", "management")).toEqual(["tcp 80"]);
        expect(reached("grooveiq/api-vm01", "management")).toEqual([]);
        expect(reached("grooveiq/api-vm01", "gateway")).toEqual(["tcp 53", "dns", "udp 123"]);
        expect(reached("grooveiq/api-vm01", "grooveiq/db-vm01")).toContain("icmp");
    });

    test("each VM has its address, by reservation, from the pool or from cloud-init", () => {
        const of = (vm: string) => proof.addresses.find(({ what }) => what === `${vm} address`)?.measured;
        expect(of("grooveiq/api-vm01")).toBe("10.20.50.10");
        expect(of("grooveiq/db-vm01")).toBe("10.20.50.11");
        expect(of("grooveiq/web-vm01")).toMatch(/^10\.20\.50\.1\d\d$/);
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
    });

    test("faults made on purpose turn cells red: one rule's exactly, a wall's, and a moved VM's", () => {
        expect(proof.controls).toEqual([
            {
                what: 'the rule "tenant-hypervisors: grooveiq: vintronics tcp 5432: orders" removed',
                expected: "9 probes red, and no other",
                measured: "9 probes red, 0 of them others",
                ok: true,
            },
            expect.objectContaining({ what: "PVE's firewall of grooveiq/api-vm01 off", ok: true }),
            expect.objectContaining({ what: "PVE's option dhcp of grooveiq/api-vm01 on", ok: true }),
            expect.objectContaining({ what: "grooveiq/api-vm01 with VLAN 51 as a trunk", ok: true }),
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

    /** What a VM tries that may send from any address, in the order of the proof. */
    const OUTCOME = [
        "a frame of its own (control): reaches MATE",
        "with the MAC of MATE: stopped",
        "with a MAC of nobody: stopped",
        "with a MAC of nobody, from DHCP's port to DHCP's: stopped",
        "its own address to platform (control): reaches platform",
        "with the address of STRANGER: stopped",
        "with the address of MATE: reaches platform (not stopped)",
        "with the address of MATE in a frame of VLAN 0: reaches platform (not stopped)",
        "with the address of STRANGER in a frame of VLAN 0: stopped",
        "a frame of VLAN 0 with the address of nobody to MATE: reaches MATE (not stopped)",
        "a frame of VLAN 0 with the address of nobody to STRANGER by the gateway: stopped",
        "a frame of VLAN 50 with the address of nobody to MATE: reaches MATE (not stopped)",
        "a frame of VLAN 50 with the address of nobody to STRANGER by the gateway: stopped",
        "a frame of VLAN 51 with the address of nobody to STRANGER: stopped",
        "gratuitous ARP for the gateway: reaches MATE (not stopped)",
        "gratuitous ARP for the gateway in a frame of VLAN 0: reaches MATE (not stopped)",
        "gratuitous ARP for the gateway in a frame of VLAN 0 to STRANGER: stopped",
        "a DHCP server of its own: reaches MATE (not stopped)",
        "a DHCP server that passes for the gateway in a frame of VLAN 0: reaches MATE (not stopped)",
        "a DHCP server of its own for STRANGER: stopped",
        "a neighbour solicitation (control): reaches MATE",
        "a router advertisement: stopped",
        "a router advertisement in a frame of VLAN 0: reaches MATE (not stopped)",
        "IPv6 to MATE: stopped",
        "IPv6 to STRANGER: stopped",
        "IPv6 to somewhere else by the gateway: stopped",
        "with a MAC of nobody in a connection to MATE: reaches MATE (not stopped)",
        "with a MAC of nobody in a connection to STRANGER: stopped",
        "an answer from STRANGER to what never reached it: stopped",
        "with the address of STRANGER in its connection to platform: reaches platform (not stopped)",
    ];

    /** The same list with some of its lines as they are for another kind of VM. */
    function but(...other: readonly string[]): string[] {
        const whatOf = (line: string) => line.slice(0, line.indexOf(": "));
        return OUTCOME.map((line) => other.find((one) => whatOf(one) === whatOf(line)) ?? line);
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

    test("the page needs nothing else, and mismatches come first in both", () => {
        const [first, ...others] = proof.matrix;
        const broken = { ...proof, matrix: [{ ...first!, ok: false, answered: "somebody" }, ...others] };
        expect(asText(broken).split("\n")[0]).toMatch(/^MISMATCH \S+ -> \S+ .*expected .*; somebody answered$/);
        expect(asText(broken)).toMatch(/1 not as declared$/);
        expect(asPage(broken).indexOf("Not as declared")).toBeLessThan(asPage(broken).indexOf("<svg"));
        expect(asPage(proof)).not.toContain("Not as declared");
        expect(asPage(proof)).not.toMatch(/(src|href)=|https?:/);
        expect(asPage(proof).match(/<rect/g)).toHaveLength(224);
    });

    test("tenants verify finds the same inside the VMs, over SSH", () => {
        const [asDeclared, other] = verified;
        expect(asDeclared!.output).toMatch(/dvntm: 3 VMs, \d+ cells with \d+ probes, .*: all as declared\n$/);
        expect(asDeclared!.exitCode).toBe(0);
        expect(other!.output).toMatch(/^not asked, .*: grooveiq\/web-vm01$/m);
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

describeHere("a data plane", () => {
    /** Starts one in a process of its own, which says its first process's id. */
    async function started() {
        const script = `const { DataPlane } = require("./lab/dataPlane");
            DataPlane.start().then((plane) => console.log(plane.pid));
            setInterval(() => undefined, 1000);`;
        const root = resolve(__dirname, "..", "..");
        const owner = spawn(process.execPath, ["--require", "./start/typescript", "-e", script], {
            cwd: root,
            stdio: ["ignore", "pipe", "inherit"],
        });
        const [line] = (await once(owner.stdout.setEncoding("utf8"), "data")) as [string];
        const entered = firstOf(line.trim());
        return { owner, first: entered, namespace: namespaceOf(entered)! };
    }

    test.each(["SIGKILL", "SIGTERM"] as const)(
        "is gone with all its processes after %s of whoever started it",
        async (signal) => {
            const before = devices();
            const { owner, first, namespace } = await started();
            const names = inNamespace(namespace).map((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim());
            expect(names).toEqual(expect.arrayContaining(["ovs-vswitchd", "ovsdb-server", "python3"]));
            // Nothing leads out of it: no device of the machine's, and no route at all.
            const own = readFileSync(`/proc/${first}/net/dev`, "utf8");
            expect(own).toContain("vmbr0");
            expect(before.filter((device) => device !== "lo" && own.includes(`${device}:`))).toEqual([]);
            expect(readFileSync(`/proc/${first}/net/route`, "utf8").trim().split("\n")).toHaveLength(1);
            owner.kill(signal);
            await once(owner, "exit");
            await gone(namespace);
            expect(devices()).toEqual(before);
        },
    );
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

/** The first process within a data plane. */
function firstOf(pid: number | string): string {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
}

/** Network devices of this machine. */
function devices(): string[] {
    return readdirSync("/sys/class/net").sort();
}

function namespaceOf(pid: string): string | undefined {
    try {
        return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
        // It ended meanwhile.
        return undefined;
    }
}

/** Processes in a pid namespace. */
function inNamespace(namespace: string): string[] {
    return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && namespaceOf(pid) === namespace);
}

async function gone(namespace: string): Promise<void> {
    for (const since = Date.now(); inNamespace(namespace).length > 0;) {
        if (Date.now() - since > 30_000) {
            throw new Error(`still there: ${inNamespace(namespace).join(" ")}`);
        }
        await new Promise((done) => setTimeout(done, 50));
    }
}
