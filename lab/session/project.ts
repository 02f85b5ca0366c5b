import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { linkProgram, linkPulumiHome } from "../../state/project/client";
import { listSubstrates } from "../../definitions/read";
import { stackFileOf } from "../../definitions/stackFile";
import { copyTenants, LAB_DEFINITIONS, labStackFile } from "../definitions";
import type { SimulatedNode } from "../simulatedNode";
import type { SimulatedRouter } from "../simulatedRouter";
import { IN_SESSION } from "./folder";

/** Substrate that is on the simulated machines; the lab's other one is only planned. */
const SIMULATED = "dvntm";

/**
 * Makes the project that a person plays with, where it is not there yet: the program by links, and the lab's definitions as
 * files of their own, which the person may edit.
 */
export function makeProject(node: SimulatedNode, router: SimulatedRouter): void {
    const { project } = IN_SESSION;
    linkProgram(project);
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
    mkdirSync(state, { recursive: true });
    linkPulumiHome(pulumiHome);
}
