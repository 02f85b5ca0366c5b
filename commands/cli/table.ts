import type { CommandDefinition } from "./definition";

/** Loads a command's module; only that of the one that runs is loaded, which is most of what a short command takes. */
type Loader = () => Promise<{ readonly command: CommandDefinition }>;

/** Every command by its name, in the order of help. */
export const COMMANDS: Readonly<Record<string, Loader>> = {
    validate: () => import("../validate"),
    preview: () => import("../preview"),
    up: () => import("../up"),
    refresh: () => import("../refresh"),
    drift: () => import("../drift"),
    teardown: () => import("../teardown"),
    rotate: () => import("../rotate"),
    reap: () => import("../reap"),
    destroy: () => import("../destroy"),
    recover: () => import("../recover"),
    restore: () => import("../restore"),
    rollback: () => import("../rollback"),
    map: () => import("../map"),
    expiring: () => import("../expiring"),
    reachability: () => import("../reachability"),
    capacity: () => import("../capacity"),
    backups: () => import("../backups"),
    snapshots: () => import("../snapshots"),
    inventory: () => import("../inventory"),
    fleet: () => import("../fleet"),
    new: () => import("../new"),
    role: () => import("../role"),
    "router-vars": () => import("../routerVars"),
    prove: () => import("../prove"),
    verify: () => import("../verify"),
    "restore-test": () => import("../restoreTest"),
    conformance: () => import("../conformance"),
    lab: () => import("../lab"),
    completion: () => import("../completion"),
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** A command's definition. @param name one of COMMAND_NAMES. */
export async function commandNamed(name: string): Promise<CommandDefinition> {
    return (await COMMANDS[name]!()).command;
}

/** All of them, for help and completion. */
export async function allCommands(): Promise<CommandDefinition[]> {
    return Promise.all(COMMAND_NAMES.map(commandNamed));
}
