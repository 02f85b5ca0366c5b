import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
    appendFileSync,
    closeSync,
    copyFileSync,
    mkdirSync,
    mkdtempSync,
    openSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { utils } from "ssh2";
import { freePort } from "./ports";
import { powerOff } from "./processes";
import { LAB_SYSTEM } from "./system";

const SOURCES = resolve(__dirname, "host");
const COMMANDS = ["pvesh", "pveum", "pvesm", "pveversion"];
/** What a login, and libuuid's clock, leave by themselves. */
const WRITTEN_BY_THEMSELVES = [
    "var/log/lastlog",
    "var/log/wtmp",
    "var/log/btmp",
    "var/log",
    "var/lib/libuuid/clock.txt",
];
const START_TIMEOUT_MS = 30_000;

/** Files that make the host the node that the stack file of dvntm declares, by path; a test changes what it is about. */
export const NODE_FILES: Readonly<Record<string, string>> = {
    "etc/hostname": "pve2\n",
    "etc/lab/cpuinfo": Array.from({ length: 8 }, (_, n) => `processor\t: ${n}\nflags\t\t: fpu vmx sse\n\n`).join(""),
    "etc/lab/meminfo": "MemTotal:       32719204 kB\nMemFree:        28000000 kB\nMemAvailable:   29000000 kB\n",
    "sys/block/nvme0n1/size": "1953525168\n",
    "sys/block/nvme0n1/removable": "0\n",
    "sys/class/net/eno1/speed": "1000\n",
    "sys/class/net/vmbr0/bridge/vlan_filtering": "0\n",
    "sys/class/net/vmbr0/brif/eno1/state": "3\n",
    "etc/apt/sources.list.d/pve-enterprise.list":
        "deb https://enterprise.proxmox.com/debian/pve bookworm pve-enterprise\n",
    "etc/apt/sources.list.d/ceph.list": "deb https://enterprise.proxmox.com/debian/ceph-quincy bookworm enterprise\n",
};

/**
 * A freshly installed node's other half: a Debian 12 root file system of its own with a real sshd, in namespaces of its
 * own, reached on loopback alone. It has no sudo and no Ansible; apt, Ansible and all files are real, PVE's commands are
 * stand-ins (lab/host/pve.py). It has no systemd, no disks and no network of its own.
 *
 * Needs root; see systemMissing().
 */
export class LabHost {
    readonly host = "127.0.0.1";
    /** Host key in the form of authorized_keys, as it is pinned. */
    readonly hostKey: string;
    /** Private key that root lets in, in OpenSSH's form. */
    readonly privateKey: string;
    readonly port: number;
    private readonly runDir: string;
    private child: ChildProcess | undefined;

    private constructor(runDir: string, port: number) {
        const client = utils.generateKeyPairSync("ed25519");
        const host = utils.generateKeyPairSync("ed25519");
        [this.runDir, this.port, this.privateKey] = [runDir, port, client.private];
        this.hostKey = host.public.trim();
        this.write("root/.ssh/authorized_keys", client.public, 0o600);
        this.write("etc/ssh/ssh_host_ed25519_key", host.private, 0o600);
        this.write("etc/ssh/ssh_host_ed25519_key.pub", `${host.public}\n`);
    }

    /** Makes a fresh host and starts it. */
    static async start(): Promise<LabHost> {
        const runDir = mkdtempSync(join(tmpdir(), "lab-host-"));
        execFileSync("cp", ["-a", LAB_SYSTEM, join(runDir, "root")]);
        const host = new LabHost(runDir, await freePort());
        process.once("exit", () => host.end());
        host.furnish();
        await host.boot();
        return host;
    }

    /** Root file system of the host, as this machine sees it. */
    get root(): string {
        return join(this.runDir, "root");
    }

    private furnish(): void {
        for (const [path, text] of Object.entries(NODE_FILES)) {
            this.write(path, text);
        }
        mkdirSync(join(this.root, "etc/pve"), { recursive: true });
        this.write("usr/share/pve-standin/pve.py", readFileSync(join(SOURCES, "pve.py"), "utf8"), 0o755);
        for (const command of COMMANDS) {
            symlinkSync("../share/pve-standin/pve.py", join(this.root, "usr/bin", command));
        }
        // The host uses this machine's network, and so its resolver.
        copyFileSync("/etc/resolv.conf", join(this.root, "etc/resolv.conf"));
    }

    /** Writes a file of the host, as somebody at its console would. */
    write(path: string, text: string, mode = 0o644): void {
        const file = join(this.root, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text, { mode });
    }

    read(path: string): string {
        return readFileSync(join(this.root, path), "utf8");
    }

    /** Starts the host and waits until its sshd listens. */
    async boot(): Promise<void> {
        const log = openSync(join(this.runDir, "sshd.log"), "a");
        const flags = "--mount --pid --uts --ipc --fork --kill-child --propagation private".split(" ");
        const child = spawn("unshare", [...flags, join(SOURCES, "start.sh"), this.root, String(this.port)], {
            stdio: ["ignore", log, log],
            env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
        });
        closeSync(log);
        this.child = child;
        for (const started = Date.now(); !(await listens(this.port));) {
            if (child.exitCode !== null || Date.now() - started > START_TIMEOUT_MS) {
                throw new Error(`the lab host did not start:\n${this.log()}`);
            }
            await new Promise((later) => setTimeout(later, 20));
        }
        appendFileSync(join(this.runDir, "sshd.log"), "--- started ---\n");
    }

    /** Takes its power away: every process of it is gone at once. */
    async powerOff(): Promise<void> {
        const { child } = this;
        this.child = undefined;
        // unshare ignores SIGTERM; its --kill-child takes the host's first process with it, and that all others.
        await powerOff(child);
    }

    async reboot(): Promise<void> {
        await this.powerOff();
        await this.boot();
    }

    /** Cuts every SSH connection: the sshd processes that serve one are killed. */
    cutConnections(): void {
        this.processes()
            .filter(({ command }) => /^sshd: /.test(command) && !command.includes("[listener]"))
            .forEach(({ pid }) => process.kill(pid, "SIGKILL"));
    }

    /** Processes of the host, with their command lines, as this machine sees them. */
    processes(): { pid: number; command: string }[] {
        return readdirSync("/proc")
            .filter((pid) => /^\d+$/.test(pid))
            .flatMap((pid) => {
                try {
                    const root = readlinkSync(`/proc/${pid}/root`);
                    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
                    return root === this.root && command !== "" ? [{ pid: Number(pid), command }] : [];
                } catch {
                    // It ended meanwhile.
                    return [];
                }
            });
    }

    /** Output of a command that root runs on the host, past SSH; the command must succeed. */
    inside(command: string): string {
        const [first] = this.processes();
        const enter = ["--target", String(first!.pid), "--mount", "--pid", "--uts", "--ipc", "--root", "--wd"];
        return execFileSync("nsenter", [...enter, "sh", "-c", command], { encoding: "utf8" });
    }

    /** What sshd wrote. */
    log(): string {
        return readFileSync(join(this.runDir, "sshd.log"), "utf8");
    }

    /** How many SSH sessions were let in since the host was made. */
    sessions(): number {
        return this.log().split("Accepted publickey").length - 1;
    }

    /**
     * Every file of the host in one line each: path, kind, mode, owner, size, time of the last change of content or
     * attributes, and target of a link. Equal exactly when nothing was written.
     */
    files(): string[] {
        const format = "%P %y %m %U:%G %s %C@ %l\\n";
        const list = execFileSync("find", [this.root, "-printf", format], { encoding: "utf8", maxBuffer: 2 ** 28 });
        return list
            .split("\n")
            .filter((line) => !WRITTEN_BY_THEMSELVES.includes(line.split(" ")[0]!))
            .sort();
    }

    /** Keeps the host's files as they are under a name. */
    save(name: string): void {
        execFileSync("cp", ["-a", this.root, join(this.runDir, name)]);
    }

    /** Makes the host what it was when it was saved, and starts it. */
    async restore(name: string): Promise<void> {
        await this.powerOff();
        rmSync(this.root, { recursive: true, force: true });
        execFileSync("cp", ["-a", join(this.runDir, name), this.root]);
        await this.boot();
    }

    async remove(): Promise<void> {
        await this.powerOff();
        this.end();
    }

    private end(): void {
        this.child?.kill("SIGKILL");
        rmSync(this.runDir, { recursive: true, force: true });
    }
}

function listens(port: number): Promise<boolean> {
    return new Promise((done) => {
        const socket = connect(port, "127.0.0.1");
        const end = (answer: boolean) => () => {
            socket.destroy();
            done(answer);
        };
        // Only sshd's own greeting counts.
        socket.once("data", end(true)).once("error", end(false)).once("close", end(false));
    });
}
