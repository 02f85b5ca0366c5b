import { mismatchesOf, type Measured, type Proof } from "../proof/findings";

/** Most mismatches that are told one by one; the rest stands in JSON and on the page. */
const MISMATCHES_MAX = 40;

/** Most rows of a matrix that still fits a terminal. */
const ROWS_MAX = 30;

/** A cell of the matrix: what one host reaches of another. */
export interface MatrixCell {
    readonly from: string;
    readonly to: string;
    readonly probes: readonly Measured[];
    /** How many probes had an answer, and how many are not as declared. */
    readonly open: number;
    readonly mismatches: number;
}

/** The probes by source and destination, in the order in which they were declared. */
export function cellsOf(matrix: readonly Measured[]): MatrixCell[] {
    const cells = new Map<string, Measured[]>();
    for (const probe of matrix) {
        const key = `${probe.from} ${probe.to}`;
        const cell = cells.get(key);
        if (cell === undefined) {
            cells.set(key, [probe]);
        } else {
            cell.push(probe);
        }
    }
    return [...cells.values()].map((probes) => ({
        from: probes[0]!.from,
        to: probes[0]!.to,
        probes,
        open: probes.filter(({ answered }) => answered !== undefined).length,
        mismatches: probes.filter(({ ok }) => !ok).length,
    }));
}

/** The proof for a terminal: mismatches first, then the matrix, what this design does not stop, the controls and sums. */
export function asText(proof: Proof): string {
    const wrong = mismatchesOf(proof);
    const told = wrong
        .slice(0, MISMATCHES_MAX)
        .map((one) => `MISMATCH ${one.what}: expected ${one.expected}; ${one.measured}`);
    const more = wrong.length > told.length ? [`... and ${wrong.length - told.length} more: --json has them all`] : [];
    const notStopped = proof.spoofing.filter(({ ok, note }) => ok && note !== undefined);
    return [
        ...told,
        ...more,
        ...matrixLines(proof),
        ...notStopped.map(({ what, measured, note }) => `not stopped: ${what}: ${measured} (${note})`),
        ...proof.moments.filter(({ ok }) => ok).map(({ what, measured }) => `moments: ${what}: ${measured}`),
        ...proof.controls.map(({ what, measured }) => `control: ${what}: ${measured}`),
        ...(proof.unmeasured ?? []).map((nic) => `not measured: ${nic}: verify asks by the first NICs`),
        sums(proof, wrong.length),
    ].join("\n");
}

/** One line for each source: `o` open, `.` denied, `p` some of both, `X` not as declared; the columns below each other first. */
function matrixLines({ matrix }: Proof): string[] {
    const cells = cellsOf(matrix);
    const rows = [...new Set(cells.map(({ from }) => from))];
    const columns = columnsOf(cells);
    if (rows.length > ROWS_MAX) {
        return [];
    }
    const width = Math.max(...rows.map((row) => row.length));
    const byPlace = new Map(cells.map((cell) => [`${cell.from} ${cell.to}`, cell]));
    const legend = columns.map((column, index) => `  ${String(index + 1).padStart(2)} ${column}`);
    const head = `${"from \\ to".padEnd(width)} ${columns.map((_, index) => String(index + 1).padStart(3)).join("")}`;
    const lines = rows.map((row) => {
        const signs = columns.map((column) => signOf(byPlace.get(`${row} ${column}`)).padStart(3));
        return `${row.padEnd(width)} ${signs.join("")}`;
    });
    return ["measured: o open, p open in part, . denied, X not as declared", ...legend, head, ...lines];
}

/** Destinations in the order of the sources, those that are no source last. */
export function columnsOf(cells: readonly MatrixCell[]): string[] {
    const targets = new Set(cells.map(({ to }) => to));
    const sources = cells.map(({ from }) => from).filter((name) => targets.has(name));
    return [...new Set([...sources, ...targets])];
}

/** How a cell shows; empty where nothing was asked. */
export function signOf(cell: MatrixCell | undefined): string {
    if (cell === undefined) {
        return "";
    }
    if (cell.mismatches > 0) {
        return "X";
    }
    return cell.open === 0 ? "." : cell.open === cell.probes.length ? "o" : "p";
}

function sums(
    { substrate, node, vms, matrix, addresses, names, spoofing, moments, controls, seconds }: Proof,
    wrong: number,
): string {
    const all = [matrix, addresses, names, spoofing, moments, controls].reduce((sum, some) => sum + some.length, 0);
    const cells = cellsOf(matrix).length;
    return (
        `${substrate}: ${vms} VMs, ${cells} cells with ${matrix.length} probes, ${all} measured in ${seconds} s${node === undefined ? "" : ` on ${node}`}: ` +
        (wrong === 0 ? "all as declared" : `${wrong} not as declared`)
    );
}
