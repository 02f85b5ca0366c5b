import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Part } from "./parts";
import { Progress, say } from "./progress";
import { run } from "./run";

/** How long a download of a plugin may bring nothing before it is given up, in milliseconds. */
const SILENCE = 15_000;
const LOOK_MS = 500;
const START_TIMEOUT_MS = 30_000;

/** Whether a download failed in this process: the next one would wait for the same. */
let unreachable = false;

/**
 * Has the Pulumi CLI download the published plugin into its own home, as it does by itself in a run that lacks one. Where
 * nothing arrives, as on a machine that reaches package registries only, it is given up within seconds.
 *
 * @param cli program of the CLI.
 * @param patience how many milliseconds nothing may arrive.
 * @returns whether the plugin is there now; where it is not, one line says why.
 */
export async function downloadPlugin(
    { binary, version, server }: Part,
    cli: string,
    patience = SILENCE,
): Promise<boolean> {
    if (unreachable) {
        return false;
    }
    const name = binary.replace("pulumi-resource-", "");
    const from = server === undefined ? [] : ["--server", server];
    const temporary = mkdtempSync(join(tmpdir(), "plugin-download-"));
    const progress = new Progress(binary);
    const silence = new AbortController();
    const watch = watchDownload(temporary, progress, patience, () => silence.abort());
    try {
        await run([cli, "plugin", "install", "resource", name, version, ...from], {
            // Away from the project, whose files the CLI would read; its download is a file in TMPDIR.
            cwd: temporary,
            env: { ...process.env, TMPDIR: temporary, PULUMI_SKIP_UPDATE_CHECK: "true" },
            signal: silence.signal,
        });
        return true;
    } catch (error) {
        unreachable = true;
        const { message } = error as Error;
        // The CLI tells each try, and in the end that there were five.
        const failure = /Error downloading plugin: (.*)/.exec(message)?.[1] ?? message.split("\n").at(-1)!;
        const why = silence.signal.aborted ? `nothing arrived in ${patience / 1000} s` : failure;
        say(`${binary} ${version}: the published plugin cannot be downloaded (${why})`);
        return false;
    } finally {
        clearInterval(watch);
        progress.end();
        rmSync(temporary, { recursive: true, force: true });
    }
}

/** Tells how much of a download has arrived in a folder, and ends it where no more arrives. */
function watchDownload(folder: string, progress: Progress, patience: number, end: () => void): NodeJS.Timeout {
    let [arrived, since] = [0, Date.now()];
    return setInterval(() => {
        const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
        progress.now(`${(bytes / 2 ** 20).toFixed(1)} MB of the published plugin downloaded`);
        if (bytes !== arrived) {
            [arrived, since] = [bytes, Date.now()];
        } else if (Date.now() - since > patience) {
            end();
        }
    }, LOOK_MS);
}

/**
 * Version of a provider plugin, asked over Pulumi's own protocol: not every plugin tells it for `--version`.
 *
 * @returns undefined where the program is no plugin.
 */
export async function versionOfPlugin(file: string): Promise<string | undefined> {
    const child = spawn(file, [], { stdio: ["ignore", "pipe", "ignore"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), START_TIMEOUT_MS);
    try {
        // A plugin prints its port and serves; anything else prints something else, or nothing and ends.
        const port = await new Promise<number>((resolve, reject) => {
            child.on("error", reject);
            child.on("close", () => resolve(NaN));
            createInterface({ input: child.stdout }).once("line", (line) => resolve(Number(line)));
        });
        return Number.isInteger(port) ? await askVersion(port) : undefined;
    } catch {
        return undefined;
    } finally {
        clearTimeout(timer);
        child.kill("SIGKILL");
    }
}

/** The SDK's own client, loaded only where a plugin is asked: that takes longer than all else here. */
async function askVersion(port: number): Promise<string> {
    const ofSdk = createRequire(require.resolve("@pulumi/pulumi"));
    const { credentials } = ofSdk("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { Empty } = ofSdk(
        "google-protobuf/google/protobuf/empty_pb.js",
    ) as typeof import("google-protobuf/google/protobuf/empty_pb");
    const { ResourceProviderClient } = await import("@pulumi/pulumi/proto/provider_grpc_pb");
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    try {
        return await new Promise((resolve, reject) => {
            client.getPluginInfo(new Empty(), (error, info) => (error ? reject(error) : resolve(info.getVersion())));
        });
    } finally {
        client.close();
    }
}
