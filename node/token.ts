import { NodeError } from "./client";

/** The API token of the program, from the environment. @throws NodeError where it is not set. */
export function apiToken(): string {
    const token = process.env["PROXMOX_VE_API_TOKEN"];
    if (token === undefined || token === "") {
        throw new NodeError("PROXMOX_VE_API_TOKEN is not set; it is user@realm!name=secret (see env.example).");
    }
    return token;
}
