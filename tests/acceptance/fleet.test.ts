import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import schema from "../../schemas/output/fleet.schema.json";
import { LAB_DEFINITIONS } from "../../lab/definitions";
import { LAB_KEY } from "../../lab/keys";
import { processesIn } from "../../lab/processes";
import type { CliResult } from "../../lab/workspace";
import type { FleetRow } from "../../report/fleet";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** With dvntm one more than may run side by side. */
const PLANNED = ["alpha", "bravo"];

const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

let lab: AcceptanceLab;

/** The substrate dvnt, which is only planned, once more: by another name, at another site, with the key service of dvntm and no stack yet. */
function plan(substrate: string, site: number): void {
    const { root } = lab.workspace;
    const stack = readFileSync(join(LAB_DEFINITIONS, "Pulumi.dvnt.yaml"), "utf8");
    writeFileSync(
        join(root, `Pulumi.${substrate}.yaml`),
        `secretsprovider: ${LAB_KEY}\n` +
            stack
                .replace(/site: "10"$/m, `site: "${site}"`)
                .replaceAll("dvnt", substrate)
                .replaceAll("10.10.", `10.${site}.`),
    );
    mkdirSync(join(root, "tenants", substrate));
    cpSync(join(root, "tenants/dvntm/grooveiq.yaml"), join(root, "tenants", substrate, "grooveiq.yaml"));
}

/** Runs of Pulumi that are on a substrate now: each by its command, which a process that it is about to start has for a moment. */
function underWay(): number {
    const commands = processesIn(lab.workspace.root).map(({ command }) => command);
    return new Set(commands.filter((command) => /^pulumi (preview|refresh) /.test(command))).size;
}

/** Runs the fleet, and gives back the most previews that were seen at a time. */
async function fleet(...flags: string[]): Promise<CliResult & { readonly most: number }> {
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, underWay())), 20);
    try {
        return { ...(await lab.workspace.command("fleet", ...flags)), most };
    } finally {
        clearInterval(watch);
    }
}

describe("tenants fleet", () => {
    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        PLANNED.forEach((name, index) => plan(name, 30 + index));
        await lab.up();
    });
    afterAll(() => lab.stop());

    test("previews every substrate, two side by side, in one report, and changes nothing", async () => {
        const found = await lab.state();
        const { exitCode, stdout, output, most } = await fleet("--parallel", "2");
        expect([exitCode, output]).toEqual([0, output]);
        expect(stdout).toMatch(/^dvntm +\d+ +\S+ +no changes$/m);
        PLANNED.forEach((name) => expect(stdout).toMatch(new RegExp(`^${name} +\\d+ +\\S+ +\\d+ create$`, "m")));
        expect(stdout).toMatch(/^3 substrates, 2 with changes, 0 failed, in /m);
        expect(output).toMatch(/\(3 of 3\)/);
        expect(most).toBe(2);
        expect(await lab.state()).toEqual(found);
    });

    test("one that fails keeps none of the others from being told; drift by hand is seen by a refresh", async () => {
        lab.edit("tenants/bravo/grooveiq.yaml", (text) => text.replace("vlan: 50", "vlan: 99"));
        await lab.node.byHand("PUT", "/nodes/pve2/qemu/5001/config", { memory: "1024" });
        const { exitCode, stdout, most } = await fleet("--json", "refresh", "--parallel", "1");
        const rows = JSON.parse(stdout) as FleetRow[];
        expect([validate(rows), validate.errors]).toEqual([true, null]);
        const of = (name: string) => rows.find(({ substrate }) => substrate === name)!;
        expect(exitCode).toBe(1);
        expect(of("bravo").reason).toMatch(/tenants\/bravo\/grooveiq\.yaml:\d+ vlan: 99 is no VLAN of tenants/);
        expect(of("dvntm")).toMatchObject({ changes: { update: 1 } });
        expect(rows.filter(({ reason }) => reason === undefined)).toHaveLength(2);
        expect(most).toBeLessThanOrEqual(1);
    });

    test("of a rule that a program breaks it is told which, and where", async () => {
        copyFileSync(join(__dirname, "violatingProgram.ts"), join(lab.workspace.root, "index.ts"));
        const { exitCode, stdout } = await fleet();
        expect(exitCode).toBe(1);
        expect(stdout).toMatch(
            /^dvntm: [^]*^ *policy tenant-segment, other-vlan: [^]*is on VLAN 51: its tenant's is 50$/m,
        );
        expect((await fleet("--policy", "off")).stdout).not.toContain("policy tenant-segment");
    });

    test("a command that changes something, and a number that is none, are refused", async () => {
        const destroy = await fleet("destroy");
        expect([destroy.exitCode, destroy.output]).toEqual([
            64,
            expect.stringMatching(/^<what> destroy is not allowed/),
        ]);
        expect((await fleet("--parallel", "0")).exitCode).toBe(64);
    });
});
