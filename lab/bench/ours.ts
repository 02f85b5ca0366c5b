import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineMany } from "../manyTenants";
import type { Workspace } from "../workspace";
import type { Command, Side, Step, Way } from "./side";

/** This program. */
export class Ours implements Side {
    /**
     * @param name `tenants` by the project's own command; `pulumi` by the Pulumi CLI alone.
     */
    constructor(
        readonly name: Way,
        private readonly workspace: Workspace,
        private readonly vms: number,
        private readonly linked: boolean,
    ) {}

    reset(): void {
        defineMany(this.workspace.root, this.workspace.stack, this.vms);
        const stack = join(this.workspace.root, `Pulumi.${this.workspace.stack}.yaml`);
        const text = readFileSync(stack, "utf8");
        if (this.linked && !text.includes("clone: linked")) {
            writeFileSync(stack, text.replace(/^( +)datastore:/m, "$1clone: linked\n$1datastore:"));
        }
    }

    command(step: Step): Command {
        if (step === "change of one VM") {
            this.changeOne();
        }
        return step === "validate" || step === "teardown of one tenant" || this.name !== "pulumi"
            ? this.tenants(step)
            : this.pulumi(step);
    }

    /** State after the last run, as `pulumi stack export` gives it. */
    export(): Command {
        return this.cli("stack", "export");
    }

    private changeOne(): void {
        const file = join(this.workspace.root, "tenants", this.workspace.stack, `${CHANGED}.yaml`);
        writeFileSync(file, readFileSync(file, "utf8").replace("memory: 512MiB", "memory: 768MiB"));
    }

    private tenants(step: Step): Command {
        const { stack } = this.workspace;
        const up = ["up", stack, "--yes", "--", "--skip-preview"];
        const words: Readonly<Record<Step, readonly string[]>> = {
            validate: ["validate", stack],
            create: up,
            "preview, nothing to do": ["preview", stack, "--", "--expect-no-changes"],
            "first up after it": [...up, "--expect-no-changes"],
            "up, nothing to do": [...up, "--expect-no-changes"],
            "drift check": ["drift", stack],
            "change of one VM": up,
            "teardown of one tenant": ["teardown", stack, GOES, `--yes=${GOES}`],
            destroy: ["destroy", stack, `--yes=${stack}`, "--", "--skip-preview"],
        };
        return this.of(join(this.workspace.root, "bin", "tenants"), words[step]);
    }

    private pulumi(step: Exclude<Step, "validate" | "teardown of one tenant">): Command {
        const up = ["up", "--yes", "--skip-preview"];
        const words: Readonly<Record<typeof step, readonly string[]>> = {
            create: up,
            "preview, nothing to do": ["preview", "--expect-no-changes"],
            "first up after it": [...up, "--expect-no-changes"],
            "up, nothing to do": [...up, "--expect-no-changes"],
            "drift check": ["refresh", "--preview-only", "--expect-no-changes"],
            "change of one VM": up,
            destroy: ["destroy", "--yes", "--skip-preview"],
        };
        return this.cli(...words[step]);
    }

    private cli(...args: string[]): Command {
        return this.of("pulumi", [...args, "--stack", this.workspace.stack, "--non-interactive", "--color", "never"]);
    }

    private of(program: string, args: readonly string[]): Command {
        const looks = args[0] === "refresh";
        const env = { ...this.workspace.variables, ...(!looks && OF_MAKE) };
        return { program, args, cwd: this.workspace.root, env };
    }
}

/** Environment that make sets for all that is no refresh of its own. */
const OF_MAKE = { PULUMI_ENABLE_LEGACY_REFRESH_DIFF: "true" };

/** The tenant of which one VM changes, and the one that goes. */
export const CHANGED = "bench0";
export const GOES = "bench1";
