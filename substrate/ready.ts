import { DefinitionError } from "../definitions/faults";
import { stackFileOf } from "../definitions/stackFile";
import type { Substrate } from "./substrate";

/**
 * Gives the substrate back if it can be brought up.
 *
 * @throws DefinitionError in one line, naming what is missing, for a substrate that is planned or lacks hardware.
 */
export function requireReady(substrate: Substrate): Substrate {
    const { name, status, missing } = substrate;
    if (missing.length === 0) {
        return substrate;
    }
    const mend = status === "planned" ? "add them and set status: active" : "add it";
    const message = `${name} is ${status} and cannot be brought up; missing: ${missing.join(", ")}. When known, ${mend}`;
    throw new DefinitionError([{ file: stackFileOf(name), path: "status", message }]);
}
