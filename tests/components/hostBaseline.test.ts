import * as pulumi from "@pulumi/pulumi";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pack } from "../../host/payload/read";
import { plan, runName } from "../../host/run";
import { secretsOf } from "../../host/secrets";
import { loadSubstrate } from "../../substrate/load";
import { NOTHING_RECORDED, recordedOf } from "../../state/recorded";
import { inventoryOf, project, removeProjects, smallTenant, STACK, templateGuest } from "../fixtures";
import { record, settled, type Registered } from "./recorder";

/** Starts of VMs are substrate.test.ts's. */
// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const ROOT = resolve(__dirname, "..", "..");
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0XwM2bGzG8Q0gq0mU8rO6eJ4m2s3p5x7w9y1A3B5C7";
const WITH_BASELINE = STACK.replace("        host: ", `        hostKey: ${KEY} somebody\n        host: `).replace(
    "      bridge: ",
    `      baseline:\n        address: 10.20.99.22\n        automation:\n          keys: [${KEY}]\n      bridge: `,
);
const FACTS = {
    ...{ hostname: "pve2", system: "debian 12", pve: "8.4.1", clustered: false, memoryMiB: 32000, threads: 8 },
    ...{ virtualisation: "vmx", disksGiB: 931, datastore: "active", bridge: true, nicMbit: 1000 },
};
const SECRETS = secretsOf({ "baseline:privateKey": "a key", "baseline:variables": '{"password": "hidden"}' });

/** Key that marks a secret on its way to the engine. */
const SECRET_MARK = pulumi.runtime.specialSigKey;

function substrateOf(stack = WITH_BASELINE) {
    const root = project({ "Pulumi.dvntm.yaml": stack, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) });
    return loadSubstrate({ root, substrate: "dvntm" });
}

async function declared(due: boolean) {
    const substrate = substrateOf();
    const { registered } = await record();
    const planned = await plan(ROOT, substrate.hypervisors[0]!, SECRETS);
    const survey = {
        inventories: new Map([["hv02", inventoryOf([templateGuest(100, "fedora-server-44-1.9")])]]),
        recorded: NOTHING_RECORDED,
        hosts: new Map([["hv02", { plan: planned, generation: 3, due, facts: FACTS }]]),
        secrets: SECRETS,
        comparesOnly: false,
        leftOut: new Map(),
    };
    const { declare } = await import("../../components/substrate");
    const outputs = await declare(substrate, survey, ROOT);
    const hosts = await settled(pulumi.output({ ...outputs.hosts }));
    await settled(pulumi.output([...outputs.vms]));
    return { registered, hosts, planned };
}

function named(registered: readonly Registered[], name: string): Record<string, unknown> {
    return registered.find((resource) => resource.name === name)!.inputs;
}

test("a baseline is four steps; what it says of the host is an output", async () => {
    const { registered, hosts, planned } = await declared(true);
    expect(
        registered.filter(({ name }) => name.startsWith("hv02-")).map(({ type, name }) => `${type} ${name}`),
    ).toEqual([
        "deevnet:tenant:HostBaseline hv02-baseline",
        "command:remote:Command hv02-baseline-reachable",
        "command:remote:Command hv02-baseline-ansible",
        "command:remote:CopyToRemote hv02-baseline-payload",
        "command:remote:Command hv02-baseline-apply",
    ]);
    expect(hosts).toEqual({ hv02: FACTS });
    const run = runName(planned.digest, 3);
    expect(named(registered, "hv02-baseline-reachable")["create"]).toBe(`true # ${run}`);
    expect(named(registered, "hv02-baseline-payload")["remotePath"]).toBe(`/var/lib/deevnet/baseline/${run}.tar`);
});

test("the host key is pinned, and no secret is in the text of a command", async () => {
    const { registered } = await declared(true);
    for (const { type, inputs } of registered.filter(({ type }) => type.startsWith("command:"))) {
        const value = { host: "hv02.dvntm.deevnet.net", port: 22, user: "root", hostKey: KEY };
        // A value that Pulumi keeps encrypted comes with its mark.
        expect(inputs["connection"]).toMatchObject({ [SECRET_MARK]: expect.any(String) as string, value });
        expect(String(inputs["create"])).not.toContain("hidden");
        expect(inputs["delete"]).toBeUndefined();
        expect(inputs["triggers"]).toBeUndefined();
        expect([type, inputs["environment"]]).toEqual([type, undefined]);
    }
    expect(named(registered, "hv02-baseline-apply")["stdin"]).toMatchObject({
        [SECRET_MARK]: expect.any(String) as string,
        value: expect.stringContaining("hidden") as string,
    });
});

test("a substrate without a baseline has no step and no output of a host", async () => {
    const { registered } = await record();
    const substrate = substrateOf(STACK);
    const { declare } = await import("../../components/substrate");
    const survey = {
        inventories: new Map(),
        recorded: NOTHING_RECORDED,
        hosts: new Map(),
        secrets: secretsOf({}),
        comparesOnly: false,
        leftOut: new Map(),
    };
    const { vms, hosts } = await declare(substrate, survey, ROOT);
    await settled(pulumi.output([...vms]));
    expect(hosts).toEqual({});
    expect(registered.filter(({ type }) => type.startsWith("command:") || type.includes("HostBaseline"))).toEqual([]);
});

test("the state tells the run that was begun and the one that ended, in any order", () => {
    const urn = (type: string, name: string) =>
        `urn:pulumi:dvntm::tenant-hypervisors::deevnet:tenant:HostBaseline$${type}::${name}`;
    const applied = { digest: "0123456789abcdef", generation: 1 };
    const component = {
        urn: urn("c", "hv02-baseline"),
        type: "deevnet:tenant:HostBaseline",
        outputs: { applied, facts: FACTS },
    };
    const first = {
        urn: urn("s", "hv02-baseline-reachable"),
        type: "command:remote:Command",
        outputs: { create: "true # abc-2" },
    };
    for (const entries of [
        [component, first],
        [first, component],
    ]) {
        const { baselines } = recordedOf(entries, []);
        expect(baselines.get("hv02-baseline")).toEqual({ applied, facts: FACTS, begun: "abc-2" });
    }
});

describe("a plan", () => {
    const digestOf = async (stack: string, secrets = SECRETS) =>
        (await plan(ROOT, substrateOf(stack).hypervisors[0]!, secrets)).digest;

    test("is another one for other variables, secrets or revision, and not for another connection", async () => {
        const now = await digestOf(WITH_BASELINE);
        const baseline = (text: string) =>
            WITH_BASELINE.replace("      baseline:\n", `      baseline:\n        ${text}\n`);
        expect(await digestOf(WITH_BASELINE.replace("host: hv02.", "port: 2222\n        host: hv02."))).toBe(now);
        expect(await digestOf(baseline("wait: 90"))).toBe(now);
        expect(await digestOf(baseline("revision: again"))).not.toBe(now);
        expect(await digestOf(WITH_BASELINE.replace("10.20.99.22", "10.20.99.23"))).not.toBe(now);
        const secrets = secretsOf({
            "baseline:privateKey": "another key",
            "baseline:variables": '{"password": "hidden"}',
        });
        expect(await digestOf(WITH_BASELINE, secrets)).toBe(now);
        expect(await digestOf(WITH_BASELINE, secretsOf({ "baseline:variables": '{"password": "other"}' }))).not.toBe(
            now,
        );
    });

    test("refuses secret variables that are no JSON object", () => {
        for (const text of ["[1]", "null", "{", '"text"']) {
            expect(() => secretsOf({ "baseline:variables": text })).toThrow("baseline:variables is not a JSON object");
        }
    });
});

describe("a payload", () => {
    const baseline = (source: string, version?: string) => ({
        ...substrateOf().hypervisors[0]!.baseline!,
        collections: [{ source, ...(version !== undefined && { version }) }],
    });
    const collection = (text: string) =>
        project({ "galaxy.yml": "namespace: lab\nname: demo\nversion: 1.0.0\n", "playbooks/site.yml": text });

    test("is the same archive for the same content, whatever the folder is called and when it was written", async () => {
        const [one, same, other] = [collection("[]\n"), collection("[]\n"), collection("[ ]\n")];
        const hash = async (source: string) => (await pack(ROOT, baseline(source))).hash;
        expect(await hash(same)).toBe(await hash(one));
        expect(await hash(other)).not.toBe(await hash(one));
    });

    test("refuses a source that is not there, and one that is no collection", async () => {
        const empty = project({ "README.md": "" });
        await expect(pack(ROOT, baseline("nowhere"))).rejects.toThrow("there is no such file or folder");
        await expect(pack(ROOT, baseline(empty))).rejects.toThrow("so it is no Ansible collection");
        writeFileSync(join(empty, "a.tar.gz"), "text");
        await expect(pack(ROOT, baseline(join(empty, "a.tar.gz")))).rejects.toThrow("no archive that can be read");
    });

    test("holds the site's inventory without its vaulted files, and refuses one that is not there", async () => {
        const { list } = await import("tar");
        const inventory = project({
            "hosts.yml": "hypervisors: {hosts: {hv02: {}}}\n",
            "group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
            "host_vars/hv02.yml": "a: 1\n",
        });
        const own = project({});
        const { cpSync } = await import("node:fs");
        cpSync(join(ROOT, "host", "ansible"), join(own, "host", "ansible"), { recursive: true });
        const without = { ...substrateOf().hypervisors[0]!.baseline! };
        const { file, hash } = await pack(own, { ...without, inventory });
        const names: string[] = [];
        await list({ file: join(own, file), onReadEntry: ({ path }) => names.push(path) });
        expect(names.filter((name) => name.startsWith("inventory/"))).toEqual([
            "inventory/host_vars/hv02.yml",
            "inventory/hosts.yml",
        ]);
        expect((await pack(own, without)).hash).not.toBe(hash);
        await expect(pack(own, { ...without, inventory: "nowhere" })).rejects.toThrow(
            /baseline\.inventory: there is no folder .*nowhere/,
        );
    });

    test("is none where a collection depends on one that is not there", async () => {
        const needing = project({
            "galaxy.yml": 'namespace: lab\nname: demo\nversion: 1.0.0\ndependencies: {lab.more: ">=2"}\n',
        });
        await expect(pack(ROOT, baseline(needing))).rejects.toThrow(
            /^lab\.demo 1\.0\.0 .* depends on lab\.more >=2, which is not among/,
        );
    });

    test("takes an archive and a git repository at an exact version", async () => {
        const { execFileSync } = await import("node:child_process");
        const folder = collection("[]\n");
        const git = (...args: string[]) =>
            execFileSync("git", ["-c", "user.name=lab", "-c", "user.email=lab@example.net", ...args], { cwd: folder });
        git("init", "--quiet");
        git("add", ".");
        git("commit", "--quiet", "-m", "one");
        git("tag", "v1.0.0");
        const own = project({});
        const { cpSync } = await import("node:fs");
        cpSync(join(ROOT, "host", "ansible"), join(own, "host", "ansible"), { recursive: true });
        const fromFolder = (await pack(own, baseline(folder))).hash;
        expect((await pack(own, baseline(`file://${folder}`, "v1.0.0"))).hash).toBe(fromFolder);
        await expect(pack(own, baseline(`file://${folder}`, "v2.0.0"))).rejects.toThrow("git fetch failed");
        const archive = join(own, "demo.tar.gz");
        execFileSync("tar", ["-czf", archive, "--exclude=.git", "-C", folder, "."]);
        expect((await pack(own, baseline(archive))).hash).toBe(fromFolder);
    });
});
