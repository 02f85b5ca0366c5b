import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BIN } from "../../tools/parts";
import type { NodeReady } from "../simulatedNode";
import type { RouterReady } from "../simulatedRouter";
import { IN_SESSION } from "./folder";

const COMMANDS = resolve(__dirname, "..", "..", "bin");

/**
 * Text of the file that a shell sources to work with a lab: bash, zsh and every other shell of POSIX read it.
 *
 * @param passphrase of the secrets in the lab's states.
 */
export function environmentFile(node: NodeReady, router: RouterReady, passphrase: string): string {
    const { project, authorities, state, pulumiHome } = IN_SESSION;
    const reaches = {
        PROXMOX_VE_API_TOKEN: node.apiToken,
        OPNSENSE_API_KEY: router.apiKey,
        OPNSENSE_API_SECRET: router.apiSecret,
        SSL_CERT_FILE: authorities,
        TENANTS_PROJECT: project,
        PULUMI_BACKEND_URL: pathToFileURL(state).href,
        PULUMI_CONFIG_PASSPHRASE: passphrase,
        PULUMI_HOME: pulumiHome,
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const byHand = {
        LAB_NODE: node.endpoint,
        LAB_ROOT_PASSWORD: node.rootPassword,
        LAB_ROUTER: router.endpoint,
        LAB_ROUTER_KEY: router.rootKey,
        LAB_ROUTER_SECRET: router.rootSecret,
    };
    return [
        "# Written by `tenants lab`. What tenants and pulumi need to work on the simulated node and router:",
        ...exportsOf(reaches),
        "# For the APIs by hand, as root@pam of the node and root of the router:",
        ...exportsOf(byHand),
        `export PATH=${quoted(COMMANDS)}:${quoted(BIN)}:"$PATH"`,
        "",
    ].join("\n");
}

function exportsOf(variables: Readonly<Record<string, string>>): string[] {
    return Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
}

/** A value as one word of a shell, whatever stands in it. */
function quoted(value: string): string {
    return `'${value.replaceAll("'", "'\\''")}'`;
}
