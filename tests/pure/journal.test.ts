import { looksOnly } from "../../commands/cli/pulumi";
import type { PreviewStep } from "../../state/preview/client";
import type { Deployment, StateResource } from "../../state/deployment";
import { journalIn, type Entry, type Journal } from "../../state/journal/entries";
import { wholeState } from "../../state/journal/whole";

const NOW = "2026-11-25T22:31:26.047Z";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const urn = (type: string, name: string) => `urn:pulumi:dvntm::tenant-hypervisors::${type}::${name}`;

const resource = (type: string, name: string, others: object = {}): StateResource => ({
    urn: urn(type, name),
    type,
    ...others,
});
const PROVIDER = resource("pulumi:providers:proxmoxve", "hv02", { id: UNKNOWN, inputs: { endpoint: "https://pve2" } });
const TENANT = resource("deevnet:tenant:Tenant", "grooveiq");
const COMPONENT = resource("deevnet:tenant:TenantVm", "grooveiq-api-vm01", { parent: TENANT.urn });
const POOL = resource("proxmoxve:index/poolLegacy:PoolLegacy", "grooveiq-network-pool", {
    parent: TENANT.urn,
    provider: `${PROVIDER.urn}::${UNKNOWN}`,
});
const VM = resource("proxmoxve:index/vmLegacy:VmLegacy", "grooveiq-api-vm01-vm", {
    parent: COMPONENT.urn,
    provider: `${PROVIDER.urn}::${UNKNOWN}`,
    inputs: { vmId: 5001, poolId: UNKNOWN },
    dependencies: [POOL.urn],
    propertyDependencies: { poolId: [POOL.urn] },
    replacementTrigger: "once",
});
const DYNAMIC = "urn:pulumi:dvntm::tenant-hypervisors::pulumi:providers:pulumi-nodejs::default";
const SCOPE = resource("pulumi-nodejs:dynamic/router:RouterDhcp", "grooveiq-network-dhcp", {
    parent: TENANT.urn,
    provider: `${DYNAMIC}::${UNKNOWN}`,
});
const STEPS = [PROVIDER, TENANT, COMPONENT, POOL, VM, SCOPE].map((newState): PreviewStep => ({
    op: "create",
    urn: newState.urn,
    newState,
}));

const CONFIGURATION = { "t:site": { value: "20" }, "t:routerApiSecret": { value: "word", secret: true } };

const INPUTS = { vmId: 5001, poolId: "grooveiq", clone: { vmId: 103 } };
const MADE = { id: "5001", outputs: { ...INPUTS, id: "5001", macAddress: "BC:24:11:00:00:01" }, at: NOW };
const POOL_MADE = { id: "grooveiq", outputs: { poolId: "grooveiq" }, at: NOW };

const journal = (...entries: Entry[]): Journal => ({
    state: "a",
    entries: new Map(entries.map((entry) => [entry.urn, entry])),
});
const whole = (deployment: Deployment, ...entries: Entry[]) =>
    wholeState(deployment, journal(...entries), STEPS, CONFIGURATION, () => "p1");

const MADE_VM = {
    ...VM,
    id: "5001",
    provider: `${PROVIDER.urn}::p1`,
    inputs: INPUTS,
    outputs: MADE.outputs,
    created: NOW,
};

test.each([
    [["preview", "--stack", "dvntm", "--diff"], true],
    [["refresh", "--stack", "dvntm", "--preview-only"], true],
    [["up", "--stack", "dvntm"], false],
    [["destroy", "--exclude", "preview"], false],
])("a run that only looks begins none: %j", (args, looks) => {
    expect(looksOnly(args)).toBe(looks);
});

describe("a journal's text", () => {
    const lines = [{ state: "a" }, { urn: VM.urn, inputs: INPUTS }, { urn: VM.urn, inputs: INPUTS, made: MADE }];
    const text = lines.map((line) => `${JSON.stringify(line)}\n`);

    test("has the last that was told of each resource", () => {
        expect(journalIn(text.join(""))).toEqual(journal({ urn: VM.urn, inputs: INPUTS, made: MADE }));
        expect(journalIn(text.slice(0, 2).join(""))).toEqual(journal({ urn: VM.urn, inputs: INPUTS }));
    });

    test.each([1, 20, 100])("a last line that %d characters are missing of counts for nothing", (missing) => {
        expect(journalIn(text.join("").slice(0, -1 - missing))).toEqual(journal({ urn: VM.urn, inputs: INPUTS }));
    });

    test.each(["", "{}", '{"state', "null\n"])("%j is none", (torn) => {
        expect(journalIn(torn)).toBeUndefined();
    });
});

test("what a first run made is in the state, below its components and with its provider, and refers to nothing else", () => {
    const { deployment, notes } = whole({}, { urn: VM.urn, inputs: INPUTS, made: MADE });
    const known = { dependencies: [], propertyDependencies: {} };
    expect(deployment.resources).toEqual([
        { ...TENANT, ...known },
        { ...COMPONENT, ...known },
        { ...PROVIDER, ...known, id: "p1" },
        { ...MADE_VM, dependencies: [], propertyDependencies: { poolId: [] } },
    ]);
    expect(deployment.pending_operations).toEqual([]);
    expect(notes).toEqual(["grooveiq-api-vm01-vm: the journal of the run that was killed has it as made"]);
});

test("it depends on what was made as well, and has the provider that the state has", () => {
    const had = { ...PROVIDER, id: "p0" };
    const { deployment } = whole(
        { resources: [TENANT, had] },
        { urn: POOL.urn, inputs: {}, made: POOL_MADE },
        { urn: VM.urn, inputs: INPUTS, made: MADE },
    );
    expect(deployment.resources!.map(({ urn }) => urn)).toEqual(
        [TENANT, had, POOL, COMPONENT, VM].map((one) => one.urn),
    );
    expect(deployment.resources!.at(-1)).toMatchObject({ provider: `${had.urn}::p0`, dependencies: [POOL.urn] });
});

test("what was made on the router has the provider that the engine makes of the configuration", () => {
    const made = { id: "grooveiq", outputs: { served: true }, at: NOW };
    const { deployment } = whole({ resources: [TENANT] }, { urn: SCOPE.urn, inputs: { subnet: "s" }, made });
    const inputs = {
        "t:site": "20",
        "t:routerApiSecret": {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            plaintext: '"word"',
        },
    };
    expect(deployment.resources).toMatchObject([
        TENANT,
        { urn: DYNAMIC, type: "pulumi:providers:pulumi-nodejs", custom: true, id: "p1", inputs, outputs: inputs },
        { urn: SCOPE.urn, id: "grooveiq", provider: `${DYNAMIC}::p1`, inputs: { subnet: "s" }, outputs: made.outputs },
    ]);
    const had = { ...deployment.resources![1]!, id: "p0" };
    const again = whole({ resources: [TENANT, had] }, { urn: SCOPE.urn, inputs: {}, made });
    expect(again.deployment.resources!.slice(1)).toMatchObject([had, { provider: `${DYNAMIC}::p0` }]);
});

test("what had its place on the router is still to be deleted", () => {
    const old = { ...SCOPE, id: "old", inputs: { subnet: "old" } };
    const made = { id: "new", outputs: {}, at: NOW };
    const { deployment } = whole({ resources: [TENANT, old] }, { urn: SCOPE.urn, inputs: { subnet: "s" }, made });
    const [, now, , before] = deployment.resources!;
    expect([now!.id, now!.delete, before]).toEqual(["new", undefined, { ...old, delete: true }]);
});

test("what was begun is a pending creation, with the values that it was asked for with", () => {
    const { deployment, notes } = whole({ resources: [TENANT, PROVIDER] }, { urn: VM.urn, inputs: INPUTS });
    expect(deployment.resources!.map(({ urn }) => urn)).toEqual([TENANT, PROVIDER, COMPONENT].map((one) => one.urn));
    expect(deployment.pending_operations).toMatchObject([
        { type: "creating", resource: { urn: VM.urn, inputs: INPUTS, outputs: {} } },
    ]);
    expect(notes).toEqual(["grooveiq-api-vm01-vm: the journal of the run that was killed has it as begun"]);
});

describe("one that takes the place of another", () => {
    const old = { ...MADE_VM, inputs: {}, outputs: {}, replacementTrigger: "", created: "2026-01-01T00:00:00Z" };
    const resources = [{ ...PROVIDER, id: "p1" }, TENANT, COMPONENT, POOL, old];

    test("stands where that stood, as it was made", () => {
        const { deployment } = whole({ resources }, { urn: VM.urn, inputs: INPUTS, made: MADE });
        expect(deployment.resources).toEqual([...resources.slice(0, -1), MADE_VM]);
    });

    test("begun, has that noted as deleted", () => {
        const { deployment } = whole({ resources }, { urn: VM.urn, inputs: INPUTS });
        expect(deployment.resources!.at(-1)).toEqual({ ...old, pendingReplacement: true });
        expect(deployment.pending_operations).toHaveLength(1);
    });
});

test("control: what nothing declares any more, and a journal of nothing, leave the state as it is", () => {
    const state: Deployment = { resources: [TENANT] };
    const gone = { urn: urn("proxmoxve:index/vmLegacy:VmLegacy", "gone"), inputs: {}, made: MADE };
    expect(whole(state, gone)).toEqual({ deployment: state, notes: [] });
    expect(whole(state).deployment).toBe(state);
});
