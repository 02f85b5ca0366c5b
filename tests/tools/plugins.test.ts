import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnMachine } from "../../tools/machine";
import { BIN, parts } from "../../tools/parts";

jest.setTimeout(60_000);

const CLI = join(BIN, "pulumi");
const [proxmoxve, command] = ["proxmoxve", "command"].map((name) =>
    parts.find(({ binary }) => binary === `pulumi-resource-${name}`)!,
);

let folder: string;
let server: Server;
let asked: string[];
let answer: (response: ServerResponse) => void;
const environment = { ...process.env };

beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "published-"));
    asked = [];
    server = createServer((request, response) => {
        asked.push(request.url!);
        answer(response);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
        PULUMI_HOME: join(folder, "home"),
        PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES: `.*=http://127.0.0.1:${port}`,
    });
    jest.spyOn(console, "error").mockImplementation(() => undefined);
    // A download that failed is remembered.
    jest.resetModules();
});
afterEach(() => {
    process.env = { ...environment };
    jest.restoreAllMocks();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
});

async function download(...args: [typeof proxmoxve, number?]) {
    const { downloadPlugin } = await import("../../tools/plugins");
    return downloadPlugin(args[0]!, CLI, args[1]);
}

const told = () => (console.error as jest.Mock).mock.calls.map(([line]) => line as string);

test("a published plugin is downloaded into the home of Pulumi, and used", async () => {
    const archive = join(folder, "plugin.tar.gz");
    execFileSync("tar", ["-cf", archive, "--use-compress-program=gzip -1", "-C", BIN, command!.binary]);
    answer = (response) => response.end(readFileSync(archive));
    expect(await findOnMachine(command!)).toBeUndefined();
    expect(await download(command)).toBe(true);
    expect(asked.at(-1)).toMatch(/^\/pulumi-resource-command-v1\.2\.1-linux-/);
    expect(await findOnMachine(command!)).toBe(join(folder, "home", "plugins", "resource-command-v1.2.1"));
    expect(told()).toEqual([]);
});

test("where it is not to be had, one line says so, and nothing else is asked for", async () => {
    answer = (response) => response.writeHead(404).end();
    expect(await download(proxmoxve)).toBe(false);
    expect(told()).toEqual([
        expect.stringMatching(
            /^pulumi-resource-proxmoxve 8\.6\.0: the published plugin cannot be downloaded \(.*404.*\)$/,
        ),
    ]);
    const before = asked.length;
    expect(await download(command)).toBe(false);
    expect(asked).toHaveLength(before);
});

test("where nothing arrives, it is given up", async () => {
    answer = () => undefined;
    expect(await download(proxmoxve, 1_000)).toBe(false);
    expect(told()).toEqual([expect.stringContaining("cannot be downloaded (nothing arrived in 1 s)")]);
});

test("a CLI that is not there is told as that", async () => {
    const { downloadPlugin } = await import("../../tools/plugins");
    expect(await downloadPlugin(command!, join(folder, "pulumi"))).toBe(false);
    expect(told()).toEqual([expect.stringContaining("ENOENT")]);
});
