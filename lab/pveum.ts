import { UnexpectedError } from "./expect";
import type { SimulatedGrant, SimulatedNode } from "./simulatedNode";
import type { Workspace } from "./workspace";

/**
 * Grants of the commands that `tenants role` prints, read as PVE would take them: nothing is known here of roles or paths.
 *
 * @throws Error on a line that is none of the commands that a person is told to paste.
 */
export function grantsIn(output: string): SimulatedGrant[] {
    const roles = new Map<string, string[]>();
    const users = new Set<string>();
    const grants: SimulatedGrant[] = [];
    for (const line of output.split("\n").flatMap((text) => text.replace(/(^|\s)#.*/, "").split(";"))) {
        const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c!);
        const [program, kind, verb, subject, ...rest] = words;
        const option = (name: string) => rest[rest.indexOf(name) + 1]!;
        const command = [program, kind, verb].join(" ");
        if (command === "pveum user add") {
            users.add(subject!);
        } else if (command === "pveum user token" && subject === "add" && option("--privsep") === "1") {
            users.add(`${rest[0]}!${rest[1]}`);
        } else if (command === "pveum role add") {
            roles.set(subject!, []);
        } else if (command === "pveum role modify" && roles.has(subject!)) {
            roles.set(subject!, option("--privs").split(" "));
        } else if (command === "pveum acl modify") {
            const userids = [option("--users"), option("--tokens")].filter((id) => users.has(id));
            const propagate = !rest.includes("--propagate") || option("--propagate") === "1";
            grants.push({ path: subject!, privileges: roles.get(option("--roles"))!, propagate, userids });
        } else if (words.length > 0) {
            throw new Error(`no command that PVE is given here: ${line}`);
        }
    }
    return grants;
}

/**
 * Gives the token of a simulated node what `tenants role` says that it needs, and nothing else.
 *
 * @throws UnexpectedError where the command fails.
 */
export async function grantRole(workspace: Workspace, node: SimulatedNode): Promise<SimulatedGrant[]> {
    const { exitCode, output } = await workspace.command("role", workspace.stack);
    if (exitCode !== 0) {
        throw new UnexpectedError(`tenants role ended with ${exitCode}:\n${output}`);
    }
    const grants = grantsIn(output);
    await node.set({ grants });
    return grants;
}
