import { dueOf, rotateAll, type Outcome, type Steps } from "../../commands/shared/rotation";
import type { Standing } from "../../node/standing";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const OLD = { vmid: 101, name: "fedora-1.9" };
const NEW = { vmid: 103, name: "fedora-1.10" };
const VMS = tenVms();
const NAMES = VMS.map(({ name }) => `grooveiq/${name}`);
const [FOURTH] = VMS.slice(3);

function tenVms() {
    const vms = [...Array(10).keys()].map((at) => `  - {name: vm${at + 1}, instance: ${at + 1}}\n`);
    const text = `name: grooveiq\nvlan: 50\nvms:\n${vms.join("")}`;
    const root = project({ "Pulumi.dvntm.yaml": STACK, "tenants/dvntm/grooveiq.yaml": text });
    return loadSubstrate({ root, substrate: "dvntm" }).tenants[0]!.vms;
}

/** Stands for a process that was killed. */
class Killed extends Error {}

/** Ten VMs on a node, each of which stands on a template or is gone, and a rotation of them that may be killed. */
class Model {
    readonly on = new Map(VMS.map(({ vmid }) => [vmid, OLD as typeof OLD | undefined]));
    readonly rebuilt = new Map<number, number>();
    /** VMIDs that are not healthy on the new template, and that Pulumi cannot make. */
    readonly ill = new Set<number>();
    readonly unmakeable = new Set<number>();
    readonly kept = new Map<number, typeof OLD>();
    backupFails: number | undefined;
    returnFails = false;
    private left = Infinity;

    /** Has a run be killed before the step of this number. */
    killBefore(step: number): void {
        this.left = step;
    }

    standings(): Standing[] {
        return VMS.map((vm) => {
            const from = this.on.get(vm.vmid);
            const stands = from === undefined ? "missing" : from === NEW ? "newest" : "older";
            return { vm, newest: NEW, stands, ...(from && { from }) };
        });
    }

    templates(): (string | undefined)[] {
        return VMS.map(({ vmid }) => this.on.get(vmid)?.name);
    }

    run(parallel = 1, backup = false): Promise<Outcome> {
        const earlier = VMS.filter(({ vmid }) => this.rebuilt.has(vmid) && this.on.get(vmid) === NEW);
        return rotateAll(earlier, dueOf(this.standings()), parallel, backup ? this.keeping() : this.steps());
    }

    private step(): void {
        if (this.left-- <= 0) {
            throw new Killed();
        }
    }

    private steps(): Steps {
        return {
            rebuild: (some) => {
                // Pulumi deletes first, then it makes: it may be killed in between.
                this.step();
                some.forEach(({ vm }) => this.on.set(vm.vmid, undefined));
                this.step();
                const wrong = some.some(({ vm }) => this.unmakeable.has(vm.vmid));
                if (!wrong) {
                    some.forEach(({ vm: { vmid } }) => {
                        this.on.set(vmid, NEW);
                        this.rebuilt.set(vmid, (this.rebuilt.get(vmid) ?? 0) + 1);
                    });
                }
                return Promise.resolve(wrong ? "Pulumi could not" : undefined);
            },
            gate: ({ vmid }) => {
                this.step();
                return Promise.resolve(this.ill.has(vmid) && this.on.get(vmid) === NEW ? "port 22 is shut" : undefined);
            },
        };
    }

    private keeping(): Steps {
        return {
            ...this.steps(),
            keeping: {
                backUp: ({ vm: { vmid } }) => {
                    this.kept.set(vmid, this.on.get(vmid)!);
                    return Promise.resolve(this.backupFails === vmid ? "no space left" : undefined);
                },
                putBack: ({ vm: { vmid } }) => {
                    if (!this.returnFails) {
                        this.on.set(vmid, this.kept.get(vmid));
                    }
                    return Promise.resolve(this.returnFails ? "the archive is broken" : undefined);
                },
            },
        };
    }
}

/** Names of templates: of the first VMs the new one, then others, then the old one. */
function templates(newest: number, ...others: (string | undefined)[]): (string | undefined)[] {
    const rest = Array<string>(10 - newest - others.length).fill(OLD.name);
    return [...Array<string>(newest).fill(NEW.name), ...others, ...rest];
}

describe("ten VMs with a fault in the fourth", () => {
    test("control: without one all ten are new, each rebuilt once", async () => {
        const model = new Model();
        expect(await model.run()).toEqual({ rotated: NAMES, failed: [], left: [] });
        expect([...model.rebuilt.values()]).toEqual(Array(10).fill(1));
    });

    test("three are new, six untouched, and the fourth is said plainly", async () => {
        const model = new Model();
        model.ill.add(FOURTH!.vmid);
        const failed = [{ name: NAMES[3], why: "port 22 is shut", back: false }];
        expect(await model.run()).toEqual({ rotated: NAMES.slice(0, 3), failed, left: NAMES.slice(4) });
        expect(model.templates()).toEqual(templates(4));
    });

    test.each(["ill", "unmakeable"] as const)("with a backup the fourth is back on what it was: %s", async (fault) => {
        const model = new Model();
        model[fault].add(FOURTH!.vmid);
        const { rotated, failed, left } = await model.run(1, true);
        expect([rotated, left]).toEqual([NAMES.slice(0, 3), NAMES.slice(4)]);
        expect(failed).toEqual([
            { name: NAMES[3], why: expect.stringMatching(/; it is back on what it was$/) as string, back: true },
        ]);
        expect(model.templates()).toEqual(templates(3));
        // Nobody waits for it at the next call: it is due again.
        model[fault].clear();
        expect(await model.run()).toMatchObject({ rotated: NAMES.slice(3), failed: [] });
    });

    test("what cannot be brought back is said, with both reasons", async () => {
        const model = new Model();
        model.ill.add(FOURTH!.vmid);
        model.returnFails = true;
        const { failed } = await model.run(1, true);
        const why = "port 22 is shut; and it could not be brought back: the archive is broken";
        expect(failed).toEqual([{ name: NAMES[3], why, back: false }]);
    });

    test("whose backup fails is not touched, nor is any behind it or beside it", async () => {
        const model = new Model();
        model.backupFails = FOURTH!.vmid;
        const { rotated, failed, left } = await model.run(2, true);
        expect([rotated, left]).toEqual([NAMES.slice(0, 2), [NAMES[2], ...NAMES.slice(4)]]);
        expect(failed).toEqual([
            { name: NAMES[3], why: "it is as it was, since no backup could be made: no space left", back: false },
        ]);
        expect(model.templates()).toEqual(templates(2));
    });

    test("side by side, the one beside it is new", async () => {
        const model = new Model();
        model.ill.add(FOURTH!.vmid);
        const { rotated, failed, left } = await model.run(3, true);
        const isNew = [...NAMES.slice(0, 3), ...NAMES.slice(4, 6)];
        expect([rotated, failed.map(({ name }) => name), left]).toEqual([isNew, [NAMES[3]], NAMES.slice(6)]);
        expect(model.templates()).toEqual(templates(3, OLD.name, NEW.name, NEW.name));
    });
});

describe("killed and called again", () => {
    // Three steps a VM: deleted, made, waited for.
    test.each([...Array(30).keys()])("before step %i: all ten are new, none was rebuilt twice", async (at) => {
        const model = new Model();
        model.killBefore(at);
        await expect(model.run()).rejects.toThrow(Killed);
        expect(model.templates().every((name) => name === NEW.name)).toBe(at === 29);
        model.killBefore(Infinity);
        expect(await model.run()).toMatchObject({ failed: [], left: [] });
        expect(model.templates()).toEqual(templates(10));
        expect([...model.rebuilt.values()]).toEqual(Array(10).fill(1));
    });

    test("one that was rebuilt before and stays ill keeps all others from being touched", async () => {
        const model = new Model();
        model.ill.add(FOURTH!.vmid);
        await model.run();
        expect(await model.run()).toEqual({
            ...{ rotated: [], left: NAMES.slice(4) },
            failed: [{ name: NAMES[3], why: "port 22 is shut", back: false }],
        });
        expect(model.templates()).toEqual(templates(4));
    });
});
