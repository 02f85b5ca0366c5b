import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** VLANs that a site has for its tenants. */
const VLANS = Array.from({ length: 10 }, (_, index) => 50 + index);

/** Most VMs of a tenant, so that rounds stay short. */
export const MOST_VMS = 3;

/** A VM as its tenant's file has it. */
export interface SoakVm {
    name: string;
    instance: number;
    cores: number;
    memory: string;
    disk: string;
    description: string;
    onBoot: boolean;
    tags: string[];
    aliases: string[];
    reboot: "never" | "when-needed";
    address?: "fixed";
    rebuild?: string;
}

/** A tenant as its file has it. */
export interface SoakTenant {
    name: string;
    vlan: number;
    description: string;
    allow: { to: string; protocol: "tcp"; ports: string; why: string }[];
    vms: SoakVm[];
}

/** The tenants' files of a substrate, as plain values that edits change. */
export class SoakTenants {
    readonly tenants: SoakTenant[] = [];

    /** @param tenants how many there are at first, with two VMs each. */
    constructor(tenants: number) {
        for (const vlan of VLANS.slice(0, tenants)) {
            this.tenants.push(tenantOn(vlan));
        }
    }

    /** VMIDs of all VMs. */
    vmids(): number[] {
        return this.tenants.flatMap((tenant) => tenant.vms.map((vm) => vmidOf(tenant, vm)));
    }

    /** VLANs that no tenant has. */
    freeVlans(): number[] {
        return VLANS.filter((vlan) => !this.tenants.some((tenant) => tenant.vlan === vlan));
    }

    /** Takes a tenant's file away, and what opens a way to it. */
    remove(tenant: SoakTenant): void {
        this.tenants.splice(this.tenants.indexOf(tenant), 1);
        this.tenants.forEach((other) => (other.allow = other.allow.filter(({ to }) => to !== tenant.name)));
    }

    /** Writes the files in place of those that a project has. YAML takes JSON as it is. */
    write(root: string, substrate: string): void {
        const folder = join(root, "tenants", substrate);
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        for (const tenant of this.tenants) {
            writeFileSync(join(folder, `${tenant.name}.yaml`), `${JSON.stringify(tenant, null, 2)}\n`);
        }
    }
}

/** A tenant as it begins. */
export function tenantOn(vlan: number): SoakTenant {
    const name = `soak${vlan}`;
    return { name, vlan, description: "new", allow: [], vms: [vmOf(1), vmOf(2)] };
}

/** A VM as it begins. */
export function vmOf(instance: number): SoakVm {
    const fixed = instance % 2 === 0 ? { address: "fixed" as const } : {};
    const size = { cores: 1, memory: "512MiB", disk: "32GiB", ...fixed };
    const told = { description: "new", onBoot: true, tags: [], aliases: [], reboot: "when-needed" as const };
    return { name: `vm${instance}`, instance, ...size, ...told };
}

/** VMID of a VM, as the identity rule has it. */
export function vmidOf(tenant: SoakTenant, vm: SoakVm): number {
    return tenant.vlan * 100 + vm.instance;
}
