import { moveCommand } from "../checkStorages";
import { changesIn, stateOf, type PreviewStep } from "../../state/preview/client";
import { IPSET, JOB, POOL, RULES, VM } from "../../state/deployment";
import type { Tenant } from "../../substrate/substrate";
import { differing } from "../jobs/fields";
import { elementIn, THERE, type Settle, type Value } from "../../substrate/findings";
import { differencesOf, type Difference } from "./differences";
import {
    keyAt,
    keyOf,
    namedVm,
    nodeOf,
    plainText,
    vmFinding,
    type Named,
    type NodeFinding,
    type NodeView,
    type Told,
} from "./view";

const isOf = (type: string) => (step: PreviewStep) => stateOf(step).type === type;

/**
 * Findings of what a preview would change on the nodes: VMs, pools and firewalls. What comes and goes with a VM or a pool, such
 * as the firewall of a VM that is gone, is told by it alone.
 */
export function resourceFindings(view: NodeView, steps: readonly PreviewStep[]): NodeFinding[] {
    const changes = changesIn(steps);
    const vms = changes.filter(isOf(VM));
    const pools = changes.filter(isOf(POOL));
    const jobs = changes.filter(isOf(JOB));
    const whole = new Set(vms.filter(({ op }) => op !== "update").map(vmidOf));
    const parts = changes.filter((step) => ![...vms, ...pools, ...jobs].includes(step) && !whole.has(vmidOf(step)));
    const goneWith = new Set(pools.filter(({ op }) => op !== "update").map((step) => stateOf(step).inputs?.["poolId"]));
    return [
        ...pools.flatMap((step) => poolFindings(view, step)),
        ...jobs.flatMap((step) => jobFindings(view, step)),
        ...vms.flatMap((step) => vmFindings(view, step, goneWith)),
        ...parts.flatMap((step) => firewallFindings(view, step)),
    ];
}

function vmidOf(step: PreviewStep): number {
    return Number(stateOf(step).inputs?.["vmId"]);
}

const UP: Settle = { by: "up" };

function poolFindings({ substrate }: NodeView, step: PreviewStep): NodeFinding[] {
    const pool = plainText(stateOf(step).inputs?.["poolId"]) || step.oldState!.id!;
    const tenant = substrate.tenants.find(({ name }) => name === pool);
    const node = tenant === undefined ? substrate.hypervisors[0]!.node : nodeOf(substrate, tenant);
    const whole = wholeOf(step);
    return (whole === undefined ? differencesOf(step) : [whole]).map((told) => ({
        ...{ tenant: pool, place: { kind: "node", name: node }, subject: { kind: "pool", id: pool }, settle: UP },
        ...(tenant &&
            told.declared !== undefined && { definedAt: keyAt(tenant, "field" in told ? "description" : "name") }),
        ...told,
    }));
}

/** Backup jobs: what somebody changed, switched off or took away; PVE's task log knows of none. */
function jobFindings({ substrate }: NodeView, step: PreviewStep): NodeFinding[] {
    const [declared, found] = [step.newState?.inputs ?? {}, step.oldState?.outputs ?? step.oldState?.inputs ?? {}];
    const { job: id, tenant: name } = stateOf(step).inputs as { job: string; tenant: string };
    const tenant = substrate.tenants.find((one) => one.name === name);
    const declares = tenant?.backupJobs.find((job) => job.id === id);
    const about = { tenant: name, place: placeOf(substrate, tenant), subject: { kind: "backupJob" as const, id } };
    const place = declares && { definedAt: keyAt(declares, "backup") };
    const whole = wholeOf(step);
    if (whole !== undefined) {
        const deletes = whole.declared === undefined;
        return [{ ...about, ...whole, settle: { by: "up", ...(deletes && { deletes }) }, ...(!deletes && place) }];
    }
    return differing(declared, found).map((field) => {
        const told = { declared: declared[field] as Value, found: found[field] as Value };
        return { ...about, field, ...told, settle: UP, ...place };
    });
}

function placeOf(substrate: NodeView["substrate"], tenant: Tenant | undefined): NodeFinding["place"] {
    return { kind: "node", name: tenant === undefined ? substrate.hypervisors[0]!.node : nodeOf(substrate, tenant) };
}

/** Something that would come or go as a whole; undefined for what would be changed. */
function wholeOf({ op }: PreviewStep): Omit<Difference, "field"> | undefined {
    return op === "create" ? { declared: THERE } : op === "delete" ? { found: THERE } : undefined;
}

function vmFindings(view: NodeView, step: PreviewStep, pools: ReadonlySet<unknown>): NodeFinding[] {
    const named = namedVm(view, stateOf(step).inputs ?? {});
    const whole = wholeOf(step);
    if (whole !== undefined) {
        const told: Told = whole.found
            ? { ...whole, settle: { by: "up", deletes: true } }
            : { ...whole, settle: UP, task: "removed" };
        return [vmFinding(named, told)];
    }
    if (step.op === "replace") {
        return [vmFinding(named, { field: "rebuild", declared: named.vm?.rebuild, settle: UP })];
    }
    return differencesOf(step)
        .filter(({ field }) => field !== "poolId" || !pools.has(named.tenant))
        .map((one) => vmFinding(named, { ...one, settle: settleVm(named, one), task: taskOf(one) }));
}

function taskOf({ field }: Difference): NonNullable<Told["task"]> {
    return field === "started" ? "power" : isSize(field) ? "size" : "config";
}

function isSize(field: string): boolean {
    const { list, property } = elementIn(field) ?? {};
    return list === "disks" && property === "size";
}

/** An up makes a setting as declared, or its file is made as it is; a disk that grew does not shrink again. */
function settleVm(named: Named, { field, declared, found }: Difference): Settle {
    const key = keyOf(named, field);
    const accept = key && { accept: key };
    if (isSize(field) && Number(found) > Number(declared)) {
        return { by: "file", ...accept };
    }
    const disk = elementIn(field);
    if (disk?.property === "datastoreId" && named.vm?.reboot !== "when-needed") {
        // The provider moves disks of a VM that is off alone.
        return { by: "command", command: moveCommand(named.vmid, disk.element, plainText(declared)), ...accept };
    }
    return disk?.list === "disks" && disk.property === undefined && found === undefined
        ? { by: "attach", vmid: named.vmid }
        : { by: "up", ...accept };
}

/** Firewall options, rules and address filter of a VM that is there: PVE's task log knows of none. */
function firewallFindings(view: NodeView, step: PreviewStep): NodeFinding[] {
    const named = namedVm(view, stateOf(step).inputs ?? {});
    const part = isOf(IPSET)(step) ? "ipset" : isOf(RULES)(step) ? "rules" : "firewall";
    const whole = wholeOf(step);
    if (whole === undefined) {
        return differencesOf(step, part).map((one) => vmFinding(named, { ...one, settle: UP }));
    }
    const entries = stateOf(step).inputs?.["cidrs"] as readonly { name: string }[] | undefined;
    const content: Value = entries?.length ? entries.map(({ name }) => name) : THERE;
    const told = whole.declared === undefined ? { found: content } : { declared: content };
    return [vmFinding(named, { field: part, ...told, settle: UP })];
}
