import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { RouterVariables } from "../definitions/definitions";
import type { Row } from "../router/client";
import { RouterClient } from "../router/client";
import type { RouterInventory } from "../router/inventory";
import { readInventory } from "../router/read";
import { labEnvironment } from "./environment";
import { becomeSite } from "./siteRouter";
import { SimulatedRouter } from "./simulatedRouter";
import { LAB_PYTHON } from "./venv";

/** Outcome of a run of a collection's role against the simulated router. */
export interface RoleRun {
    /** Rules of the site before it. */
    readonly before: readonly Row[];
    /** Everything that the router has after it. */
    readonly after: RouterInventory;
    /** Last lines that Ansible printed, where it failed. */
    readonly failure?: string;
}

/** A role, and the variables that it runs with. */
export interface RoleToRun {
    /** Folder with `ansible_collections`. */
    readonly collections: string;
    /** Whole name of the role. */
    readonly role: string;
    /** The site's own variables, which the router holds already. */
    readonly site: RouterVariables;
    readonly variables: RouterVariables;
    readonly signal?: AbortSignal;
}

/** Minutes that a run may take. */
const MINUTES = 10;
const LAST_LINES = 12;

/**
 * Runs a collection's role with a real Ansible against a fresh simulated router that holds what the site's own variables say. The
 * router answers under a key that may do everything, as the lab's collection has one.
 *
 * @throws Error where the simulated router does not come up.
 */
export async function runRole(wanted: RoleToRun): Promise<RoleRun> {
    const router = await SimulatedRouter.start();
    const folder = mkdtempSync(join(tmpdir(), "router-role-"));
    try {
        const { endpoint, rootKey, rootSecret, caFile } = router.ready;
        process.env["SSL_CERT_FILE"] = caFile;
        const client = new RouterClient(endpoint, { key: rootKey, secret: rootSecret });
        await becomeSite(router, wanted.site);
        const { rules: before } = await readInventory(client, ["rules"]);
        const failure = await play(folder, router, wanted);
        return { before: own(before), after: await readInventory(client), ...(failure !== undefined && { failure }) };
    } finally {
        rmSync(folder, { recursive: true, force: true });
        await router.stop();
    }
}

/** Rules that OPNsense did not make itself. */
function own(rules: readonly Row[]): Row[] {
    return rules.filter((row) => row["is_automatic"] !== true && row["legacy"] !== true);
}

/** Switches of the lab's roles that a run against a stand-in needs: it writes, and nobody listens but the API. */
const SWITCHES = { firewall_apply: true, firewall_verify_reachability: false };

async function play(folder: string, router: SimulatedRouter, wanted: RoleToRun): Promise<string | undefined> {
    const { endpoint, rootKey, rootSecret, caFile } = router.ready;
    const router_api = {
        ...{ opnsense_api_url: `${endpoint}/api`, opnsense_api_key: rootKey, opnsense_api_secret: rootSecret },
        opnsense_validate_certs: true,
    };
    const host = { ansible_host: "127.0.0.1", ansible_connection: "local", ansible_python_interpreter: LAB_PYTHON };
    const groups = Object.fromEntries(
        ["routers", "dns_servers", "dhcp_servers"].map((name) => [name, { hosts: { router: {} } }]),
    );
    // JSON is YAML: Ansible reads it as inventory, variables and playbook.
    const files = {
        "hosts.json": { all: { hosts: { router: host }, children: groups } },
        "variables.json": { ...wanted.variables, ...SWITCHES, firewall_config_backup_dir: folder, ...router_api },
        "play.json": [{ hosts: "router", gather_facts: false, roles: [wanted.role] }],
    };
    for (const [name, content] of Object.entries(files)) {
        writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 });
    }
    const args = [
        "-i",
        join(folder, "hosts.json"),
        "-e",
        `@${join(folder, "variables.json")}`,
        join(folder, "play.json"),
    ];
    return ansible(folder, args, { ...wanted, caFile });
}

/** Runs ansible-playbook. @returns the last lines that it printed, where it failed. */
async function ansible(
    folder: string,
    args: readonly string[],
    { collections, caFile, signal }: Pick<RoleToRun, "collections" | "signal"> & { readonly caFile: string },
): Promise<string | undefined> {
    const child = spawn(join(dirname(LAB_PYTHON), "ansible-playbook"), args, {
        cwd: folder,
        timeout: MINUTES * 60_000,
        stdio: ["ignore", "pipe", "pipe"],
        ...(signal && { signal }),
        env: {
            ...labEnvironment(),
            ...{ HOME: folder, ANSIBLE_HOME: join(folder, "home"), LC_ALL: "C.UTF-8", ANSIBLE_NOCOLOR: "1" },
            ...{ ANSIBLE_COLLECTIONS_PATH: collections, ANSIBLE_LOCALHOST_WARNING: "0", SSL_CERT_FILE: caFile },
        },
    });
    let output = "";
    const add = (text: string) => (output += text);
    child.stdout.setEncoding("utf8").on("data", add);
    child.stderr.setEncoding("utf8").on("data", add);
    const [code] = (await once(child, "close")) as [number | null];
    return code === 0 ? undefined : output.trim().split("\n").slice(-LAST_LINES).join("\n");
}
