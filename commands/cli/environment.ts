import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { definitions, keyServiceOf, ROOT } from "../../definitions/project/read";
import { Refusal } from "../../definitions/refusal";
import { stackFileOf } from "../../definitions/stackFile";

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
    const { PULUMI_BACKEND_URL: url, PULUMI_ACCESS_TOKEN: token } = process.env;
    if (url || token || existsSync(credentialsFile())) {
        return undefined;
    }
    mkdirSync(STATE, { recursive: true });
    process.env["PULUMI_BACKEND_URL"] = pathToFileURL(STATE).href;
    if (!process.env["PULUMI_CONFIG_PASSPHRASE_FILE"]) {
        defaults({ PULUMI_CONFIG_PASSPHRASE: "" });
    }
    return ".state";
}

/**
 * Makes sure that the secrets of a stack are encrypted with something: Pulumi takes an empty passphrase for one. Where the stack
 * file names a key service, or the state is in Pulumi Cloud, none is asked for.
 *
 * @param chosen whether somebody chose where the state is; where nobody did, and the stack file has no secret, there is none to
 * encrypt.
 * @throws Refusal where the passphrase is empty.
 */
export function requirePassphrase(stack: string, chosen: boolean): void {
    const why = emptyPassphrase();
    if (why === undefined || isCloud(backend()) || keyServiceOf(stack) !== undefined) {
        return;
    }
    if (chosen || hasSecrets(stack)) {
        throw new Refusal(why);
    }
}

/** Why the passphrase is empty; undefined where it is not, or Pulumi asks for it. */
function emptyPassphrase(): string | undefined {
    const { PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_CONFIG_PASSPHRASE_FILE: file } = process.env;
    // The variable counts before the file, be it empty (pkg/secrets/passphrase/manager.go:380 of pulumi 3.259.0).
    if (passphrase === "" && file) {
        return (
            "PULUMI_CONFIG_PASSPHRASE is empty, and Pulumi takes that in place of what PULUMI_CONFIG_PASSPHRASE_FILE names: " +
            "unset PULUMI_CONFIG_PASSPHRASE"
        );
    }
    const isEmpty = passphrase === undefined ? file !== undefined && isBlank(file) : passphrase === "";
    return isEmpty
        ? `${passphrase === "" ? "PULUMI_CONFIG_PASSPHRASE is empty" : "The file of PULUMI_CONFIG_PASSPHRASE_FILE is empty"}, ` +
              "so that anybody could read the secrets in state and stack file. " +
              "`openssl rand -base64 32` makes one: keep it where you keep passwords, and set it. Where secrets are encrypted " +
              "with the empty one already, docs/rotate.md says how to change it."
        : undefined;
}

/** Whether a file is there and has nothing but blanks; of one that cannot be read Pulumi tells. */
function isBlank(file: string): boolean {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === true && readFileSync(file, "utf8").trim() === "";
}

/** URL of the backend that somebody chose: in the environment, else by `pulumi login`; empty where nobody did. */
function backend(): string {
    const { PULUMI_BACKEND_URL: url, PULUMI_ACCESS_TOKEN: token } = process.env;
    if (url || token) {
        return url || CLOUD;
    }
    try {
        return String((JSON.parse(readFileSync(credentialsFile(), "utf8")) as { current?: unknown }).current);
    } catch {
        return "";
    }
}

/** Pulumi Cloud, which keeps the keys itself. */
const CLOUD = "https://api.pulumi.com";

function isCloud(url: string): boolean {
    return /^https?:/.test(url);
}

/** File in which `pulumi login` keeps where the state is. */
function credentialsFile(): string {
    return join(process.env["PULUMI_HOME"] || join(homedir(), ".pulumi"), "credentials.json");
}

function hasSecrets(stack: string): boolean {
    const file = join(definitions(), stackFileOf(stack));
    return existsSync(file) && /^\s+-?\s*secure:/m.test(readFileSync(file, "utf8"));
}

function defaults(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
        process.env[name] ??= value;
    }
}
