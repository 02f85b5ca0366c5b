import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { definitions, ROOT } from "../../definitions/project/read";

export { definitions, ROOT };

/** Where what is built here stands; first on PATH wherever Pulumi runs. */
const BIN = join(ROOT, ".tools", "bin");

/** Folder of the state, where nobody chose another place. */
const STATE = join(ROOT, ".state");

/** The CLI and the providers spend a fifth of a run on collecting garbage; this lets each hold more of it, up to a bound. */
const MEMORY = { GOGC: "400", GOMEMLIMIT: "1GiB" };

/**
 * A command's reading of a node is compared with the files right after: to compare it with the state before, as a refresh
 * of its own does, would ask the provider once more for each resource.
 */
const COMPARED_WITH_FILES = { PULUMI_ENABLE_LEGACY_REFRESH_DIFF: "true" };

/** Prepares this process for Pulumi, and all that it starts with it. What the caller has set stays. */
export function prepareEnvironment(): void {
    process.env["PATH"] = [BIN, process.env["PATH"]].join(delimiter);
    defaults(MEMORY);
    spareLoopback();
    // Pulumi runs in the project's folder, from wherever a command is called.
    const authorities = process.env["SSL_CERT_FILE"];
    if (authorities) {
        process.env["SSL_CERT_FILE"] = resolve(authorities);
    }
}

/**
 * The CLI and the program talk on the loopback. gRPC for Node.js asks a proxy for that, too, unless it is told (http_proxy.ts
 * of @grpc/grpc-js reads no_proxy alone).
 */
function spareLoopback(): void {
    const { grpc_proxy: grpc, https_proxy: https, http_proxy: http, no_proxy: own, NO_PROXY: loud } = process.env;
    if (grpc || https || http) {
        process.env["no_proxy"] = `${own || loud || "localhost"},127.0.0.1`;
    }
}

/** Has a run compare with the files what it reads of a node. */
export function compareWithFiles(): void {
    defaults(COMPARED_WITH_FILES);
}

/**
 * Where nobody chose a place for the state, keeps it in the project's folder, without secrets and so without a passphrase.
 *
 * @returns that folder as a person knows it; undefined where another place was chosen.
 */
export function stateByDefault(): string | undefined {
    const { PULUMI_BACKEND_URL: url, PULUMI_ACCESS_TOKEN: token, PULUMI_HOME: home } = process.env;
    if (url || token || existsSync(join(home || join(homedir(), ".pulumi"), "credentials.json"))) {
        return undefined;
    }
    mkdirSync(STATE, { recursive: true });
    process.env["PULUMI_BACKEND_URL"] = pathToFileURL(STATE).href;
    defaults({ PULUMI_CONFIG_PASSPHRASE: "" });
    return ".state";
}

function defaults(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
        process.env[name] ??= value;
    }
}
