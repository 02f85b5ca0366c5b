import type { NetworkDefinition, SubstrateDefinition } from "../definitions/definitions";
import { checkShape } from "../definitions/shape";
import type { Guest, Inventory } from "../node/inventory";
import { resolvePlan } from "../substrate/resolvePlan";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A stack file that is right in every respect; a test changes what it is about. */
export const STACK = `config:
  tenant-hypervisors:site: 20
  tenant-hypervisors:status: active
  tenant-hypervisors:hypervisors:
    hv02:
      node: pve2
      endpoint: https://hv02.dvntm.deevnet.net:8006/
      ssh:
        host: hv02.dvntm.deevnet.net
      bridge: vmbr0
      datastore: local-lvm
      template:
        prefix: fedora-server-
      hardware:
        memory: 32GiB
        storage: 1TB
        threads: 8
`;

/** A network block with every default that it leaves out. */
export function networkDefinition(network: Partial<NetworkDefinition> = {}): NetworkDefinition {
    const value = { network: structuredClone(network) };
    checkShape<SubstrateDefinition>("substrate", { file: "Pulumi.dvntm.yaml", value, lineOf: () => undefined });
    return value.network as NetworkDefinition;
}

/** Network plan of a site: that of the deevnet sites, but for what is changed. */
export function planOf(site = 20, network: Partial<NetworkDefinition> = {}) {
    return resolvePlan({ site, network: networkDefinition(network) }, Object.keys(network).length === 0);
}

/** Network plan of dvntm. */
export const PLAN = planOf();

/** The smallest legal tenant. */
export function smallTenant(name: string, vlan: number): string {
    return `name: ${name}\nvlan: ${vlan}\nvms:\n  - name: api-vm01\n    instance: 1\n`;
}

/** The one VM of smallTenant("grooveiq", 50), as its node lists it. */
export const SMALL_GUEST: Guest = {
    vmid: 5001,
    type: "qemu",
    name: "api-vm01",
    pool: "grooveiq",
    tags: ["grooveiq", "tenant"],
    template: false,
    status: "running",
    systemDiskGiB: 32,
    extraDisks: {},
    unused: [],
};

/** A template, as its node lists it. */
export function templateGuest(vmid: number, name: string): Guest {
    const { pool: _, ...guest } = SMALL_GUEST;
    return { ...guest, vmid, name, tags: [], template: true, status: "stopped" };
}

/** Inventory of node pve2 with guests, whose datacentre firewall is on, and with parts of it that a test is about. */
export function inventoryOf(guests: readonly Guest[], more: Partial<Inventory> = {}): Inventory {
    return {
        node: "pve2",
        guests: new Map(guests.map((guest) => [guest.vmid, guest])),
        ...{ configs: new Map(), firewalls: new Map(), ipsets: new Map(), templates: new Map() },
        ...{ datacentreFirewall: true, volumes: [], pools: [], tasks: [] },
        ...more,
    };
}

const folders: string[] = [];

/** Writes a project of a few files into a temporary folder and gives back the folder. */
export function project(files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(tmpdir(), "definitions-"));
    folders.push(root);
    for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
    }
    return root;
}

/** Removes every folder that this process made with project(). */
export function removeProjects(): void {
    folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
}

/** Public key of a tenant's person, whole as PVE asks for it. */
export const USER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrooveiqGrooveiqGrooveiqGrooveiqGrooveiqGro grooveiq";
