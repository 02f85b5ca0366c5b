import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, resolve } from "node:path";

const ROOT = resolve(__dirname, "../..");

/** Rooms of the program in the README's order: each uses those before it, and none that come after. */
const ROOMS = ["definitions", "substrate", "firewall", "state", "https", "node", "router", "host", "components"];
const AROUND = ["report", "proof", "policy", "commands", "lab", "tools"];

/** Room of a module, seen from the project's folder. */
function roomOf(module: string): string {
    return module.split("/")[0]!;
}

/** Imports of a file that lead to a room after its own, as `from: to`. */
function imports(file: string, text: string): string[] {
    const modules = [...text.matchAll(/(?:from|import\()\s*"(\.[^"]*)"/g)].map(([, path]) =>
        normalize(join(dirname(file), path!)),
    );
    const later = [...ROOMS, ...AROUND].slice(ROOMS.indexOf(roomOf(file)) + 1);
    return modules.filter((module) => later.includes(roomOf(module))).map((module) => `${file}: ${module}`);
}

test("a room uses those before it alone", () => {
    const files = ROOMS.flatMap((room) =>
        readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
            .filter((file) => file.endsWith(".ts"))
            .map((file) => join(room, file)),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(files.flatMap((file) => imports(file, readFileSync(join(ROOT, file), "utf8")))).toEqual([]);
});

test("control: an import of a later room is seen, and one of an earlier room is allowed", () => {
    const text = 'import { a } from "../router/read";\nimport { b } from "../substrate/load";\n';
    expect(imports("node/inventory.ts", text)).toEqual(["node/inventory.ts: router/read"]);
});
