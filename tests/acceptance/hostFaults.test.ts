import { renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { HostError } from "../../host/error";
import { hostFacts } from "../../host/run";
import { checkHost } from "../../host/facts";
import type { Hypervisor } from "../../substrate/substrate";
import { NODE_FILES } from "../../lab/hostNode";
import { freePort } from "../../lab/ports";
import { newKeyPair } from "../../lab/sshKeys";
import { describeWithHost, HOST_TIMEOUT_MS, HostLab } from "./hostLab";
import { hypervisorOf } from "./hostRun";

jest.setTimeout(HOST_TIMEOUT_MS);

const ROOT = join(__dirname, "..", "..");

describeWithHost("a host that is not as it must be", () => {
    let site: HostLab;
    beforeAll(async () => {
        site = await HostLab.start();
    });
    afterAll(async () => site.stop());

    const hypervisor = (ssh: Partial<Hypervisor["ssh"]> = {}): Hypervisor => {
        const found = hypervisorOf(site);
        return { ...found, ssh: { ...found.ssh, ...ssh } };
    };
    const facts = (ssh: Partial<Hypervisor["ssh"]> = {}, privateKey = site.host.privateKey) =>
        hostFacts(ROOT, hypervisor(ssh), { privateKey });
    const refusal = async (asked: Promise<unknown>): Promise<string> => {
        const error: unknown = await asked.then(
            () => undefined,
            (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(HostError);
        return (error as HostError).message;
    };
    const faults = async () => checkHost(hypervisor(), await facts());

    test("control: the host as it is passes, and being asked writes nothing on it", async () => {
        const files = site.host.files();
        expect(await faults()).toEqual([]);
        expect(site.host.files()).toEqual(files);
        site.host.write("etc/written", "");
        expect(site.host.files()).not.toEqual(files);
        rmSync(join(site.host.root, "etc/written"));
    });

    const other = (path: string, text: string) => () => {
        site.host.write(path, text);
        return () => site.host.write(path, NODE_FILES[path]!);
    };
    const moved = (path: string) => () => {
        const file = join(site.host.root, path);
        renameSync(file, `${file}-moved`);
        return () => renameSync(`${file}-moved`, file);
    };
    const pve = (change: object) => () => {
        site.host.write("etc/pve/state.json", JSON.stringify(change));
        return () => rmSync(join(site.host.root, "etc/pve/state.json"));
    };
    const named = (name: string) => () => {
        site.host.inside(`hostname ${name}`);
        return () => void site.host.inside("hostname pve2");
    };
    const linked = () => {
        site.host.write("etc/pve/corosync.conf", "totem {}\n");
        return () => rmSync(join(site.host.root, "etc/pve/corosync.conf"));
    };
    const system = () => {
        const release = site.host.read("usr/lib/os-release");
        site.host.write("usr/lib/os-release", release.replace('VERSION_ID="12"', 'VERSION_ID="13"'));
        return () => site.host.write("usr/lib/os-release", release);
    };
    const cpus = (change: (text: string) => string) => () => {
        // The host's /proc/cpuinfo is this very file, bound there.
        writeFileSync(join(site.host.root, "etc/lab/cpuinfo"), change(NODE_FILES["etc/lab/cpuinfo"]!));
        return () => writeFileSync(join(site.host.root, "etc/lab/cpuinfo"), NODE_FILES["etc/lab/cpuinfo"]!);
    };

    test.each<[string, () => () => void, string]>([
        ["host name", named("pve"), "hv02: host name: expected pve2, found pve. Is ssh.host the right machine?"],
        ["PVE version", pve({ version: "9.2.11" }), "hv02: system: expected debian 13, found debian 12."],
        ["no PVE", moved("usr/bin/pveversion"), "hv02: PVE: expected 8.4 or 9.2, found no PVE."],
        ["Debian", system, "hv02: system: expected debian 12, found debian 13."],
        ["cluster", linked, "hv02: cluster: expected none, found /etc/pve/corosync.conf."],
        [
            "memory",
            other("etc/lab/meminfo", "MemTotal: 16000000 kB\n"),
            "hv02: memory: expected 32 GiB or more, found 15.26 GiB.",
        ],
        [
            "threads",
            cpus((text) => text.replace(/(processor[^]*?\n\n){4}/, "")),
            "hv02: CPU threads: expected 8 or more, found 4.",
        ],
        [
            "VT-x",
            cpus((text) => text.replaceAll("vmx ", "")),
            "hv02: VT-x: expected the CPU flag vmx or svm, found neither.",
        ],
        [
            "storage",
            other("sys/block/nvme0n1/size", "976773168\n"),
            "hv02: storage: expected 931 GiB or more, found 465 GiB.",
        ],
        ["datastore", pve({ storages: {} }), "hv02: datastore local-lvm: expected active, found none of that id."],
        ["bridge", moved("sys/class/net/vmbr0/bridge"), "hv02: bridge vmbr0: expected present, found no such bridge."],
        [
            "NIC",
            other("sys/class/net/eno1/speed", "100\n"),
            "hv02: NIC of vmbr0: expected 1000 Mbit/s or more, found 100 Mbit/s.",
        ],
    ])("%s", async (_, falsify, message) => {
        const restore = falsify();
        try {
            const files = site.host.files();
            expect(await faults()).toEqual([expect.stringContaining(message)]);
            expect(site.host.files()).toEqual(files);
        } finally {
            restore();
        }
    });

    test("control: with all of it put right, the host passes again", async () => {
        expect(await faults()).toEqual([]);
    });

    test("an up tells all faults at once, and writes nothing on the host nor the node", async () => {
        const restore = [named("pve"), other("sys/class/net/eno1/speed", "100\n")].map((falsify) => falsify());
        site.setStack("prefix: fedora-server-", "prefix: debian-");
        for (const tenant of ["grooveiq"]) {
            renameSync(
                join(site.lab.workspace.root, `tenants/dvntm/${tenant}.yaml`),
                join(site.lab.workspace.root, tenant),
            );
        }
        const [files, node] = [site.host.files(), await site.lab.state()];
        const { output } = await site.fail();
        expect(output).toContain("hv02: host name: expected pve2, found pve.");
        expect(output).toContain("hv02: NIC of vmbr0: expected 1000 Mbit/s or more, found 100 Mbit/s.");
        expect(output).toContain("hv02: template: node pve2 has no template whose name begins with debian-");
        expect(output).toContain("Nothing was changed on the host.");
        expect(site.host.files()).toEqual(files);
        expect(await site.lab.state()).toEqual(node);
        restore.forEach((undo) => undo());
    });

    test("another host key is refused at once, with where to compare", async () => {
        const sessions = site.host.sessions();
        const hostKey = newKeyPair().publicKey;
        expect(await refusal(facts({ hostKey }))).toBe(
            `hv02: 127.0.0.1 port ${site.host.port} has another host key than ssh.hostKey. Is it the right machine, and was it ` +
                "installed anew? Compare with /etc/ssh/ssh_host_ed25519_key.pub at its console, and then set ssh.hostKey.",
        );
        expect(site.host.sessions()).toBe(sessions);
    });

    test("a key that root does not know is refused at once, and so is one that is none", async () => {
        const { privateKey: stranger } = newKeyPair();
        expect(await refusal(facts({}, stranger))).toMatch(
            /port \d+ does not let root in .*authorized_keys on the host/,
        );
        expect(await refusal(facts({}, "not a key"))).toBe(
            "hv02: baseline:privateKey is not a private key that can be read without a passphrase.",
        );
    });

    test("a host that hangs after accepting, or is down, is given up within the configured time", async () => {
        const sockets: Socket[] = [];
        const mute = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
        await new Promise((listening) => mute.once("listening", listening));
        const { port } = mute.address() as AddressInfo;
        const down = await freePort();
        const found = hypervisor();
        const within = (at: number) =>
            hostFacts(
                ROOT,
                { ...found, ssh: { ...found.ssh, port: at }, baseline: { ...found.baseline!, wait: 5 } },
                { privateKey: site.host.privateKey },
            );
        const advice = "check that it is on, its address, the network between, and that sshd runs there.";
        expect(await Promise.all([refusal(within(port)), refusal(within(down))])).toEqual([
            `hv02: 127.0.0.1 port ${port} gave no SSH login within 5 s (Timed out while waiting for handshake); ${advice}`,
            `hv02: 127.0.0.1 port ${down} gave no SSH login within 5 s (connect ECONNREFUSED 127.0.0.1:${down}); ${advice}`,
        ]);
        sockets.forEach((socket) => socket.destroy());
        await new Promise((closed) => mute.close(closed));
    });
});
