import { shareText, supplyTitle, type Share } from "../../substrate/capacity";
import type { Substrate } from "../../substrate/substrate";
import type { DriftRow } from "../row";
import { byTenant } from "../drift";
import { escaped, htmlPage, schemeStyle } from "../html";
import { stampText } from "../stamp";
import { bar, tenantsIn } from "./bars";
import { colourClass, MAP_COLOURS } from "./colours";
import type { MapContent, MapHypervisor, MapTenant } from "./content";
import { diagram } from "./diagram";
import { partText } from "./read";
import { SHAPES_STYLE } from "./svg";
import { vmItem } from "./vmItem";
import { counted, driftText, driftVerdict, segmentText, summary } from "./words";

const STYLE = schemeStyle(MAP_COLOURS) + SHAPES_STYLE + partText("page.css");
const SCRIPT = partText("keyboard.js");

const FLAT = "The tenants share a flat network (coreRouter.mode: none), and nothing keeps them apart.";

/**
 * The map as one HTML page that needs nothing else: no server, no other file, no network. It works without its script,
 * which only shortens the way of the Tab key.
 */
export function asPage(content: MapContent): string {
    const { name, zone } = content.substrate;
    const body = `<a class="skip" href="#tenants">Skip to the tenants</a>
<header>
<h1>${escaped(name)}</h1>
<p class="quiet">${escaped(zone)} · ${summary(content)}</p>
${content.stamp === undefined ? "" : `<p class="quiet">Drawn ${escaped(stampText(content.stamp))}</p>\n`}${driftSection(content)}
</header>
<main>
${content.hypervisors.map((one) => hypervisorSection(content, one)).join("\n")}
${networkSection(content)}
<section class="tenants">
<h2 id="tenants" tabindex="-1">Tenants</h2>
<p class="quiet">Point at a VM, or move to it with Tab and the arrow keys, to see all of it.</p>
${legend(content)}
${content.tenants.map(tenantSection).join("\n")}
</section>
</main>`;
    return htmlPage({ title: `Map of ${name}`, style: STYLE, body, script: SCRIPT });
}

function driftSection(content: MapContent): string {
    const verdict = escaped(driftVerdict(content));
    const rows = content.told?.drift ?? [];
    if (rows.length === 0) {
        return `<p${(content.told?.untold.length ?? 0) > 0 ? ' class="red"' : ""}>${verdict}</p>`;
    }
    const groups = byTenant(rows).map(
        ([tenant, own]) =>
            `<h3>${escaped(tenant || "no tenant")}</h3>\n<ul>\n${own.map((row) => driftItem(content, row)).join("\n")}\n</ul>`,
    );
    return `<section class="drift" aria-labelledby="drift">\n<h2 id="drift">${verdict}</h2>\n${groups.join("\n")}\n</section>`;
}

/** A row of drift, with a link to the VM that it is about. */
function driftItem({ tenants }: MapContent, row: DriftRow): string {
    const vm = tenants.flatMap(({ vms }) => vms).find(({ drift }) => drift.includes(row))?.vm;
    const text = escaped(driftText(row));
    const linked = vm === undefined ? text : `<a href="#vm-${vm.vmid}">${text}</a>`;
    return `<li>${linked}<br><span class="settle">${escaped(row.settle)}</span></li>`;
}

function hypervisorSection({ substrate }: MapContent, { hypervisor, shares, drift }: MapHypervisor): string {
    const bars = shares.map((share) => {
        const picture = bar(substrate, share, { x: 0, y: 5, width: 1000, height: 18 });
        const name = supplyTitle(share);
        const text = `${name}: ${shareText(share)}`;
        return `<div class="share"><p><b>${name}</b> ${escaped(shareText(share))}</p>
<svg viewBox="0 0 1000 28" preserveAspectRatio="none" role="img" aria-label="${escaped(text)}">${picture}</svg></div>`;
    });
    return `<section>
<h2>Hypervisor ${escaped(hypervisor.name)} <small class="quiet">node ${escaped(hypervisor.node)}</small></h2>
${drift.map((row) => `<p class="red">${escaped(driftText(row))}</p>`).join("\n")}
${shares.length === 0 ? '<p class="quiet">Its hardware is not chosen yet.</p>' : `${barLegend(substrate, shares)}\n${bars.join("\n")}`}
</section>`;
}

/** Names of the colours and lines of a hypervisor's bars. */
function barLegend({ tenants }: Substrate, shares: readonly Share[]): string {
    const items = tenantsIn(tenants, shares).map(
        ({ name, segment }) =>
            `<li class="${colourClass(segment.vlan)}"><span class="swatch"></span>${escaped(name)}</li>`,
    );
    const marks = [
        '<li><span class="marks"></span>physical</li>',
        '<li><span class="marks dashed"></span>may be promised</li>',
    ];
    return `<ul class="legend">${[...items, ...marks].join("")}</ul>`;
}

function networkSection(content: MapContent): string {
    const { shapes, width, height } = diagram(content);
    const rows = content.paths.map(({ from, to, open }) =>
        [from, to, open.join(", ")].map((text) => `<td>${escaped(text)}</td>`).join(""),
    );
    const table =
        rows.length === 0
            ? `<p>${content.substrate.coreRouter.mode === "none" ? FLAT : "No path is allowed."}</p>`
            : `<table><caption class="quiet">Allowed paths</caption><tr><th scope="col">from</th><th scope="col">to</th><th scope="col">open</th></tr>\n${rows.map((row) => `<tr>${row}</tr>`).join("\n")}\n</table>`;
    return `<section>
<h2>Core router, segments and allowed paths</h2>
<p class="quiet">An arrow from or to the router holds for every tenant; one in a tenant's colour is that tenant's alone.</p>
${content.routerDrift.map((row) => `<p class="red">${escaped(driftText(row))}</p>`).join("\n")}
<div class="network">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Segments on the core router, and the paths of the table as arrows">
${shapes}
</svg>
<div>${table}</div>
</div>
</section>`;
}

function legend({ tenants }: MapContent): string {
    const items = tenants.map(({ tenant, drift }) => {
        const drifts = drift.length === 0 ? "" : ` <span class="red">drift: ${drift.length}</span>`;
        return `<li class="${colourClass(tenant.segment.vlan)}"><span class="swatch"></span><a href="#tenant-${tenant.name}">${escaped(tenant.name)}</a>${drifts}</li>`;
    });
    return `<nav aria-label="Tenants"><ul class="legend">\n${items.join("\n")}\n</ul></nav>`;
}

function tenantSection({ tenant, ends = "", vms, drift }: MapTenant): string {
    const { name, description, segment, zone } = tenant;
    const drifts = drift.length === 0 ? "" : ` <span class="red">drift: ${drift.length}</span>`;
    const about = [segmentText(segment), zone, counted(vms.length, "VM"), description, ends].filter(
        (text) => text !== "",
    );
    return `<section class="tenant ${colourClass(segment.vlan)}" aria-labelledby="tenant-${name}">
<h3 id="tenant-${name}">${escaped(name)}${drifts}</h3>
<p class="quiet">${escaped(about.join(" · "))}</p>
<ul class="vms">
${vms.map((vm) => vmItem(tenant, vm)).join("\n")}
</ul>
</section>`;
}
