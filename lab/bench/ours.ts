import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineMany } from "../manyTenants";
import type { Workspace } from "../workspace";
import type { Command, Side, Step } from "./side";

/** This program, as bin/tenants runs it. */
export class Ours implements Side {
    readonly name = "ours";

    constructor(
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
        switch (step) {
            case "validate":
                return this.own("validate", this.workspace.stack);
            case "create":
                return this.pulumi("up", "--yes", "--skip-preview");
            case "preview, nothing to do":
                return this.pulumi("preview", "--expect-no-changes");
            case "first up after it":
            case "up, nothing to do":
                return this.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
            case "drift check":
                return this.pulumi("refresh", "--preview-only", "--expect-no-changes");
            case "change of one VM":
                this.changeOne();
                return this.pulumi("up", "--yes", "--skip-preview");
            case "teardown of one tenant":
                return this.own("teardown", this.workspace.stack, GOES, "--yes", GOES);
            case "destroy":
                return this.pulumi("destroy", "--yes", "--skip-preview");
        }
    }

    /** State after the last run, as `pulumi stack export` gives it. */
    export(): Command {
        return this.pulumi("stack", "export");
    }

    private changeOne(): void {
        const file = join(this.workspace.root, "tenants", this.workspace.stack, `${CHANGED}.yaml`);
        writeFileSync(file, readFileSync(file, "utf8").replace("memory: 512MiB", "memory: 768MiB"));
    }

    private pulumi(...args: string[]): Command {
        const all = [...args, "--stack", this.workspace.stack, "--non-interactive", "--color", "never"];
        return this.of("pulumi", all);
    }

    private own(name: string, ...args: string[]): Command {
        return this.of(join(this.workspace.root, "bin", "tenants"), [name, ...args]);
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
