import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BIN, type Part } from "../../tools/parts";
import { buildWhereStale } from "../../tools/stamp";
import { CHANGED, GOES } from "./ours";
import type { Configuration } from "./peerConfiguration";
import type { Command, Side, Step } from "./side";

/** Terraform's own names for what may be on PATH. */
const PROGRAMS = ["terraform", "tofu"];

/** Folder of the provider, apart from .tools/bin, since it is Terraform that looks there. */
const FOLDER = resolve(BIN, "..", "peer");

/** Where the version is pinned, for our plugin and so for the peer. */
const MODULES = readFileSync(resolve(__dirname, "../../tools/go.mod"), "utf8");

/** The provider that is behind our plugin, in the same version, whole and with its own main program. */
const PROVIDER: Part = {
    binary: "terraform-provider-proxmox",
    version: /bpg\/terraform-provider-proxmox v(\S+)/.exec(MODULES)![1]!,
    module: ".",
    package: "github.com/bpg/terraform-provider-proxmox",
    ldflags: "-s -w",
    kind: "plugin",
};

/** Terraform with the bpg provider, in a folder of its own; its state is a local file, as ours is. */
export class Peer implements Side {
    readonly name = "peer";
    private readonly folder = mkdtempSync(join(tmpdir(), "bench-peer-"));
    private configuration: Configuration | undefined;

    /**
     * @param program terraform or tofu.
     * @param environment how the node is reached.
     */
    constructor(
        private readonly program: string,
        private readonly environment: NodeJS.ProcessEnv,
    ) {
        const overrides = `dev_overrides { "bpg/proxmox" = ${JSON.stringify(FOLDER)} }`;
        writeFileSync(join(this.folder, "cli.tfrc"), `provider_installation {\n  ${overrides}\n  direct {}\n}\n`);
    }

    /** Whether it knows yet what to do. */
    get ready(): boolean {
        return this.configuration !== undefined;
    }

    configure(configuration: Configuration): void {
        this.configuration = configuration;
    }

    reset(): void {
        this.write(this.configuration!.resource);
    }

    remove(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }

    command(step: Step): Command {
        switch (step) {
            case "validate":
                return this.terraform("validate");
            case "preview, nothing to do":
                return this.terraform("plan", "-detailed-exitcode");
            case "drift check":
                // Its detailed exit code tells of changes where there are none.
                return { ...this.terraform("plan", "-refresh-only"), shows: "No changes." };
            case "create":
            case "first up after it":
            case "up, nothing to do":
                return this.terraform("apply", "-auto-approve");
            case "change of one VM":
                this.write(changedOf(this.configuration!.resource));
                return this.terraform("apply", "-auto-approve");
            case "teardown of one tenant":
                this.write(withoutTenant(changedOf(this.configuration!.resource), GOES));
                return this.terraform("apply", "-auto-approve");
            case "destroy":
                return this.terraform("destroy", "-auto-approve");
        }
    }

    private write(resource: Configuration["resource"]): void {
        writeFileSync(join(this.folder, "main.tf.json"), JSON.stringify({ ...this.configuration, resource }, null, 2));
    }

    private terraform(command: string, ...args: string[]): Command {
        const input = command === "validate" ? [] : ["-input=false"];
        return {
            program: this.program,
            args: [command, "-no-color", ...input, ...args],
            cwd: this.folder,
            env: { ...this.environment, TF_CLI_CONFIG_FILE: join(this.folder, "cli.tfrc"), CHECKPOINT_DISABLE: "1" },
        };
    }
}

type Resources = Configuration["resource"];

function changedOf(resource: Resources): Resources {
    const changed = structuredClone(resource);
    const vm = changed["proxmox_virtual_environment_vm"]![`${CHANGED}-vm1-vm`]!;
    vm["memory"] = { ...(vm["memory"] as object), dedicated: 768 };
    return changed;
}

function withoutTenant(resource: Resources, tenant: string): Resources {
    const left = Object.entries(resource).map(([type, blocks]) => {
        const stay = Object.entries(blocks).filter(([name]) => !name.startsWith(`${tenant}-`));
        return [type, Object.fromEntries(stay)] as const;
    });
    return Object.fromEntries(left);
}

/** The peer's program and version on this machine; undefined where it has none. */
export function findPeer(): { readonly program: string; readonly version: string } | undefined {
    for (const program of PROGRAMS) {
        const { stdout, status } = spawnSync(program, ["version", "-json"], { encoding: "utf8" });
        if (status === 0) {
            const { terraform_version: version } = JSON.parse(stdout) as { terraform_version: string };
            return { program, version };
        }
    }
    return undefined;
}

/** Builds the peer's provider where it is not built yet. @throws InstallError */
export async function buildProvider(): Promise<void> {
    await buildWhereStale(PROVIDER, join(FOLDER, PROVIDER.binary));
}

/** The provider's version, which is that of our plugin. */
export const PROVIDER_VERSION = PROVIDER.version;
