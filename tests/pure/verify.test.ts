import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Request } from "../../commands/cli/definition";
import { runPython } from "../../commands/shared/ssh";
import { command } from "../../commands/verify";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

jest.setTimeout(60_000);

const KEPT = { ...process.env };
const BOUNDS = { seconds: 20, bytes: 1024 ** 2 };

let root: string;

/** Has `ssh` be what a hostile VM makes of it. */
function sshIs(script: string): void {
    const file = join(root, "bin", "ssh");
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
}

beforeAll(() => {
    root = project({
        "Pulumi.yaml": "",
        "Pulumi.dvntm.yaml": STACK,
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
    });
    mkdirSync(join(root, "bin"));
    process.env["PATH"] = [join(root, "bin"), process.env["PATH"]].join(delimiter);
    process.env["TENANTS_PROJECT"] = root;
});
afterAll(() => {
    process.env = KEPT;
    removeProjects();
});

describe("a program in a VM", () => {
    test("control: one that ends is told by its exit code and by what it said", async () => {
        sshIs("cat > /dev/null; echo said; echo more >&2; exit 3");
        expect(await runPython("10.20.50.101", "x", undefined, BOUNDS)).toEqual({
            code: 3,
            stdout: "said\n",
            stderr: "more\n",
        });
    });

    test("one that hangs is ended after its time", async () => {
        sshIs("exec sleep 600");
        const { broken } = await runPython("10.20.50.101", "x", undefined, { ...BOUNDS, seconds: 0.3 });
        expect(broken).toBe("it took longer than 0.3 s");
    });

    test.each(["", " >&2"])("one that prints without end is ended%s", async (to) => {
        sshIs(`exec yes${to}`);
        const { broken } = await runPython("10.20.50.101", "x", undefined, BOUNDS);
        expect(broken).toBe("it printed more than 1 MiB");
    });

    test("ssh is given what it needs, and no secret of the run", async () => {
        const secrets = [
            "PROXMOX_VE_API_TOKEN",
            "OPNSENSE_API_SECRET",
            "PULUMI_CONFIG_PASSPHRASE",
            "AWS_SECRET_ACCESS_KEY",
        ];
        secrets.forEach((name) => (process.env[name] = "a secret"));
        process.env["SSH_AUTH_SOCK"] = "/run/agent";
        sshIs("env");
        const { stdout } = await runPython("10.20.50.101", "x", undefined, BOUNDS);
        expect(stdout).toContain("SSH_AUTH_SOCK=/run/agent\n");
        expect(stdout).not.toContain("a secret");
    });
});

describe("a VM's result", () => {
    /** Runs the command and gives back what it refused, or undefined where it took the result. */
    async function refused(printed: string): Promise<string | undefined> {
        writeFileSync(join(root, "printed"), printed);
        sshIs(`cat > /dev/null; cat '${join(root, "printed")}'`);
        const options = { addresses: "grooveiq/api-vm01=10.20.50.101", "ssh-config": undefined, output: undefined };
        const args = { substrate: "dvntm", tenant: "grooveiq" };
        const silent = jest.spyOn(console, "log").mockImplementation();
        try {
            await command.run({ args, options, json: false, quiet: true } as unknown as Request);
            return undefined;
        } catch (error) {
            return (error as Error).message;
        } finally {
            silent.mockRestore();
        }
    }

    test("a VM whose address neither files nor state tell is named, and not asked", async () => {
        const said = jest.spyOn(console, "error").mockImplementation();
        const options = { addresses: undefined, "ssh-config": undefined, output: undefined };
        const args = { substrate: "dvntm", tenant: "grooveiq" };
        const request = { args, options, json: false, quiet: false } as unknown as Request;
        await expect(command.run(request)).rejects.toThrow("no VM of grooveiq has an address that is known");
        expect(said.mock.calls.map(([line]) => String(line))).toEqual([
            expect.stringMatching(/^MACs are not known, since the state of dvntm could not be read: /),
            expect.stringMatching(
                /^not asked, since neither files nor state tell their address .*: grooveiq\/api-vm01/,
            ),
        ]);
        said.mockRestore();
    });

    test.each<[string, string]>([
        ["", "it is empty"],
        ["Welcome!\n{}", "it is no JSON: "],
        ["null", "result must be object, and is null"],
        ["{}", "result must have required property 'lease', and is {}"],
        ['{"lease":{},"answers":[1],"names":[]}', "result.answers[0] must be string, and is 1"],
        ['{"lease":{"address":{}},"answers":[],"names":[]}', "result.lease.address must be string, and is {}"],
        ['{"lease":{},"answers":[],"names":[]}', "0 answers came to "],
        ['{"lease":{},"answers":["yes","yes"],"names":[[]]}', "3 answers came to "],
    ])("%s is refused by the VM's name, with what came", async (printed, says) => {
        expect(await refused(printed)).toContain(
            `grooveiq/api-vm01: what ssh to 10.20.50.101 printed is not a result: ${says}`,
        );
    });
});
