import { compareVersions } from "../../definitions/versions";

/** How a version may stand to another one. */
const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
    ">=": (order) => order >= 0,
    ">": (order) => order > 0,
    "<=": (order) => order <= 0,
    "<": (order) => order < 0,
    "==": (order) => order === 0,
    "=": (order) => order === 0,
    "!=": (order) => order !== 0,
};

/**
 * Whether a version is in a range as galaxy.yml has it: conditions with commas between them, each an operator and a version, `==`
 * where there is none, and `*` for any (ansible/ansible, lib/ansible/galaxy/dependency_resolution/versioning.py, meets_requirements).
 */
export function isWithin(version: string, range: string): boolean {
    return range.split(",").every((condition) => {
        const [, operator = "==", wanted = ""] = /^\s*(>=|<=|!=|==|=|>|<)?\s*(\S*)\s*$/.exec(condition) ?? [];
        return ["*", ""].includes(wanted) || HOLDS[operator]!(compareVersions(numbersOf(version), numbersOf(wanted)));
    });
}

/** Numbers of a version; what stands behind a dash or plus is left out. */
function numbersOf(version: string): number[] {
    return version.split(/[-+]/)[0]!.split(".").map(Number);
}
