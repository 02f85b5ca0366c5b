import { shareText, supplyTitle } from "../../substrate/capacity";
import type { Tenant } from "../../substrate/substrate";
import { schemeStyle } from "../html";
import { stampText } from "../stamp";
import { bar, tenantsIn } from "./bars";
import { COLOUR_CLASSES, colourClass, MAP_COLOURS } from "./colours";
import type { MapContent, MapHypervisor, MapTenant, MapVm } from "./content";
import { diagram, type Picture } from "./diagram";
import { element, line, title } from "./shapes";
import { addressText, driftText, driftVerdict, segmentText, sizeText, summary } from "./words";
import { partText } from "./read";

/** How bars, boxes and arrows look, in the picture and in the page. */
export const SHAPES_STYLE = COLOUR_CLASSES + partText("shapes.css");

const WIDTH = 1200;
const MARGIN = 16;
const ROOM = WIDTH - 2 * MARGIN;
const TILE = { width: 187, height: 58, gap: 8 };
const COLUMNS = Math.floor((ROOM + TILE.gap) / (TILE.width + TILE.gap));
/** Between blocks, between lines of text, and from the top of a block to the base of its title. */
const SPACE = 28;
const LINE = 18;
const TITLE = 18;
/** How much larger the router is drawn than on a phone. */
const ZOOM = 1.2;

const MARKS = "solid line: physical · dashed: may be promised";

/** A colour of the legend beside its name, and from one name to the next. */
const SWATCH = { size: 12, text: 18, gap: 18 };
/** Width of a letter of the legend. */
const LETTER = 12 * 0.62;

/** The map as one SVG picture that needs nothing else, in light or dark as the reader's device has it. */
export function asSvg(content: MapContent): string {
    const { substrate } = content;
    const blocks = [
        heading(content),
        ...content.hypervisors.map((one) => hypervisorBlock(content, one)),
        network(content),
        ...content.tenants.map(tenantBlock),
    ];
    const [shapes, height] = stacked(blocks);
    const size = { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}` };
    const style = `${schemeStyle(MAP_COLOURS)}${SHAPES_STYLE}text { font-family: system-ui, sans-serif; fill: var(--ink); }
text.muted { fill: var(--muted); }
text.bad { fill: var(--bad); }
`;
    const ground = element("rect", { width: WIDTH, height, style: "fill: var(--page)" });
    return (
        element(
            "svg",
            { xmlns: "http://www.w3.org/2000/svg", ...size, role: "img" },
            `${title(`Map of ${substrate.name}`)}<style>\n${style}</style>\n${ground}\n${shapes}\n`,
        ) + "\n"
    );
}

/** Blocks below each other. */
function stacked(blocks: readonly Picture[]): [shapes: string, height: number] {
    let y = MARGIN;
    const placed = blocks.map(({ shapes, height }) => {
        const at = element("g", { transform: `translate(${MARGIN},${y})` }, shapes);
        y += height + SPACE;
        return at;
    });
    return [placed.join("\n"), y];
}

function block(height: number, shapes: readonly string[]): Picture {
    return { width: ROOM, height, shapes: shapes.join("\n") };
}

function heading(content: MapContent): Picture {
    const { name, zone } = content.substrate;
    const drawn = content.stamp === undefined ? "" : ` · drawn ${stampText(content.stamp)}`;
    const drifts = (content.told?.drift.length ?? 0) > 0;
    return block(62, [
        line(name, { class: "strong", y: 24 }, 24, ROOM),
        line(`${zone} · ${summary(content)}${drawn}`, { class: "muted", y: 43 }, 13, ROOM),
        line(driftVerdict(content), { class: drifts ? "bad" : "muted", y: 61 }, 13, ROOM),
    ]);
}

function hypervisorBlock({ substrate }: MapContent, { hypervisor, shares, drift }: MapHypervisor): Picture {
    const head = `Hypervisor ${hypervisor.name} (node ${hypervisor.node})`;
    const none =
        shares.length === 0 ? [line("its hardware is not chosen yet", { class: "muted", y: 38 }, 13, ROOM)] : [];
    const legend = legendOf(tenantsIn(substrate.tenants, shares));
    const top = 32 + legend.height;
    const bars = shares.flatMap((share, row) => {
        const y = top + row * 40;
        return [
            line(supplyTitle(share), { y: y + 14 }, 13, 80),
            bar(substrate, share, { x: 80, y, width: ROOM - 80, height: 16 }),
            line(shareText(share), { class: "muted", x: 80, y: y + 31 }, 12, ROOM - 80),
        ];
    });
    const below = top + Math.max(1, shares.length) * 40;
    return block(below + drift.length * LINE, [
        line(head, { class: "strong", y: TITLE }, 16, ROOM / 2),
        line(MARKS, { class: "muted", x: ROOM, y: TITLE, "text-anchor": "end" }, 12, ROOM / 2),
        ...none,
        element("g", { transform: "translate(0,28)" }, legend.shapes),
        ...bars,
        ...drift.map((row, at) => line(driftText(row), { class: "bad", y: below + (at + 1) * LINE - 4 }, 12, ROOM)),
    ]);
}

/** Names of the tenants beside their colours, in as many lines as they need. */
function legendOf(tenants: readonly Tenant[]): Picture {
    let [x, y] = [0, 0];
    const items = tenants.map(({ name, segment }) => {
        const width = SWATCH.text + name.length * LETTER + SWATCH.gap;
        if (x > 0 && x + width > ROOM) {
            [x, y] = [0, y + LINE];
        }
        const at = { class: `own ${colourClass(segment.vlan)}`, x, y, width: SWATCH.size, height: SWATCH.size, rx: 3 };
        const item = element("rect", at) + line(name, { x: x + SWATCH.text, y: y + 10 }, 12, ROOM - SWATCH.text);
        x += width;
        return item;
    });
    return { shapes: items.join(""), width: ROOM, height: tenants.length === 0 ? 0 : y + LINE };
}

/** The router, with the paths in words beside it. */
function network(content: MapContent): Picture {
    const picture = diagram(content);
    const x = picture.width * ZOOM + 24;
    const words = [
        ...content.routerDrift.map((row) => [driftText(row), "bad"] as const),
        ...content.paths.map(({ from, to, open }) => [`${from} → ${to}: ${open.join(", ")}`, "muted"] as const),
    ];
    const height = SPACE + Math.max(picture.height * ZOOM, words.length * LINE);
    return block(height, [
        line("Core router, segments and allowed paths", { class: "strong", y: TITLE }, 16, ROOM),
        element("g", { transform: `translate(0,${SPACE}) scale(${ZOOM})` }, picture.shapes),
        ...words.map(([text, kind], row) => line(text, { class: kind, x, y: SPACE + (row + 1) * LINE }, 12, ROOM - x)),
    ]);
}

function tenantBlock({ tenant, ends, vms, drift }: MapTenant): Picture {
    const rows = Math.ceil(vms.length / COLUMNS);
    const tiles = vms.map((vm, index) =>
        tile(
            vm,
            (index % COLUMNS) * (TILE.width + TILE.gap),
            32 + Math.floor(index / COLUMNS) * (TILE.height + TILE.gap),
        ),
    );
    const below = 32 + rows * (TILE.height + TILE.gap);
    const head = [tenant.name, segmentText(tenant.segment), tenant.zone, ...(ends === undefined ? [] : [ends])].join(
        " · ",
    );
    return block(below + drift.length * LINE, [
        element("rect", { class: `own ${colourClass(tenant.segment.vlan)}`, y: 4, width: 16, height: 16, rx: 3 }),
        line(head, { class: "strong", x: 24, y: TITLE }, 15, ROOM - 24),
        ...tiles,
        ...drift.map((row, at) => line(driftText(row), { class: "bad", y: below + (at + 1) * LINE - 4 }, 12, ROOM)),
    ]);
}

/** A VM: name, number and address, size, or when it ends; whatever else it is called stands in its title. */
function tile({ vm, aliases, ends, template, drift }: MapVm, x: number, y: number): string {
    const drifts = drift.length > 0;
    const room = TILE.width - 12;
    const left = x + 8;
    const badge = drifts ? `drift: ${drift.length}` : "";
    const at = { x, y, width: TILE.width, height: TILE.height, rx: 4 };
    const inside = [
        title([vm.fqdn, ...vm.aliases, ...[ends ?? [], template ?? []].flat(), ...drift.map(driftText)].join("\n")),
        element("rect", { class: `box tile${drifts ? " bad" : ""}`, ...at }),
        line(vm.name, { class: "strong", x: left, y: y + 17 }, 12, room - badge.length * 8),
        line([vm.vmid, addressText(vm), ...aliases].join(" · "), { class: "muted", x: left, y: y + 33 }, 11, room),
        line(ends ?? sizeText(vm), { class: "muted", x: left, y: y + 49 }, 10, room),
    ];
    if (drifts) {
        inside.push(line(badge, { class: "bad", x: x + room + 4, y: y + 17, "text-anchor": "end" }, 11, room));
    }
    return element("g", {}, inside.join(""));
}
