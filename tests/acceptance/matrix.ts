import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import tenantSchema from "../../schemas/tenant.schema.json";

const DOCUMENT = resolve(__dirname, "..", "..", "docs", "lifecycle.md");

/** Effects of one attribute, stage by stage, as the tests saw them. */
export interface Cells {
    create?: string;
    second?: string;
    update?: string;
    drift?: string;
    repair?: string;
}

const STAGES: readonly (keyof Cells)[] = ["create", "second", "update", "drift", "repair"];

const HEAD = `# What a change does

Every attribute that a tenant file can declare, and what the real CLI and provider did with it on the simulated node: when
the VM was made, in a preview right after, when the file changed, when somebody changed it on the node by hand
(\`pulumi refresh --preview-only --diff\`), and in the next \`pulumi up\`. \`make lifecycle\` writes this page from a run, and
\`make test\` fails where a run comes out otherwise.

* **in place, counts after a restart**: written at once and reported; the VM goes on as it is until it is restarted, by
  hand or by \`reboot: when-needed\`.
* **in place, counts from the next start**: written at once; no run restarts the VM for it.
* **in place, counts from the guest's next boot**: cloud-init sets it then. PVE lets a VM with a fixed address send from that
  alone; one that still runs with another, from the first \`up\` after it was restarted, and each run until then says so.
* **in place, cut off there until the guest's next boot**: a NIC beside the first; PVE lets it send from its new address alone, at once.
* **refused**: told before anything is touched.
* **not on the node**: the attribute steers a run; nothing on the node could change by hand.

`;

/** The table that the tests fill, one row for each attribute of the tenant schema and of the substrate's MAC policy. */
export class Matrix {
    private readonly rows = new Map<string, Cells>();

    /** Notes what an attribute did at a stage. */
    note(attribute: string, cells: Cells): void {
        this.rows.set(attribute, { ...this.rows.get(attribute), ...cells });
    }

    /** Attributes that were made. */
    made(): string[] {
        return [...this.rows].filter(([, { create }]) => create !== undefined).map(([attribute]) => attribute);
    }

    /** Attributes of the schema with a stage that no test has filled, as `attribute: stage`. */
    untested(): string[] {
        return attributes().flatMap((attribute) =>
            STAGES.filter((stage) => this.cellsOf(attribute)[stage] === undefined).map(
                (stage) => `${attribute}: ${stage}`,
            ),
        );
    }

    /** Cells of an attribute, else of the mapping that it is a key of, which is tested as a whole. */
    private cellsOf(attribute: string): Cells {
        return (
            this.rows.get(attribute) ??
            this.rows.get(/^(.*\b(?:health|backup|snapshotKeep))\./.exec(attribute)?.[1] ?? "") ??
            {}
        );
    }

    /** The page. */
    text(): string {
        const rows = attributes().map((attribute) => {
            const cells = this.cellsOf(attribute);
            return `| \`${attribute}\` | ${STAGES.map((stage) => cells[stage] ?? "").join(" | ")} |`;
        });
        const head = "| attribute | create | second preview | change in the file | change by hand | next up |";
        return `${HEAD}${head}\n|---|---|---|---|---|---|\n${rows.join("\n")}\n`;
    }

    /** Writes the page where WRITE_LIFECYCLE asks for it. Gives back the page that is there. */
    written(): string {
        if (process.env["WRITE_LIFECYCLE"] !== undefined) {
            writeFileSync(DOCUMENT, this.text());
        }
        return existsSync(DOCUMENT) ? readFileSync(DOCUMENT, "utf8") : "";
    }
}

interface Schema {
    readonly $ref?: string;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly items?: Schema;
}

/** Every attribute of the tenant schema that holds a value, as `vms[].cores`, and the substrate's macPolicy. */
export function attributes(): string[] {
    return [...leaves(tenantSchema as Schema, ""), "macPolicy"];
}

function leaves(schema: Schema, path: string): string[] {
    const defs = tenantSchema.$defs as Readonly<Record<string, Schema>>;
    const target = schema.$ref === undefined ? schema : defs[schema.$ref.replace("#/$defs/", "")]!;
    if (target.properties !== undefined) {
        return Object.entries(target.properties).flatMap(([key, property]) =>
            leaves(property, path === "" ? key : `${path}.${key}`),
        );
    }
    const items = target.items?.$ref === undefined ? target.items : defs[target.items.$ref.replace("#/$defs/", "")];
    return items?.properties === undefined ? [path] : leaves(items, `${path}[]`);
}
