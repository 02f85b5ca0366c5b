import { PAIRS, pairOf, RUNS, tenantsOf, type KilledRun, type RunName } from "../../lab/kills/runs";
import { isVictim, VICTIMS, type Victim } from "../../lab/kills/victims";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

test.each([1, 2, 3])(
    "with seed %i, as many trials as there are pairs kill each process in each kind of run once",
    (seed) => {
        const tried = PAIRS.map((_, at) => pairOf(seed, at + 1).join());
        expect(new Set(tried).size).toBe(PAIRS.length);
        expect(PAIRS.length).toBeGreaterThanOrEqual(60);
        expect(new Set(PAIRS.map(([, victim]) => victim))).toEqual(new Set(VICTIMS));
    },
);

test("another seed begins elsewhere", () => {
    expect(pairOf(1, 1)).not.toEqual(pairOf(2, 1));
});

test.each(Object.keys(RUNS) as RunName[])(
    "the definitions of %s are right, and others than those that were created where they change any",
    (name) => {
        const root = project({ "Pulumi.dvntm.yaml": STACK });
        tenantsOf(name).write(root, "dvntm");
        expect(loadSubstrate({ root, substrate: "dvntm" }).tenants.length).toBeGreaterThan(0);
        const changed = (RUNS[name] as KilledRun).define !== undefined;
        expect(JSON.stringify(tenantsOf(name)) !== JSON.stringify(tenantsOf("created"))).toBe(changed);
    },
);

/** Command lines of a run, as /proc has them. */
const LINES: Readonly<Partial<Record<Victim, string>>> = {
    command: "node /tmp/x/project/bin/../start/tenants.js up dvntm --yes ",
    CLI: "pulumi up --stack dvntm --policy-pack policy/pack --event-log /tmp/tenants-x/events.json ",
    "language host": "/tmp/x/project/.tools/bin/pulumi-language-nodejs 127.0.0.1:36619 ",
    program: "node /tmp/x/project/node_modules/@pulumi/pulumi/cmd/run --monitor 127.0.0.1:40395 ",
    "policy pack": "node policy/pack 127.0.0.1:36619 ",
    "node's provider": "/tmp/x/project/.tools/bin/pulumi-resource-proxmoxve 127.0.0.1:36619 ",
    "dynamic provider": "node --require ./start/deferred.js /x/@pulumi/pulumi/cmd/dynamic-provider 127.0.0.1:36619 ",
};

test.each(Object.entries(LINES))("a %s is told from every other process", (victim, line) => {
    const named = Object.keys(LINES).filter((one) =>
        isVictim(one as keyof typeof LINES & Parameters<typeof isVictim>[0], line),
    );
    expect(named).toEqual([victim]);
    expect(isVictim("everything", line)).toBe(true);
});
