import { compareVersions } from "../definitions/versions";

/** Lines of PVE that the program is known to work with: real code of both was run (tests/lab/corpus/README.md). */
export const KNOWN_PVE = ["8.4", "9.2"] as const;

/** First version of PVE on Debian 13. */
const ON_DEBIAN_13 = "9.0";

/**
 * Whether a version of PVE, such as 9.2.11, is another one or newer. What is missing of either counts as 0, and what follows the
 * numbers, such as `~rc1`, does not count.
 */
export function isAtLeast(version: string, least: string): boolean {
    return compareVersions(numbersOf(version), numbersOf(least)) >= 0;
}

function numbersOf(version: string): number[] {
    return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
}

/** Whether the program is known to work with a version. */
export function isKnownPve(version: string): boolean {
    return KNOWN_PVE.some((line) => version === line || version.startsWith(`${line}.`));
}

/** The Debian under a version of PVE, as its os-release says it. */
export function debianUnder(version: string): string {
    return `debian ${isAtLeast(version, ON_DEBIAN_13) ? 13 : 12}`;
}

/**
 * The warning about a node whose version is none of the known ones; undefined where there is nothing to say.
 *
 * @param name the hypervisor.
 */
export function versionWarning(name: string, node: string, version: string): string | undefined {
    return isKnownPve(version)
        ? undefined
        : `${name}: node ${node} runs PVE ${version}, which is not known to work: this program was run with ${KNOWN_PVE.join(" and ")}. ` +
              "What it needs of the node is checked all the same; `tenants conformance` says what such a node answers otherwise";
}
