import type { Row } from "../../client";
import { text } from "../../rows";

/** Fields of a rule that say what it does, whatever it is called and wherever it stands. */
const EFFECT = [
    ...["enabled", "action", "interface", "interfacenot", "direction", "ipprotocol", "protocol"],
    ...["source_net", "source_not", "source_port", "destination_net", "destination_not", "destination_port"],
];

/** Rules that did something before and of which none is left that does the same. */
export function goneRules(before: readonly Row[], after: readonly Row[]): Row[] {
    const left = new Set(after.map(effectOf));
    return before.filter((row) => !left.has(effectOf(row)));
}

function effectOf(row: Row): string {
    return JSON.stringify(EFFECT.map((field) => text(row, field)));
}
