import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { systemMissing } from "../../tools/labSystem";
import { devices, firstOf, gone, inNamespace, namespaceOf } from "./proofProcesses";

jest.setTimeout(300_000);

const missing = systemMissing();
if (missing !== undefined) {
    process.stderr.write(`proofPlane.test.ts: not run, ${missing}\n`);
}
const describeHere = missing === undefined ? describe : describe.skip;

describeHere("a data plane", () => {
    /** Starts one in a process of its own, which says its first process's id. */
    async function started() {
        const script = `const { DataPlane } = require("./lab/dataPlane");
            DataPlane.start().then((plane) => console.log(plane.pid));
            setInterval(() => undefined, 1000);`;
        const root = resolve(__dirname, "..", "..");
        const owner = spawn(process.execPath, ["--require", "./start/typescript", "-e", script], {
            cwd: root,
            stdio: ["ignore", "pipe", "inherit"],
        });
        const [line] = (await once(owner.stdout.setEncoding("utf8"), "data")) as [string];
        const entered = firstOf(line.trim());
        return { owner, first: entered, namespace: namespaceOf(entered)! };
    }

    test.each(["SIGKILL", "SIGTERM"] as const)(
        "is gone with all its processes after %s of whoever started it",
        async (signal) => {
            const before = devices();
            const { owner, first, namespace } = await started();
            const names = inNamespace(namespace).map((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim());
            expect(names).toEqual(expect.arrayContaining(["ovs-vswitchd", "ovsdb-server", "python3"]));
            // Nothing leads out of it: no device of the machine's, and no route at all.
            const own = readFileSync(`/proc/${first}/net/dev`, "utf8");
            expect(own).toContain("vmbr0");
            expect(before.filter((device) => device !== "lo" && own.includes(`${device}:`))).toEqual([]);
            expect(readFileSync(`/proc/${first}/net/route`, "utf8").trim().split("\n")).toHaveLength(1);
            owner.kill(signal);
            await once(owner, "exit");
            await gone(namespace);
            expect(devices()).toEqual(before);
        },
    );
});
