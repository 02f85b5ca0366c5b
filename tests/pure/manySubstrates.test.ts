import fs from "node:fs";
import { listSubstrates } from "../../definitions/read";
import { loadSubstrate, readSites } from "../../substrate/load";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const ROOMY = STACK.replace("32GiB", "1024GiB").replace("1TB", "40TB").replace("threads: 8", "threads: 256");
const SUBSTRATES = 50;
const TENANTS = 10;
const VMS = 20;
const FEW = 10;

/** Files of substrates, each with ten tenants of twenty VMs. */
function many(substrates: number): Record<string, string> {
    const vms = Array.from({ length: VMS }, (_, i) => `  - { name: vm${i + 1}, instance: ${i + 1}, memory: 512MiB }\n`);
    const files: Record<string, string> = {};
    for (let site = 1; site <= substrates; site++) {
        files[`Pulumi.s${site}.yaml`] = ROOMY.replace("site: 20", `site: ${site}`);
        for (let tenant = 0; tenant < TENANTS; tenant++) {
            const text = `name: t${tenant}\nvlan: ${50 + tenant}\nvms:\n${vms.join("")}`;
            files[`tenants/s${site}/t${tenant}.yaml`] = text;
        }
    }
    return files;
}

/** Loads all substrates of a project as tenants validate does. */
function loaded(root: string) {
    const sites = readSites(root);
    return listSubstrates(root).map((substrate) => loadSubstrate({ root, substrate, sites }));
}

/** The models of a project, and the processor's seconds for them: the least of three tries, as other work slows some. */
function timed(root: string) {
    const tries = [1, 2, 3].map(() => {
        const began = process.cpuUsage();
        return { models: loaded(root), seconds: process.cpuUsage(began).user / 1e6 };
    });
    return { models: tries[0]!.models, seconds: Math.min(...tries.map(({ seconds }) => seconds)) };
}

test("10,000 VMs of 50 substrates are read, checked and resolved in a time that grows as their number, not as its square", () => {
    const few = timed(project(many(FEW)));
    const { models, seconds } = timed(project(many(SUBSTRATES)));
    const vms = models.flatMap(({ tenants }) => tenants.flatMap((tenant) => tenant.vms));
    expect(vms).toHaveLength(SUBSTRATES * TENANTS * VMS);
    expect(models.every(({ elsewhere }) => elsewhere.length === SUBSTRATES - 1)).toBe(true);
    // The square would be 25; the ratio is the same however fast the machine is.
    expect(seconds / few.seconds).toBeLessThan((2 * SUBSTRATES) / FEW);
});

test("a stack file is read as often however many there are; control: without the sites, by every other", () => {
    const read = jest.spyOn(fs, "readFileSync");
    const readsOfEach = (substrates: number, load: (root: string) => unknown) => {
        read.mockClear();
        load(project(many(substrates)));
        return read.mock.calls.filter(([file]) => /Pulumi\.s\d+\.yaml$/.test(String(file))).length / substrates;
    };
    const alone = (root: string) => listSubstrates(root).map((substrate) => loadSubstrate({ root, substrate }));
    expect(readsOfEach(2 * FEW, loaded)).toBe(readsOfEach(FEW, loaded));
    expect(readsOfEach(2 * FEW, alone)).toBe(readsOfEach(FEW, alone) + FEW);
    read.mockRestore();
});

test("the sites are the same, whether they were read once or by each", () => {
    const root = project({
        "Pulumi.dvntm.yaml": STACK,
        "Pulumi.dvnt.yaml": STACK.replace("site: 20", "site: 10"),
        "Pulumi.torn.yaml": "config: {}\n",
    });
    const model = loadSubstrate({ root, substrate: "dvntm" });
    expect(model.elsewhere).toEqual([{ name: "dvnt", site: 10, networks: ["10.10.0.0/16"] }]);
    expect(loadSubstrate({ root, substrate: "dvntm", sites: readSites(root) })).toEqual(model);
});
