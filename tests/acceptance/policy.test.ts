import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const PACK = ["--policy-pack", "policy/pack"];
const VIOLATING = readFileSync(resolve(__dirname, "violatingProgram.ts"), "utf8");

/** Rules that a run tells as broken, as `rule resource`, and what it says of each. */
function broken(output: string): Map<string, string> {
    const policies = /^Policies:\n([^]*?)\n\n/m.exec(output)?.[1] ?? "";
    const entries = policies.split(/^ {8}- /m).slice(1);
    return new Map(
        entries.map((entry) => {
            const [, rule, name] = /^\[mandatory\] +(\S+) +\(.*: (\S+)\)/.exec(entry)!;
            return [`${rule} ${name}`, entry];
        }),
    );
}

describe("the program itself", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.startWithRouter();
        lab.withoutVintronics();
    });
    afterAll(() => lab.stop());

    test("a preview, as make calls it, holds to every rule", async () => {
        const { exitCode, output } = await lab.workspace.command("preview", "dvntm");
        expect([...broken(output).keys()]).toEqual([]);
        expect(output).toMatch(/^ {4}✅ tenant-hypervisors@v\S+ \(local: policy\/pack\)$/m);
        expect(output).toContain("RouterRules grooveiq-network-rules");
        expect(exitCode).toBe(0);
    });

    test("--policy off runs without it, and says so in one line", async () => {
        const { exitCode, output } = await lab.workspace.command("preview", "--policy", "off", "dvntm");
        expect(output).toMatch(/^policy: this run is not checked against policy\/pack \(--policy off\)$/m);
        expect(output).not.toMatch(/^Policies:/m);
        expect(exitCode).toBe(0);
    });

    test("another word is refused", async () => {
        const { exitCode, output } = await lab.workspace.command("preview", "--policy", "oof", "dvntm");
        expect([exitCode, output]).toEqual([
            64,
            expect.stringMatching(/^--policy oof is not allowed; did you mean off\?/),
        ]);
    });

    test("where the pack cannot be used an up goes on without it, and says why", async () => {
        const pack = join(lab.workspace.root, "policy");
        renameSync(pack, `${pack}.away`);
        const { exitCode, output } = await lab.workspace.command("up", "dvntm", "--", "--yes", "--skip-preview");
        renameSync(`${pack}.away`, pack);
        expect(output).toMatch(/^policy: this run is not checked against policy\/pack \(it is not in this folder\)$/m);
        expect(output).toMatch(/^dvntm: 1 tenant, 2 VMs$/m);
        expect(exitCode).toBe(0);
    });

    test("an up with it changes nothing more, and holds to every rule", async () => {
        const { exitCode, output } = await lab.workspace.command("up", "dvntm", "--", "--yes", "--skip-preview");
        expect(output).toMatch(/^ {4}✅ tenant-hypervisors@/m);
        expect(output).toMatch(/^ {4}\d+ unchanged$/m);
        expect(exitCode).toBe(0);
    });

    test("faults in the definitions are told by the program alone", async () => {
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("vlan: 50", "vlan: 99"));
        const { exitCode, output } = await lab.workspace.pulumi(["preview", ...PACK]);
        expect([...broken(output).keys()]).toEqual([]);
        expect(output).toContain("vlan: 99 is no VLAN of tenants");
        expect(exitCode).not.toBe(0);
    });
});

describe("a program that breaks every rule", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        lab.workspace.addSecret("not-to-be-shown");
        writeFileSync(join(lab.workspace.root, "index.ts"), VIOLATING);
    });
    afterAll(() => lab.stop());

    test("each is told at its resource, and the preview fails", async () => {
        const { exitCode, output } = await lab.workspace.pulumi(["preview", ...PACK]);
        const told = broken(output);
        expect([...told.keys()].sort()).toEqual([
            "allowed-types other-type",
            "firewall-on open-firewall",
            "no-plain-secret plain-secret",
            "no-plain-secret token-in-input",
            "quota large-vm",
            "standalone other-storage",
            "standalone unverified",
            "tenant-segment other-vlan",
        ]);
        expect(told.get("tenant-segment other-vlan")).toContain("networkDevices[0] is on VLAN 51: its tenant's is 50");
        expect(exitCode).not.toBe(0);
    });

    test("an up that skips the preview changes nothing that breaks a rule", async () => {
        await lab.node.forgetRequests();
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview", ...PACK]);
        expect(broken(output).size).toBeGreaterThan(0);
        expect(exitCode).not.toBe(0);
        const writes = (await lab.node.requests()).filter(({ method }) => method !== "GET");
        const vms = writes.map(({ path, body }) => `${path} ${body}`).filter((text) => /5002|5003|5004/.test(text));
        expect(vms).toEqual([]);
    });

    test("control: the same program with each of them mended breaks none", async () => {
        lab.edit("index.ts", (text) => text.replace("const MENDED = false;", "const MENDED = true;"));
        const { exitCode, output } = await lab.workspace.pulumi(["preview", ...PACK]);
        expect([...broken(output).keys()]).toEqual([]);
        expect(output).toMatch(/^ {4}✅ tenant-hypervisors@/m);
        expect(output).toMatch(/ \+ .* large-vm create/);
        expect(exitCode).toBe(0);
    });

    test("a program that does not look at the definitions is told of their faults", async () => {
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("vlan: 50", "vlan: 99"));
        const { output } = await lab.workspace.pulumi(["preview", ...PACK]);
        expect(broken(output).get("quota large-vm")).toContain("the definitions that the rule goes by have faults:");
    });
});
