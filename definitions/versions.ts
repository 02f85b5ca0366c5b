/** Order of two versions by their numbers, as for a sort: numbers that one of them lacks count as 0. */
export function compareVersions(one: readonly number[], other: readonly number[]): number {
    const at = [...one.keys(), ...other.keys()].find((place) => (one[place] ?? 0) !== (other[place] ?? 0));
    return at === undefined ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
