import type { DriftRow } from "../../report/drift";
import type { WorkloadVm } from "../../substrate/substrate";
import { differencesOf } from "./differences";
import type { Difference } from "./lists";
import { changesIn, stateOf, type PreviewStep } from "../../state/preview";
import { namedVm, nodeOf, text, up, vmRow, type Named, type NodeRow, type NodeView, type TaskKind } from "./view";

const isOf = (type: string) => (step: PreviewStep) => stateOf(step).type.includes(`${type}Legacy:`);
const isVm = isOf("vm");
const isPool = isOf("pool");

/** What stands for a thing that is there, with nothing to say of it. */
const THERE = "there";

/**
 * Rows of what a preview would change on the nodes: VMs, pools and firewalls. What comes and goes with a VM or a pool, such
 * as the firewall of a VM that is gone, is told by it alone.
 */
export function resourceRows(view: NodeView, steps: readonly PreviewStep[]): NodeRow[] {
    const changes = changesIn(steps);
    const vms = changes.filter(isVm);
    const pools = changes.filter(isPool);
    const whole = new Set(vms.filter(({ op }) => op !== "update").map((step) => vmidOf(step)));
    const parts = changes.filter((step) => !isVm(step) && !isPool(step) && !whole.has(vmidOf(step)));
    const goneWith = new Set(pools.filter(({ op }) => op !== "update").map((step) => stateOf(step).inputs?.["poolId"]));
    return [
        ...pools.flatMap((step) => poolRows(view, step)),
        ...vms.flatMap((step) => vmRows(view, step, goneWith)),
        ...parts.flatMap((step) => firewallRows(view, step)),
    ];
}

function vmidOf(step: PreviewStep): number {
    return Number(stateOf(step).inputs?.["vmId"]);
}

function poolRows({ substrate }: NodeView, step: PreviewStep): DriftRow[] {
    const pool = text(stateOf(step).inputs?.["poolId"], step.oldState?.id);
    const tenant = substrate.tenants.find(({ name }) => name === pool);
    const node = tenant === undefined ? substrate.hypervisors[0]!.node : nodeOf(substrate, tenant);
    const row = { tenant: pool, where: `node ${node}`, settle: up(substrate) };
    const whole = wholeOf(step);
    return whole === undefined
        ? differencesOf(step).map(({ what, declared, found }) => ({
              ...row,
              what: `pool ${pool}: ${what}`,
              declared: text(declared),
              found: text(found),
          }))
        : [{ ...row, what: `pool ${pool}`, declared: text(whole.declared), found: text(whole.found) }];
}

/** What would come or go as a whole; undefined for what would be changed. */
function wholeOf({ op }: PreviewStep): Omit<Difference, "what"> | undefined {
    return op === "create" ? { declared: THERE } : op === "delete" ? { found: THERE } : undefined;
}

function vmRows(view: NodeView, step: PreviewStep, pools: ReadonlySet<unknown>): NodeRow[] {
    const named = namedVm(view, stateOf(step).inputs ?? {});
    const settle = up(view.substrate);
    const whole = wholeOf(step);
    if (whole !== undefined) {
        const away = `${settle}, which deletes it; or put it back into its tenant's file`;
        return [vmRow(named, "", { ...whole, settle: whole.found ? away : settle }, whole.found ? undefined : "gone")];
    }
    if (step.op === "replace") {
        const what = "made as declared by rebuild";
        return [vmRow(named, what, { declared: text(named.vm?.rebuild), found: "as made before", settle })];
    }
    return differencesOf(step)
        .filter(({ what }) => what !== "pool" || !pools.has(named.tenant))
        .map((one) => vmRow(named, one.what, { ...one, settle: settleVm(view, named, one) }, taskOf(one)));
}

function taskOf({ what }: Difference): TaskKind {
    return what === "power" ? "power" : /^disk \S+: size$/.test(what) ? "size" : "config";
}

/** Keys of a VM in its tenant's file, by what differs. */
const KEYS: Readonly<Record<string, string>> = {
    cores: "cores",
    "CPU type": "cpu",
    memory: "memory",
    balloon: "balloon",
    name: "name",
    onBoot: "onBoot",
    protection: "protection",
    tags: "tags",
    "disk scsi0: size": "disk",
};

/** An up makes a setting as declared, or its file is made as it is; a disk that grew does not shrink again. */
function settleVm({ substrate }: NodeView, { vm, vmid }: Named, { what, declared, found }: Difference): string {
    const command = up(substrate);
    const accept = vm && acceptIn(vm, what);
    if (/^disk \S+: size$/.test(what) && Number.parseFloat(found ?? "") > Number.parseFloat(declared ?? "")) {
        return `accept it, since a disk only grows: ${accept ?? "disks of the VM, in its tenant's file"}`;
    }
    if (/^disk \S+$/.test(what) && found === undefined) {
        return `attach it again (qm set ${vmid}), then tenants recover ${substrate.name}`;
    }
    return accept === undefined ? command : `${command}; or accept it: ${accept}`;
}

function acceptIn({ definedAt: { file, lines } }: WorkloadVm, what: string): string | undefined {
    const key = KEYS[what];
    return key === undefined ? undefined : `${key} in ${file}:${lines[key] ?? lines[""] ?? 1}`;
}

/** Firewall options, rules and address filter of a VM that is there: PVE's task log knows of none. */
function firewallRows(view: NodeView, step: PreviewStep): NodeRow[] {
    const named = namedVm(view, stateOf(step).inputs ?? {});
    const settle = up(view.substrate);
    const whole = wholeOf(step);
    if (whole === undefined) {
        const name = (what: string) => (what.startsWith("firewall") ? what : `${partName(step)} ${what}`);
        return differencesOf(step).map((one) => vmRow(named, name(one.what), { ...one, settle }));
    }
    const entries = stateOf(step).inputs?.["cidrs"] as readonly { name: string }[] | undefined;
    const content = text(
        entries?.map(({ name }) => name),
        THERE,
    );
    const told = whole.declared === undefined ? { found: content } : { declared: content };
    return [vmRow(named, partName(step), { ...told, settle })];
}

function partName(step: PreviewStep): string {
    return isOf("ipset")(step) ? "address filter" : isOf("rules")(step) ? "firewall rules" : "firewall";
}
