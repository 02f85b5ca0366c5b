import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { listening } from "../../state/events/read";

const SPACE = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))![0];

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "event-log-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Folder of a log as a run leaves it. */
function left(name: string): string {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "events.json"), "{}");
    return name;
}

test("a run removes the logs that killed runs left, and none of a run that lives", async () => {
    const { pid: gone } = spawnSync("true");
    left(`tenants-${SPACE}-${gone}-stale`);
    const kept = [
        left(`tenants-${SPACE}-${process.pid}-other`),
        left(`tenants-${SPACE}-1-alive`),
        left(`tenants-1${SPACE}-${gone}-elsewhere`),
        left("tenants-earlier"),
        left(`mine-${gone}-`),
    ];
    const look = (log: string) => Promise.resolve([basename(dirname(log)), ...readdirSync(folder)] as const);
    const [[own, ...there]] = await listening(look, folder);
    expect(own).toMatch(new RegExp(`^tenants-${SPACE}-${process.pid}-`));
    expect([...there].sort()).toEqual([...kept, own].sort());
    expect(readdirSync(folder).sort()).toEqual([...kept].sort());
});

test("nor one that the CLI of a killed run writes into still", async () => {
    const { pid: gone } = spawnSync("true");
    const name = left(`tenants-${SPACE}-${gone}-written`);
    const cli = spawn("sh", ["-c", "read line", join(folder, name, "events.json")], {
        stdio: ["pipe", "ignore", "ignore"],
    });
    try {
        await listening(() => Promise.resolve(), folder);
        expect(readdirSync(folder)).toEqual([name]);
    } finally {
        const ended = new Promise((done) => cli.on("close", done));
        cli.stdin.end();
        await ended;
    }
    await listening(() => Promise.resolve(), folder);
    expect(readdirSync(folder)).toEqual([]);
});
