import { probeText, type Measured } from "../proof/findings";
import { cellsOf, type MatrixCell } from "./proofText";

const EVERY_TENANT = "every tenant";
const ITSELF = "itself";

/** One way that was open when it was measured; from and to are tenants or places outside. */
export interface OpenWay {
    readonly from: string;
    readonly to: string;
    /** Protocols and ports that were answered, or that all were. */
    readonly open: string;
}

/** The tenant of a VM's name, tenant/vm; a place outside is its own. */
function ownerOf(name: string): string {
    return name.split("/")[0]!;
}

/** The matrix with one row and column for each tenant in place of those of its VMs. */
export function cellsByTenant(matrix: readonly Measured[]): MatrixCell[] {
    return cellsOf(matrix.map((probe) => ({ ...probe, from: ownerOf(probe.from), to: ownerOf(probe.to) })));
}

/**
 * Every way that was open, with its ports; what every tenant has is one way, since ten tenants would repeat it ten times.
 *
 * @param cells of tenants (cellsByTenant).
 */
export function openWays(cells: readonly MatrixCell[], tenants: ReadonlySet<string>): OpenWay[] {
    const ways = cells
        .filter(({ open }) => open > 0)
        .map((cell) => {
            const to = cell.from === cell.to ? ITSELF : cell.to;
            return { from: cell.from, to, open: openText(cell) };
        });
    const outward = (way: OpenWay) => tenants.has(way.from) && !tenants.has(way.to);
    const inward = (way: OpenWay) => !tenants.has(way.from);
    const shared = (way: OpenWay, alike: (other: OpenWay) => boolean) =>
        ways.filter((other) => other.open === way.open && alike(other)).length === tenants.size;
    const folded = ways.map((way) => {
        if (outward(way) && shared(way, (other) => outward(other) && other.to === way.to)) {
            return { ...way, from: EVERY_TENANT };
        }
        return inward(way) && shared(way, (other) => other.from === way.from) ? { ...way, to: EVERY_TENANT } : way;
    });
    return [...new Map(folded.map((way) => [`${way.from} ${way.to} ${way.open}`, way])).values()];
}

/** Tenants whose VMs are among the sources. */
export function tenantsIn(matrix: readonly Measured[]): Set<string> {
    const sources = [...new Set(matrix.map(({ from }) => from))];
    return new Set(sources.filter((name) => name.includes("/")).map(ownerOf));
}

/** Questions of a cell that had an answer; those that only some had, for one address or VM of several, say so. */
export function openText({ probes, open }: MatrixCell): string {
    if (open === probes.length) {
        return "all that was tried";
    }
    const asked = tally(probes);
    const answered = tally(probes.filter((probe) => probe.answered !== undefined));
    return [...answered]
        .map(([question, count]) => {
            const all = asked.get(question)!;
            return count === all ? question : `${question} (${count} of ${all})`;
        })
        .join(", ");
}

/** How often each question stands among probes. */
function tally(probes: readonly Measured[]): Map<string, number> {
    const counts = new Map<string, number>();
    probes.forEach(({ probe }) => counts.set(probeText(probe), (counts.get(probeText(probe)) ?? 0) + 1));
    return counts;
}
