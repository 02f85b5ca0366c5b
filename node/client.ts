import { Refusal } from "../definitions/refusal";
import { Agent, request } from "node:https";
import { trusted } from "../tls/authorities";

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

/** How long one answer may take, in milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * Asks the PVE API of one node, beside the provider: for what must be known before the first resource is declared. The
 * token is the provider's (PROXMOX_VE_API_TOKEN); TLS is verified, against the system's authorities and SSL_CERT_FILE.
 */
export class NodeClient {
    private readonly agent: Agent;

    /**
     * @param name the hypervisor as the person knows it.
     * @param endpoint URL of the API, such as https://hv02.dvntm.deevnet.net:8006/.
     * @param token user@realm!name=secret.
     * @throws NodeError where SSL_CERT_FILE cannot be read.
     */
    constructor(
        private readonly name: string,
        private readonly endpoint: string,
        private readonly token: string,
    ) {
        this.agent = new Agent({ keepAlive: true, maxSockets: 4, secureContext: trusted(NodeError) });
    }

    /**
     * The data of a GET.
     *
     * @throws NodeError when no answer comes or the node refuses.
     */
    get<T>(path: string): Promise<T> {
        return this.call<T>("GET", path);
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

    /** Lets go of the connections, which else keep the process alive. */
    close(): void {
        this.agent.destroy();
    }

    private call<T>(method: string, path: string, body = ""): Promise<T> {
        const url = new URL(`api2/json${path}`, this.endpoint);
        const headers = {
            Authorization: `PVEAPIToken=${this.token}`,
            ...(body !== "" && {
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": Buffer.byteLength(body),
            }),
        };
        return new Promise<T>((resolve, reject) => {
            const call = request(
                url,
                { method, headers, agent: this.agent, timeout: ANSWER_TIMEOUT_MS },
                (response) => {
                    let text = "";
                    response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
                    response.on("error", (error) => reject(this.unreachable(error)));
                    response.on("end", () => {
                        const { statusCode = 0, statusMessage = "" } = response;
                        if (statusCode === 200) {
                            resolve((JSON.parse(text) as { data: T }).data);
                        } else {
                            reject(this.refused(method, path, statusCode, statusMessage));
                        }
                    });
                },
            );
            call.on("timeout", () => call.destroy(new Error(`no answer for ${ANSWER_TIMEOUT_MS / 1000} s`)));
            call.on("error", (error) => reject(this.unreachable(error)));
            call.end(body);
        });
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
        const certificate = /certificate|self.signed/i.test(error.message);
        const mend = certificate
            ? "SSL_CERT_FILE names the certificate of the authority that signed the node's"
            : `check the name, the network and that pveproxy runs there`;
        return new NodeError(`${this.name}: ${this.endpoint} cannot be asked (${error.message}); ${mend}.`);
    }
}
