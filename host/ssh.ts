import { Client, type ConnectConfig } from "ssh2";
import type { Hypervisor } from "../substrate/substrate";
import { HostError } from "./error";

/** End of a command on a host. */
export interface Ended {
    /** Exit code; undefined for a command that was killed, or whose connection broke. */
    readonly code: number | undefined;
    readonly stdout: string;
    readonly stderr: string;
}

/** How a hypervisor's host lets root in. */
export interface Login {
    /** Private key in PEM or OpenSSH's form; without it the SSH agent (SSH_AUTH_SOCK) is asked. */
    readonly privateKey?: string;
}

/** How long one attempt may take until root is logged in, in milliseconds: a peer may accept and then say nothing. */
const ATTEMPT_MS = 10_000;
/** Pause between two attempts. */
const PAUSE_MS = 1_000;

/** One attempt to log in: a connection, or why there is none. */
type Attempt = { readonly client: Client } | { readonly failure: Error & { level?: string } };

/**
 * Runs a command on a hypervisor's host as root, beside Pulumi: for what must be known before the first resource is
 * declared, and for drift. Only a host with the pinned key is talked to.
 *
 * @param command text for the host's shell; never with a secret in it.
 * @param input what the command reads on its standard input.
 * @param seconds how long the command may take once root is logged in.
 * @throws HostError where no connection comes about within the baseline's `wait`, or the command takes too long.
 */
export async function runOnHost(
    hypervisor: Hypervisor,
    login: Login,
    command: string,
    input: string | Buffer,
    seconds: number,
): Promise<Ended> {
    const client = await connected(hypervisor, login);
    try {
        return await ended(client, command, input, seconds, hypervisor);
    } finally {
        client.end();
    }
}

async function connected(hypervisor: Hypervisor, login: Login): Promise<Client> {
    const { wait = 60 } = hypervisor.baseline ?? {};
    const deadline = Date.now() + wait * 1000;
    for (;;) {
        const attempt = await connectOnce(
            hypervisor,
            login,
            Math.min(ATTEMPT_MS, Math.max(1000, deadline - Date.now())),
        );
        if ("client" in attempt) {
            return attempt.client;
        }
        const reason = refusalOf(attempt.failure);
        if (reason !== undefined || Date.now() + PAUSE_MS >= deadline) {
            throw new HostError(explain(hypervisor, attempt.failure, reason, wait));
        }
        await new Promise((later) => setTimeout(later, PAUSE_MS));
    }
}

function connectOnce({ ssh }: Hypervisor, { privateKey }: Login, timeout: number): Promise<Attempt> {
    const [type = "", blob = ""] = ssh.hostKey?.split(" ") ?? [];
    const agent = process.env["SSH_AUTH_SOCK"];
    const config: ConnectConfig = {
        host: ssh.host,
        port: ssh.port,
        username: "root",
        ...(privateKey !== undefined && { privateKey }),
        ...(privateKey === undefined && agent && { agent }),
        readyTimeout: timeout,
        // The algorithm is pinned with the key: a server with several keys would else offer another one first.
        algorithms: { serverHostKey: (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]) as never },
        hostVerifier: (key: Buffer) => key.toString("base64") === blob,
    };
    return new Promise((done) => {
        const client = new Client();
        const fail = (failure: Error) => {
            client.destroy();
            done({ failure });
        };
        client.once("ready", () => done({ client }));
        client.on("error", fail);
        client.once("close", () => fail(new Error("the connection was closed")));
        try {
            client.connect(config);
        } catch (error) {
            // A private key that does not parse.
            fail(Object.assign(error as Error, { level: "client-key" }));
        }
    });
}

type Refusal = "host key" | "login" | "private key";

/** The reason that trying again cannot mend; undefined for anything else, such as a host that still boots. */
function refusalOf({ level, message }: Error & { level?: string }): Refusal | undefined {
    if (level === "client-key") {
        return "private key";
    }
    if (level === "client-authentication") {
        return "login";
    }
    return /verification failed|no matching host key/i.test(message) ? "host key" : undefined;
}

function explain({ name, ssh }: Hypervisor, failure: Error, reason: Refusal | undefined, wait: number): string {
    const where = `${name}: ${ssh.host} port ${ssh.port}`;
    switch (reason) {
        case "host key":
            return (
                `${where} has another host key than ssh.hostKey. Is it the right machine, and was it installed anew? ` +
                "Compare with /etc/ssh/ssh_host_ed25519_key.pub at its console, and then set ssh.hostKey."
            );
        case "login":
            return (
                `${where} does not let root in with the key that is given (baseline:privateKey in the configuration, else the ` +
                "SSH agent's). Add its public key to /root/.ssh/authorized_keys on the host, or give the right one."
            );
        case "private key":
            return `${name}: baseline:privateKey is not a private key that can be read without a passphrase.`;
        case undefined:
            return (
                `${where} gave no SSH login within ${wait} s (${failure.message}); ` +
                "check that it is on, its address, the network between, and that sshd runs there."
            );
    }
}

function ended(
    client: Client,
    command: string,
    input: string | Buffer,
    seconds: number,
    { name, ssh }: Hypervisor,
): Promise<Ended> {
    const where = `${name}: ${ssh.host} port ${ssh.port}`;
    let timer: NodeJS.Timeout;
    return new Promise<Ended>((done, reject) => {
        const fail = (why: string) => reject(new HostError(`${where}: ${why}.`));
        timer = setTimeout(
            () => fail(`a command did not end within ${seconds} s; see what runs there`),
            seconds * 1000,
        );
        client.once("close", () => fail("the connection broke while a command ran; run again"));
        client.exec(command, (error, channel) => {
            if (error !== undefined) {
                fail(`no command can be run (${error.message})`);
                return;
            }
            let [stdout, stderr] = ["", ""];
            channel.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
            channel.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
            channel.on("close", (code: number | null) => done({ code: code ?? undefined, stdout, stderr }));
            // A command that ends before it read everything is judged by its exit code.
            channel.on("error", () => undefined);
            channel.end(input);
        });
    }).finally(() => clearTimeout(timer));
}
