import { spawn, type ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import type { Lease } from "../proof/lease";
import type { PlaneState } from "./planeState";
import { LAB_SYSTEM } from "../tools/labSystem";
import { LAB_ROOT } from "./venv";

/**
 * Namespaces of its own for everything that follows, and a root file system beside the machine's. `--kill-child` and the
 * pid namespace end all of it with its first process, and that ends with its standard input: whatever ends this process.
 */
const ENTER = [
    "--net",
    "--mount",
    "--pid",
    "--uts",
    "--fork",
    "--kill-child",
    "sh",
    "-c",
    'mount --bind "$2" "$2" && mount --bind "$1" "$2/mnt" && exec chroot "$2" /usr/bin/python3 -m dataplane',
    "data-plane",
    LAB_ROOT,
    LAB_SYSTEM,
];

const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", PYTHONPATH: "/mnt", PYTHONDONTWRITEBYTECODE: "1" };

/** Names of two hosts of the data plane, whose VMs are `vm` and the VMID, and NICs beside the first that with `i` and their number. */
export const PLANE_ROUTER = "router";
export const PLANE_INTERNET = "internet";

/** A running VM as the data plane has it. */
export interface PlaneVm {
    readonly vmid: number;
    readonly mac: string;
    /** 0: untagged. */
    readonly vlan: number;
    /** Whether PVE's firewall is around it. */
    readonly filtered: boolean;
}

/** One question of one packet, asked from inside a host of the data plane. */
export interface Question {
    readonly from: string;
    readonly protocol: "tcp" | "udp" | "icmp" | "dns";
    readonly address: string;
    readonly port?: number;
    /** Of udp; missing: any. */
    readonly sourcePort?: number;
}

/** Frames that hosts of the data plane make themselves. */
export interface SentFrames {
    /** Each with the host that sends it, in this order. */
    readonly frames: readonly (readonly [sender: string, frame: Buffer])[];
    /** Part of the last frame that stays the same on its way, and that no other frame has. */
    readonly mark: Buffer;
    /** Names of hosts whose NICs are looked at. */
    readonly watchers: readonly string[];
}

/** Stands for a question without an answer; any other answer is the name of who answered, or `yes`. */
export const UNANSWERED: readonly string[] = ["silent", "refused"];

/** A data plane that could not do what it was told. */
export class PlaneError extends Error {}

/** A running data plane: see lab/README.md. Needs what systemMissing() says. */
export class DataPlane {
    private readonly lines: Interface;
    private readonly waiting: { done: (answer: unknown) => void; fail: (error: Error) => void }[] = [];
    private said = "";
    /** MAC of the router in every segment, as VLAN devices have that of their NIC. */
    routerMac = "";

    private constructor(private readonly child: ChildProcess) {
        this.lines = createInterface({ input: child.stdout! });
        this.lines.on("line", (line) => this.take(JSON.parse(line) as { answer?: unknown; error?: string }));
        child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (this.said = (this.said + chunk).slice(-4000)));
        child.on("close", () => this.fail(new PlaneError(`the data plane ended.\n${this.said}`)));
        child.on("error", (error) => this.fail(new PlaneError(`the data plane did not start: ${error.message}`)));
    }

    /** Starts a data plane without VMs. @throws PlaneError with what it wrote on its standard error. */
    static async start(): Promise<DataPlane> {
        const child = spawn("unshare", ENTER, { env: ENVIRONMENT, stdio: ["pipe", "pipe", "pipe"], detached: true });
        const plane = new DataPlane(child);
        plane.routerMac = ((await plane.answer()) as { routerMac: string }).routerMac;
        return plane;
    }

    /** Process id of its first process as this machine sees it. */
    get pid(): number {
        return this.child.pid!;
    }

    /** Ends it and waits until it is gone. */
    async stop(): Promise<void> {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = new Promise((resolve) => this.child.once("exit", resolve));
            this.child.stdin!.end();
            await gone;
        }
    }

    /** Makes it as node and router hold it now. */
    async apply(state: PlaneState): Promise<readonly PlaneVm[]> {
        return ((await this.command("apply", { state })) as { vms: PlaneVm[] }).vms;
    }

    /** Adds a host of a segment with addresses of it, as 10.20.99.100/24; without a gateway they are the internet's, without a length. */
    async standIn(name: string, vlan: number, addresses: readonly string[], gateway?: string): Promise<void> {
        await this.command("stand_in", { name, vlan, addresses, gateway: gateway ?? null });
    }

    /** Boots VMs, which ask for an address for so many seconds. */
    async boot(vmids: readonly number[], timeout: number): Promise<ReadonlyMap<number, Lease>> {
        const leases = (await this.command("boot", { vmids, timeout })) as Record<string, Lease>;
        return new Map(Object.entries(leases).map(([vmid, lease]) => [Number(vmid), lease]));
    }

    /** Has every connection be a new one, and every place an address be looked for again. */
    async forget(): Promise<void> {
        await this.command("forget", {});
    }

    /** Gives NICs beside the first the address that cloud-init has for each, and a gateway. @param gateways by names of their hosts. */
    async attach(gateways: ReadonlyMap<string, string>): Promise<void> {
        await this.command("attach", { gateways: Object.fromEntries(gateways) });
    }

    /** Gives VMs an address at once, as 10.20.50.10/24, and asks nobody. */
    async name(addresses: ReadonlyMap<number, string>): Promise<void> {
        await this.command("name", { addresses: Object.fromEntries(addresses) });
    }

    /** Lets hosts answer at their addresses on these ports, and nobody else. */
    async listen(
        hosts: Readonly<Record<string, readonly string[]>>,
        ports: Readonly<Record<"tcp" | "udp", readonly number[]>>,
    ): Promise<void> {
        await this.command("listen", { hosts, ports });
    }

    /** Asks every question; the answers in their order. `patience` is how many seconds each may take. */
    async probe(probes: readonly Question[], patience: number): Promise<readonly string[]> {
        return (await this.command("probe", { probes, patience })) as string[];
    }

    /** Opens a connection by UDP that stays, from inside a host. */
    async connect(name: string, namespace: string, address: string, port: number): Promise<void> {
        await this.command("connect", { name, namespace, address, port });
    }

    /** Sends a packet of an open connection; the name of who answered, or one of UNANSWERED. */
    async ask(name: string, patience: number): Promise<string> {
        return (await this.command("ask", { name, patience })) as string;
    }

    /** Asks resolvers for names; the addresses of each, or null where no answer came. */
    async resolve(
        questions: readonly { from: string; server: string; name: string }[],
        patience: number,
    ): Promise<readonly (readonly string[] | null)[]> {
        return (await this.command("resolve", { questions, patience })) as (string[] | null)[];
    }

    /**
     * Sends frames as they are, past the network stacks of who sends them, one attempt after the other.
     *
     * @param seconds how long the last ones may take.
     * @returns for each attempt the watchers that got its last frame.
     */
    async send(attempts: readonly SentFrames[], seconds: number): Promise<readonly (readonly string[])[]> {
        const sent = attempts.map(({ frames, mark, watchers }) => ({
            frames: frames.map(([sender, frame]) => [sender, frame.toString("hex")]),
            mark: mark.toString("hex"),
            watchers,
        }));
        return (await this.command("send", { attempts: sent, seconds })) as string[][];
    }

    /** Lets root into VMs by SSH at port 2222 with a public key; gives back their host key. */
    async ssh(leases: ReadonlyMap<number, Lease>, authorized: string): Promise<string> {
        return (await this.command("ssh", { leases: Object.fromEntries(leases), authorized })) as string;
    }

    private async command(command: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
        this.child.stdin!.write(`${JSON.stringify({ command, ...body })}\n`);
        return this.answer();
    }

    private answer(): Promise<unknown> {
        return new Promise((done, fail) => {
            if (this.child.exitCode !== null || this.child.signalCode !== null) {
                fail(new PlaneError(`the data plane ended.\n${this.said}`));
            }
            this.waiting.push({ done, fail });
        });
    }

    private take({ answer, error }: { answer?: unknown; error?: string }): void {
        const next = this.waiting.shift();
        if (error === undefined) {
            next?.done(answer);
        } else {
            next?.fail(new PlaneError(error));
        }
    }

    private fail(error: Error): void {
        this.waiting.splice(0).forEach(({ fail }) => fail(error));
    }
}
