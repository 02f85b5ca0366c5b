import { mismatchesOf, probeText, type Finding, type Proof } from "../proof/findings";
import { cutInTheMiddle, escaped, htmlPage } from "./html";
import { cellsByTenant, openText, openWays, tenantsIn } from "./proofOpen";
import { cellsOf, columnsOf, signOf, type MatrixCell } from "./proofText";
import { stampText, type Stamp } from "./stamp";

/** Class and meaning of each sign of the matrix. */
const SIGNS: Readonly<Record<string, readonly [kind: string, meaning: string]>> = {
    o: ["open", "open"],
    p: ["part", "open in part"],
    ".": ["denied", "denied"],
    X: ["wrong", "not as declared"],
};

const STYLE = `
h1 { margin: 0; font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.2rem; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
.table { overflow-x: auto; }
.quiet { color: var(--muted); }
.open { --sign: #2e8b57; }
.part { --sign: #d09a1c; }
.denied { --sign: var(--faint); }
.wrong { --sign: var(--bad); }
rect { fill: var(--sign); }
.mark { fill: none; stroke: var(--page); stroke-width: 2; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0; padding: 0; list-style: none; }
.legend span { display: inline-block; width: 1em; height: 1em; margin-right: .4em; vertical-align: -.12em; background: var(--sign); }
.picture { display: flex; align-items: flex-end; overflow-x: auto; }
.picture svg { flex: none; }
.names { position: sticky; left: 0; background: var(--page); }
@media (max-width: 30rem) { body { padding: .75rem; } td, th { padding: 2px 5px; font-size: .85rem; } }
`;

/** Side of a cell in pixels, the width of a letter of the names, and the most that a name has room for. */
const SIDE = 16;
const LETTER = 6.8;
const NAME_MAX = 170;

/** Most VMs with a row of their own: a square of more is neither drawn nor read. */
const ROWS_MAX = 60;

/** Most rows of a table; JSON has all. */
const FINDINGS_MAX = 400;

/** The proof as one page that needs nothing else and can be kept: mismatches first, then what is open, and the matrix. */
export function asPage(proof: Proof, stamp?: Stamp): string {
    const wrong = mismatchesOf(proof);
    const verdict = wrong.length === 0 ? "all as declared" : `${wrong.length} not as declared`;
    const notStopped = proof.spoofing.filter(({ note }) => note !== undefined);
    const title = `Isolation of ${proof.substrate}`;
    const byTenant = cellsByTenant(proof.matrix);
    const body = `<h1>${escaped(title)}</h1>
<p><b>${verdict}</b>: ${proof.vms} VMs${proof.node === undefined ? "" : ` on ${escaped(proof.node)}`}, ${proof.matrix.length} probes from inside, in ${proof.seconds} s.</p>
${(proof.unmeasured ?? []).map((nic) => `<p><b>Not measured</b>: ${escaped(nic)}; verify asks by the first NICs.</p>`).join("\n")}
${stamp === undefined ? "" : `<p class="quiet">Measured ${escaped(stampText(stamp))}</p>`}
${section("Not as declared", wrong)}
${openSection(proof, byTenant)}
${matrixSection(proof, byTenant)}
${section("In every moment of a VM's life and of the router's boot", proof.moments)}
${section("Faults made on purpose", proof.controls)}
${section("Not stopped by this design", notStopped)}
${section(
    "Stopped",
    proof.spoofing.filter(({ note }) => note === undefined),
)}
${section("Addresses", proof.addresses)}`;
    return htmlPage({ title, style: STYLE, body });
}

function section(title: string, findings: readonly Finding[]): string {
    if (findings.length === 0) {
        return "";
    }
    const rows = findings
        .slice(0, FINDINGS_MAX)
        .map(({ what, expected, measured, note }) => [
            what,
            expected,
            note === undefined ? measured : `${measured} (${note})`,
        ]);
    const more = findings.length - rows.length;
    const rest = more === 0 ? "" : `\n<p>${more} more: --json prints all.</p>`;
    return `<h2>${title}</h2>\n${table(["what", "expected", "measured"], rows)}${rest}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const lines = rows.map((row) => `<tr>${row.map((text) => `<td>${escaped(text)}</td>`).join("")}</tr>`);
    return `<div class="table"><table><tr>${head.map((text) => `<th scope="col">${text}</th>`).join("")}</tr>\n${lines.join("\n")}\n</table></div>`;
}

function openSection({ matrix }: Proof, byTenant: readonly MatrixCell[]): string {
    const ways = openWays(byTenant, tenantsIn(matrix));
    const rows = ways.map(({ from, to, open }) => [from, to, open]);
    const shown = rows.length === 0 ? "<p>Nothing answered.</p>" : table(["from", "to", "answered"], rows);
    return `<h2>What is open</h2>\n<p class="quiet">Everything else that was tried is denied.</p>\n${shown}`;
}

function matrixSection({ matrix }: Proof, byTenant: readonly MatrixCell[]): string {
    const folds = new Set(matrix.map(({ from }) => from)).size > ROWS_MAX;
    const legend = Object.values(SIGNS).map(([kind, meaning]) => `<li class="${kind}"><span></span>${meaning}</li>`);
    const unit = folds ? '<p class="quiet">One row and column for each tenant, all of its VMs together.</p>\n' : "";
    return `<h2>Who reaches whom</h2>
${unit}<ul class="legend">${legend.join("")}</ul>
<div class="picture" tabindex="0" role="group" aria-label="Matrix of sources and destinations">${picture(folds ? byTenant : cellsOf(matrix), folds)}</div>`;
}

/**
 * Sources down, destinations across. The sources' names are a picture of their own, which stays where the cells are scrolled.
 *
 * @param folded whether a cell is of tenants: its title then counts, where it else names every probe.
 */
function picture(cells: readonly MatrixCell[], folded: boolean): string {
    const rows = [...new Set(cells.map(({ from }) => from))];
    const columns = columnsOf(cells);
    const [left, top] = [roomOf(rows), roomOf(columns)];
    const height = top + SIDE * rows.length;
    const across = columns.map((name, index) => {
        const x = SIDE * index + SIDE - 4;
        return `<text transform="translate(${x},${top - 6}) rotate(-90)">${fitting(name, top)}</text>`;
    });
    const down = rows.map((name, index) => {
        const y = top + SIDE * index + SIDE - 4;
        return `<text x="${left - 6}" y="${y}" text-anchor="end">${fitting(name, left)}</text>`;
    });
    const squares = cells.map((cell) => {
        const [x, y] = [SIDE * columns.indexOf(cell.to), top + SIDE * rows.indexOf(cell.from)];
        return square(cell, x, y, folded);
    });
    return `<svg class="names" width="${left}" height="${height}">\n${down.join("\n")}\n</svg><svg width="${SIDE * columns.length + 2}" height="${height}">\n${[...across, ...squares].join("\n")}\n</svg>`;
}

/** Room for the longest of some names, in pixels. */
function roomOf(names: readonly string[]): number {
    return Math.min(NAME_MAX, Math.ceil(Math.max(...names.map(({ length }) => length)) * LETTER) + 10);
}

/** A name, cut in its middle where it is longer than its room; its title then has all of it. */
function fitting(name: string, room: number): string {
    const letters = Math.floor((room - 10) / LETTER);
    return name.length <= letters
        ? escaped(name)
        : `${escaped(cutInTheMiddle(name, letters))}<title>${escaped(name)}</title>`;
}

function square(cell: MatrixCell, x: number, y: number, folded: boolean): string {
    const [kind] = SIGNS[signOf(cell)]!;
    const said = folded ? [openText(cell) || "denied"] : cell.probes.map(probeLine);
    const title = escaped(`${cell.from} -> ${cell.to}\n${said.join("\n")}`);
    const rect = `<rect class="${kind}" x="${x}" y="${y}" width="${SIDE - 1}" height="${SIDE - 1}"><title>${title}</title></rect>`;
    return rect + markOf(kind, x, y);
}

function probeLine({ probe, open, answered, ok }: MatrixCell["probes"][number]): string {
    return `${ok ? "" : "NOT AS DECLARED "}${probe.address} ${probeText(probe)}: ${answered === undefined ? "denied" : "open"}, declared ${open ? "open" : "denied"}`;
}

/** A sign for eyes that do not tell the colours: a cross on what is not as declared, a bar on what is open in part. */
function markOf(kind: string, x: number, y: number): string {
    const [from, to] = [4, SIDE - 5];
    switch (kind) {
        case "wrong":
            return `<path class="mark" d="M${x + from},${y + from}L${x + to},${y + to}M${x + from},${y + to}L${x + to},${y + from}"/>`;
        case "part":
            return `<path class="mark" d="M${x + from},${y + 7.5}H${x + to}"/>`;
        default:
            return "";
    }
}
