import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Workspace } from "../../lab/workspace";
import { RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

let workspace: Workspace;

beforeAll(async () => {
    // Only planned, so that no node is needed.
    workspace = await Workspace.create("dvnt");
    // Nothing was compiled yet, as in a clone.
    rmSync(join(workspace.root, ".compiled"));
    writeFileSync(join(workspace.root, "loaded.js"), LIST_AT_EXIT);
});

afterAll(() => workspace.remove());

/** Has the program's process write at its end which modules it loaded. */
const LIST_AT_EXIT = `
if (process.argv[1]?.includes("cmd/run")) {
    process.on("exit", () => {
        const Module = require("node:module");
        // What only stands where a module would be loaded is none.
        const loaded = Object.keys(Module._cache).filter((file) => Module._cache[file] instanceof Module);
        require("node:fs").writeFileSync("loaded.json", JSON.stringify(loaded));
    });
}
`;

/** Previews, and gives back what it said and which of the modules the program loaded. */
async function preview(): Promise<{ output: string; loads: (part: string) => boolean }> {
    const list = join(workspace.root, "loaded.js");
    const { exitCode, output } = await workspace.pulumi(["preview"], { NODE_OPTIONS: `--require ${list}` });
    expect([exitCode, output]).toEqual([0, output]);
    const modules = JSON.parse(readFileSync(join(workspace.root, "loaded.json"), "utf8")) as string[];
    return { output, loads: (part) => modules.some((module) => module.includes(part)) };
}

/** Modules that only some runs need, and a warm run of a substrate without a baseline does not. */
const SPARED = [
    "@swc/core/index",
    "/typescript/",
    "/ajv/dist/2020",
    "/ssh2/",
    "/@pulumi/command/",
    "/@npmcli/arborist/lib/arborist",
];

test("the first run after a clone compiles; the next one loads nothing that it does not need", async () => {
    const first = await preview();
    expect(first.loads("@swc/core/index")).toBe(true);
    expect(first.loads("/ajv/dist/2020")).toBe(false);
    const second = await preview();
    expect(SPARED.filter(second.loads)).toEqual([]);
    // What it needs is seen, so that what is not seen was not loaded.
    expect(["/components/tenantVm.ts", "/@muhlba91/pulumi-proxmoxve/"].filter(second.loads)).toHaveLength(2);
});

test("an edited program runs as it is now, with no other command between", async () => {
    const file = join(workspace.root, "components/tenantNetwork.ts");
    expect((await preview()).output).not.toContain("-basin");
    writeFileSync(file, readFileSync(file, "utf8").replace("`${name}-pool`", "`${name}-basin`"));
    const { output, loads } = await preview();
    expect(output).toContain("-network-basin");
    expect(loads("@swc/core/index")).toBe(true);
});
