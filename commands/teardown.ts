import { tenantFile } from "../definitions/read";
import { dependents, holdingsOf } from "../state/holdings";
import type { Deployment } from "../state/deployment";
import type { Substrate } from "../substrate/substrate";
import { suggestion } from "../definitions/suggest";
import { defineCommand, SUBSTRATE, TENANT, type Request } from "./cli/definition";
import { compareWithFiles, definitions } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT, exitOfPulumi } from "./cli/exit";
import { answer, complain, tell } from "./cli/terminal";
import { backUp } from "./shared/backup";
import { confirm, requireName } from "./cli/confirm";
import { holdings, neverHeld, requireUnguarded, tellReleased, tellWhatGoes } from "./shared/release";
import { destroyHoldings, reasonsAgainst } from "./shared/destroyHoldings";
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
        "(--yes answers for a script), destroys that, and says what was released and whether anything is left. A tenant that has a " +
        "file and nothing in the state is no error; one that has neither is.",
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
        requireKnown(substrate, tenant, [...known.keys()]);
        tell(`nothing to do: ${substrate.name} has no tenant ${tenant} in its state`);
        // What a run that was killed left goes only where the name was said.
        const never = yes === undefined ? [] : neverHeld(substrate, []).filter((one) => one.tenant === tenant);
        const clean = await tellReleased(substrate, [], never);
        answer({ substrate: substrate.name, tenant, changes: {}, clean });
        return clean ? EXIT.done : EXIT.failed;
    }
    const reasons = reasonsAgainst(recorded, dependents(deployment, recorded), substrate.name);
    if (reasons.length > 0) {
        throw new Refusal(reasons.map((reason) => `${tenant} is not torn down: ${reason}`).join("\n"));
    }
    const held = await holdings(substrate, deployment, (name) => name === tenant);
    requireUnguarded(held);
    tellWhatGoes(substrate, held);
    const others = [...known.keys()].filter((name) => name !== tenant);
    tell(`what stays: ${others.length === 0 ? "no other tenant is there" : others.join(", ")}`);
    await confirm(`The tenant ${tenant} goes.`, tenant, yes);
    if (backup) {
        await backUp(substrate, held[0]!);
    }
    const { code, changes } = await destroyHoldings(request, substrate, recorded);
    const clean = await tellReleased(substrate, held);
    if (code === 0) {
        tellFile(substrate, tenant);
    } else {
        complain(`${tenant}: not all of it is gone, for the reason above; the same command goes on with it`);
    }
    answer({ substrate: substrate.name, tenant, changes, clean });
    return code === 0 && !clean ? EXIT.failed : exitOfPulumi(code);
}

/** @throws Refusal where neither the state nor a file has the tenant: a slip must not pass for a teardown. */
function requireKnown({ name, tenants }: Substrate, tenant: string, recorded: readonly string[]): void {
    const all = [...new Set([...recorded, ...tenants.map((one) => one.name)])];
    if (!all.includes(tenant)) {
        throw new Refusal(
            `${tenant} is no tenant of ${name}, neither in its state nor in its files${suggestion(tenant, all)}; nothing was touched`,
        );
    }
}

function tellFile({ name }: Substrate, tenant: string): void {
    const file = tenantFile(definitions(), name, tenant);
    if (file !== undefined) {
        tell(`${file} is still there: remove it, or the next up makes the tenant again`);
    }
}
