import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { delimiter, join } from "node:path";
import type { Request } from "../../commands/cli/definition";
import { requirePassphrase } from "../../commands/cli/environment";
import { runPulumi } from "../../commands/cli/pulumi";
import { environmentFor, type Child } from "../../definitions/childEnvironment";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

jest.setTimeout(60_000);

const KEPT = { ...process.env };
afterEach(() => void (process.env = { ...KEPT }));
afterAll(removeProjects);

describe("variables of a program", () => {
    const OWN = {
        ...{ PATH: "/bin", LC_ALL: "C", SSH_AUTH_SOCK: "/run/agent", GIT_SSH_COMMAND: "ssh -4", OF_SOMEBODY: "x" },
        ...{ ANSIBLE_GALAXY_SERVER_LIST: "own", ANSIBLE_VAULT_PASSWORD_FILE: "f" },
        ...{ PROXMOX_VE_API_TOKEN: "t", OPNSENSE_API_KEY: "k", OPNSENSE_API_SECRET: "s" },
        ...{ PULUMI_CONFIG_PASSPHRASE: "p", AWS_SECRET_ACCESS_KEY: "a" },
    };
    const ANSIBLE = ["ANSIBLE_GALAXY_SERVER_LIST", "ANSIBLE_VAULT_PASSWORD_FILE"];
    const COMMON = ["LC_ALL", "PATH", "SSH_AUTH_SOCK"];

    test.each<[Child, readonly string[]]>([
        ["ssh", COMMON],
        ["git", ["GIT_SSH_COMMAND", ...COMMON]],
        ["ansible-galaxy", ["ANSIBLE_GALAXY_SERVER_LIST", ...COMMON]],
        [
            "pulumi state",
            [
                ...ANSIBLE,
                "AWS_SECRET_ACCESS_KEY",
                "GIT_SSH_COMMAND",
                "OF_SOMEBODY",
                "PULUMI_CONFIG_PASSPHRASE",
                ...COMMON,
            ],
        ],
        ["pulumi", Object.keys(OWN)],
    ])("%s gets what it needs", (child, names) => {
        expect(Object.keys(environmentFor(child, OWN)).sort()).toEqual([...names].sort());
    });
});

describe("an empty passphrase", () => {
    const SECURE = `${STACK}  baseline:privateKey:\n    secure: v1:abc\n`;

    /** Whether it is refused for a stack file, with variables; without any, Pulumi's home is empty. */
    function refused(stack: string, chosen: boolean, variables: Readonly<Record<string, string>>, current?: string) {
        const root = project({
            "Pulumi.yaml": "",
            "Pulumi.dvntm.yaml": stack,
            ...(current !== undefined && { "home/credentials.json": JSON.stringify({ current }) }),
        });
        const PASSPHRASE = ["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
        ["PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", ...PASSPHRASE].forEach((name) => delete process.env[name]);
        Object.assign(process.env, { TENANTS_PROJECT: root, PULUMI_HOME: join(root, "home") }, variables);
        try {
            requirePassphrase("dvntm", chosen);
            return false;
        } catch (error) {
            expect((error as Error).message).toMatch(
                /^(The file of )?PULUMI_CONFIG_PASSPHRASE(_FILE)? is empty, (and Pulumi takes that in place of .*unset |.*`openssl rand -base64 32` makes)/,
            );
            return true;
        }
    }

    const EMPTY = { PULUMI_CONFIG_PASSPHRASE: "" };
    const BLANK = join(project({ blank: " \n" }), "blank");
    const FOLDER = { PULUMI_BACKEND_URL: "file:///srv/state" };

    test.each<[string, boolean, string, boolean, Record<string, string>, string?]>([
        ["is refused where the state is a folder", true, STACK, true, { ...EMPTY, ...FOLDER }],
        ["is refused where it is a folder by pulumi login", true, STACK, true, EMPTY, "file:///srv/state"],
        ["is refused where nobody chose a place, and there are secrets", true, SECURE, false, EMPTY],
        ["is taken where nobody chose a place, and there is no secret", false, STACK, false, EMPTY],
        ["is taken where Pulumi Cloud keeps the keys", false, SECURE, true, { ...EMPTY, PULUMI_ACCESS_TOKEN: "pul-1" }],
        ["is taken where it does so by pulumi login", false, SECURE, true, EMPTY, "https://api.pulumi.com"],
        [
            "is taken where a key service encrypts",
            false,
            `secretsprovider: awskms://a\n${SECURE}`,
            true,
            { ...EMPTY, ...FOLDER },
        ],
        [
            "is refused where no service does",
            true,
            `secretsprovider: passphrase\n${SECURE}`,
            true,
            { ...EMPTY, ...FOLDER },
        ],
        [
            "is refused where a file has one as well, which Pulumi does not read then",
            true,
            SECURE,
            true,
            { ...EMPTY, ...FOLDER, PULUMI_CONFIG_PASSPHRASE_FILE: "package.json" },
        ],
        ["is refused where a file has it", true, SECURE, true, { ...FOLDER, PULUMI_CONFIG_PASSPHRASE_FILE: BLANK }],
        [
            "is none where a file has one that is not",
            false,
            SECURE,
            true,
            { ...FOLDER, PULUMI_CONFIG_PASSPHRASE_FILE: "package.json" },
        ],
        ["is taken where none is set: Pulumi asks for it", false, SECURE, true, FOLDER],
        [
            "is taken where it is none that is empty",
            false,
            SECURE,
            true,
            { ...FOLDER, PULUMI_CONFIG_PASSPHRASE: "of one person" },
        ],
    ])("%s", (_, isRefused, stack, chosen, variables, ...[current]) => {
        expect(refused(stack, chosen, variables, current)).toBe(isRefused);
    });
});

test("of Pulumi's own log, as -v=9 --logtostderr prints it, known secrets are masked", async () => {
    const root = project({
        "Pulumi.yaml": "",
        "Pulumi.dvntm.yaml": STACK.replace("active", "planned"),
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
    });
    mkdirSync(join(root, "bin"));
    const values = {
        "baseline:variables": { value: JSON.stringify({ password: "hunter-two" }), secret: true },
        "tenant-hypervisors:status": { value: "planned", secret: false },
    };
    // Stands for a CLI that logs what it hands to its plugins.
    const says = `#!/bin/sh\ncase "$1" in config) echo '${JSON.stringify(values)}';; *) echo 'I1 planned hunter-two \\"t0ken-0f-twelve\\"' >&2;; esac\n`;
    writeFileSync(join(root, "bin/pulumi"), says);
    chmodSync(join(root, "bin/pulumi"), 0o755);
    process.env["PATH"] = [join(root, "bin"), process.env["PATH"]].join(delimiter);
    const backend = { PULUMI_BACKEND_URL: pathToFileURL(root).href };
    Object.assign(process.env, { TENANTS_PROJECT: root, PROXMOX_VE_API_TOKEN: "a@pve!b=t0ken-0f-twelve", ...backend });
    const told: string[] = [];
    const spy = jest.spyOn(console, "error").mockImplementation((line?: unknown) => void told.push(String(line)));
    const substrate = loadSubstrate({ root, substrate: "dvntm" });
    const request = { json: false, quiet: false, color: true } as Request;
    const { code } = await runPulumi(request, substrate, "preview", "-v=9", "--logtostderr");
    spy.mockRestore();
    expect([code, told]).toEqual([0, ['I1 planned [secret] \\"[secret]\\"']]);
});
