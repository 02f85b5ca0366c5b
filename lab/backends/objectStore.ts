import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { BIN } from "../../tools/parts";
import { accepts, freePort, untilReady } from "../ports";
import { powerOff } from "../processes";
import type { StateBackend } from "./stateBackend";

const BUCKET = "state";
const START_TIMEOUT_MS = 30_000;

/** A real S3 server (Versity S3 Gateway) with one empty bucket, which it keeps in a temporary folder. */
export class ObjectStore implements StateBackend {
    readonly environment: Readonly<Record<string, string>>;
    private child: ChildProcess | undefined;

    private constructor(
        private readonly folder: string,
        private readonly port: number,
    ) {
        const where = new URLSearchParams({
            region: "us-east-1",
            endpoint: `http://127.0.0.1:${port}`,
            s3ForcePathStyle: "true",
        });
        this.environment = {
            PULUMI_BACKEND_URL: `s3://${BUCKET}?${where.toString()}`,
            AWS_ACCESS_KEY_ID: "pulumi",
            AWS_SECRET_ACCESS_KEY: randomBytes(24).toString("hex"),
        };
    }

    static async start(): Promise<ObjectStore> {
        const folder = mkdtempSync(join(tmpdir(), "object-store-"));
        const store = new ObjectStore(folder, await freePort());
        process.once("exit", () => store.end());
        mkdirSync(join(folder, "objects", BUCKET), { recursive: true });
        mkdirSync(join(folder, "attributes"));
        await store.boot();
        return store;
    }

    async restart(): Promise<void> {
        await this.powerOff();
        await this.boot();
    }

    async stop(): Promise<void> {
        await this.powerOff();
        this.end();
    }

    private async boot(): Promise<void> {
        const log = openSync(join(this.folder, "log"), "a");
        const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = this.environment;
        // Attributes stand beside the objects, since not every file system of a temporary folder has them.
        const posix = ["posix", "--sidecar", join(this.folder, "attributes"), join(this.folder, "objects")];
        const child = spawn("versitygw", ["--quiet", "--port", `127.0.0.1:${this.port}`, ...posix], {
            stdio: ["ignore", log, log],
            env: {
                PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`,
                ROOT_ACCESS_KEY_ID: access,
                ROOT_SECRET_ACCESS_KEY: secret,
            },
        });
        closeSync(log);
        this.child = child;
        const ended = () => (child.exitCode === null ? undefined : readFileSync(join(this.folder, "log"), "utf8"));
        await untilReady(() => accepts(this.port), START_TIMEOUT_MS, ended);
    }

    private async powerOff(): Promise<void> {
        const { child } = this;
        this.child = undefined;
        await powerOff(child);
    }

    private end(): void {
        this.child?.kill("SIGKILL");
        rmSync(this.folder, { recursive: true, force: true });
    }
}
