import type { Key, Settle } from "../substrate/findings";

/** The way to settle a guest that no file declares, by what it has of the tenants'. */
function guestText(settle: Extract<Settle, { by: "guest" }>): string {
    if (settle.template) {
        return ofTemplate(settle);
    }
    switch (settle.of) {
        case "vmid":
            return `give it a VMID outside of ${settle.range}, or delete it; or declare it in a tenant's file`;
        case "nic":
            return `give its NIC a tag of its own, or trunks without the tenants' VLANs (trunks=${settle.range}); or delete it`;
        case "mark":
            return "take it out of the tenant's pool and its tags off; or delete it";
    }
}

/** A template is never proposed for deletion: VMs may be linked clones of it, which PVE does not tell of on every storage. */
function ofTemplate(settle: Extract<Settle, { by: "guest" }>): string {
    return settle.of === "mark"
        ? "take the template out of the tenant's pool and its tags off"
        : `make the next template with a VMID outside of ${settle.range}; this one stays while a VM is a linked clone of it`;
}

/** Words for what settles a finding on a node: a command, or what a person does there by hand. */
export function nodeSettleText(substrate: string, settle: Settle): string {
    switch (settle.by) {
        case "up":
            return upText(`tenants up ${substrate}`, settle);
        case "file":
            return `accept it, since a disk only grows: ${settle.accept ? keyText(settle.accept) : "disks of the VM, in its tenant's file"}`;
        case "recover":
            return `tenants recover ${substrate}, where it is ours; else by hand, on the node: another VMID`;
        case "attach":
            return `attach it again (qm set ${settle.vmid}), then tenants recover ${substrate}`;
        default:
            return byHandText(settle);
    }
}

function upText(up: string, { accept, deletes }: Extract<Settle, { by: "up" }>): string {
    const away = deletes ? ", which deletes it; or put it back into its tenant's file" : "";
    return accept ? `${up}; or accept it: ${keyText(accept)}` : `${up}${away}`;
}

function byHandText(settle: Settle): string {
    switch (settle.by) {
        case "command": {
            const accept = settle.accept === undefined ? "" : `; or accept it: ${keyText(settle.accept)}`;
            return `by hand, on the node: ${settle.command}${accept}`;
        }
        case "nothing":
            return `nothing to do: it holds ${settle.why} of the VM, which are lost with it`;
        case "task":
            return `it ends with its task; where none runs, by hand, on the node: ${settle.command}`;
        case "vmid":
            return "by hand: give the VM another instance in its tenant's file, or that guest another VMID";
        case "guest":
            return `by hand, on the node: ${guestText(settle)}`;
        default:
            throw new TypeError(`nothing on a node is settled by ${settle.by}`);
    }
}

function keyText({ key, file, line }: Key): string {
    return `${key} in ${file}:${line}`;
}
