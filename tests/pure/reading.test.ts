import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { NodeClient, type Answers } from "../../node/client";
import { digestsOn } from "../../node/reading/read";
import { subjectsOf } from "../../node/reading/subjects";
import { declaredDigests, resourcesIn } from "../../state/reading/read";
import {
    declaredAsThen,
    digestOf,
    isSameDeclared,
    NO_TENANT,
    readingIn,
    tenantsAsRead,
} from "../../state/reading/reading";
import { toldIn } from "../../state/events/events";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import {
    answerOf,
    EDITS,
    nodeBefore,
    readByProvider,
    SUBJECTS,
    substrateOfOne,
    USES,
    type ModelNode,
} from "./readNode";

afterAll(removeProjects);

const PROJECT = readFileSync(join(__dirname, "../../Pulumi.yaml"), "utf8");
const HYPERVISOR = { name: "hv02", node: "pve2" };

/** Digests by our own requests; a request that ends with `blind` is answered with nothing, as if it were never made. */
async function digests(node: ModelNode, blind?: RegExp): Promise<string> {
    const get = <T>(path: string) => Promise.resolve((blind?.test(path) ? [] : answerOf(node, path)) as T);
    return digestOf(await digestsOn({ get }, HYPERVISOR, SUBJECTS));
}

const edited = fc
    .array(fc.tuple(fc.constantFrom(...EDITS.keys()), fc.nat({ max: 2 })), { maxLength: 3 })
    .map((edits) =>
        edits.reduce((node, [edit, which]) => EDITS.get(edit)!(structuredClone(node), which), nodeBefore()),
    );

const sameDigestsSameReading = fc.asyncProperty(edited, edited, async (one, other) => {
    if ((await digests(one)) === (await digests(other))) {
        expect(readByProvider(other)).toEqual(readByProvider(one));
    }
});

describe("digests of a node", () => {
    test("are the same only where the provider reads the same, whatever somebody changed", async () => {
        await fc.assert(sameDigestsSameReading, { numRuns: 300 });
    });

    test.each([...EDITS.keys()])("see: %s", async (edit) => {
        const after = EDITS.get(edit)!(nodeBefore(), 0);
        expect(readByProvider(after)).not.toEqual(readByProvider(nodeBefore()));
        expect(await digests(after)).not.toBe(await digests(nodeBefore()));
    });

    test.each([
        /\/config$/,
        /firewall\/rules$/,
        /firewall\/options$/,
        /ipset\/ipfilter-net0$/,
        /\/content$/,
        /poolid=/,
    ])("control: without %s the property does not hold", async (blind) => {
        const before = await digests(nodeBefore(), blind);
        const unseen = await Promise.all(
            [...EDITS.values()].map(async (edit) => (await digests(edit(nodeBefore(), 0), blind)) === before),
        );
        expect(unseen).toContain(true);
    });

    test.each([...USES.keys()])("do not change with use: %s", async (use) => {
        const after = USES.get(use)!(nodeBefore());
        expect(after).not.toEqual(nodeBefore());
        expect(await digests(after)).toBe(await digests(nodeBefore()));
    });

    test("do not change with the order of an answer's keys, which is another each time in PVE", () => {
        expect(digestOf({ a: 1, b: { c: 2, d: [1, 2] } })).toBe(digestOf({ b: { d: [1, 2], c: 2 }, a: 1 }));
        expect(digestOf({ a: [1, 2] })).not.toBe(digestOf({ a: [2, 1] }));
    });
});

test("an answer is asked for once for all, and anew where the client that asked for it was closed", async () => {
    const asked: string[] = [];
    const answers: Answers = new Map();
    const clientOf = (name: string, answer: () => Promise<unknown>) =>
        Object.assign(new NodeClient("hv02", "https://127.0.0.1:1/", "a@pve!b=c"), {
            get: () => (asked.push(name), answer()),
        }).remembering(answers);
    const first = clientOf("first", () => Promise.resolve(1));
    const second = clientOf("second", () => Promise.resolve(2));
    expect(await Promise.all([first.get("/version"), second.get("/version")])).toEqual([1, 1]);
    const closed = clientOf("closed", () => Promise.reject(new Error("closed")));
    const both = [closed.get("/nodes"), second.get("/nodes")];
    expect(await Promise.allSettled(both)).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: 2 }]);
    expect(asked).toEqual(["first", "closed", "second"]);
});

describe("the record of a reading", () => {
    const last = { versions: "v", parts: { [NO_TENANT]: "n", grooveiq: "a", vintronics: "b" } };
    const asRead = (now: Partial<typeof last>) => tenantsAsRead(last, { ...last, ...now });

    test("counts for each tenant whose part is the same, by the same versions and with the same beside them alone", () => {
        expect(asRead({})).toEqual(["grooveiq", "vintronics"]);
        expect(tenantsAsRead(undefined, last)).toEqual([]);
        expect(asRead({ versions: "other" })).toEqual([]);
        expect(asRead({ parts: { ...last.parts, [NO_TENANT]: "other" } })).toEqual([]);
        expect(asRead({ parts: { ...last.parts, grooveiq: "other" } })).toEqual(["vintronics"]);
        expect(tenantsAsRead({ ...last, parts: { [NO_TENANT]: "n", grooveiq: "a" } }, last)).toEqual(["grooveiq"]);
        expect(tenantsAsRead({ versions: "v", parts: {} }, { versions: "v", parts: { grooveiq: "a" } })).toEqual([]);
    });

    test.each([
        undefined,
        null,
        1,
        "x",
        [],
        {},
        { ...last, parts: undefined },
        { ...last, parts: [] },
        { ...last, versions: 1 },
    ])("is none where the file holds %j", (value) => expect(readingIn(value)).toBeUndefined());

    test("control: one that is whole is one", () => expect(readingIn(last)).toEqual(last));

    const declared = { common: "c", tenants: { grooveiq: "g" } };

    test.each([
        ...[1, {}, { declared: 1 }, { declared: "d" }, { declared: { common: "c" } }, { declared: { tenants: {} } }],
        ...[{ declared: { common: "c", tenants: [] } }, { declared, changes: 1 }, { declared, changes: {}, held: 1 }],
    ])("has no run without anything to do where the file holds %j for it", (settled) =>
        expect(readingIn({ ...last, settled })).toEqual(last),
    );

    test("control: it has one that is whole", () => {
        const settled = { declared, changes: { same: 3 }, held: "--policy-pack policy/pack" };
        expect(readingIn({ ...last, settled })).toEqual({ ...last, settled });
        expect(readingIn({ ...last, settled: { declared } })).toEqual({ ...last, settled: { declared } });
    });
});

describe("the digests of what is declared", () => {
    const files = {
        "Pulumi.yaml": PROJECT,
        "Pulumi.dvntm.yaml": STACK,
        "components/own.ts": "// a program of the person's own",
        "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50),
    };
    const digests = (changed: Readonly<Record<string, string>> = {}, keep?: (root: string) => void) => {
        const root = project({ ...files, ...changed });
        // Each file of the program has the same time, but for what the test itself changes.
        Object.keys({ ...files, ...changed }).forEach((file) => utimesSync(join(root, file), 0, 0));
        keep?.(root);
        process.env["TENANTS_PROJECT"] = root;
        return declaredDigests(loadSubstrate({ root, substrate: "dvntm" }), root);
    };
    const MORE_CORES = { "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}    cores: 4\n` };
    const SECOND = { "tenants/dvntm/vintronics.yaml": smallTenant("vintronics", 51) };
    afterAll(() => delete process.env["TENANTS_PROJECT"]);

    test.each([
        ["an attribute of a VM", MORE_CORES],
        ["another tenant", SECOND],
        ["a key of the stack file that is not this program's", { "Pulumi.dvntm.yaml": `${STACK}  other:note: x\n` }],
        ["a longer file of the program", { "components/own.ts": "// a program of the person's own, longer" }],
    ])("are others with %s", (_, changed) => {
        expect(isSameDeclared(digests(changed), digests())).toBe(false);
        expect(isSameDeclared(digests(), digests(changed))).toBe(false);
    });

    test("are others with a file of the program that was written since, for every tenant", () => {
        const touched = digests({}, (root) => utimesSync(join(root, "components/own.ts"), 1, 1));
        expect(isSameDeclared(digests(), touched)).toBe(false);
        expect(declaredAsThen(digests(), touched)).toEqual([]);
    });

    test("are others for a tenant whose file was written since, though its model is the same, and for it alone", () => {
        const touched = digests(SECOND, (root) => utimesSync(join(root, "tenants/dvntm/grooveiq.yaml"), 1, 1));
        expect(declaredAsThen(digests(SECOND), touched)).toEqual(["vintronics"]);
    });

    test("are the same for the tenants whose files are, and for none where a tenant's name may be another's tag", () => {
        expect(declaredAsThen(digests(SECOND), digests({ ...SECOND, ...MORE_CORES }))).toEqual(["vintronics"]);
        expect(declaredAsThen(digests(), digests(SECOND))).toEqual(["grooveiq"]);
        expect(declaredAsThen(digests(SECOND), digests())).toEqual(["grooveiq"]);
        const tags = { "Pulumi.dvntm.yaml": STACK.replace(/^( +)datastore:/m, "$1keepTags: [backup]\n$1datastore:") };
        expect(declaredAsThen(digests(tags), digests({ ...tags, ...SECOND }))).toEqual([]);
    });

    test("control: are the same for the same files", () => expect(isSameDeclared(digests(), digests())).toBe(true));
});

describe("the resources in a stack's file", () => {
    const one = { urn: "urn:a", type: "t", outputs: { b: "1" } };
    const read = (text: string) => {
        const file = join(project({ "state.json": text }), "state.json");
        return resourcesIn("dvntm", file);
    };
    const checkpoint = (...resources: object[]) => JSON.stringify({ checkpoint: { latest: { resources } } }, null, 4);

    test("are those of the state, but for what is still to be deleted", () => {
        expect(read(checkpoint(one, { ...one, delete: true }))).toEqual([one]);
        expect(read(JSON.stringify({ checkpoint: { latest: {} } }))).toEqual([]);
    });

    test.each([
        [
            "a secret",
            checkpoint({ ...one, outputs: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" } }),
        ],
        ["nothing yet", JSON.stringify({ checkpoint: { stack: "dvntm" } })],
        ["half a text", checkpoint(one).slice(0, 40)],
    ])("are the engine's to tell where the file has %s", (_, text) => expect(read(text)).toBeUndefined());
});

describe("what an event log tells of a refresh", () => {
    const line = (op: string, urn: string, old: unknown, now: unknown) =>
        JSON.stringify({ resOutputsEvent: { metadata: { op, urn, old, new: now } } });
    const kept = { inputs: { a: 1 }, outputs: { b: 2 } };

    test("only what was read and is as it was counts", () => {
        const lines = [
            line("refresh", "same", kept, kept),
            line("refresh", "other outputs", kept, { ...kept, outputs: { b: 3 } }),
            line("refresh", "other inputs", kept, { ...kept, inputs: {} }),
            line("refresh", "gone", kept, null),
            line("same", "not read", kept, kept),
            JSON.stringify({ summaryEvent: { resourceChanges: { same: 3, update: 1 } } }),
        ];
        expect(toldIn(lines)).toEqual({ asKept: new Set(["same"]), changes: { same: 3, update: 1 } });
        expect(toldIn([])).toEqual({ asKept: new Set(), changes: {} });
    });
});

describe("what a refresh would read", () => {
    const { substrate, deployment, resource } = substrateOfOne();
    const subjects = (...more: object[]) =>
        subjectsOf(substrate, { resources: [...deployment.resources, ...(more as typeof deployment.resources)] });

    test("is every pool and guest of the state, and what of a guest", () => {
        expect(subjects()).toEqual(
            new Map([
                [
                    "hv02",
                    { pools: ["grooveiq"], guests: [{ vmid: 5001, ipsets: ["ipfilter-net0"], asksAgent: false }] },
                ],
            ]),
        );
    });

    test.each([
        ["a type that is not known", { type: "proxmoxve:index/file:File" }],
        ["a type of another provider", { type: "aws:s3/bucket:Bucket", provider: "urn:p::default::1" }],
        ["a node that the substrate does not have", { outputs: { nodeName: "pve9", vmId: 5009 } }],
        ["a provider that is no hypervisor's", { provider: "urn:pulumi:s::p::pulumi:providers:proxmoxve::hv09::1" }],
        [
            "a firewall of no guest",
            { type: "proxmoxve:firewall/optionsLegacy:OptionsLegacy", outputs: { nodeName: "pve2" } },
        ],
        ["a replacement that broke off", { pendingReplacement: true }],
        ["a deletion that broke off", { delete: true }],
        ["a creation that broke off", { initErrors: ["no"] }],
        ["a tenant that no file declares any more", { type: "deevnet:tenant:Tenant", urn: "urn:a::b::c::gone" }],
    ])("is not told for %s", (_, other) => expect(subjects({ ...resource, ...other })).toBeUndefined());

    test("is not told while an operation has not ended, nor of a substrate that is only planned", () => {
        const pending = { ...deployment, pending_operations: [{ type: "creating", resource }] };
        expect(subjectsOf(substrate, pending)).toBeUndefined();
        expect(subjectsOf({ ...substrate, status: "planned" }, deployment)).toBeUndefined();
    });

    test("is of its guest agent, too, where the provider is not told to leave it alone", () => {
        const agent = { agent: { enabled: true, waitForIp: { ipv4: true } } };
        const asked = subjects({ ...resource, id: "5002", outputs: { nodeName: "pve2", vmId: 5002, ...agent } })!;
        expect(asked.get("hv02")!.guests.at(-1)).toEqual({ vmid: 5002, ipsets: [], asksAgent: true });
    });
});
