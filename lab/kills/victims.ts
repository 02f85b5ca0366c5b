/** Victims of a kill: a process of a run, all of them at once as with a loss of power, or a machine that it talks to. */
export const VICTIMS = [
    "command",
    "CLI",
    "language host",
    "program",
    "policy pack",
    "node's provider",
    "dynamic provider",
    "everything",
    "node",
    "router",
] as const;
export type Victim = (typeof VICTIMS)[number];

/** Victims that are one of the simulated machines. */
export type MachineVictim = Extract<Victim, "node" | "router">;

/** How the processes of a run are told apart by their command lines. */
const COMMAND_LINES: Readonly<Record<Exclude<Victim, MachineVictim>, RegExp>> = {
    command: /\/start\/tenants\.js /,
    CLI: /^(\S*\/)?pulumi /,
    "language host": /pulumi-language-nodejs /,
    program: /@pulumi\/pulumi\/cmd\/run /,
    "policy pack": /^node policy\/pack /,
    "node's provider": /pulumi-resource-proxmoxve /,
    "dynamic provider": /cmd\/dynamic-provider(\/index\.js)? /,
    everything: /^/,
};

/** Whether a process of a run is one of those that are killed. */
export function isVictim(victim: Exclude<Victim, MachineVictim>, commandLine: string): boolean {
    return COMMAND_LINES[victim].test(commandLine);
}
