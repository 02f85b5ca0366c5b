import { createRequire } from "node:module";
import { join } from "node:path";
import { lt } from "semver";
import { definitions } from "../cli/environment";
import { pulumi } from "../../state/client";
import { complain } from "../cli/terminal";
import { isThere, programOnPath, readText } from "../cli/files";
import { kept } from "../../start/kept";

/** The pack, a program that the CLI starts, from the project's folder. */
const PACK = "policy/pack";

/**
 * Arguments with which the Pulumi CLI holds a run to the policy pack. Without it, one line says so, and why: it is switched off,
 * or it cannot be used here.
 *
 * @param policy `on` or `off`.
 * @param root folder of the project.
 */
export function policyArguments(policy: string, root = definitions()): string[] {
    const reason = policy === "off" ? "--policy off" : missing(root);
    if (reason !== undefined) {
        complain(`policy: this run is not checked against ${PACK} (${reason})`);
        return [];
    }
    return ["--policy-pack", PACK];
}

/** Why the pack cannot be used here; undefined where it can. */
function missing(root: string): string | undefined {
    const { resolve } = createRequire(join(root, "package.json"));
    try {
        resolve("@pulumi/policy");
    } catch {
        return "the npm package @pulumi/policy is not installed: npm ci";
    }
    if (!isThere(join(root, PACK))) {
        return "it is not in this folder";
    }
    const [cli, sdk] = [versionOfCli(), versionOfSdk(resolve)];
    return lt(cli, sdk) ? `Pulumi CLI ${cli} is older than v${sdk}, with which such a pack was tried` : undefined;
}

/** The CLI's version, which it is asked for once: a start of it takes a third of a second. */
function versionOfCli(): string {
    return kept("pulumi-version", programOnPath("pulumi") ?? "", () => pulumi("version").trim());
}

function versionOfSdk(resolve: NodeJS.RequireResolve): string {
    return (JSON.parse(readText(resolve("@pulumi/pulumi/package.json"))) as { version: string }).version;
}
