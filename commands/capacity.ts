import { formatAmount, linkedOn, sharesOf, shareText, supplyTitle, type Share } from "../substrate/capacity";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { EXIT } from "./cli/exit";
import { answer, complain } from "./cli/terminal";
import { loadEvenExceeded } from "./shared/substrates";

/** Columns of a bar in a terminal. */
const BAR = 30;

/** Unit of every amount of a resource in the JSON. */
const UNITS: Readonly<Record<Share["resource"], string>> = { memory: "MiB", disk: "GiB", vcpus: "vCPU" };

export const command = defineCommand({
    name: "capacity",
    group: "look",
    summary: "say what the hypervisors have and what tenants were promised of it",
    details:
        "Prints memory, disk by storage, and vCPUs per hypervisor: promised by tenant and in all, against what the hardware has. Memory " +
        "counts VMs that start with the node. Disks of linked clones count in full, since a VM may write all of one; how much of " +
        "the promise begins as blocks of a template, which the storage holds once, is said.",
    arguments: [SUBSTRATE],
    options: {},
    output: "capacity",
    needs: [],
    example: "tenants capacity dvntm",
    exits: { 1: "the definitions have faults; where more is promised than may be, it is shown all the same" },
    run({ args }) {
        const { substrate, exceeded } = loadEvenExceeded(args["substrate"]!);
        answer(asJson(substrate), () => asTable(substrate));
        if (exceeded !== undefined) {
            complain(exceeded);
            return EXIT.failed;
        }
        return EXIT.done;
    },
});

function asJson(substrate: Substrate) {
    return {
        substrate: substrate.name,
        hypervisors: substrate.hypervisors.map((hypervisor) => ({
            name: hypervisor.name,
            linked: linkedOn(substrate, hypervisor),
            shares: sharesOf(substrate, hypervisor).map((share) => ({
                ...share,
                unit: UNITS[share.resource],
                byTenant: Object.fromEntries(share.byTenant),
            })),
        })),
    };
}

function asTable(substrate: Substrate): string {
    return substrate.hypervisors
        .flatMap((hypervisor) => {
            const shares = sharesOf(substrate, hypervisor);
            const linked = linkedOn(substrate, hypervisor);
            const width = Math.max(8, ...shares.map((share) => supplyTitle(share).length + 2));
            const title = `${substrate.name} ${hypervisor.name}`;
            return shares.length === 0
                ? [`${title}: hardware is not chosen yet`]
                : [title, ...shares.flatMap((share) => linesOf(share, linked, width))];
        })
        .join("\n");
}

function linesOf(share: Share, linked: ReturnType<typeof linkedOn>, width: number): string[] {
    const { resource, datastore, limit, promised, byTenant } = share;
    const clones = linked.vms === 1 ? "1 linked clone" : `${linked.vms} linked clones`;
    const shared = `    of it shared with templates at first: ${formatAmount(linked.diskGiB, "disk")} of ${clones}`;
    const excess = promised > limit ? `: ${formatAmount(promised - limit, resource)} too much` : "";
    return [
        `  ${supplyTitle(share).padEnd(width)}${bar(promised / limit)}${shareText(share)}${excess}`,
        ...byTenant.map(([tenant, value]) => `    ${tenant.padEnd(20)}${formatAmount(value, resource).padStart(10)}`),
        ...(resource === "disk" && datastore === undefined && linked.vms > 0 ? [shared] : []),
    ];
}

/** How full a resource is, where the output is a terminal; plain output has the figures alone. */
function bar(share: number): string {
    if (!process.stdout.isTTY) {
        return "";
    }
    const full = Math.min(BAR, Math.round(share * BAR));
    return `[${"#".repeat(full)}${".".repeat(BAR - full)}] `;
}
