import { JOB } from "../../state/deployment";
import { removeProjects, smallTenant } from "../fixtures";
import { declared, named, substrateOf } from "./declared";

jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const BACKUP = 'backup: { schedule: "02:30", storage: local }\n';

async function jobsOf(text: string) {
    const { registered } = await declared(substrateOf({ grooveiq: text }));
    return { registered, names: registered.filter(({ type }) => type === JOB).map(({ name }) => name) };
}

test("a tenant's `backup` is one job, of its pool; without it there is none", async () => {
    expect((await jobsOf(smallTenant("grooveiq", 50))).names).toEqual([]);
    const { registered, names } = await jobsOf(`${BACKUP}${smallTenant("grooveiq", 50)}`);
    expect(names).toEqual(["grooveiq-backup"]);
    expect(named(registered, "grooveiq-backup")).toMatchObject({ job: "tenant-50", pool: "grooveiq", enabled: true });
});

test("a VM's is a job that names it, and is written again when the VM is made anew", async () => {
    const { registered, names } = await jobsOf(`${smallTenant("grooveiq", 50)}    ${BACKUP}`);
    expect(names).toEqual(["grooveiq-api-vm01-backup"]);
    const job = named(registered, "grooveiq-api-vm01-backup");
    expect(job).toMatchObject({ job: "tenant-vm-5001", vmids: [5001], made: { "5001": "1" } });
    expect(job["pool"]).toBeUndefined();
});
