import * as pulumi from "@pulumi/pulumi";
import type { HostFacts } from "../host/facts";
import { namesTold } from "../router/names/told";
import { routerRecordsOf } from "../router/records";
import type { Substrate, Tenant as TenantModel } from "../substrate/substrate";
import type { Survey } from "./survey";
import type { HostBaseline } from "./hostBaseline";
import { ConnectedHypervisor } from "./hypervisor";
import { identified } from "./identities";
import { Tenant, type VmInputs } from "./tenant";
import { announce, type TenantRouterArgs } from "./tenantRouter";

/** Outputs of a substrate: its VMs, ordered by VMID, and what each host that has a baseline said of itself. */
export interface Declared {
    readonly vms: VmInputs[];
    readonly hosts: Readonly<Record<string, pulumi.Output<HostFacts>>>;
}

/** Declares a substrate's hypervisors with their hosts' baselines, and its tenants. */
export async function declare(definitions: Substrate, survey: Survey, root: string): Promise<Declared> {
    const substrate = identified(definitions, survey);
    const told = survey.comparesOnly ? undefined : namesTold(substrate);
    if (told !== undefined) {
        void pulumi.log.info(told);
    }
    const baselines = await baselinesOf(substrate, survey, root);
    const hypervisors = new Map(
        substrate.hypervisors.map((model) => [
            model.name,
            new ConnectedHypervisor(substrate, model, survey, baselines.get(model.name)),
        ]),
    );
    const onRouter = routersOf(substrate, survey);
    const declared = (tenant: TenantModel) => {
        const router = onRouter.get(tenant.name);
        const args = { tenant, hypervisor: hypervisors.get(tenant.hypervisor)!, ...(router && { router }) };
        return new Tenant(tenant.name, args).vms;
    };
    return {
        vms: substrate.tenants.flatMap((tenant) => survey.leftOut.get(tenant.name) ?? declared(tenant)),
        hosts: Object.fromEntries([...baselines].map(([name, { facts }]) => [name, facts])),
    };
}

/** The hosts' baselines by the hypervisor's name; what they need of SSH and Pulumi is loaded only where there is one. */
async function baselinesOf(
    { hypervisors }: Substrate,
    { hosts, secrets }: Survey,
    root: string,
): Promise<ReadonlyMap<string, HostBaseline>> {
    if (hosts.size === 0) {
        return new Map();
    }
    const { HostBaseline } = await import("./hostBaseline");
    const { baselineName } = await import("./hostSurvey");
    return new Map(
        hypervisors.flatMap((hypervisor) => {
            const survey = hosts.get(hypervisor.name);
            const args = survey && { hypervisor, survey, secrets, root };
            return args === undefined ? [] : [[hypervisor.name, new HostBaseline(baselineName(hypervisor), args)]];
        }),
    );
}

/** Records that the stack writes to the core router, by tenant: none, but in mode api. */
function routersOf(substrate: Substrate, { leftOut }: Survey): ReadonlyMap<string, TenantRouterArgs> {
    const { mode, endpoint } = substrate.coreRouter;
    if (mode !== "api" || endpoint === undefined) {
        return new Map();
    }
    const tenants = substrate.tenants.filter(({ name }) => !leftOut.has(name));
    const all = tenants.map((tenant) => ({
        endpoint,
        tenant: tenant.name,
        records: routerRecordsOf(substrate, tenant),
    }));
    const run = announce(all);
    return new Map(all.map((one) => [one.tenant, { ...one, run }]));
}
