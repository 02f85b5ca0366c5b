import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { BIN } from "../../tools/parts";
import { accepts, freePort } from "../ports";
import { StateBackend } from "./stateBackend";

const BUCKET = "state";
const START_TIMEOUT_MS = 30_000;

/** A real S3 server (Versity S3 Gateway) with one empty bucket, which it keeps in a temporary folder. */
export class ObjectStore extends StateBackend {
    readonly environment: Readonly<Record<string, string>>;
    protected readonly startTimeout = START_TIMEOUT_MS;

    private constructor(folder: string, port: number) {
        super(folder, port);
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
        mkdirSync(join(folder, "objects", BUCKET), { recursive: true });
        mkdirSync(join(folder, "attributes"));
        await store.boot();
        return store;
    }

    protected override run(log: number): ChildProcess {
        const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = this.environment;
        // Attributes stand beside the objects, since not every file system of a temporary folder has them.
        const posix = ["posix", "--sidecar", join(this.folder, "attributes"), join(this.folder, "objects")];
        return spawn("versitygw", ["--quiet", "--port", `127.0.0.1:${this.port}`, ...posix], {
            stdio: ["ignore", log, log],
            env: {
                PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`,
                ROOT_ACCESS_KEY_ID: access,
                ROOT_SECRET_ACCESS_KEY: secret,
            },
        });
    }

    protected override answers(): Promise<boolean> {
        return accepts(this.port);
    }
}
