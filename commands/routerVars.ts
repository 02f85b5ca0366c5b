import { resolve } from "node:path";
import { dumpForAnsible } from "../definitions/ansibleYaml";
import type { CollectionDefinition } from "../definitions/definitions";
import { formatFault } from "../definitions/faults";
import { readGivenYaml } from "../definitions/read";
import type { Source } from "../definitions/yaml";
import { withCollection } from "../host/collections/client";
import { readCollection } from "../router/export/collection/read";
import { understood, type RouterCollection } from "../router/export/collection/understood";
import { routerVars, type MergedVars } from "../router/export/routerVars";
import { givenVars } from "../router/export/zones";
import type { Substrate } from "../substrate/substrate";
import { defineCommand, SUBSTRATE } from "./cli/definition";
import { definitions } from "./cli/environment";
import { Refusal, UsageError } from "./cli/errors";
import { EXIT } from "./cli/exit";
import { writeText } from "./cli/files";
import { inOrder } from "./cli/interruption";
import { installNeeds } from "./cli/needs";
import { answer, complain, note } from "./cli/terminal";
import { checkCollection } from "./shared/collectionCheck";
import { withoutReapedIfAny } from "./shared/lifetimes";
import { allowanceFault, loadOne } from "./shared/substrates";

const HEADER = (
    substrate: string,
) => `# Written by \`tenants router-vars ${substrate}\`: change the tenants' files, not this one.
# Complete: give it to the playbooks of deevnet.net as -e @<this file>, or put it in place of the file that sets the same.
`;

export const command = defineCommand({
    name: "router-vars",
    group: "set up",
    summary: "the core router's variables for the site's Ansible collection",
    details:
        "The complete variables of the core router for the site's deevnet.net collection: VLANs, DHCP pools, policies between " +
        "zones, zones with internet. Without --output they are printed. The collection's text says what its roles read: what " +
        "it would widen, drop or delete is refused, and what an old one would widen is left out where none is named.",
    arguments: [SUBSTRATE],
    options: {
        input: {
            says: "YAML that sets them now, all of which is kept, once for each file; without it they come from the site's VLAN table",
            value: "file",
            kind: "file",
            several: true,
        },
        collection: {
            says: "folder or archive of the collection that reads them, in place of coreRouter.collection",
            value: "path",
            kind: "file",
        },
        check: {
            says: "first run the collection's own role against the simulated router, and compare what it lets through",
        },
        output: { says: "write them into this file", value: "file", kind: "file" },
    },
    output: "router-vars",
    needs: [],
    example: "tenants router-vars dvntm --input vlans.yml --input firewall.yml --check --output next.yml",
    exits: {
        1: "faults or conflicts, or a check that found more open than declared or a rule of the site gone; nothing is written",
        2: "the check found that something declared stays closed; it is written",
    },
    async run({ args, options: { input, output, collection, check }, json }) {
        const substrate = withoutReapedIfAny(loadOne(args["substrate"]!));
        const given = input.map((file) => readGivenYaml(file, "ansible"));
        const used = collectionOf(substrate, collection);
        if (used === undefined) {
            if (check) {
                throw new UsageError("--check runs a collection: name it by --collection or coreRouter.collection");
            }
            note(UNKNOWN);
            tell(substrate, merged(substrate, given), output, json);
            return EXIT.done;
        }
        return withCollection(definitions(), used, async (folder, collections) => {
            const known = { understood: read(folder, used.source), source: used.source };
            const vars = merged(substrate, given, known);
            const code = check
                ? await checked(substrate, { given, vars, collections, collection: known.understood })
                : EXIT.done;
            if (code !== EXIT.failed) {
                tell(substrate, vars, output, json);
            }
            return code;
        });
    },
});

const UNKNOWN =
    "no collection is named, so only what the oldest one known reads is written; that one deletes every rule that it manages where it " +
    "finds no zone on the router. --collection or coreRouter.collection has yours looked at";

/** The collection that reads the variables: from the command line, relative to where it was typed, or from the stack file. */
function collectionOf({ coreRouter }: Substrate, typed: string | undefined): CollectionDefinition | undefined {
    return typed === undefined ? coreRouter.collection : { source: resolve(typed) };
}

function read(folder: string, source: string): RouterCollection {
    const collection = understood(readCollection(folder, source), source);
    if (collection === undefined) {
        throw new Refusal(
            `${source}: no role of it writes OPNsense's filter rules; is it the site's collection for the router?`,
        );
    }
    return collection;
}

function merged(
    substrate: Substrate,
    given: readonly Source[],
    collection?: { understood: RouterCollection; source: string },
) {
    const faultOf = allowanceFault(substrate.name);
    return routerVars(substrate, { given, faultOf, ...(collection && { collection }) });
}

/** Subject of a check. */
interface Subject {
    readonly given: readonly Source[];
    readonly vars: MergedVars;
    readonly collections: string;
    readonly collection: RouterCollection;
}

/** Runs the role against the simulated router; ended by hand, the lab ends what it started. */
async function checked(substrate: Substrate, { given, vars, collections, collection }: Subject): Promise<number> {
    await installNeeds(["lab"]);
    const { runLab } = await import("../lab/ending");
    note(`${collection.label}: its role ${collection.role} runs against the simulated router`);
    const subject = { collections, collection, site: givenVars(substrate, given).value, variables: vars.variables };
    return inOrder(
        () =>
            runLab("router-vars", async ({ signal }) => {
                const { worse, closed } = await checkCollection(substrate, { ...subject, signal });
                [...worse, ...closed].forEach(complain);
                if (worse.length + closed.length === 0) {
                    note(`${collection.label}: opens what the tenants' files declare, and no rule of the site is gone`);
                }
                return worse.length > 0 ? EXIT.failed : closed.length > 0 ? EXIT.differences : EXIT.done;
            }),
        () => undefined,
    );
}

function tell(
    { name }: Substrate,
    { variables, unclaimed, leftOut }: MergedVars,
    output: string | undefined,
    json: boolean,
) {
    unclaimed.forEach((key) =>
        note(`${key}: no tenant of ${name} has this zone; it is kept, since the router may still have it`),
    );
    leftOut.forEach((fault) => note(formatFault(fault)));
    const yaml = HEADER(name) + dumpForAnsible(variables);
    if (output !== undefined) {
        writeText(output, json ? `${JSON.stringify(variables)}\n` : yaml);
        note(`${output}: written`);
    }
    answer(variables, () => (output === undefined ? yaml.trimEnd() : ""));
}
