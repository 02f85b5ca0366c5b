import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BROKEN, expectedOf, putBroken } from "../broken";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** What make validate says of a broken definition, pulumi up says too, before it asks anything of the node. */
describe("pulumi up on a broken definition", () => {
    let lab: AcceptanceLab;
    let stackFile: string;
    let good: string;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        stackFile = join(lab.workspace.root, "Pulumi.dvntm.yaml");
        good = readFileSync(stackFile, "utf8");
    });
    afterAll(() => lab.stop());

    test.each(BROKEN)("%s", async (name) => {
        writeFileSync(stackFile, good);
        putBroken(name, lab.workspace.root);
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        for (const line of expectedOf(name)) {
            expect(output).toContain(line);
        }
        expect(output).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
        expect(await lab.node.requests()).toEqual([]);
    });

    test("control: up on definitions without a fault asks the node", async () => {
        writeFileSync(stackFile, good);
        putBroken("across-same-vlan", lab.workspace.root);
        lab.edit("tenants/dvntm/vintronics.yaml", (text) => text.replace("vlan: 50", "vlan: 51"));
        await lab.succeed("preview");
        expect((await lab.node.requests()).length).toBeGreaterThan(0);
    });
});
