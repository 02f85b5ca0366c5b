import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linkProgram, makePulumiHome } from "../../state/project/client";
import { listSubstrates } from "../../definitions/read";
import { stackFileOf } from "../../definitions/stackFile";
import { copyTenants, labStackFile } from "../definitions";
import type { SimulatedNode } from "../simulatedNode";
import type { SimulatedRouter } from "../simulatedRouter";
import { IN_SESSION } from "./folder";

/**
 * Makes the project that a person plays with, where it is not there yet: the program by links, and definitions as files of its
 * own, which the person may edit.
 *
 * @param definitions folder that they begin as.
 * @param simulated the substrate of them that is on the simulated machines.
 */
export function makeProject(
    definitions: string,
    simulated: string,
    node: SimulatedNode,
    router: SimulatedRouter,
): void {
    const { project } = IN_SESSION;
    linkProgram(project);
    if (existsSync(join(project, stackFileOf(simulated)))) {
        return;
    }
    for (const substrate of listSubstrates(definitions)) {
        const stackFile =
            substrate === simulated
                ? labStackFile(definitions, substrate, node, router)
                : labStackFile(definitions, substrate);
        copyTenants(definitions, substrate, project);
        writeFileSync(join(project, stackFileOf(substrate)), stackFile);
    }
}

/** Makes the places of Pulumi's state and home; the published plugins that the machine has are used. */
export function makePulumiFolders(): void {
    const { state, pulumiHome } = IN_SESSION;
    mkdirSync(state, { recursive: true });
    makePulumiHome(pulumiHome);
}
