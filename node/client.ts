import { Refusal } from "../definitions/refusal";
import { UnexpectedAnswerError } from "../definitions/answers";
import { HttpsClient, NoAnswerError, type Answer, type NoAnswer } from "../https/client";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import { dataIn } from "./answers";

/** A node that cannot be asked, or that refuses; the message says what to check, and never holds the token. */
export class NodeError extends Refusal {
    constructor(
        message: string,
        /** HTTP status of a refusal; missing where no answer came. */
        readonly status?: number,
    ) {
        super(message);
    }
}

/** Answers to what was asked. */
export type Answers = Map<string, Promise<unknown>>;

/** How long one answer may take, how large it may be, and how many are asked for at once. */
const BOUNDS = { seconds: 30, bytes: 64 * 1024 * 1024, connections: 4 };

/**
 * Advice about a certificate. That of PVE's own authority is for localhost, the node's name, that name in the search domain of
 * its resolv.conf, and its address (pve-cluster, src/PVE/Cluster/Setup.pm, gen_pve_ssl_cert).
 */
const MENDS: Readonly<Partial<Record<NoAnswer, string>>> = {
    certificate: "SSL_CERT_FILE names the certificate of the authority that signed the node's",
    name:
        "the node's certificate is for other names: write one of them as endpoint in the stack file (PVE's own certificate has the node's " +
        "name and its IP address), or give the node a certificate for this name",
};

/**
 * Asks the PVE API of one node, beside the provider: for what must be known before the first resource is declared. The
 * token is the provider's (PROXMOX_VE_API_TOKEN); TLS is verified, against the system's authorities and SSL_CERT_FILE.
 */
export class NodeClient {
    private readonly https = new HttpsClient(BOUNDS);

    /**
     * @param name the hypervisor as the person knows it.
     * @param endpoint URL of the API, such as https://hv02.dvntm.deevnet.net:8006/.
     * @param token user@realm!name=secret.
     * @throws Refusal where SSL_CERT_FILE cannot be read.
     */
    constructor(
        private readonly name: string,
        private readonly endpoint: string,
        private readonly token: string,
    ) {}

    /**
     * The data of a GET.
     *
     * @throws NodeError when no answer comes or the node refuses.
     */
    get<T>(path: string): Promise<T> {
        return this.call<T>("GET", path);
    }

    /**
     * A client of the same connection that gives back what was asked for already, for what reads the same twice at one moment.
     *
     * @param answers those by node and path; further ones are added.
     */
    remembering(answers: Answers): Pick<NodeClient, "get"> {
        const get = <T>(path: string): Promise<T> => {
            const asked = `${this.name} ${path}`;
            // Another client's, which may have been closed meanwhile, as where another of its answers was an error.
            const answer = answers.get(asked)?.catch(() => this.get<T>(path)) ?? this.get<T>(path);
            answers.set(asked, answer);
            return answer as Promise<T>;
        };
        return { get };
    }

    /** The data of a POST, such as the UPID of a task that it starts. @throws NodeError as get does. */
    post<T>(path: string, fields: Readonly<Record<string, string>>): Promise<T> {
        return this.call<T>("POST", path, new URLSearchParams(fields).toString());
    }

    /** Sets what the fields say. @throws NodeError as get does. */
    async put(path: string, fields: Readonly<Record<string, string>>): Promise<void> {
        await this.call("PUT", path, new URLSearchParams(fields).toString());
    }

    /** Starts a DELETE; gives back the UPID of its task. @throws NodeError as get does. */
    delete(path: string): Promise<string> {
        return this.call<string>("DELETE", path);
    }

    /**
     * Time of the node, to the second, as it dates its answers (`response` of pve-http-server, src/PVE/APIServer/AnyEvent.pm:330);
     * PVE's own call for it asks for Sys.Audit on the node. Undefined where the answer has none.
     *
     * @throws NodeError when no answer comes.
     */
    async time(): Promise<Date | undefined> {
        const { date = "" } = await this.ask("GET", "/version");
        return Number.isNaN(Date.parse(date)) ? undefined : new Date(date);
    }

    /** Gives up what has no answer yet. */
    close(): void {
        this.https.close();
    }

    /**
     * An answer as it came, whatever its status.
     *
     * @throws NodeError when none comes.
     */
    ask(method: string, path: string, body = ""): Promise<Answer> {
        const headers = {
            Authorization: `PVEAPIToken=${this.token}`,
            ...(body !== "" && { "Content-Type": "application/x-www-form-urlencoded" }),
        };
        const url = new URL(`api2/json${path}`, this.endpoint);
        return this.https.ask({ method, url, headers, body }).catch((error: Error) => {
            throw this.unreachable(error);
        });
    }

    private async call<T>(method: string, path: string, body = ""): Promise<T> {
        const { status, reason, text } = await this.ask(method, path, body);
        if (status !== 200) {
            throw this.refused(method, path, status, reason);
        }
        try {
            return dataIn(method, path, text) as T;
        } catch (error) {
            throw error instanceof UnexpectedAnswerError ? this.unexpected(method, path, error) : error;
        }
    }

    private unexpected(method: string, path: string, { message }: UnexpectedAnswerError): NodeError {
        return new NodeError(
            `${this.name}: ${method} ${path} was answered, but not as PVE's API does: ${message}. Does ${this.endpoint} ` +
                "lead to pveproxy itself, and to no proxy, web page or other service?",
        );
    }

    private refused(method: string, path: string, status: number, reason: string): NodeError {
        const mend: Record<number, string> = {
            401: "Check PROXMOX_VE_API_TOKEN: user@realm!name=secret, of this node and not expired.",
            403: "The token and its user both need it: see `tenants role`.",
        };
        const what = `${this.name}: ${method} ${path} was answered ${status} ${reason}`.trim();
        return new NodeError(mend[status] === undefined ? what : `${what}. ${mend[status]}`, status);
    }

    private unreachable(error: Error): NodeError {
        const why = error instanceof NoAnswerError ? error.why : "unreachable";
        const mend = MENDS[why] ?? "check the name, the network and that pveproxy runs there";
        return new NodeError(`${this.name}: ${this.endpoint} cannot be asked (${error.message}); ${mend}.`);
    }
}

/** The API token of the program, from the environment. @throws NodeError where it is not set. */
export function apiToken(): string {
    const token = process.env["PROXMOX_VE_API_TOKEN"];
    if (token === undefined || token === "") {
        throw new NodeError("PROXMOX_VE_API_TOKEN is not set; it is user@realm!name=secret (see env.example).");
    }
    return token;
}

/**
 * Connects to the node of a hypervisor with the program's token; the caller closes it.
 *
 * @throws NodeError where the token is not set, or SSL_CERT_FILE cannot be read.
 */
export function connect({ name, endpoint }: Hypervisor): NodeClient {
    return new NodeClient(name, endpoint, apiToken());
}

/** Clients by PVE node name. */
export type Clients = ReadonlyMap<string, NodeClient>;

interface Connected {
    readonly hypervisor: Hypervisor;
    readonly client: NodeClient;
}

/** Connects to every node of a substrate for some work, after which nothing is waited for. */
async function connected<T>({ hypervisors }: Substrate, work: (all: readonly Connected[]) => Promise<T>): Promise<T> {
    const all = hypervisors.map((hypervisor) => ({ hypervisor, client: connect(hypervisor) }));
    try {
        return await work(all);
    } finally {
        all.forEach(({ client }) => client.close());
    }
}

/** Does something with the nodes of a substrate. @throws NodeError as connect does. */
export function withNodes<T>(substrate: Substrate, work: (clients: Clients) => Promise<T>): Promise<T> {
    return connected(substrate, (all) => work(new Map(all.map(({ hypervisor, client }) => [hypervisor.node, client]))));
}

/**
 * Does something with the node of each hypervisor side by side.
 *
 * @returns what came of it, in the hypervisors' order.
 * @throws NodeError as connect does.
 */
export function withEachNode<T>(
    substrate: Substrate,
    work: (client: NodeClient, hypervisor: Hypervisor) => Promise<T>,
): Promise<T[]> {
    return connected(substrate, (all) => Promise.all(all.map(({ client, hypervisor }) => work(client, hypervisor))));
}
