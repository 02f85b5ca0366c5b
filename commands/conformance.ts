import { join } from "node:path";
import { cleanUp } from "../proof/conformance/cleanUp";
import { InterruptedError, Throwaway } from "../proof/conformance/client";
import { differencesOf, recordOf, type Asked, type Expected } from "../proof/conformance/compare";
import expected from "../proof/conformance/expected.json";
import { isSmall, wordsIn } from "../proof/conformance/form";
import { freeVlan } from "../proof/conformance/place";
import { readOccupied, readVersions, type Versions } from "../proof/conformance/read";
import { runSteps, StoppedError, type Setting } from "../proof/conformance/run";
import { WORDS } from "../proof/conformance/words";
import { connect } from "../node/client";
import { requirePreflight } from "../node/preflight";
import { pulumi } from "../state/client";
import { conformanceText, type ConformanceReport } from "../report/conformance";
import { vmidOf } from "../substrate/plan";
import { requireReady } from "../substrate/ready";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { confirm } from "./cli/confirm";
import { definitions, ROOT } from "./cli/environment";
import { Refusal } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { readText, writeText } from "./cli/files";
import { inOrder } from "./cli/interruption";
import { answer, note } from "./cli/terminal";
import { routerClient, routerKey } from "./shared/routerClient";
import { loadOne } from "./shared/substrates";

const OPTIONS = {
    yes: { says: "do not ask before it starts" },
    "clean-up": { says: "take away what a check that was killed left, and do nothing else" },
} as const;

/**
 * Names a file that the answers are written to, words and all: for the record of the simulators (tests/acceptance/conformance),
 * never for a real machine.
 */
const RECORD = "TENANTS_RECORD_CONFORMANCE";

export const command = defineCommand({
    name: "conformance",
    group: "set up",
    summary: "compare a substrate's real node and router with the simulated ones, on a throwaway tenant",
    details:
        "Makes a throwaway tenant of one small VM on a free VLAN, changes it, changes it behind the program's back, rebuilds it and tears it " +
        "down, on the substrate's own node and router, with the environment's token and key. After each step it compares the form of " +
        "what they answer, and of what they refuse, with what the simulators answer, and prints versions and every difference for an " +
        "issue: no addresses, names or secrets. It touches nothing else, and keeps its own state in .conformance (docs/conformance.md). What a " +
        "check that was killed left, the next one takes away first.",
    arguments: [SUBSTRATE],
    options: OPTIONS,
    output: "conformance",
    needs: ["pulumi"],
    example: "tenants conformance dvntm",
    exits: { 0: "no difference", 1: "it could not be compared, or something is left", 2: "differences" },
    async run({ args, options }) {
        const substrate = requireReady(loadOne(args["substrate"]!));
        const throwaway = new Throwaway(definitions(), substrate.name);
        requireAlone(throwaway);
        await requirePreflight(substrate);
        if (options["clean-up"]) {
            return takeAway(substrate, throwaway);
        }
        const place = throwaway.isThere ? undefined : await placeOf(substrate);
        await confirm(planOf(substrate, place), substrate.name, options.yes ? substrate.name : undefined, "--yes");
        if (throwaway.isThere) {
            const code = await takeAway(substrate, throwaway);
            if (code !== EXIT.done) {
                return code;
            }
        }
        return check(substrate, throwaway, place ?? (await placeOf(substrate)));
    },
});

/** @throws Refusal where another check of the substrate is under way. */
function requireAlone({ holder }: Throwaway): void {
    if (holder !== undefined) {
        throw new Refusal(
            `a check is under way as process ${holder}: wait for its end, or end it by \`kill ${holder}\``,
        );
    }
}

async function placeOf(substrate: Substrate): Promise<number> {
    return freeVlan(substrate, await readOccupied(substrate, routerOf(substrate)?.client));
}

/** The router that the stack writes to, with the key for it. */
function routerOf(substrate: Substrate) {
    const client = substrate.coreRouter.mode === "api" ? routerClient(substrate) : undefined;
    return client && { client, key: routerKey(substrate.name) };
}

function planOf({ name, plan, hypervisors, coreRouter }: Substrate, vlan: number | undefined): string {
    const where = `node ${hypervisors[0]!.node}${coreRouter.mode === "api" ? " and the core router" : ""}`;
    const reloads = coreRouter.mode === "api" ? "; Kea, Unbound and the firewall rules are reloaded for it" : "";
    const which = vlan === undefined ? "a free VLAN" : `VLAN ${vlan}, as VM ${vmidOf(plan, vlan, 1)}`;
    return (
        `On ${where} of ${name}, a throwaway tenant with one VM (1 core, 512 MiB) is made on ${which}, changed, made anew and ` +
        `removed again${reloads}.`
    );
}

async function takeAway(substrate: Substrate, throwaway: Throwaway): Promise<number> {
    if (!throwaway.isThere) {
        note("conformance: no check left anything");
        return EXIT.done;
    }
    note("conformance: removing what an earlier check left");
    const ending = new AbortController();
    return inOrder(
        () => cleaned(substrate, throwaway, ending.signal),
        () => ending.abort(),
    );
}

/** Takes the throwaway tenant away. @returns EXIT.interrupted where somebody ended that. */
async function cleaned(substrate: Substrate, throwaway: Throwaway, signal: AbortSignal): Promise<number> {
    try {
        await cleanUp(throwaway, routerOf(substrate), signal);
        return EXIT.done;
    } catch (error) {
        if (error instanceof InterruptedError) {
            note(`conformance: ended; \`tenants conformance ${substrate.name} --clean-up\` takes away what is left`);
            return EXIT.interrupted;
        }
        throw error;
    }
}

/** How the steps ended: with every answer, or with those up to an error. */
interface Outcome {
    readonly asked: readonly Asked[];
    readonly error?: Error;
}

/** Runs the steps, takes the throwaway tenant away however they ended, and reports. */
async function check(substrate: Substrate, throwaway: Throwaway, vlan: number): Promise<number> {
    const [steps, cleaning] = [new AbortController(), new AbortController()];
    const say = (step: string) => note(`conformance: ${step}`);
    const setting = { substrate, definitions: definitions(), throwaway, vlan, router: routerOf(substrate), say };
    const work = async () => {
        const outcome = await outcomeOf({ ...setting, isPublic: isPublicWord(), signal: steps.signal });
        if (outcome.error instanceof InterruptedError) {
            say("ended; removing what was made first: another Ctrl-C leaves that to --clean-up");
        }
        const versions = await versionsOf(substrate).catch(() => undefined);
        const code = await cleaned(substrate, throwaway, cleaning.signal).catch((error: Error) => error);
        const told = tell(substrate, outcome, versions);
        if (code instanceof Error) {
            throw code;
        }
        return code === EXIT.done ? endOf(outcome, told) : code;
    };
    return inOrder(work, () => (steps.signal.aborted ? cleaning : steps).abort());
}

async function outcomeOf(setting: Setting): Promise<Outcome> {
    try {
        return { asked: await runSteps(setting) };
    } catch (error) {
        return { asked: error instanceof StoppedError ? error.asked : [], error: error as Error };
    }
}

/** Prints the report, where there is something to report. */
function tell(
    substrate: Substrate,
    { asked, error }: Outcome,
    versions: Versions | undefined,
): ConformanceReport | undefined {
    const record = process.env[RECORD];
    if (record) {
        writeText(record, JSON.stringify(recordOf(asked)));
    }
    if (error !== undefined && !(error instanceof StoppedError)) {
        return undefined;
    }
    const report = reportOf(substrate, asked, versions, error);
    answer(report, () => conformanceText(report));
    return report;
}

/** The exit code. @throws the error that ended the steps, unless a person did. */
function endOf({ error }: Outcome, report: ConformanceReport | undefined): number {
    if (error instanceof InterruptedError) {
        return EXIT.interrupted;
    }
    if (error !== undefined || report === undefined) {
        throw error ?? new Error("there is no report");
    }
    return report.differences.length === 0 ? EXIT.done : EXIT.differences;
}

function reportOf(
    { coreRouter }: Substrate,
    asked: readonly Asked[],
    versions: Versions | undefined,
    stopped: StoppedError | undefined,
): ConformanceReport {
    const { version } = JSON.parse(readText(join(ROOT, "package.json"))) as { version: string };
    const notCompared = coreRouter.mode === "api" ? [] : [`the router, since coreRouter.mode is ${coreRouter.mode}`];
    return {
        versions: { tenants: version, Pulumi: pulumi("version").trim(), ...(versions && named(versions)) },
        compared: asked.length,
        notCompared,
        ...(stopped && { stoppedAt: stopped.asked.at(-1)!.request }),
        differences: differencesOf(EXPECTED, asked),
    };
}

function named({ pve, opnsense }: Versions): Record<string, string> {
    return { PVE: pve, ...(opnsense !== undefined && { OPNsense: opnsense }) };
}

async function versionsOf(substrate: Substrate): Promise<Versions> {
    const node = connect(substrate.hypervisors[0]!);
    try {
        const router = routerOf(substrate)?.client;
        return await readVersions({ node, ...(router && { router }) });
    } finally {
        node.close();
    }
}

const EXPECTED: Expected = expected;

/** Words that may stand in a report: those of machines' messages, and those of the simulators' answers. */
function isPublicWord(): (word: string) => boolean {
    if (process.env[RECORD]) {
        return isSmall;
    }
    const forms = Object.values(EXPECTED).flatMap((one) => Object.entries(one.forms).flat());
    const known = wordsIn(forms);
    return (word) => known.has(word) || WORDS.has(word.toLowerCase());
}
