import type { Hypervisor } from "../substrate/substrate";
import { NodeClient, NodeError } from "./client";

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
