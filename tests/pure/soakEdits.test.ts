import fc from "fast-check";
import { Dice } from "../../lab/soak/dice";
import { editAtRandom } from "../../lab/soak/edits";
import { SoakTenants } from "../../lab/soak/tenants";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const ROOMY = STACK.replace("32GiB", "1024GiB").replace("1TB", "40TB").replace("threads: 8", "threads: 256");

/** Edits the tenants of a soak round by round, and hands over each state; gives back what was done. */
function edited(seed: number, rounds: number, each: (all: SoakTenants) => void = () => undefined): string[][] {
    const all = new SoakTenants(10);
    const dice = new Dice(seed);
    return Array.from({ length: rounds }, () => {
        const done = editAtRandom(all, dice);
        each(all);
        return done;
    });
}

test("whatever the seed, the files are legal after each round", () => {
    const root = project({ "Pulumi.dvntm.yaml": ROOMY });
    fc.assert(
        fc.property(fc.nat(), (seed) => {
            edited(seed, 20, (all) => {
                all.write(root, "dvntm");
                const { tenants } = loadSubstrate({ root, substrate: "dvntm" });
                expect(tenants.map(({ name }) => name).sort()).toEqual(all.tenants.map(({ name }) => name).sort());
            });
        }),
        { numRuns: 20 },
    );
});

test("the same seed makes the same edits, and another one others", () => {
    expect(edited(1, 50)).toEqual(edited(1, 50));
    expect(edited(1, 50)).not.toEqual(edited(2, 50));
});

test("two hundred rounds make every kind of edit", () => {
    const done = edited(1, 200).flat().join("\n");
    for (const kind of [
        ..."cores memory disk description onBoot tags aliases reboot rebuild name address".split(" "),
        "soak\\d+: new",
        "soak\\d+: gone",
        "soak\\d+/vm\\d+: new",
        "soak\\d+/vm\\S+: gone",
        "to soak\\d+ by TCP",
        "no more to soak",
    ]) {
        expect(done).toMatch(new RegExp(kind));
    }
});
