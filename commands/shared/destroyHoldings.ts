import { nameOf, POOL, type StateResource } from "../../state/deployment";
import type { Holdings } from "../../state/holdings";
import type { Substrate } from "../../substrate/substrate";
import type { Request } from "../cli/definition";
import { runPulumi, type PulumiRun } from "../cli/pulumi";
import { compare, REFRESH } from "./comparison";

/**
 * Reasons not to take a tenant, or one VM of it, away: its file keeps it, PVE protects a VM of it, or something else needs it.
 *
 * @param needing names of resources of others that need one of its.
 * @param substrate its name.
 */
export function reasonsAgainst(
    { tenant, resources, vms }: Holdings,
    needing: readonly string[],
    substrate: string,
): string[] {
    const up = `and tenants up ${substrate} first`;
    const kept = resources.filter(({ protect }) => protect === true);
    const guarded = vms.filter(({ protection }) => protection).map(({ vmid, name }) => `${vmid} (${name})`);
    return [
        kept.length > 0 && `${keptBy(kept, tenant)} is kept (keep: true): set keep: false in the tenant's file, ${up}`,
        guarded.length > 0 &&
            `PVE protects VM ${guarded.join(", ")} (protection: true): set it to false, ${up}; set by hand, the up alone lifts it`,
        needing.length > 0 && `${needing.join(", ")} need it, which are not the tenant's`,
    ].filter((reason) => reason !== false);
}

/** Whose `keep` protects: the tenant's where its pool is protected, else that of the first that is. */
function keptBy(kept: readonly StateResource[], tenant: string): string {
    return kept.some(({ type }) => type === POOL) ? tenant : nameOf(kept[0]!);
}

/**
 * Destroys the resources of a tenant, or of one VM, and no others. What was deleted by hand must be out of the state first, since the
 * provider fails to delete it; and `destroy --target` cannot refresh what it destroys: its refresh knows no provider where
 * the component alone is named, and misses resources that it just found gone where each is (CLI 3.259.0).
 * Where the tenant has everything as the last run read it, there is nothing to refresh.
 */
export async function destroyHoldings(
    request: Request,
    substrate: Substrate,
    { tenant, resources }: Holdings,
): Promise<PulumiRun> {
    const common = ["--stack", substrate.name, "--yes", "--suppress-outputs"];
    const targets = resources.flatMap(({ urn }) => ["--target", urn]);
    const { asRead } = await compare(substrate, REFRESH.default, { tenant });
    if (!asRead.has(tenant)) {
        const refreshed = await runPulumi(request, substrate, "refresh", ...common, "--skip-preview", ...targets);
        if (refreshed.code !== 0) {
            return refreshed;
        }
    }
    // The component, and what a run that broke off left of it outside.
    const own = new Set(resources.map(({ urn }) => urn));
    const roots = resources.filter(({ parent }) => !own.has(parent ?? "")).flatMap(({ urn }) => ["--target", urn]);
    return runPulumi(request, substrate, "destroy", ...common, "--refresh=false", ...roots, "--target-dependents");
}
