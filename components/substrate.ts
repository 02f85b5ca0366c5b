import type * as pulumi from "@pulumi/pulumi";
import type { HostFacts } from "../model/hostFacts";
import { routerRecordsOf } from "../model/router";
import type { Hypervisor, Substrate } from "../model/substrate";
import type { Ground } from "./ground";
import { HostBaseline } from "./hostBaseline";
import { baselineName, type HostGround } from "./hostGround";
import { ConnectedHypervisor } from "./hypervisor";
import { Tenant, type VmInputs } from "./tenant";
import { announce, type TenantRouterArgs } from "./tenantRouter";

/** What a substrate puts out: its VMs, ordered by VMID, and what each host that has a baseline said of itself. */
export interface Declared {
    readonly vms: VmInputs[];
    readonly hosts: Readonly<Record<string, pulumi.Output<HostFacts>>>;
}

/** Declares a substrate's hypervisors with their hosts' baselines, and its tenants. */
export function declare(substrate: Substrate, ground: Ground, root: string): Declared {
    const baselines = new Map(
        substrate.hypervisors.flatMap((model) => {
            const host = ground.hosts.get(model.name);
            return host === undefined ? [] : [[model.name, baselineOf(model, host, ground, root)] as const];
        }),
    );
    const hypervisors = new Map(
        substrate.hypervisors.map((model) => [
            model.name,
            new ConnectedHypervisor(substrate, model, ground, baselines.get(model.name)),
        ]),
    );
    const onRouter = routersOf(substrate);
    const tenants = substrate.tenants.map((tenant) => {
        const router = onRouter.get(tenant.name);
        const args = { tenant, hypervisor: hypervisors.get(tenant.hypervisor)!, ...(router && { router }) };
        return new Tenant(tenant.name, args);
    });
    return {
        vms: tenants.flatMap((tenant) => tenant.vms),
        hosts: Object.fromEntries([...baselines].map(([name, { facts }]) => [name, facts])),
    };
}

function baselineOf(hypervisor: Hypervisor, ground: HostGround, { secrets }: Ground, root: string): HostBaseline {
    return new HostBaseline(baselineName(hypervisor), { hypervisor, ground, secrets, root });
}

/** What the stack writes to the core router, by tenant: nothing, but in mode api. */
function routersOf(substrate: Substrate): ReadonlyMap<string, TenantRouterArgs> {
    const { mode, endpoint } = substrate.coreRouter;
    if (mode !== "api" || endpoint === undefined) {
        return new Map();
    }
    const all = substrate.tenants.map((tenant) => ({
        endpoint,
        tenant: tenant.name,
        records: routerRecordsOf(substrate, tenant),
    }));
    const run = announce(all);
    return new Map(all.map((one) => [one.tenant, { ...one, run }]));
}
