import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { dump } from "js-yaml";
import { DefinitionError } from "../../definitions/faults";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

/** Seconds to search for an input that the loader cannot take: `make fuzz SECONDS=120` searches longer. */
const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 10);

jest.setTimeout((SECONDS + 60) * 1000);
afterAll(removeProjects);

const GOOD = smallTenant("grooveiq", 50);

/** A right definition with a stretch of it replaced by anything. */
const broken = fc
    .tuple(
        fc.nat(GOOD.length),
        fc.nat(12),
        fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom(...":-#&*!|>'\"%@`{}[],?\t")),
    )
    .map(([at, length, text]) => GOOD.slice(0, at) + text + GOOD.slice(at + length));

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

test(`every input ends in a model, or in faults with positions (${SECONDS} s)`, () => {
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": GOOD });
    let models = 0;
    let faulty = 0;
    fc.assert(
        fc.property(fc.oneof(fc.string(), broken, structured, nearlyRight), (text) => {
            writeFileSync(join(root, "tenants/dvntm/grooveiq.yaml"), text);
            try {
                loadSubstrate({ root, substrate: "dvntm" });
                models++;
            } catch (error) {
                expect(error).toBeInstanceOf(DefinitionError);
                for (const fault of (error as DefinitionError).faults) {
                    expect(fault.file).toBe("tenants/dvntm/grooveiq.yaml");
                    expect(fault.message).toMatch(/^[^\n]+$/);
                    expect(fault.line === undefined ? fault.path : "").toBe("");
                    expect(fault.line ?? 1).toBeGreaterThanOrEqual(1);
                }
                faulty++;
            }
        }),
        { interruptAfterTimeLimit: SECONDS * 1000, numRuns: 10_000_000 },
    );
    // Both ends were reached, so neither half of the property is empty.
    expect(models).toBeGreaterThan(0);
    expect(faulty).toBeGreaterThan(0);
    console.log(`${models + faulty} inputs: ${models} models, ${faulty} with faults`);
});
