import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { listSubstrates } from "../../definitions/read";
import { stackFileOf } from "../../definitions/stackFile";
import { copyTenants, LAB_DEFINITIONS, labStackFile } from "../definitions";
import type { SimulatedNode } from "../simulatedNode";
import type { SimulatedRouter } from "../simulatedRouter";
import { IN_SESSION } from "./folder";

const PROGRAM = resolve(__dirname, "..", "..");

/** Files that Pulumi, its SDK (router/resources.ts) and an editor that checks a tenant's file look for in a project's folder. */
const LINKS = [
    "Pulumi.yaml",
    "main.js",
    "package.json",
    "tsconfig.json",
    "node_modules",
    "policy",
    "router",
    "schemas",
    "start",
];

/** Substrate that is on the simulated machines; the lab's other one is only planned. */
const SIMULATED = "dvntm";

/**
 * Makes the project that a person plays with, where it is not there yet: the program by links, and the lab's definitions as
 * files of their own, which the person may edit.
 */
export function makeProject(node: SimulatedNode, router: SimulatedRouter): void {
    const { project } = IN_SESSION;
    mkdirSync(project, { recursive: true });
    LINKS.filter((name) => !existsSync(join(project, name))).forEach((name) =>
        symlinkSync(relative(project, join(PROGRAM, name)), join(project, name)),
    );
    if (existsSync(join(project, stackFileOf(SIMULATED)))) {
        return;
    }
    for (const substrate of listSubstrates(LAB_DEFINITIONS)) {
        const stackFile =
            substrate === SIMULATED
                ? labStackFile(LAB_DEFINITIONS, substrate, node, router)
                : labStackFile(LAB_DEFINITIONS, substrate);
        copyTenants(LAB_DEFINITIONS, substrate, project);
        writeFileSync(join(project, stackFileOf(substrate)), stackFile);
    }
}

/** Makes the places of Pulumi's state and home; the published plugins that the machine has are used. */
export function makePulumiFolders(): void {
    const { state, pulumiHome } = IN_SESSION;
    [state, pulumiHome].forEach((folder) => mkdirSync(folder, { recursive: true }));
    // In a shell that sourced .lab/env, PULUMI_HOME is the lab's.
    const homes = [process.env["PULUMI_HOME"], join(homedir(), ".pulumi")].filter(
        (home) => home && home !== pulumiHome,
    );
    const plugins = homes.map((home) => join(home!, "plugins")).find((folder) => existsSync(folder));
    if (plugins !== undefined && !existsSync(join(pulumiHome, "plugins"))) {
        symlinkSync(plugins, join(pulumiHome, "plugins"));
    }
}
