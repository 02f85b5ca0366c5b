import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LAB_DEFINITIONS } from "../../lab/definitions";
import { defineMany, MANY_TENANTS } from "../../lab/manyTenants";
import type { Proof } from "../../proof/findings";
import { checksOf } from "../../proof/proof";
import type { DriftRow } from "../../report/row";
import { loadSubstrate } from "../../substrate/load";
import type { ToldDrift } from "../../report/map/driftFile";
import type { Substrate } from "../../substrate/substrate";

const VMS = 30 * MANY_TENANTS;
/** As long as a name may be. */
export const LONG_NAME = `a-${"very-".repeat(11)}longer`;

/** A substrate of a few tenants. */
export function ownSite(): Substrate {
    return loadSubstrate({ root: LAB_DEFINITIONS, substrate: "dvntm" });
}

/** Ten tenants with so many VMs in all, each of which reaches one port of the next one. */
export function manySite(vms: number): Substrate {
    const root = mkdtempSync(join(tmpdir(), "many-site-"));
    try {
        cpSync(LAB_DEFINITIONS, root, { recursive: true });
        defineMany(root, "dvntm", vms, "5432");
        return loadSubstrate({ root, substrate: "dvntm" });
    } finally {
        rmSync(root, { recursive: true, force: true });
    }
}

/** A proof of a substrate in which one probe, the first, is not as declared. */
export function proofOf(site: Substrate): Proof {
    const addresses = site.tenants.flatMap(({ vms, segment }) =>
        vms.map(({ vmid }, index) => [vmid, `10.20.${segment.vlan}.${100 + index}`] as const),
    );
    const matrix = checksOf(site, new Map(addresses)).map((check, index) => ({
        ...check,
        ok: index !== 0,
        ...(check.open && { answered: check.to }),
    }));
    const none = { addresses: [], names: [], spoofing: [], moments: [], controls: [] };
    return { substrate: site.name, vms: addresses.length, matrix, seconds: 1, ...none };
}

/** Ten tenants of thirty VMs, with paths between tenants and to segments of the site, long names and fixed addresses. */
export function bigSite(): Substrate {
    const root = mkdtempSync(join(tmpdir(), "big-site-"));
    try {
        cpSync(LAB_DEFINITIONS, root, { recursive: true });
        defineMany(root, "dvntm", VMS, "5432");
        const folder = join(root, "tenants", "dvntm");
        const last = join(folder, "bench9.yaml");
        appendFileSync(
            last,
            `allow:
  - { to: bench0, protocol: tcp, ports: "443,8000:8010", why: the first one }
  - { to: iot_backend, protocol: any, why: sensors }
  - { to: 10.20.99.95/32, protocol: tcp, ports: "80", why: artifact server }
`,
        );
        const third = join(folder, "bench2.yaml");
        const named = readFileSync(third, "utf8")
            .replace("name: vm1,", `name: ${LONG_NAME}, address: fixed, aliases: [api, ${LONG_NAME.slice(0, -1)}],`)
            .replace("allow:\n", 'allow:\n  - { to: iot, protocol: udp, ports: "123", why: clocks }\n');
        writeFileSync(third, named);
        return loadSubstrate({ root, substrate: "dvntm" });
    } finally {
        rmSync(root, { recursive: true, force: true });
    }
}

/** A row of drift as `tenants drift` tells it. */
function row(tenant: string, where: string, what: string, declared: string, found: string): DriftRow {
    const [kind, name = ""] = where.split(" ");
    const place = kind === "router" ? { kind: "router" as const } : { kind: kind as "node" | "host", name };
    const vmid = Number(/VM (\d+)/.exec(what)?.[1] ?? (what.includes(" api.bench2.") ? 5201 : 0));
    const of = { place, subject: { kind: "vm" as const, id: what }, ...(vmid > 0 && { vmid }) };
    return { tenant, where, what, declared, found, settle: "tenants up dvntm", ...of };
}

/** Drift of a VM, of a name, of a segment, and of what is no tenant's, in the big site. */
export const BIG_DRIFT: ToldDrift = {
    substrate: "dvntm",
    drift: [
        {
            ...row("bench1", "node pve2", "VM 5103 vm3: memory", "512 MiB", "2048 MiB"),
            since: "2026-11-24T08:13:00Z",
            who: "root@pam",
        },
        row("bench1", "node pve2", "VM 5103 vm3: firewall", "on", "off"),
        row("bench2", "router", "name api.bench2.dvntm.deevnet.net: address", "10.20.52.10", "10.20.52.11"),
        row("bench4", "router", "DHCP scope 10.20.54.0/24", "10.20.54.100-10.20.54.200", "none"),
        row("", "node pve2", "VM 5777 left-over", "none", "running"),
        row("", "router", "Kea", "runs", "none"),
    ],
    untold: [{ source: "host hv02", reason: "SSH to hv02 was refused" }],
};
