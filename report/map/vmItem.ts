import { formatAmount } from "../../substrate/capacity";
import { escaped } from "../html";
import type { Tenant, WorkloadVm } from "../../substrate/substrate";
import type { MapVm } from "./content";
import { addressText, counted, driftText, nicText, segmentText, sizeText } from "./words";

/** Stands at a VM whose template is not the newest. */
const OLDER = "older template";

/** A VM of the page: a button that has the focus, and what it shows then. */
export function vmItem(tenant: Tenant, { vm, aliases, ends = "", template, drift }: MapVm): string {
    const drifts = drift.length > 0;
    const lines = [
        [`${vm.vmid}`, "vmid"],
        [vm.name, "name"],
        [[addressText(vm), ...aliases].join(" · "), ""],
        [sizeText(vm), "size"],
        [ends, ""],
        [template === undefined ? "" : OLDER, ""],
        [drifts ? `drift: ${drift.length}` : "", "red"],
    ].filter(([text]) => text !== "");
    const label = [
        vm.name,
        `VMID ${vm.vmid}`,
        addressText(vm),
        sizeText(vm),
        ...(ends === "" ? [] : [ends]),
        ...(template === undefined ? [] : [OLDER]),
        ...(drifts ? [counted(drift.length, "drift row")] : []),
    ];
    const spans = lines.map(([text, kind]) => `<span${kind === "" ? "" : ` class="${kind}"`}>${escaped(text!)}</span>`);
    return `<li><button type="button" class="vm${drifts ? " bad" : ""}" id="vm-${vm.vmid}" aria-label="${escaped(label.join(", "))}" aria-describedby="more-${vm.vmid}">${spans.join("")}</button>
<div class="more" id="more-${vm.vmid}"><b>${escaped(vm.name)}</b><dl>${details(tenant, vm, drift.map(driftText), template)}</dl></div></li>`;
}

/** All that is known of a VM, by what people call it; a row of several texts has one for each line. */
function details(tenant: Tenant, vm: WorkloadVm, drift: readonly string[], template: string | undefined): string {
    const { segment } = tenant;
    const { subnet } = segment;
    const pool = `DHCP, ${subnet.poolStart} to ${subnet.poolEnd}`;
    const disks = [
        `system ${formatAmount(vm.diskGiB, "disk")} on ${vm.datastore}`,
        ...vm.extraDisks.map(
            ({ interface: name, sizeGiB, datastore }) => `${name} ${formatAmount(sizeGiB, "disk")} on ${datastore}`,
        ),
    ];
    const balloon = vm.balloonMiB === 0 ? "" : `, at least ${formatAmount(vm.balloonMiB, "memory")}`;
    const rows: readonly (readonly [string, readonly string[]])[] = [
        ["drift", drift],
        ["names", [vm.fqdn, ...vm.aliases]],
        ["tenant", [tenant.name]],
        ["segment", [segmentText(segment)]],
        ["address", [vm.address ?? (segment.tagged ? pool : "DHCP")]],
        ["gateway", segment.tagged ? [subnet.gateway] : []],
        ["MAC", [vm.mac ?? "drawn once, when it is made"]],
        ["further NICs", vm.nics.map(nicText)],
        ["VMID", [String(vm.vmid)]],
        ["vCPU", [`${vm.cores}, type ${vm.cpuType}`]],
        ["memory", [formatAmount(vm.memoryMiB, "memory") + balloon]],
        ["disks", disks],
        ["template", template === undefined ? [] : [template]],
        ["starts", [vm.onBoot ? "with the node" : "by hand"]],
        ["defined", [`${vm.definedAt.file}:${vm.definedAt.lines[""]}`]],
    ];
    return rows
        .filter(([, texts]) => texts.length > 0)
        .map(([name, texts]) => {
            const red = name === "drift" ? ' class="red"' : "";
            return `<dt${red}>${name}</dt><dd${red}>${texts.map(escaped).join("<br>")}</dd>`;
        })
        .join("");
}
