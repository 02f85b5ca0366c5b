/** Takes one tenant away, and nothing else: what `make teardown` calls. */
import { existsSync } from "node:fs";
import { dependents, holdingsOf, type Holdings } from "../model/holdings";
import { nameOf, POOL, type StateResource } from "../model/stateRepair";
import type { Substrate } from "../model/substrate";
import { suggestion } from "../model/suggest";
import { backUp } from "./backup";
import { FLAG, Refusal, runCommand, TEXT, UsageError } from "./command";
import { confirm } from "./confirm";
import { exportStack, runPulumi } from "./pulumi";
import { holdings, tellReleased, tellWhatGoes } from "./release";

const HELP = `usage: make teardown SUBSTRATE=<name> TENANT=<name> [YES=<tenant>] [BACKUP=1]
Takes one tenant away: shows what goes (VMs with their disks, VLAN, DHCP scope, names, rules) and what stays, asks for the
tenant's name (YES says it for a script), destroys that, and says what was released and whether anything is left.
BACKUP=1 backs each VM up first, and goes on only if all of them were. A tenant that is gone already is no error.
Exit 0; 1: refused, something is left, or as Pulumi ends; 2: no terminal and no YES, or else wrong usage.`;

const OPTIONS = { tenant: TEXT, yes: TEXT, backup: FLAG, help: FLAG };

void runCommand(HELP, OPTIONS, async (substrate, { tenant, yes, backup }) => {
    if (tenant === undefined || tenant === "") {
        throw new UsageError("TENANT is missing");
    }
    const { deployment } = exportStack(substrate.name);
    const known = holdingsOf(deployment);
    const recorded = known.get(tenant);
    if (recorded === undefined) {
        tellNothing(substrate, tenant, [...known.keys()]);
        return;
    }
    requireFree(recorded, dependents(deployment, recorded), substrate.name);
    const held = await holdings(substrate, (name) => name === tenant);
    tellWhatGoes(substrate, held);
    const others = [...known.keys()].filter((name) => name !== tenant);
    console.log(`what stays: ${others.length === 0 ? "no other tenant is there" : others.join(", ")}`);
    await confirm(`The tenant ${tenant} goes.`, tenant, yes);
    if (backup) {
        await backUp(substrate, held[0]!);
    }
    const code = await destroy(substrate, recorded);
    const clean = await tellReleased(substrate, held);
    if (code === 0) {
        tellFile(substrate, tenant);
    } else {
        console.error(`${tenant}: not all of it is gone, for the reason above; the same command goes on with it`);
    }
    process.exitCode = code === 0 && !clean ? 1 : code;
});

function tellNothing({ name, tenants }: Substrate, tenant: string, known: readonly string[]): void {
    const all = [...new Set([...known, ...tenants.map((one) => one.name)])];
    const near = all.includes(tenant) ? "" : suggestion(tenant, all);
    console.log(`nothing to do: ${name} has no tenant ${tenant} in its state${near}`);
}

/** @throws Refusal where the tenant's file keeps it, PVE protects a VM of it, or something else needs it. */
function requireFree({ tenant, resources, vms }: Holdings, needing: readonly string[], substrate: string): void {
    const up = `and make up SUBSTRATE=${substrate} first`;
    const kept = resources.filter(({ protect }) => protect === true);
    const guarded = vms.filter(({ protection }) => protection).map(({ vmid, name }) => `${vmid} (${name})`);
    const reasons = [
        kept.length > 0 && `${keptBy(kept, tenant)} is kept (keep: true): set keep: false in the tenant's file, ${up}`,
        guarded.length > 0 && `PVE protects VM ${guarded.join(", ")} (protection: true): set it to false, ${up}`,
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
async function destroy(substrate: Substrate, { resources }: Holdings): Promise<number> {
    const common = ["--stack", substrate.name, "--yes", "--suppress-outputs"];
    const targets = resources.flatMap(({ urn }) => ["--target", urn]);
    const refreshed = await runPulumi("refresh", ...common, "--skip-preview", ...targets);
    if (refreshed !== 0) {
        return refreshed;
    }
    const component = ["--target", resources[0]!.urn, "--target-dependents"];
    return runPulumi("destroy", ...common, "--refresh=false", ...component);
}

function tellFile({ name }: Substrate, tenant: string): void {
    const file = ["yaml", "yml"].map((end) => `tenants/${name}/${tenant}.${end}`).find((path) => existsSync(path));
    if (file !== undefined) {
        console.log(`${file} is still there: remove it, or the next up makes the tenant again`);
    }
}
