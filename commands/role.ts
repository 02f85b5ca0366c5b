import { NodeError, withEachNode } from "../node/client";
import { pveOf, requirePreflight } from "../node/preflight";
import { KNOWN_PVE } from "../substrate/pveVersion";
import { grantsOf, pveumCommands, TOKEN, USER } from "../substrate/role";
import type { Hypervisor, Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { shown, UsageError } from "./cli/errors";
import { answer, note } from "./cli/terminal";
import { loadOne } from "./shared/substrates";

export const command = defineCommand({
    name: "role",
    group: "set up",
    summary: "the pveum commands that give the program its token and roles",
    details:
        "Prints the pveum commands that make user, token and roles on each hypervisor, to be pasted there as root. What differs by " +
        "the version of PVE is asked of the node where the environment has its token; where it cannot be, the commands for each " +
        "version are printed, of which a node refuses the other's and keeps its own. With --check it asks the hypervisors instead whether they are the substrate's own and the token holds all of it, and " +
        "says what it holds beyond that.",
    arguments: [SUBSTRATE],
    options: {
        check: { says: "ask the hypervisors whether the token holds them" },
        pve: { says: "those for nodes of this version, such as 9.2", value: "version", kind: "text" },
    },
    output: "role",
    needs: [],
    example: "tenants role dvntm --check",
    exits: { 1: "the definitions have faults; with --check: the token lacks something, or a node cannot be asked" },
    async run({ args, options: { check, pve } }) {
        if (pve !== undefined && !/^\d+\.\d+(\.\d+)*$/.test(pve)) {
            throw new UsageError(`--pve: ${shown(pve)} is no version of PVE, such as ${KNOWN_PVE.join(" or ")}`);
        }
        const substrate = loadOne(args["substrate"]!);
        if (check) {
            (await requirePreflight(substrate)).forEach(note);
        }
        const versions = await versionsOf(substrate, pve);
        answer(asJson(substrate, versions), () => (check ? "" : asCommands(substrate, versions)));
    },
});

/** Version of each hypervisor's node, by its name; none for one that is not known, or makes no difference. */
type Versions = ReadonlyMap<string, string>;

async function versionsOf(substrate: Substrate, given: string | undefined): Promise<Versions> {
    const { hypervisors, status } = substrate;
    if (given !== undefined) {
        return new Map(hypervisors.map(({ name }) => [name, given]));
    }
    const asked = hypervisors.filter((hypervisor) => differs(substrate, hypervisor));
    if (status === "planned" || asked.length === 0 || (process.env["PROXMOX_VE_API_TOKEN"] ?? "") === "") {
        return new Map();
    }
    const told = await withEachNode({ ...substrate, hypervisors: asked }, async (client, { name }) => {
        try {
            return [[name, await pveOf(client)]] as const;
        } catch (error) {
            if (!(error instanceof NodeError)) {
                throw error;
            }
            note(`${error.message} So its version is not known; --pve says it.`);
            return [];
        }
    });
    return new Map(told.flat());
}

/** Whether what a hypervisor's token needs depends on the version of its node. */
function differs(substrate: Substrate, hypervisor: Hypervisor): boolean {
    return grantsOf(substrate, hypervisor).some(({ since, before }) => (since ?? before) !== undefined);
}

function asJson(substrate: Substrate, versions: Versions) {
    return {
        substrate: substrate.name,
        hypervisors: substrate.hypervisors.map((hypervisor) => {
            const pve = versions.get(hypervisor.name);
            return {
                name: hypervisor.name,
                node: hypervisor.node,
                ...(pve !== undefined && { pve }),
                user: USER,
                token: TOKEN,
                grants: grantsOf(substrate, hypervisor, pve),
            };
        }),
    };
}

function asCommands(substrate: Substrate, versions: Versions): string {
    const blocks = substrate.hypervisors.map((hypervisor) => {
        const { name, node } = hypervisor;
        const pve = versions.get(name);
        return [
            `# ${substrate.name} ${name}: as root on node ${node}, PVE ${pve ?? KNOWN_PVE.join(" or ")}`,
            ...pveumCommands(grantsOf(substrate, hypervisor, pve)),
        ];
    });
    return blocks.map((lines) => lines.join("\n")).join("\n\n");
}
