import { openingText } from "../../firewall/openings";
import { GATEWAY, reachabilityOf, type Cell } from "../../firewall/reachability";
import type { Substrate } from "../../substrate/substrate";

/** Stands for the tenants together, where something holds for each of them. */
export const EVERY_TENANT = "every tenant";

/** Way from one place to another; places are tenants, segments of the site, and what reachability names. */
export interface MapPath {
    readonly from: string;
    readonly to: string;
    /** Openings, as `tcp 5432`. */
    readonly open: readonly string[];
}

/**
 * The allowed paths, what holds for every tenant drawn together: ten tenants would else have forty arrows that all say the
 * same. What a tenant's VMs reach of their own segment is left out, since it crosses no wall.
 */
export function pathsOf(substrate: Substrate): MapPath[] {
    const tenants = substrate.tenants.map(({ name }) => name);
    const cells = reachabilityOf(substrate)
        .filter(({ from, to }) => from !== to)
        .map((cell) => ({ from: cell.from, to: cell.to, open: textsOf(cell) }));
    const isTenant = (place: string) => tenants.includes(place);
    const outward = cells.filter(({ from, to }) => isTenant(from) && !isTenant(to));
    const inward = cells.filter(({ from }) => !isTenant(from));
    const between = cells.filter(({ from, to }) => isTenant(from) && isTenant(to));
    return [
        ...folded(outward, "to", (to, open) => ({ from: EVERY_TENANT, to, open }), tenants.length),
        ...folded(inward, "from", (from, open) => ({ from, to: EVERY_TENANT, open }), tenants.length),
        ...between,
    ].filter(({ open }) => open.length > 0);
}

/** A gateway is each tenant's own, so that its address says nothing there. */
function textsOf({ to, openings }: Cell): string[] {
    const texts = openings.map(({ part, ...opening }) =>
        openingText({ ...opening, ...(part !== undefined && to !== GATEWAY && { part }) }),
    );
    return [...new Set(texts)];
}

/** Paths to, or from, each place: what is open for every tenant in one path, what is not in the tenants' own. */
function folded(
    paths: readonly MapPath[],
    by: "from" | "to",
    together: (place: string, open: readonly string[]) => MapPath,
    tenants: number,
): MapPath[] {
    return [...new Set(paths.map((path) => path[by]))].flatMap((place) => {
        const own = paths.filter((path) => path[by] === place);
        const counts = (text: string) => own.filter(({ open }) => open.includes(text)).length === tenants;
        const common = own[0]!.open.filter(counts);
        const rest = own.map((path) => ({ ...path, open: path.open.filter((text) => !common.includes(text)) }));
        return [together(place, common), ...rest];
    });
}
