import { suggestion } from "./suggest";

/** One target of the Makefile, as completion/targets.awk tells it. */
export interface Target {
    readonly name: string;
    /** As a usage line has them: `SUBSTRATE=<name> [JSON=1]`. */
    readonly parameters: string;
    /** Program that tells more with --help; empty for none. */
    readonly program: string;
    /** What it does, in one line. */
    readonly does: string;
}

/** Reads what completion/targets.awk prints. */
export function targetsIn(told: string): Target[] {
    return told
        .trimEnd()
        .split("\n")
        .map((line) => {
            const [name = "", parameters = "", program = "", does = ""] = line.split("\t");
            return { name, parameters, program, does };
        });
}

/** Names of the parameters in a usage line. */
export function parametersOf({ parameters }: Target): string[] {
    return [...parameters.matchAll(/\b([A-Z_]+)=/g)].map(([, name]) => name!);
}

/**
 * What is wrong with parameters that no target of a run takes: make would ignore them, and BACKUP=1 on a target without a
 * backup would be a backup that nobody made. A name that is near none of ours is a variable of make, and nobody's slip.
 *
 * @param goals targets of the run; nothing is wrong where one of them is not listed, since it may take anything.
 * @param given names that none of them takes.
 */
export function slips(targets: readonly Target[], goals: readonly string[], given: readonly string[]): string[] {
    const called = targets.filter(({ name }) => goals.includes(name));
    if (called.length < goals.length) {
        return [];
    }
    const taken = [...new Set(called.flatMap(parametersOf))];
    const known = new Set(targets.flatMap(parametersOf));
    return given.flatMap((name) => {
        const near = suggestion(name, taken);
        const slip = known.has(name) || near !== "";
        return slip ? [`make ${goals.join(" ")} takes no ${name}${near}; it takes ${taken.join(", ")}`] : [];
    });
}
