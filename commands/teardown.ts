import { tenantFile } from "../definitions/read";
import { dependents, holdingsOf, type Holdings } from "../state/holdings";
import { nameOf, POOL, type Deployment, type StateResource } from "../state/deployment";
import type { Substrate } from "../substrate/substrate";
import { suggestion } from "../definitions/suggest";
import { defineCommand, SUBSTRATE, TENANT, type Request } from "./cli/definition";
import { compareWithFiles, definitions } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT, exitOfPulumi } from "./cli/exit";
import { answer, complain, tell } from "./cli/terminal";
import { backUp } from "./shared/backup";
import { confirm, requireName } from "./cli/confirm";
import { runPulumi, type PulumiRun } from "./cli/pulumi";
import { holdings, requireUnguarded, tellReleased, tellWhatGoes } from "./shared/release";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";

const OPTIONS = {
    yes: { says: "say the tenant's name without being asked", value: "tenant", kind: "text" },
    backup: { says: "back each VM up first, and go on only if all of them were" },
} as const;

export const command = defineCommand({
    name: "teardown",
    group: "daily",
    summary: "take one tenant away: its VMs, disks, VLAN, names and rules",
    details:
        "Shows what goes (VMs with their disks, VLAN, DHCP scope, names, rules) and what stays, asks for the tenant's name " +
        "(--yes says it for a script), destroys that, and says what was released and whether anything is left. A tenant that is " +
        "gone already is no error.",
    arguments: [SUBSTRATE, TENANT],
    options: OPTIONS,
    output: "released",
    needs: ["pulumi"],
    example: "tenants teardown dvntm grooveiq --backup --yes=grooveiq",
    exits: { 1: "it was refused, Pulumi could not, or something is left" },
    async run(request) {
        const { args, options } = request;
        requireName(args["tenant"]!, options.yes);
        compareWithFiles();
        const substrate = loadOne(args["substrate"]!);
        return takeAway(request, substrate, await prepareChange(substrate, false), options);
    },
});

async function takeAway(
    request: Request,
    substrate: Substrate,
    deployment: Deployment,
    { yes, backup }: { readonly yes: string | undefined; readonly backup: boolean },
): Promise<number> {
    const tenant = request.args["tenant"]!;
    const known = holdingsOf(deployment, substrate.plan);
    const recorded = known.get(tenant);
    if (recorded === undefined) {
        tellNothing(substrate, tenant, [...known.keys()]);
        answer({ substrate: substrate.name, tenant, changes: {}, clean: true });
        return EXIT.done;
    }
    requireFree(recorded, dependents(deployment, recorded), substrate.name);
    const held = await holdings(substrate, deployment, (name) => name === tenant);
    requireUnguarded(held);
    tellWhatGoes(substrate, held);
    const others = [...known.keys()].filter((name) => name !== tenant);
    tell(`what stays: ${others.length === 0 ? "no other tenant is there" : others.join(", ")}`);
    await confirm(`The tenant ${tenant} goes.`, tenant, yes);
    if (backup) {
        await backUp(substrate, held[0]!);
    }
    const { code, changes } = await destroy(request, substrate, recorded);
    const clean = await tellReleased(substrate, held);
    if (code === 0) {
        tellFile(substrate, tenant);
    } else {
        complain(`${tenant}: not all of it is gone, for the reason above; the same command goes on with it`);
    }
    answer({ substrate: substrate.name, tenant, changes, clean });
    return code === 0 && !clean ? EXIT.failed : exitOfPulumi(code);
}

function tellNothing({ name, tenants }: Substrate, tenant: string, known: readonly string[]): void {
    const all = [...new Set([...known, ...tenants.map((one) => one.name)])];
    const near = all.includes(tenant) ? "" : suggestion(tenant, all);
    tell(`nothing to do: ${name} has no tenant ${tenant} in its state${near}`);
}

/** @throws Refusal where the tenant's file keeps it, PVE protects a VM of it, or something else needs it. */
function requireFree({ tenant, resources, vms }: Holdings, needing: readonly string[], substrate: string): void {
    const up = `and tenants up ${substrate} first`;
    const kept = resources.filter(({ protect }) => protect === true);
    const guarded = vms.filter(({ protection }) => protection).map(({ vmid, name }) => `${vmid} (${name})`);
    const reasons = [
        kept.length > 0 && `${keptBy(kept, tenant)} is kept (keep: true): set keep: false in the tenant's file, ${up}`,
        guarded.length > 0 &&
            `PVE protects VM ${guarded.join(", ")} (protection: true): set it to false, ${up}; set by hand, the up alone lifts it`,
        needing.length > 0 && `${needing.join(", ")} need it, which are not the tenant's`,
    ].filter((reason) => reason !== false);
    if (reasons.length > 0) {
        throw new Refusal(reasons.map((reason) => `${tenant} is not torn down: ${reason}`).join("\n"));
    }
}

/** Whose `keep` protects: the tenant's where its pool is protected, else that of the first that is. */
function keptBy(kept: readonly StateResource[], tenant: string): string {
    return kept.some(({ type }) => type === POOL) ? tenant : nameOf(kept[0]!);
}

/**
 * Destroys the tenant's resources and no others. What was deleted by hand must be out of the state first, since the
 * provider fails to delete it; and `destroy --target` cannot refresh what it destroys: its refresh knows no provider where
 * the component alone is named, and misses resources that it just found gone where each is (CLI 3.259.0).
 */
async function destroy(request: Request, substrate: Substrate, { resources }: Holdings): Promise<PulumiRun> {
    const common = ["--stack", substrate.name, "--yes", "--suppress-outputs"];
    const targets = resources.flatMap(({ urn }) => ["--target", urn]);
    const refreshed = await runPulumi(request, substrate, "refresh", ...common, "--skip-preview", ...targets);
    if (refreshed.code !== 0) {
        return refreshed;
    }
    // The tenant's component, and what a run that broke off left of it outside.
    const own = new Set(resources.map(({ urn }) => urn));
    const roots = resources.filter(({ parent }) => !own.has(parent ?? "")).flatMap(({ urn }) => ["--target", urn]);
    return runPulumi(request, substrate, "destroy", ...common, "--refresh=false", ...roots, "--target-dependents");
}

function tellFile({ name }: Substrate, tenant: string): void {
    const file = tenantFile(definitions(), name, tenant);
    if (file !== undefined) {
        tell(`${file} is still there: remove it, or the next up makes the tenant again`);
    }
}
