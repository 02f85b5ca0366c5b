import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { loadSubstrate } from "../../substrate/load";
import { BROKEN, expectedOf, putBroken } from "../broken";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

/** The lines that a person sees; none for definitions without a fault. */
function linesOf(root: string, config?: Readonly<Record<string, string>>): string[] {
    try {
        loadSubstrate({ root, substrate: "dvntm", ...(config && { config }) });
        return [];
    } catch (error) {
        expect((error as Error).name).toBe("DefinitionError");
        return (error as Error).message.split("\n");
    }
}

/** The stack's configuration as Pulumi hands it to the program: each value as text. */
function handedOver(root: string): Record<string, string> {
    const { config } = load(readFileSync(join(root, "Pulumi.dvntm.yaml"), "utf8")) as { config: object };
    const values = Object.entries(config) as [string, unknown][];
    return Object.fromEntries(
        values.map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
}

test("there are at least 60 broken definitions", () => {
    expect(BROKEN.length).toBeGreaterThanOrEqual(60);
});

test.each(BROKEN)("%s", (name) => {
    const root = project({ "Pulumi.dvntm.yaml": STACK });
    putBroken(name, root);
    expect(linesOf(root)).toEqual(expectedOf(name));
    // What an offline command says, a run of Pulumi says too.
    expect(linesOf(root, handedOver(root))).toEqual(expectedOf(name));
});

test("control: a definition that is right has no fault", () => {
    const files = { "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) };
    const root = project(files);
    expect([linesOf(root), linesOf(root, handedOver(root))]).toEqual([[], []]);
});

test("a file of 10 MB is refused by its size, unread", () => {
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": "" });
    writeFileSync(join(root, "tenants/dvntm/grooveiq.yaml"), "#".repeat(10_000_000));
    expect(linesOf(root)).toEqual(["tenants/dvntm/grooveiq.yaml: 10 MiB; a definition has at most 1 MiB"]);
});
