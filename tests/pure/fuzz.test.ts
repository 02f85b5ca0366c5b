import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { dump, load } from "js-yaml";
import { parse } from "../../commands/cli/parse";
import { UsageError } from "../../commands/cli/errors";
import { optionsOf } from "../../commands/cli/definition";
import { allCommands } from "../../commands/cli/table";
import { DefinitionError } from "../../definitions/faults";
import { Refusal } from "../../definitions/refusal";
import { checkedDeployment, type Deployment } from "../../state/deployment";
import { dependents, holdingsOf } from "../../state/holdings";
import { recordedOf } from "../../state/recorded";
import { repairState } from "../../state/repair";
import { loadSubstrate } from "../../substrate/load";
import { FUZZ_TIMEOUT_MS, mutations, search } from "../fuzzing";
import { PLAN, project, removeProjects, smallTenant, STACK } from "../fixtures";

jest.setTimeout(FUZZ_TIMEOUT_MS);
afterAll(removeProjects);

const GOOD = smallTenant("grooveiq", 50);

/** A right definition with a stretch of it replaced by anything. */
function broken(good: string) {
    return fc
        .tuple(
            fc.nat(good.length),
            fc.nat(12),
            fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom(...":-#&*!|>'\"%@`{}[],?\t")),
        )
        .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
}

/** Any value at all below keys that mean something. */
const keys =
    "name description vlan hypervisor quota allow vms instance cores memory disk onBoot address aliases to why";
const value = fc.letrec((tie) => ({
    node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>("grooveiq", 50, 1, "4GiB", "fixed", true, null, -1, 1e99, ""),
        fc.string(),
        fc.double(),
        fc.array(tie("node"), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...keys.split(" "), "__proto__", "constructor", "<<"), tie("node"), {
            maxKeys: 5,
        }),
    ),
})).node;
const structured = value.map((node) => dump(node, { skipInvalid: true }));
const nearlyRight = fc
    .dictionary(fc.constantFrom(...keys.split(" ")), value, { maxKeys: 3 })
    .map((extra) =>
        dump({ name: "grooveiq", vlan: 50, vms: [{ name: "a", instance: 1 }], ...extra }, { skipInvalid: true }),
    );

/** Loads a project, which ends in a model, or in faults with positions. */
function loaded(root: string, file: string): string {
    try {
        loadSubstrate({ root, substrate: "dvntm" });
        return "model";
    } catch (error) {
        if (!(error instanceof DefinitionError)) {
            throw error;
        }
        for (const fault of error.faults) {
            expect(["tenants/dvntm/grooveiq.yaml", file]).toContain(fault.file);
            expect(fault.message).toMatch(/^[^\n]+$/);
            expect(fault.line ?? 1).toBeGreaterThanOrEqual(1);
        }
        return "faults";
    }
}

/** Both ends were reached, so that neither half of the property is empty. */
const BOTH = { model: expect.any(Number) as number, faults: expect.any(Number) as number };

test("every tenant's file ends in a model, or in faults with positions", async () => {
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": GOOD });
    const ends = await search(fc.oneof(fc.string(), broken(GOOD), structured, nearlyRight), [GOOD, ""], (text) => {
        writeFileSync(join(root, "tenants/dvntm/grooveiq.yaml"), text);
        return loaded(root, "tenants/dvntm/grooveiq.yaml");
    });
    expect(ends).toEqual(BOTH);
});

test("every stack file ends in a model, or in faults with positions", async () => {
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": GOOD });
    const parsed = load(STACK);
    const texts = fc.oneof(
        fc.string(),
        broken(STACK),
        structured,
        mutations(parsed).map((one) => dump(one, { skipInvalid: true })),
    );
    const ends = await search(texts, [STACK, ""], (text) => {
        writeFileSync(join(root, "Pulumi.dvntm.yaml"), text);
        return loaded(root, "Pulumi.dvntm.yaml");
    });
    expect(ends).toEqual(BOTH);
});

test("every state ends in what it holds, or in a refusal", async () => {
    const file = join(__dirname, "../earlier/state.json");
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as { checkpoint: { latest: Deployment } };
    const resources = checkpoint.latest.resources!.filter(({ urn }) => urn.includes("grooveiq"));
    const whole = { resources, pending_operations: [{ type: "creating", resource: resources.at(-1)! }] };
    const ends = await search(fc.oneof(fc.jsonValue(), mutations(whole)), [whole, null], async (deployment) => {
        try {
            const checked = checkedDeployment("dvntm", JSON.parse(JSON.stringify(deployment) ?? "null"));
            const { deployment: repaired } = await repairState(checked, () => Promise.resolve(true));
            holdingsOf(repaired, PLAN).forEach((one) => dependents(repaired, one));
            recordedOf(repaired.resources ?? [], []);
            return "held";
        } catch (error) {
            if (error instanceof Refusal) {
                return "refused";
            }
            throw error;
        }
    });
    expect(ends).toEqual({ held: expect.any(Number) as number, refused: expect.any(Number) as number });
});

test("every command line ends in a request, in help, or in a message in one line", async () => {
    const commands = await allCommands();
    const names = commands.flatMap((one) => Object.keys(optionsOf(one)).map((name) => `--${name}`));
    const word = fc.oneof(
        fc.constantFrom(
            ...names,
            "dvntm",
            "grooveiq",
            "--",
            "-",
            "",
            "--yes=dvntm",
            "--vlan=50",
            "-x",
            "--__proto__",
            "=",
            "--=",
        ),
        fc.string(),
        fc.string({ unit: "binary" }),
    );
    const lines = fc.tuple(fc.constantFrom(...commands), fc.array(word, { maxLength: 6 }));
    const examples = [["dvntm"], ["--help"], ["--nothing"]].map((argv): [(typeof commands)[0], string[]] => [
        commands[0]!,
        argv,
    ]);
    const ends = await search(lines, examples, ([command, argv]) => {
        try {
            return parse(command, argv) === undefined ? "help" : "request";
        } catch (error) {
            expect(error instanceof UsageError || error instanceof Refusal).toBe(true);
            expect((error as Error).message).toMatch(/^[\P{C}]+$/u);
            return "refused";
        }
    });
    expect(Object.keys(ends).sort()).toEqual(["help", "refused", "request"]);
});
