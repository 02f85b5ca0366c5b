import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, type ClientChannel } from "ssh2";
import { applyCommand, HOST_FOLDER, plan, runName } from "../../host/run";
import { loadSubstrate } from "../../substrate/load";
import type { Hypervisor } from "../../substrate/substrate";
import { SECRET, type HostLab } from "./hostLab";

/** The hypervisor whose host the lab host is, as the definitions are now. */
export function hypervisorOf({ lab }: HostLab): Hypervisor {
    return loadSubstrate({ root: lab.workspace.root, substrate: lab.workspace.stack }).hypervisors[0]!;
}

/**
 * A run of the baseline on a host that has Ansible: the same payload, command and input as the last two steps of an up,
 * and no Pulumi, so that what is about the host alone costs no more than that.
 */
export class HostRun {
    /** Words of the run; undefined while it runs. */
    ended: { readonly code: number | undefined; readonly stderr: string } | undefined;

    private constructor(private readonly client: Client) {}

    /** Waits until the run ended, or its connection did: then it has no exit code. */
    async whenEnded(): Promise<NonNullable<HostRun["ended"]>> {
        while (this.ended === undefined) {
            await new Promise((later) => setTimeout(later, 20));
        }
        return this.ended;
    }

    /**
     * Begins a run.
     *
     * @param change what is other in what the runner reads.
     */
    static async begin(site: HostLab, change: Readonly<Record<string, unknown>> = {}): Promise<HostRun> {
        const { workspace } = site.lab;
        const hypervisor = hypervisorOf(site);
        const { privateKey } = site.host;
        const planned = await plan(workspace.root, hypervisor, { privateKey, variables: { demo_secret: SECRET } });
        const name = runName(planned.digest, 1);
        const run = new HostRun(await connected(site));
        const archive = readFileSync(join(workspace.root, planned.payload.file));
        const sent = await run.exec(`cat > ${HOST_FOLDER}/${name}.tar`, archive);
        await new Promise((done) => sent.once("close", done));
        const input = JSON.stringify({ ...(JSON.parse(planned.input) as object), ...change });
        run.watch(await run.exec(applyCommand(hypervisor.baseline!, planned.payload, name), input));
        return run;
    }

    /** The program at this end is gone, without a word: the system closes its connection. */
    leave(): void {
        this.client.destroy();
    }

    private exec(command: string, input: string | Buffer): Promise<ClientChannel> {
        return new Promise((done, fail) => {
            this.client.exec(command, (error, channel) => {
                if (error !== undefined) {
                    fail(error);
                    return;
                }
                channel.on("error", () => undefined).resume();
                channel.end(input);
                done(channel);
            });
        });
    }

    private watch(channel: ClientChannel): void {
        let [stderr, code]: [string, number | undefined] = ["", undefined];
        channel.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
        channel.on("exit", (status: number | null) => (code = status ?? undefined));
        channel.on("close", () => this.client.end());
        this.client.once("close", () => (this.ended = { code, stderr }));
    }
}

function connected({ host }: HostLab): Promise<Client> {
    const client = new Client();
    return new Promise((done, fail) => {
        client.once("ready", () => done(client)).on("error", fail);
        const [type = "", key = ""] = host.hostKey.split(" ");
        client.connect({
            host: host.host,
            port: host.port,
            username: "root",
            privateKey: host.privateKey,
            readyTimeout: 60_000,
            algorithms: { serverHostKey: [type as "ssh-ed25519"] },
            hostVerifier: (found: Buffer) => found.toString("base64") === key,
        });
    });
}
