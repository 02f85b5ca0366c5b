import { withEachNode } from "../node/client";
import type { Deployment } from "../state/deployment";
import { dependents, holdingsOfVm, type Holdings } from "../state/holdings";
import { newestIn } from "../state/lifetimes";
import { clockFaults } from "../substrate/clock";
import { isHeld, isOver, type Ending } from "../substrate/expiry";
import { declaredAt, endText, nameOfEnding } from "../substrate/expiryWords";
import { tenantOf } from "../substrate/owners";
import type { Substrate } from "../substrate/substrate";
import { confirm, requireName } from "./cli/confirm";
import { defineCommand, SUBSTRATE, type Request } from "./cli/definition";
import { compareWithFiles } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { answer, complain, tell } from "./cli/terminal";
import { backUp } from "./shared/backup";
import { destroyHoldings, reasonsAgainst } from "./shared/destroyHoldings";
import { lifetimesIn } from "./shared/lifetimes";
import { guardsOf, holdings, tellReleased, tellWhatGoes } from "./shared/release";
import { prepareChange } from "./shared/stack";
import { loadOne } from "./shared/substrates";

const OPTIONS = {
    yes: { says: "say the substrate's name without being asked", value: "substrate", kind: "text" },
    backup: { says: "back each VM up first, and take away only those of which all were" },
} as const;

export const command = defineCommand({
    name: "reap",
    group: "daily",
    summary: "remove tenants and VMs that are over, and nothing else",
    details:
        "Removes what is over by its `expires`, one after the other, as teardown does. What `keep` or `protection` holds is named " +
        "and stays, and the rest goes on. Asks for the substrate's name (--yes answers for a timer). Refused where the clocks of this " +
        "machine and of a node differ, or the state holds a time in the future. No later up makes again what was reaped.",
    arguments: [SUBSTRATE],
    options: OPTIONS,
    output: "reaped",
    needs: ["pulumi"],
    example: "tenants reap dvntm --yes=dvntm",
    exits: { 1: "a clock is wrong, something is kept or protected, Pulumi could not, or something is left" },
    async run(request) {
        const { args, options } = request;
        requireName(args["substrate"]!, options.yes);
        compareWithFiles();
        const substrate = loadOne(args["substrate"]!);
        if (substrate.status === "planned") {
            tell(`nothing to do: ${substrate.name} is only planned`);
            answer({ substrate: substrate.name, reaped: [], refused: [] });
            return EXIT.done;
        }
        return reap(request, substrate, await prepareChange(substrate, false), options);
    },
});

/** Something that is over and there. */
interface Over {
    readonly ending: Ending;
    readonly held: Holdings;
}

async function reap(
    request: Request,
    substrate: Substrate,
    deployment: Deployment,
    { yes, backup }: { readonly yes: string | undefined; readonly backup: boolean },
): Promise<number> {
    const now = new Date();
    const over = await overIn(substrate, deployment, now);
    if (over.length === 0) {
        tell(`nothing to do: nothing of ${substrate.name} is over`);
        answer({ substrate: substrate.name, reaped: [], refused: [] });
        return EXIT.done;
    }
    await requireClock(substrate, deployment, now);
    const judged = over.map((one) => ({ ...one, why: reasons(one, deployment, substrate) }));
    const refused = judged.filter(({ why }) => why.length > 0);
    refused.forEach(({ ending, why }) =>
        why.forEach((reason) => complain(`${nameOfEnding(ending)} is not reaped: ${reason}`)),
    );
    const going = judged.filter(({ why }) => why.length === 0);
    const reaped: { ending: Ending; clean: boolean }[] = [];
    if (going.length > 0) {
        tellWhatGoes(
            substrate,
            going.map(({ held }) => held),
        );
        going.forEach(({ ending }) => tell(`${nameOfEnding(ending)} is over since ${since(ending, substrate)}`));
        await confirm(`${going.map(({ ending }) => nameOfEnding(ending)).join(", ")}: it goes.`, substrate.name, yes);
        for (const { ending, held } of going) {
            reaped.push({ ending, clean: await takeAway(request, substrate, { ending, held }, backup) });
        }
    }
    const named = ({ tenant, vm }: Ending) => ({ tenant, ...(vm && { vm: vm.name }) });
    answer({
        substrate: substrate.name,
        reaped: reaped.map(({ ending, clean }) => ({ ...named(ending), clean })),
        refused: refused.map(({ ending, why }) => ({ ...named(ending), why })),
    });
    return refused.length > 0 || reaped.some(({ clean }) => !clean) ? EXIT.failed : EXIT.done;
}

function since(ending: Ending, { timeZone }: Substrate): string {
    return `${endText(ending, timeZone)} (${declaredAt(ending)})`;
}

/** Everything that is over and in the state; of a tenant that is over its VMs are no more than a part. */
async function overIn(substrate: Substrate, deployment: Deployment, now: Date): Promise<Over[]> {
    const { endings, held } = lifetimesIn(substrate, deployment);
    const over = endings.filter((ending) => isOver(ending, now) && isHeld(ending, held));
    const whole = new Set(over.flatMap(({ tenant, vm }) => (vm === undefined ? [tenant] : [])));
    const chosen = over.filter(({ tenant, vm }) => vm === undefined || !whole.has(tenant));
    const tenants = new Set(chosen.map(({ tenant }) => tenant));
    const all = new Map(
        (await holdings(substrate, deployment, (name) => tenants.has(name))).map((one) => [one.tenant, one]),
    );
    return chosen.map((ending) => {
        const tenant = all.get(ending.tenant)!;
        return { ending, held: ending.vm === undefined ? tenant : holdingsOfVm(tenant, ending.vm.vmid) };
    });
}

/** @throws Refusal where this machine's clock is not to be believed; NodeError where a node cannot be asked. */
async function requireClock(substrate: Substrate, deployment: Deployment, now: Date): Promise<void> {
    const nodes = await withEachNode(substrate, async (client, { node }) => [node, await client.time()] as const);
    const faults = clockFaults({ now, nodes, newest: newestIn(deployment) });
    if (faults.length > 0) {
        throw new Refusal(
            `nothing is reaped, since a clock is wrong: ${faults.join("; ")}. Set the clocks (timedatectl status on both machines), ` +
                "and reap again.",
        );
    }
}

/** Reasons not to take something away; as the state knows them, and by its `keep` in the file, which no up has written yet. */
function reasons({ ending, held }: Over, deployment: Deployment, substrate: Substrate): string[] {
    const tenant = tenantOf(substrate, ending);
    const vms = new Set(held.vms.map(({ vmid }) => vmid));
    const own = tenant.vms.filter(({ vmid }) => vms.has(vmid));
    const told = reasonsAgainst(held, dependents(deployment, held), substrate.name);
    const kept = [
        ...(tenant.keep ? [tenant.name] : own.filter(({ keep }) => keep).map(({ name }) => `${tenant.name}/${name}`)),
    ];
    const guarded = own.filter(({ protection }) => protection).map(({ name }) => `${tenant.name}/${name}`);
    const inFile = [
        ...(kept.length > 0 ? [`its file has keep: true (${kept.join(", ")}); set it to false`] : []),
        ...(guarded.length > 0 ? [`its file has protection: true (${guarded.join(", ")}); set it to false`] : []),
    ];
    return [...(told.length > 0 ? told : inFile), ...guardsOf(held)];
}

/** @returns whether all of it is gone, and nothing is left. */
async function takeAway(request: Request, substrate: Substrate, { ending, held }: Over, backup: boolean) {
    const name = nameOfEnding(ending);
    try {
        if (backup) {
            await backUp(substrate, held);
        }
    } catch (error) {
        if (error instanceof Refusal) {
            complain(error.message);
            return false;
        }
        throw error;
    }
    const { code } = await destroyHoldings(request, substrate, held);
    const clean = await tellReleased(substrate, [held]);
    if (code !== 0) {
        complain(`${name}: not all of it is gone, for the reason above; the same command goes on with it`);
        return false;
    }
    const { mode } = substrate.coreRouter;
    if (ending.vm !== undefined && mode !== "none") {
        const how = mode === "api" ? "the next up" : "the next router-vars and the site's collection";
        tell(`  its name and its reservation stay on the router until ${how}`);
    }
    tell(`  no up makes it again: take it out of ${ending.definedAt.file} (${declaredAt(ending)})`);
    return clean;
}
