import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
    appendFileSync,
    chmodSync,
    closeSync,
    copyFileSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    openSync,
    readdirSync,
    readFileSync,
    realpathSync,
    rmSync,
    statSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { labEnvironment } from "./environment";
import { HostFiles } from "./hostFiles";
import { FILES_OF_DEBIAN_13, NODE_FILES, SOURCES_OF_PVE_9 } from "./hostNode";
import { freePort, untilReady } from "./ports";
import { firstChild, killProcess, powerOff, processesWhere } from "./processes";
import { newKeyPair } from "./sshKeys";
import { hostDebian, hostSystem, type HostDebian } from "../tools/labSystem";

const SOURCES = resolve(__dirname, "host");
const COMMANDS = ["pvesh", "pveum", "pvesm", "pveversion"];
/** Files that a login, and libuuid's clock, leave by themselves. */
const WRITTEN_BY_THEMSELVES = [
    "var/log/lastlog",
    "var/log/wtmp",
    "var/log/btmp",
    "var/log",
    "var/lib/libuuid/clock.txt",
];
/** A start takes a second, more on a loaded CI machine. */
const START_TIMEOUT_MS = 120_000;

/**
 * A freshly installed node's other half: a Debian root file system of its own with a real sshd, in namespaces of its
 * own, reached on loopback alone. It has no sudo and no Ansible; apt, Ansible and all files are real, PVE's commands are
 * stand-ins (lab/host/pve.py). It has no systemd, no disks and no network of its own.
 *
 * Needs root; see systemMissing().
 */
export class LabHost {
    readonly host = "127.0.0.1";
    /** Host key in the form of authorized_keys, as it is pinned. */
    readonly hostKey: string;
    /** The pair that root lets in. */
    private readonly login = newKeyPair();
    private child: ChildProcess | undefined;
    /** The host's first process, while it runs. */
    private first: number | undefined;

    private constructor(
        private readonly disk: HostFiles,
        readonly port: number,
        private readonly debian: HostDebian,
    ) {
        const { privateKey, publicKey } = newKeyPair();
        this.hostKey = publicKey;
        this.write("etc/ssh/ssh_host_ed25519_key", privateKey, 0o600);
        this.write("etc/ssh/ssh_host_ed25519_key.pub", `${publicKey}\n`);
        this.furnish();
    }

    /** Makes a fresh host and starts it: PVE 8.4 on Debian 12, or 9.2 on 13. */
    static async start(debian = hostDebian()): Promise<LabHost> {
        const folder = realpathSync(mkdtempSync(join(tmpdir(), "lab-host-")));
        const host = new LabHost(new HostFiles(folder, hostSystem(debian)), await freePort(), debian);
        process.once("exit", () => host.end());
        await host.boot();
        if (debian === "13") {
            // Of its making; the installer of PVE 9 writes debian.sources in its place.
            host.inside("rm /etc/apt/sources.list");
        }
        host.write("root/.ssh/authorized_keys", `${host.login.publicKey}\n`, 0o600);
        // overlayfs marks a folder that it did not make itself when it is first looked up, which counts as a change.
        readdirSync(host.disk.written, { recursive: true }).forEach((path) =>
            lstatSync(join(host.root, String(path)), { throwIfNoEntry: false }),
        );
        return host;
    }

    /** Private key that root lets in, in OpenSSH's form. */
    get privateKey(): string {
        return this.login.privateKey;
    }

    /** Root file system of the host, as this machine sees it; of one that is off, what it wrote. */
    get root(): string {
        return this.first === undefined ? this.disk.written : `/proc/${this.first}/root`;
    }

    private get logFile(): string {
        return join(this.disk.folder, "sshd.log");
    }

    private furnish(): void {
        for (const [path, text] of Object.entries(NODE_FILES)) {
            if (this.debian === "12" || !path.endsWith(".list")) {
                this.write(path, text);
            }
        }
        if (this.debian === "13") {
            Object.entries(SOURCES_OF_PVE_9).forEach(([path, text]) => this.write(path, text));
            this.becomePve9();
        }
        ["etc/pve", "usr/bin"].forEach((folder) => mkdirSync(join(this.root, folder), { recursive: true }));
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

    /**
     * Makes it what an upgrade in place to PVE 9.2 on Debian 13 leaves, as far as files and the stand-ins go: its programs stay
     * those of Debian 12, apt included, which reads deb822, too.
     */
    upgrade(): void {
        Object.entries({ ...FILES_OF_DEBIAN_13, ...SOURCES_OF_PVE_9 }).forEach(([path, text]) =>
            this.write(path, text),
        );
        // The person has sed put the new name in place of the old one, as Proxmox's own guide says.
        this.inside("sed -i s/bookworm/trixie/g /etc/apt/sources.list /etc/apt/sources.list.d/*.list");
        this.becomePve9();
    }

    private becomePve9(): void {
        const state = "etc/pve/state.json";
        const told = existsSync(join(this.root, state)) ? (JSON.parse(this.read(state)) as object) : {};
        this.write(state, JSON.stringify({ ...told, version: "9.2.11" }));
    }

    /** Starts the host and waits until its sshd listens. */
    async boot(): Promise<void> {
        const log = openSync(this.logFile, "a");
        const flags = "--mount --pid --uts --ipc --fork --kill-child --propagation private".split(" ");
        const root = join(this.disk.folder, "root");
        const start = [join(SOURCES, "start.sh"), root, String(this.port), ...this.disk.mount];
        // It ends with this process, whatever ends that.
        const child = spawn("setpriv", ["--pdeathsig", "KILL", "unshare", ...flags, ...start], {
            cwd: this.disk.folder,
            stdio: ["ignore", log, log],
            env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8" },
        });
        closeSync(log);
        this.child = child;
        const ended = () => (child.exitCode === null && child.signalCode === null ? undefined : this.log());
        await untilReady(() => listens(this.port), START_TIMEOUT_MS, ended);
        this.first = firstChild(child.pid!);
        appendFileSync(this.logFile, "--- started ---\n");
        this.bringUp(...new Set(WRITTEN_BY_THEMSELVES.map(dirname)));
    }

    /** Has folders in the host's own layer, where they would come with the first change below them: no change by itself. */
    private bringUp(...folders: readonly string[]): void {
        for (const path of folders.map((folder) => join(this.root, folder)).filter(existsSync)) {
            chmodSync(path, statSync(path).mode);
        }
    }

    /** Takes its power away: every process of it is gone at once. */
    async powerOff(): Promise<void> {
        const { child } = this;
        [this.child, this.first] = [undefined, undefined];
        // unshare ignores SIGTERM; its --kill-child takes the host's first process with it, and that all others.
        await powerOff(child);
        // They hold the port and the disk until they are gone.
        await untilReady(
            () => this.processes().length === 0,
            START_TIMEOUT_MS,
            () => undefined,
        );
    }

    async reboot(): Promise<void> {
        await this.powerOff();
        await this.boot();
    }

    /** Cuts every SSH connection: the sshd processes that serve one are killed. */
    cutConnections(): void {
        this.processes()
            .filter(({ command }) => /^sshd: /.test(command) && !command.includes("[listener]"))
            .forEach(({ pid }) => killProcess(pid));
    }

    /** Processes of the host, with their command lines, as this machine sees them. */
    processes(): { pid: number; command: string }[] {
        const root = join(this.disk.folder, "root");
        return processesWhere("root", (path) => path === root).filter(({ command }) => command !== "");
    }

    /** Output of a command that root runs on the host, past SSH; the command must succeed. */
    inside(command: string): string {
        return execFileSync("nsenter", [...this.enter(), "sh", "-c", command], {
            encoding: "utf8",
            env: labEnvironment(),
        });
    }

    private enter(): string[] {
        return ["--target", String(this.first), "--mount", "--pid", "--uts", "--ipc", "--root", "--wd"];
    }

    /** Log of sshd. */
    log(): string {
        return readFileSync(this.logFile, "utf8");
    }

    /** How many SSH sessions were let in since the host was made. */
    sessions(): number {
        return this.log().split("Accepted publickey").length - 1;
    }

    /**
     * Every file that was written on the host since it was made or last saved, in one line each: path, kind, mode, owner,
     * size, time of the last change of content or attributes, and target of a link. Equal exactly when nothing was written.
     */
    files(): string[] {
        const find = [`${this.disk.written}/`, "-printf", "%P %y %m %U:%G %s %C@ %l\\n"];
        return execFileSync("find", find, { encoding: "utf8", env: labEnvironment(), maxBuffer: 2 ** 28 })
            .split("\n")
            .filter((line) => !WRITTEN_BY_THEMSELVES.includes(line.split(" ")[0]!))
            .sort();
    }

    /** Keeps the files of the host, which is off, as they are under a name. */
    save(name: string): void {
        this.disk.save(name);
    }

    /** Makes the host what it was when it was saved, and starts it. */
    async restore(name: string): Promise<void> {
        await this.powerOff();
        this.disk.restore(name);
        await this.boot();
    }

    async remove(): Promise<void> {
        await this.powerOff();
        this.end();
    }

    private end(): void {
        this.child?.kill("SIGKILL");
        rmSync(this.disk.folder, { recursive: true, force: true });
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
