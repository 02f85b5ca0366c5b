/** Writes what the project is made of as CycloneDX bills of materials: what `make sbom` runs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cyclonedxGomod, GO_MODULES, printedBy, python, REQUIREMENTS, ROOT } from "./programs";

const HELP = `usage: make sbom [OUTPUT=sbom] [BILLS='<name> ...']
Writes one CycloneDX bill of materials (JSON) for npm, for each Go module and for each Python environment into the folder
OUTPUT, from the lock files alone; with BILLS, those alone: npm, go-<module>, python-<environment>.`;

/** A bill of materials: file name, and who makes its text. */
type Bill = readonly [name: string, make: () => Promise<string>];

const BILLS: readonly Bill[] = [
    ["npm", () => printedBy("npm", ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"])],
    ...GO_MODULES.map((folder): Bill => {
        const args = ["mod", "-json", "-licenses=false", join(ROOT, folder)];
        return [`go-${nameOf(folder)}`, async () => printedBy(await cyclonedxGomod(), args)];
    }),
    ...REQUIREMENTS.map((file): Bill => {
        const args = ["requirements", "--output-reproducible", join(ROOT, file)];
        return [
            `python-${nameOf(file.replace("/requirements.txt", ""))}`,
            async () => printedBy(await python("cyclonedx-py"), args),
        ];
    }),
];

function nameOf(path: string): string {
    return path.replaceAll("/", "-");
}

/** All bills, or those of some names. @throws Error for a name that none has. */
function billsCalled(names: readonly string[]): readonly Bill[] {
    const known = BILLS.map(([name]) => name);
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length > 0) {
        throw new Error(`${unknown.join(", ")}: no such bill; there are ${known.join(", ")}`);
    }
    return names.length === 0 ? BILLS : BILLS.filter(([name]) => names.includes(name));
}

async function main(): Promise<void> {
    if (process.argv.includes("--help")) {
        console.log(HELP);
        return;
    }
    const [, , output = "sbom", ...names] = process.argv;
    const bills = billsCalled(names);
    const folder = resolve(ROOT, output);
    mkdirSync(folder, { recursive: true });
    // Both are made before the bills that need them are made side by side.
    await Promise.all([cyclonedxGomod(), python("cyclonedx-py")]);
    const texts = await Promise.all(bills.map(async ([name, make]) => [name, await make()] as const));
    for (const [name, text] of texts) {
        const { components = [] } = JSON.parse(text) as { components?: unknown[] };
        writeFileSync(join(folder, `${name}.cdx.json`), text);
        console.log(`${name}.cdx.json: ${components.length} components`);
    }
}

main().catch((error: unknown) => {
    console.error((error as Error).message);
    process.exitCode = 1;
});
