import { checkpointFile } from "./reading/read";

/** Variable with which the program leaves out debug messages (start/messages.js). */
export const NO_DEBUG_MESSAGES = "TENANT_HYPERVISORS_NO_DEBUG_MESSAGES";

/** Variable that names the file of the stack's state, for the program to read in place of asking the engine. */
export const STATE_FILE = "TENANT_HYPERVISORS_STATE_FILE";

/** Words and variables by which a run of Pulumi does less. */
export interface Spared {
    /** Pulumi's flags. */
    readonly flags: readonly string[];
    /** Variables of the program. */
    readonly environment: Readonly<Record<string, string>>;
}

/** Words with which the CLI, or its log, shows debug messages. */
const SHOWS_DEBUG = /^(-d|--debug|--logtostderr|--tracing)(=|$)|^-v/;

/** Variables that spare the program of a run what nobody needs, or what is known here already. */
export function sparing(stack: string, args: readonly string[]): NodeJS.ProcessEnv {
    const file = checkpointFile(stack);
    return {
        ...(!args.some((word) => SHOWS_DEBUG.test(word)) && { [NO_DEBUG_MESSAGES]: "true" }),
        ...(file !== undefined && { [STATE_FILE]: file }),
    };
}
