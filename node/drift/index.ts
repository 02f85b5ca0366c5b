import type { PreviewStep } from "../../state/client";
import { type Finding, listField } from "../../substrate/findings";
import type { Substrate, WorkloadVm } from "../../substrate/substrate";
import type { Inventory, Task, Guest, Settings } from "../inventory";
import { resourceFindings } from "./resources";
import { viewOf, type NodeFinding, TASKS, vmFinding, type NodeView, type Named } from "./view";
import { slotOf, vmidsText } from "../../substrate/plan";
import { ownerOf } from "../../substrate/guestOwnership";

/**
 * Everything in which the nodes differ from what the tenants' files say, and the guests on them that are in the tenants'
 * ranges and in no file; in no order.
 *
 * @param steps what a preview of what is on the nodes would change, after a refresh.
 * @param inventories of each node, with what the preview does not tell of.
 * @param own the program's token, as user!name.
 */
export function nodeDrift(
    substrate: Substrate,
    steps: readonly PreviewStep[],
    inventories: readonly Inventory[],
    own: string,
): Finding[] {
    const view = viewOf(substrate);
    const changes = resourceFindings(view, steps).map((finding) => withGuest(finding, inventories));
    // A VM that is to be made has nothing else that differs.
    const whole = new Set(changes.filter(isWholeVm).map(({ subject }) => Number(subject.id)));
    const unseen = inventories.flatMap((one) => unseenFindings(view, one));
    const undeclared = inventories.flatMap((one) => undeclaredGuests(view, one, whole));
    const all = [...changes, ...unseen.filter(({ subject }) => !whole.has(Number(subject.id))), ...undeclared];
    return dated(
        all,
        inventories.flatMap(({ tasks }) => tasks),
        own,
    );
}

function isWholeVm({ subject, field }: NodeFinding): boolean {
    return subject.kind === "vm" && field === undefined;
}

/** A VM that is missing in the state, but whose VMID a guest has, is not gone: what is found is that guest's name. */
function withGuest(finding: NodeFinding, inventories: readonly Inventory[]): NodeFinding {
    const missing = isWholeVm(finding) && finding.declared !== undefined;
    const guests = missing ? inventories.map((one) => one.guests.get(Number(finding.subject.id))) : [];
    const guest = guests.find((one) => one !== undefined);
    return guest === undefined ? finding : { ...finding, found: guest.name, settle: { by: "recover" } };
}

/**
 * Findings with when and by whom, where PVE's task log knows: the last task of that kind on that VM that ended well. A task of
 * the program's own token says that the change came after it without a task, so that nobody is named.
 *
 * @param own the program's token, as user!name.
 */
export function dated(findings: readonly NodeFinding[], tasks: readonly Task[], own: string): Finding[] {
    return findings.map(({ task: kind, ...finding }) => {
        if (kind === undefined) {
            return finding;
        }
        const types: readonly string[] = TASKS[kind];
        const fitting = tasks.filter(({ id, type, status }) => {
            return (
                id === finding.subject.id && types.includes(type) && (status === "OK" || status?.startsWith("WARNINGS"))
            );
        });
        const last = fitting.sort((a, b) => b.starttime - a.starttime)[0];
        return last === undefined || last.user === own
            ? finding
            : { ...finding, since: new Date(last.starttime * 1000).toISOString(), who: last.user };
    });
}

/**
 * Guests on a node that no file declares and that are in what is ours: with a VMID of the tenants' VLANs, in a tenant's
 * pool, or with our tags.
 *
 * @param known VMIDs that other findings are about.
 */
export function undeclaredGuests(
    view: NodeView,
    { node, guests }: Inventory,
    known: ReadonlySet<number>,
): NodeFinding[] {
    return [...guests.values()]
        .filter(({ vmid }) => !view.vms.has(vmid) && !known.has(vmid))
        .flatMap((guest) => undeclared(view, node, guest) ?? []);
}

function undeclared({ substrate }: NodeView, node: string, guest: Guest): NodeFinding | undefined {
    const owner = ownerOf(guest, substrate);
    const tenant = substrate.tenants.find(({ name }) => name === owner?.tenant)?.name;
    const { vmid, name, status, pool, tags } = guest;
    const { plan } = substrate;
    const settle = { by: "guest", ...(slotOf(plan, vmid) && { vmids: vmidsText(plan) }) } as const;
    return owner && vmFinding({ tenant, node, vmid, name }, { found: { status, pool, tags }, settle, task: "created" });
}

/**
 * Differences that the provider does not read back, so that no preview tells of them and no up mends them: an option of a VM's
 * firewall that was deleted, and a disk or a setting that nobody declared.
 */
export function unseenFindings({ vms }: NodeView, { configs, firewalls }: Inventory): NodeFinding[] {
    return [...configs].flatMap(([vmid, config]) => {
        const named = vms.get(vmid)!;
        return [...optionFindings(named, firewalls.get(vmid)!), ...settingFindings(named, named.vm!, config)];
    });
}

/** Options that every VM of a tenant has, by PVE's names, but those that PVE takes for granted where they are missing. */
const OPTIONS: Readonly<Record<string, string>> = {
    enable: "1",
    dhcp: "1",
    macfilter: "1",
    ndp: "1",
    policy_in: "DROP",
};

/** One finding, however many are gone: with the firewall's file they all are. */
function optionFindings(named: Named, options: Settings): NodeFinding[] {
    const gone = Object.entries(OPTIONS).filter(([key]) => options[key] === undefined);
    if (gone.length === 0) {
        return [];
    }
    const flags = gone.map(([key, value]) => `--${key} ${value}`).join(" ");
    const command = `pvesh set /nodes/${named.node}/qemu/${named.vmid}/firewall/options ${flags}`;
    const declared = Object.fromEntries(gone);
    return [vmFinding(named, { field: "firewall.options", declared, settle: { by: "command", command } })];
}

/** Drives that every VM of a tenant has: the system disk, the cloud-init drive and the empty CD drive. */
const DRIVES = ["scsi0", "ide2", "ide3"];

const DRIVE = /^(scsi|virtio|sata|ide|efidisk|tpmstate)\d+$/;

/** Settings that no tenant's VM has. */
const SETTINGS = /^(hookscript|args)$/;

function settingFindings(named: Named, vm: WorkloadVm, config: Settings): NodeFinding[] {
    const declared = [...DRIVES, ...vm.extraDisks.map((disk) => disk.interface)];
    return Object.entries(config)
        .filter(([key]) => SETTINGS.test(key) || (DRIVE.test(key) && !declared.includes(key)))
        .map(([key, found]) => {
            const field = DRIVE.test(key) ? listField({ list: "disks", element: key }) : key;
            const settle = { by: "command", command: `qm set ${named.vmid} --delete ${key}` } as const;
            return vmFinding(named, { field, found, settle, task: "config" });
        });
}
