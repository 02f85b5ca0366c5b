import { listSubstrates, loadSubstrate, readSites } from "../../model/load";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const ROOMY = STACK.replace("32GiB", "1024GiB").replace("1TB", "40TB").replace("threads: 8", "threads: 256");
const SUBSTRATES = 50;
const TENANTS = 10;
const VMS = 20;
/** Time of the processor in which all of it is to be loaded; the clock's would tell of what else the machine does. */
const SECONDS = 2;

/** Files of many substrates, each with ten tenants of twenty VMs. */
function many(): Record<string, string> {
    const vms = Array.from({ length: VMS }, (_, i) => `  - { name: vm${i + 1}, instance: ${i + 1}, memory: 512MiB }\n`);
    const files: Record<string, string> = {};
    for (let site = 1; site <= SUBSTRATES; site++) {
        files[`Pulumi.s${site}.yaml`] = ROOMY.replace("site: 20", `site: ${site}`);
        for (let tenant = 0; tenant < TENANTS; tenant++) {
            const text = `name: t${tenant}\nvlan: ${50 + tenant}\nvms:\n${vms.join("")}`;
            files[`tenants/s${site}/t${tenant}.yaml`] = text;
        }
    }
    return files;
}

test("10,000 VMs of 50 substrates are read, checked and resolved in two seconds", () => {
    const root = project(many());
    const began = process.cpuUsage();
    const sites = readSites(root);
    const models = listSubstrates(root).map((substrate) => loadSubstrate({ root, substrate, sites }));
    const seconds = process.cpuUsage(began).user / 1e6;
    const vms = models.flatMap(({ tenants }) => tenants.flatMap((tenant) => tenant.vms));
    expect(vms).toHaveLength(SUBSTRATES * TENANTS * VMS);
    expect(models.every(({ elsewhere }) => elsewhere.length === SUBSTRATES - 1)).toBe(true);
    expect(seconds).toBeLessThan(SECONDS);
});

test("the sites are the same, whether they were read once or by each", () => {
    const root = project({
        "Pulumi.dvntm.yaml": STACK,
        "Pulumi.dvnt.yaml": STACK.replace("site: 20", "site: 10"),
        "Pulumi.torn.yaml": "config: {}\n",
    });
    const model = loadSubstrate({ root, substrate: "dvntm" });
    expect(model.elsewhere).toEqual([{ name: "dvnt", site: 10 }]);
    expect(loadSubstrate({ root, substrate: "dvntm", sites: readSites(root) })).toEqual(model);
});
