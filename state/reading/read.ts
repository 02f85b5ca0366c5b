import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { jsonOr } from "../../definitions/json";
import { definitions } from "../../definitions/project/read";
import { PROJECT, stackFileOf } from "../../definitions/stackFile";
import type { Substrate, Tenant } from "../../substrate/substrate";
import { exportStack, stateBackend } from "../client";
import { checkedDeployment, type Deployment, type StateResource } from "../deployment";
import { stateFolder } from "../read";
import { digestOf, readingIn, type Declared, type Reading } from "./reading";

/** The state of a stack: where the backend is a folder its file is read, which is as good as a start of the CLI. @throws Refusal where there is none that can be read. */
export function readState(stack: string): Deployment {
    const latest = checkpointIn(checkpointText(stack))?.latest;
    return latest === undefined ? exportStack(stack).deployment : checkedDeployment(stack, latest);
}

/** Whether a stack is there, as far as that can be told without the CLI: where the backend is a folder and its file is whole. */
export function hasState(stack: string): boolean {
    return checkpointIn(checkpointText(stack)) !== undefined;
}

/** Pulumi's file of a stack in a folder (projectReferenceStore in pkg/backend/diy/store.go); undefined for another backend, and for one that is compressed. */
export function checkpointFile(stack: string): string | undefined {
    const folder = stateFolder(stateBackend());
    const file = folder && join(folder, "stacks", PROJECT, `${stack}.json`);
    return file === undefined || !existsSync(file) || existsSync(`${file}.gz`) ? undefined : file;
}

function checkpointText(stack: string): string | undefined {
    const file = checkpointFile(stack);
    return file === undefined ? undefined : readFileSync(file, "utf8");
}

function checkpointIn(text: string | undefined): { readonly latest?: unknown } | undefined {
    return (jsonOr(text ?? "", null) as { checkpoint?: { latest?: unknown } } | null)?.checkpoint;
}

/** Marks a secret in a state (SigKey and SecretSig in sdk/go/common/resource/sig/sigs.go of pulumi). */
const SECRET = /"4dabf18193072939515e22adb298388d":\s*"1b47061264138c4ac30d75fd1eb44270"/;

/**
 * The resources in a stack's file, those aside that another has the place of, as Pulumi's readStackResourceOutputs tells of them
 * (pkg/backend/backend.go). Undefined where the file has secrets, which only the CLI reads.
 */
export function resourcesIn(stack: string, file: string): StateResource[] | undefined {
    const text = readFileSync(file, "utf8");
    const latest = checkpointIn(text)?.latest;
    if (SECRET.test(text) || latest === undefined) {
        return undefined;
    }
    const { resources = [] } = checkedDeployment(stack, latest);
    return resources.filter((one) => one.delete !== true);
}

/** The record of a stack's last reading; undefined where there is none that is whole. */
export function lastReading(stack: string): Reading | undefined {
    try {
        return readingIn(jsonOr(readFileSync(placeOf(stack), "utf8"), undefined));
    } catch {
        // None was kept, or it cannot be read: everything is read again.
        return undefined;
    }
}

/** Keeps the record of a reading in the place of the last one. It appears by a rename, so that none is ever cut off. */
export function keepReading(stack: string, reading: Reading): void {
    const place = placeOf(stack);
    const partial = `${place}.${process.pid}`;
    try {
        mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
        writeFileSync(partial, JSON.stringify(reading), { mode: 0o600 });
        renameSync(partial, place);
    } catch {
        // A home that cannot be written is no reason to fail: the next run reads everything.
    }
}

/** The person's cache folder: whoever removes it loses nothing but time. Not the state's, which a preview never writes to. */
function placeOf(stack: string): string {
    const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
    // The URL of a backend may hold a password.
    return join(cache, PROJECT, "readings", `${digestOf([stateBackend(), stack])}.json`);
}

/** The versions of this program and of the provider that it declares its resources for. */
export function versions(): string {
    return [join(__dirname, "../../package.json"), require.resolve("@muhlba91/pulumi-proxmoxve/package.json")]
        .map((file) => (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version)
        .join(" ");
}

const PROGRAM = resolve(__dirname, "../..");

/** Everything of the program's folder that decides what is declared, but for the tenants' files, which the model has whole. */
const PARTS = [
    ...["index.ts", "main.js", "package-lock.json", "Pulumi.yaml", "start", "definitions", "substrate", "firewall"],
    ...["state", "node", "router", "host", "components", "policy", "schemas"],
];

/**
 * Digests of everything that a run declares: the model with the stack's configuration, and the program by the time and size of its
 * files, so that an edited or an updated one counts as another.
 *
 * @param program its folder.
 */
export function declaredDigests(substrate: Substrate, program = PROGRAM): Declared {
    const folder = definitions();
    const configuration = readFileSync(join(folder, stackFileOf(substrate.name)), "utf8");
    const { tenants, ...others } = substrate;
    // A file that is edited while a run reads it, and then put back, has another time.
    const fileOf = ({ definedAt }: Tenant) => sizeAndTime(join(folder, definedAt.file));
    // A tag that is a tenant's name is kept on nobody's VM (substrate/tags.ts).
    const marks = others.hypervisors.some(({ keepTags }) => keepTags.length > 0) ? tenants.map(({ name }) => name) : [];
    return {
        common: digestOf([others, marks, configuration, [...new Set([program, folder])].map(filesIn)]),
        tenants: Object.fromEntries(tenants.map((tenant) => [tenant.name, digestOf([tenant, fileOf(tenant)])])),
    };
}

function filesIn(root: string): unknown[] {
    return PARTS.flatMap((part) => {
        const path = join(root, part);
        const found = statSync(path, { throwIfNoEntry: false });
        if (!found?.isDirectory()) {
            return [[part, found?.size, found?.mtimeMs]];
        }
        return readdirSync(path, { recursive: true, encoding: "utf8" })
            .sort()
            .map((name) => [part, name, ...sizeAndTime(join(path, name))]);
    });
}

/** Of a folder neither tells anything that the names in it do not. */
function sizeAndTime(path: string): unknown[] {
    const found = statSync(path, { throwIfNoEntry: false });
    return found?.isFile() === true ? [found.size, found.mtimeMs] : [];
}
