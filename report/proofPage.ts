import { escaped, htmlPage } from "./html";
import { mismatchesOf, probeText, type Finding, type Proof } from "../proof/findings";
import { cellsOf, columnsOf, signOf, type MatrixCell } from "./proofText";

const COLOURS: Readonly<Record<string, string>> = {
    o: "#2e8b57",
    p: "#e0b030",
    ".": "#d8dce2",
    X: "#d02020",
    "": "transparent",
};
const MEANINGS: readonly (readonly [string, string])[] = [
    ["o", "open"],
    ["p", "open in part"],
    [".", "denied"],
    ["X", "not as declared"],
];

const STYLE = `
.picture { overflow-x: auto; }
.legend span { display: inline-block; width: 1em; height: 1em; margin: 0 .4em 0 1em; vertical-align: middle; }
`;

/** Side of a cell and length of the names beside the picture, in pixels. */
const SIDE = 16;
const NAMES = 170;

/** The proof as one page that needs nothing else: mismatches, the matrix as a picture, and everything beside it. */
export function asPage(proof: Proof): string {
    const wrong = mismatchesOf(proof);
    const verdict = wrong.length === 0 ? "all as declared" : `${wrong.length} not as declared`;
    const notStopped = proof.spoofing.filter(({ note }) => note !== undefined);
    const title = `Isolation of ${proof.substrate}`;
    const body = `<h1>${escaped(title)}</h1>
<p><b>${verdict}</b>: ${proof.vms} VMs${proof.node === undefined ? "" : ` on ${escaped(proof.node)}`}, ${proof.matrix.length} probes from inside, in ${proof.seconds} s.</p>
${section("Not as declared", wrong)}
<h2>Who reaches whom</h2>
<p class="legend">${MEANINGS.map(([sign, meaning]) => `<span style="background:${COLOURS[sign]}"></span>${meaning}`).join("")}</p>
<div class="picture" tabindex="0">${picture(cellsOf(proof.matrix))}</div>
${section("At every moment of a VM's life", proof.moments)}
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
    const rows = findings.map(({ what, expected, measured, note }) =>
        [what, expected, note === undefined ? measured : `${measured} (${note})`]
            .map((text) => `<td>${escaped(text)}</td>`)
            .join(""),
    );
    const head = "<tr><th>what<th>expected<th>measured</tr>";
    return `<h2>${title}</h2>\n<table>${head}\n${rows.map((row) => `<tr>${row}</tr>`).join("\n")}\n</table>`;
}

/** Sources down, destinations across; each cell says in its title what was asked and what came of it. */
function picture(cells: readonly MatrixCell[]): string {
    const rows = [...new Set(cells.map(({ from }) => from))];
    const columns = columnsOf(cells);
    const width = NAMES + SIDE * columns.length + 10;
    const height = NAMES + SIDE * rows.length + 10;
    const across = columns.map((name, index) => {
        const x = NAMES + SIDE * index + SIDE - 4;
        return `<text transform="translate(${x},${NAMES - 6}) rotate(-90)">${escaped(name)}</text>`;
    });
    const down = rows.map((name, index) => {
        const y = NAMES + SIDE * index + SIDE - 4;
        return `<text x="${NAMES - 6}" y="${y}" text-anchor="end">${escaped(name)}</text>`;
    });
    const squares = cells.map((cell) => square(cell, columns.indexOf(cell.to), rows.indexOf(cell.from)));
    return `<svg width="${width}" height="${height}">\n${[...across, ...down, ...squares].join("\n")}\n</svg>`;
}

function square(cell: MatrixCell, column: number, row: number): string {
    const place = `x="${NAMES + SIDE * column}" y="${NAMES + SIDE * row}" width="${SIDE - 1}" height="${SIDE - 1}"`;
    const said = cell.probes.map(({ probe, open, answered, ok }) => {
        return `${ok ? "" : "NOT AS DECLARED "}${probe.address} ${probeText(probe)}: ${answered === undefined ? "denied" : "open"}, declared ${open ? "open" : "denied"}`;
    });
    const title = escaped(`${cell.from} -> ${cell.to}\n${said.join("\n")}`);
    return `<rect ${place} fill="${COLOURS[signOf(cell)]}"><title>${title}</title></rect>`;
}
