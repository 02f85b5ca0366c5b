import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { labEnvironment } from "../environment";
import { freePort } from "../ports";
import { firstChild, killProcess } from "../processes";
import { StateBackend } from "./stateBackend";
import { DATABASE_SYSTEM } from "../../tools/labSystem";

const START = resolve(__dirname, "database", "start.sh");
const BIN = "/usr/lib/postgresql/15/bin";
const USER = "pulumi";
/** The server's own log and data, as it sees them. */
const DATA = "/mnt/data";

/** A start after a crash replays what was not written yet. */
const START_TIMEOUT_MS = 60_000;

/**
 * A real PostgreSQL 15, in a root file system of its own, that keeps its data in a temporary folder. It asks for a
 * password, which no command line and no URL holds.
 *
 * Needs root; see databaseMissing().
 */
export class Database extends StateBackend {
    readonly environment: Readonly<Record<string, string>>;
    protected readonly startTimeout = START_TIMEOUT_MS;

    private constructor(folder: string, port: number, password: string) {
        super(folder, port);
        this.environment = {
            PULUMI_BACKEND_URL: `postgres://${USER}@127.0.0.1:${port}/postgres?sslmode=disable`,
            PGPASSWORD: password,
        };
    }

    /** Makes an empty database and starts it. */
    static async start(): Promise<Database> {
        const folder = mkdtempSync(join(tmpdir(), "database-"));
        const password = randomBytes(24).toString("hex");
        const database = new Database(folder, await freePort(), password);
        try {
            database.make(password);
            await database.boot();
        } catch (error) {
            await database.stop();
            throw error;
        }
        return database;
    }

    private make(password: string): void {
        const [uid, gid] = this.owner();
        writeFileSync(join(this.folder, "password"), password, { mode: 0o644 });
        mkdirSync(join(this.folder, "data"));
        execFileSync("chown", ["-R", `${uid}:${gid}`, this.folder], { env: labEnvironment() });
        const access = ["--auth=scram-sha-256", `--username=${USER}`, "--pwfile=/mnt/password"];
        const initdb = [`${BIN}/initdb`, "-D", DATA, "--encoding=UTF8", "--locale=C.UTF-8", ...access];
        execFileSync("unshare", this.arguments(initdb), {
            env: labEnvironment(),
            stdio: ["ignore", "ignore", "pipe"],
        });
        rmSync(join(this.folder, "password"));
    }

    /** The user postgres of its root file system. */
    private owner(): [uid: string, gid: string] {
        const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync(join(DATABASE_SYSTEM, "etc/passwd"), "utf8"))!;
        return [line[1]!, line[2]!];
    }

    private arguments(command: readonly string[]): string[] {
        const flags = ["--mount", "--pid", "--ipc", "--fork", "--propagation", "private"];
        return [...flags, START, DATABASE_SYSTEM, this.folder, ...command];
    }

    protected override run(log: number): ChildProcess {
        const settings = { listen_addresses: "127.0.0.1", port: String(this.port), unix_socket_directories: "" };
        const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
        return spawn("unshare", this.arguments([`${BIN}/postgres`, "-D", DATA, ...options]), {
            env: labEnvironment(),
            stdio: ["ignore", log, log],
        });
    }

    /** It listens before it has replayed what a crash left, and says so. */
    protected override answers(): boolean {
        const [program, ...ask] = [`${BIN}/pg_isready`, "--quiet", "--host=127.0.0.1", `--port=${this.port}`];
        return spawnSync("chroot", [DATABASE_SYSTEM, program, ...ask], { env: labEnvironment() }).status === 0;
    }

    /**
     * The server is the first process of its namespace and unshare's one child: all others of it end with it. unshare's own
     * --kill-child does not reach a process that has become another user's.
     */
    protected override kill({ pid }: ChildProcess): void {
        const server = firstChild(pid!);
        if (server !== undefined) {
            killProcess(server);
        }
    }
}
