import { colourClass } from "./colours";
import type { MapContent, MapPlace, MapTenant } from "./content";
import { lay, laneCount, type Bus, type Laid } from "./lanes";
import { EVERY_TENANT, type MapPath } from "./paths";
import { element, line, title } from "./shapes";
import { GATEWAY } from "../../firewall/reachability";

/** A picture: SVG elements, and the size that they need. */
export interface Picture {
    readonly shapes: string;
    readonly width: number;
    readonly height: number;
}

/** Sizes in the picture's units, which are pixels on a phone. */
const BOX = { width: 126, height: 38, gap: 8 };
const HEAD = 46;
const TRUNK = 14;
/** Between a tenant's box and the router, and between the router and the places behind it. */
const LINK = 12;
const REACH = 26;
const LANE = 7;
const FONT = 12;
const ARROW = 6;

/** Where everything is, once the lanes are counted. */
interface Plan {
    readonly content: MapContent;
    /** Paths between tenants, and of single tenants to places behind the router. */
    readonly left: readonly Laid[];
    readonly right: readonly Laid[];
    readonly tenantX: number;
    readonly trunkX: number;
    readonly placeX: number;
    readonly height: number;
}

/**
 * The router as a trunk: the tenants' segments on its left, the site's own and the internet on its right. An arrow that
 * begins or ends at the trunk holds for every tenant; one in a tenant's colour is that tenant's alone. It is as narrow as
 * a phone, however many tenants there are.
 */
export function diagram(content: MapContent): Picture {
    const plan = planOf(content);
    const { tenants, places, paths } = content;
    const shapes = [
        trunk(plan),
        ...tenants.map((tenant, row) => tenantBox(plan, tenant, row)),
        ...places.map((place, row) => placeBox(plan, place, row)),
        ...paths.flatMap((path) => commonArrow(plan, path)),
        ...plan.left.map((bus) => busBetween(plan, bus)),
        ...plan.right.map((bus) => busOutward(plan, bus)),
    ];
    return { shapes: shapes.join("\n"), width: plan.placeX + BOX.width + 1, height: plan.height };
}

function planOf(content: MapContent): Plan {
    const isTenant = (name: string) => content.tenants.some(({ tenant }) => tenant.name === name);
    const own = content.paths.filter(({ from, to }) => isTenant(from) && to !== GATEWAY);
    const heightOf = (name: string) => middleOf(content, name);
    const left = lay(busesOf(own.filter(({ to }) => isTenant(to))), heightOf);
    const right = lay(busesOf(own.filter(({ to }) => !isTenant(to))), heightOf);
    const tenantX = laneCount(left) === 0 ? 1 : laneCount(left) * LANE + ARROW + LANE;
    const trunkX = tenantX + BOX.width + LINK;
    const rows = Math.max(content.tenants.length, content.places.length);
    return {
        content,
        left,
        right,
        tenantX,
        trunkX,
        placeX: trunkX + TRUNK + REACH + laneCount(right) * LANE,
        height: HEAD + rows * (BOX.height + BOX.gap),
    };
}

function busesOf(paths: readonly MapPath[]): Bus[] {
    return [...new Set(paths.map(({ from }) => from))].map((source) => ({
        source,
        targets: paths.filter(({ from }) => from === source).map(({ to }) => to),
    }));
}

function middleOf({ tenants, places }: MapContent, name: string): number {
    const tenant = tenants.findIndex((one) => one.tenant.name === name);
    return topOf(tenant < 0 ? places.findIndex((place) => place.name === name) : tenant) + BOX.height / 2;
}

function topOf(row: number): number {
    return HEAD + row * (BOX.height + BOX.gap);
}

function trunk({ content, trunkX, placeX, height, tenantX }: Plan): string {
    const { coreRouter } = content.substrate;
    const drifts = content.routerDrift.length > 0 ? " bad" : "";
    const width = placeX + BOX.width - tenantX;
    const services = content.paths.find(({ from, to }) => from === EVERY_TENANT && to === GATEWAY);
    const below = services === undefined ? `mode ${coreRouter.mode}` : `gateways: ${services.open.join(", ")}`;
    return [
        element("rect", {
            class: `trunk${drifts}`,
            x: trunkX,
            y: 20,
            width: TRUNK,
            height: height - 20 - BOX.gap,
            rx: 3,
        }),
        element("rect", { class: `box${drifts}`, x: tenantX, y: 1, width, height: HEAD - BOX.gap - 2, rx: 4 }),
        line(`core router, mode ${coreRouter.mode}`, { class: "strong", x: tenantX + 8, y: 16 }, FONT, width - 16),
        line(below, { class: "muted", x: tenantX + 8, y: 31 }, FONT - 1, width - 16),
    ].join("\n");
}

function tenantBox({ tenantX, trunkX }: Plan, { tenant, segmentDrifts }: MapTenant, row: number): string {
    const { vlan, tagged, subnet } = tenant.segment;
    const y = topOf(row);
    const own = colourClass(vlan);
    const at = { x: tenantX, y, width: BOX.width, height: BOX.height };
    return element(
        "g",
        { class: own },
        [
            element("rect", {
                class: "link",
                x: tenantX + BOX.width,
                y: y + 16,
                width: trunkX - tenantX - BOX.width,
                height: 6,
            }),
            element("rect", { class: `box${segmentDrifts ? " bad" : ""}`, ...at, rx: 4 }),
            element("rect", { class: "own", x: tenantX + 1, y: y + 1, width: 6, height: BOX.height - 2, rx: 3 }),
            line(tenant.name, { class: "strong", x: tenantX + 12, y: y + 16 }, FONT, BOX.width - 16),
            line(
                tagged ? `${vlan} · ${subnet.cidr}` : "untagged",
                { class: "muted", x: tenantX + 12, y: y + 31 },
                FONT - 1,
                BOX.width,
            ),
        ].join(""),
    );
}

function placeBox({ placeX }: Plan, { name, detail }: MapPlace, row: number): string {
    const y = topOf(row);
    return [
        element("rect", { class: "box", x: placeX, y, width: BOX.width, height: BOX.height, rx: 4 }),
        line(name, { class: "strong", x: placeX + 8, y: y + (detail === "" ? 23 : 16) }, FONT, BOX.width - 12),
        detail === "" ? "" : line(detail, { class: "muted", x: placeX + 8, y: y + 31 }, FONT - 1, BOX.width),
    ].join("");
}

/** Paths of every tenant: from the trunk to a place, or from a place to the trunk. */
function commonArrow({ content, trunkX, placeX }: Plan, path: MapPath): string[] {
    const outward = path.from === EVERY_TENANT;
    const place = outward ? path.to : path.from;
    if ((!outward && path.to !== EVERY_TENANT) || place === GATEWAY) {
        return [];
    }
    const y = middleOf(content, place) + (outward ? -5 : 5);
    const [from, to] = outward ? [trunkX + TRUNK, placeX] : [placeX, trunkX + TRUNK];
    return [group("common", path, element("path", { d: `M${from},${y}H${to}` }) + arrow(to, y, outward ? 1 : -1))];
}

function busBetween({ content, tenantX, left }: Plan, bus: Laid): string {
    const x = tenantX - ARROW - LANE * (bus.lane + 1);
    const start = middleOf(content, bus.source) + 10;
    return ownGroup(content, bus, (to) => {
        const y = entryOf(content, to, bus.lane, laneCount(left));
        return element("path", { d: `M${tenantX},${start}H${x}V${y}H${tenantX}` }) + arrow(tenantX, y, 1);
    });
}

function busOutward({ content, tenantX, trunkX, placeX, right }: Plan, bus: Laid): string {
    const x = trunkX + TRUNK + LANE * (bus.lane + 1);
    const start = middleOf(content, bus.source) + 10;
    return ownGroup(content, bus, (to) => {
        const y = entryOf(content, to, bus.lane, laneCount(right));
        return element("path", { d: `M${tenantX + BOX.width},${start}H${x}V${y}H${placeX}` }) + arrow(placeX, y, 1);
    });
}

/** Arrows of one tenant, in its colour, each with what it lets through. */
function ownGroup(content: MapContent, { source, targets }: Laid, draw: (to: string) => string): string {
    const { vlan } = content.tenants.find(({ tenant }) => tenant.name === source)!.tenant.segment;
    const paths = targets.map((to) => content.paths.find((path) => path.from === source && path.to === to)!);
    return paths.map((path) => group(`own-path ${colourClass(vlan)}`, path, draw(path.to))).join("\n");
}

function group(kind: string, { from, to, open }: MapPath, inside: string): string {
    return element("g", { class: `path ${kind}` }, title(`${from} → ${to}: ${open.join(", ")}`) + inside);
}

/** Heights at which arrows of different lanes reach a box: in its upper half, where none leaves it. */
function entryOf(content: MapContent, place: string, lane: number, lanes: number): number {
    return middleOf(content, place) - BOX.height / 2 + 4 + (lane * (BOX.height / 2 - 4)) / Math.max(1, lanes);
}

/** @param way 1 for one that points to the right, -1 to the left. */
function arrow(x: number, y: number, way: 1 | -1): string {
    const back = x - way * ARROW;
    return element("path", { class: "head", d: `M${x},${y}L${back},${y - 4}V${y + 4}Z` });
}
