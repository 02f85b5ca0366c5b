import { join, relative, resolve } from "node:path";
import type { RunningLab } from "../lab/session/folder";
import { defineCommand } from "./cli/definition";
import { ROOT } from "./cli/environment";
import { Refusal, UsageError } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { inOrder } from "./cli/interruption";
import { answer, note } from "./cli/terminal";

const START = "start";

/** Written by lab/session, which only what needs it loads. */
const ENV = join(ROOT, ".lab", "env");
const PROJECT = join(ROOT, ".lab", "project");

export const command = defineCommand({
    name: "lab",
    group: "lab",
    summary: "start a simulated node and router to play with, and stay until Ctrl-C",
    details:
        "Starts a simulated PVE node and core router on loopback, as the network plan of a substrate has them, and stays. In another shell `. .lab/env` makes every command, and " +
        "pulumi in .lab/project, work on them, with definitions and a state of their own: nothing that is committed changes. All of " +
        "it is kept in .lab from start to start. `lab edit vm 5001 memory=1024`, `lab edit rule <description> enabled=0` and " +
        "`lab delete vm 5001` change by hand what a person would in PVE's or OPNsense's user interface; `lab status` says what runs.",
    arguments: [
        {
            name: "action",
            kind: "text",
            says: "start (default), status, edit or delete",
            optional: true,
            choices: [START, "status", "edit", "delete"],
        },
        { name: "what", kind: "text", says: "vm or rule (of the router)", optional: true, choices: ["vm", "rule"] },
        { name: "which", kind: "text", says: "VMID; description or uuid of a rule", optional: true },
        {
            name: "field=value",
            kind: "text",
            says: "what to set, in PVE's or OPNsense's words",
            optional: true,
            several: true,
        },
    ],
    options: {
        fresh: { says: "forget what earlier labs kept: machines, secrets, definitions and state" },
        from: {
            says: "folder of the definitions to begin with, as a folder of examples/ (default: the lab's own)",
            value: "folder",
            kind: "folder",
        },
    },
    output: "lab",
    needs: ["pulumi", "lab"],
    example: "tenants lab edit vm 5001 memory=1024",
    exits: { 1: "none runs, one runs already, or it was refused" },
    async run({ args, more, options }) {
        const action = args["action"] ?? START;
        const words = [args["what"], args["which"], args["field=value"], ...more].filter((word) => word !== undefined);
        const [given] = Object.entries(options).find(([, value]) => value !== undefined && value !== false) ?? [];
        if (given !== undefined && action !== START) {
            throw new UsageError(`--${given} is for a start, not for ${action}`);
        }
        if (action === START || action === "status") {
            if (words[0] !== undefined) {
                throw new UsageError(`${words[0]} is one too many: ${action} takes nothing more`);
            }
            return action === START ? start(options.fresh, options.from) : status();
        }
        return byHand(action, words);
    },
});

async function start(fresh: boolean, from: string | undefined): Promise<number> {
    const [{ runningLab }, session] = await Promise.all([
        import("../lab/session/folder"),
        import("../lab/session/session"),
    ]);
    const running = runningLab();
    if (running !== undefined) {
        const { pid, since } = running;
        throw new Refusal(
            `a lab runs already, as process ${pid} since ${since}: use it by \`. ${asTyped(ENV)}\`, or end it by \`kill ${pid}\``,
        );
    }
    if (fresh) {
        session.forgetSession();
    }
    const settings = await session.settingsOf(from === undefined ? undefined : resolve(from));
    const code = await inOrder(
        () => session.stay(settings, tellReady),
        () => undefined,
    );
    note("lab: what was made is kept in .lab: `tenants lab` goes on with it, `tenants lab --fresh` begins anew");
    return code;
}

async function status(): Promise<number> {
    const { runningLab } = await import("../lab/session/folder");
    const running = runningLab();
    if (running === undefined) {
        answer({ running: null }, () => "no lab runs: `tenants lab` starts one");
        return EXIT.failed;
    }
    tellReady(running);
    return EXIT.done;
}

async function byHand(action: string, [what, which, ...words]: readonly string[]): Promise<void> {
    const [{ runningLab }, { changeByHand, fieldsOf }] = await Promise.all([
        import("../lab/session/folder"),
        import("../lab/session/byHand"),
    ]);
    if (what === undefined || which === undefined || (action === "edit") !== words.length > 0) {
        const wanted = action === "edit" ? "what, which and at least one field=value" : "what and which";
        throw new UsageError(`${action} takes ${wanted}`);
    }
    const fields = action === "edit" ? fieldsOf(words) : undefined;
    const lab = runningLab();
    if (lab === undefined) {
        throw new Refusal("no lab runs: `tenants lab` starts one");
    }
    await changeByHand(lab, { kind: what, which, ...(fields && { fields }) });
    answer({ changed: { what, which, fields: fields ?? null } }, () => {
        return `${what} ${which}: ${fields ? `${words.join(", ")} set` : "deleted"} by hand`;
    });
}

/** A path as a person would type it here. */
function asTyped(path: string): string {
    const near = relative(process.cwd(), path);
    return near.startsWith("..") ? path : near;
}

/** How to reach a lab that runs; of its secrets only where they are. */
function tellReady({ pid, substrate, node, router }: RunningLab): void {
    const [env, project] = [asTyped(ENV), asTyped(PROJECT)];
    answer({ running: { pid, env: ENV, project: PROJECT, node: node.endpoint, router: router.endpoint } }, () =>
        [
            `lab: node     ${node.endpoint} (PVE API, node ${node.node}; root@pam by LAB_ROOT_PASSWORD)`,
            `lab: router   ${router.endpoint} (OPNsense API; root by LAB_ROUTER_KEY)`,
            `lab: project  ${project}: tenants and stack files to edit; pulumi by hand works there`,
            `lab: ready, process ${pid}: in another shell \`. ${env}; cd ${project}; tenants up ${substrate}\`; Ctrl-C here ends it`,
        ].join("\n"),
    );
}
