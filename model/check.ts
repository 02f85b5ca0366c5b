import { basename, extname } from "node:path";
import type { SubstrateDefinition, TenantDefinition } from "./definitions";
import { formatPath, type Fault, type Path } from "./faults";
import type { Source } from "./yaml";

/** A tenant definition whose shape is right, with the file it stands in. */
export interface CheckedTenant {
    readonly file: string;
    readonly source: Source;
    readonly value: TenantDefinition;
}

/** Checks what no schema can see: names, VLANs and instances against each other, and against the substrate. */
export function checkAcross(
    substrateName: string,
    substrate: SubstrateDefinition,
    tenants: readonly CheckedTenant[],
): Fault[] {
    return [
        ...tenants.flatMap((tenant) => checkTenant(substrateName, substrate, tenant)),
        ...unique(
            tenants.map((tenant) => place(tenant, ["vlan"], tenant.value.vlan)),
            "VLAN",
        ),
    ];
}

function checkTenant(substrateName: string, substrate: SubstrateDefinition, tenant: CheckedTenant): Fault[] {
    const { name, hypervisor, vms } = tenant.value;
    const faults: Fault[] = [];
    const fileName = basename(tenant.file, extname(tenant.file));
    if (fileName !== name) {
        faults.push(
            faultAt(tenant, ["name"], `${name} is not the file's name; allowed: ${fileName}, or rename the file`),
        );
    }
    const hypervisors = Object.keys(substrate.hypervisors);
    if (hypervisor === undefined && hypervisors.length > 1) {
        faults.push(
            faultAt(
                tenant,
                [],
                `hypervisor is missing: ${substrateName} has several; allowed: ${hypervisors.join(", ")}`,
            ),
        );
    }
    if (hypervisor !== undefined && !hypervisors.includes(hypervisor)) {
        faults.push(
            faultAt(
                tenant,
                ["hypervisor"],
                `${hypervisor} is not on ${substrateName}; allowed: ${hypervisors.join(", ")}`,
            ),
        );
    }
    const aliases = vms.flatMap((vm, i) =>
        vm.aliases.map((alias, j) => place(tenant, ["vms", i, "aliases", j], alias)),
    );
    const names = vms.map((vm, i) => place(tenant, ["vms", i, "name"], vm.name));
    const instances = vms.map((vm, i) => place(tenant, ["vms", i, "instance"], vm.instance));
    return [...faults, ...unique([...names, ...aliases], "name"), ...unique(instances, "instance")];
}

/** A value that must be the only one of its kind, and where it stands. */
interface Place {
    readonly tenant: CheckedTenant;
    readonly path: Path;
    readonly value: string | number;
}

function place(tenant: CheckedTenant, path: Path, value: string | number): Place {
    return { tenant, path, value };
}

/** One fault for each place whose value stood somewhere before, naming where. */
function unique(places: readonly Place[], kind: string): Fault[] {
    const first = new Map<string | number, Place>();
    return places.flatMap((current) => {
        const holder = first.get(current.value);
        if (holder === undefined) {
            first.set(current.value, current);
            return [];
        }
        const line = holder.tenant.source.lineOf(holder.path);
        const where = `${holder.tenant.file}:${line} ${formatPath(holder.path)}`;
        return [faultAt(current.tenant, current.path, `${kind} ${current.value} is taken by ${where}`)];
    });
}

function faultAt(tenant: CheckedTenant, path: Path, message: string): Fault {
    const line = tenant.source.lineOf(path);
    return { file: tenant.file, path: formatPath(path), message, ...(line === undefined ? {} : { line }) };
}
