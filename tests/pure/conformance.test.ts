import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { differencesOf, keyOf, type Asked, type Expected } from "../../proof/conformance/compare";
import expected from "../../proof/conformance/expected.json";
import { escaped, formOf, formsOf, knownOf, wordsIn, type Disguise } from "../../proof/conformance/form";
import { TENANT } from "../../proof/conformance/place";
import { PROBES, type Probe } from "../../proof/conformance/probes";
import { comparedOf } from "../../proof/conformance/read";
import { tenantText } from "../../proof/conformance/tenant";
import { WORDS } from "../../proof/conformance/words";
import { conformanceText } from "../../report/conformance";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, STACK } from "../fixtures";

afterAll(removeProjects);

const RECORD: Expected = expected;

const SMALL = { vlan: 59, hypervisor: "hv02", diskGiB: 32, tagged: true, opens: "iot_backend" };

/** The throwaway substrate as a run has it. */
const SUBSTRATE = loadSubstrate({
    root: project({ "Pulumi.dvntm.yaml": STACK, [`tenants/dvntm/${TENANT}.yaml`]: tenantText(SMALL, "first") }),
    substrate: "dvntm",
});
const PUBLIC = wordsIn(Object.values(RECORD).flatMap(({ forms }) => Object.entries(forms).flat()));

/** As a run against a real machine has it. */
const DISGUISE: Disguise = {
    known: knownOf(SUBSTRATE, SUBSTRATE.tenants[0]!, SUBSTRATE.hypervisors[0]!, "opt9"),
    isPublic: (word) => PUBLIC.has(word) || WORDS.has(word.toLowerCase()),
};

const form = (text: string) => formOf(text, DISGUISE);

describe("the form of a text", () => {
    test.each([
        ["what is a run's own has a word of its own", "VM 5901 on pve2", "VM {vmid} on {node}"],
        [
            "so have what PVE makes of it",
            "virtio=02:DE:20:59:00:01,bridge=vmbr0,tag=59",
            "virtio={mac},bridge={bridge},tag={vlan}",
        ],
        ["a VLAN's number alone may be a port", "53", "53"],
        [
            "volumes of each kind of storage are alike",
            "local-lvm:5901/vm-5901-disk-0.raw,size=32G",
            "{volume},size={word}",
        ],
        ["an error of PVE stays", "no rule at position 99", "no rule at position 99"],
        ["names of others go", "VM grooveiq-db at hv01.example.net is locked", "VM {word} at {word}.net is locked"],
        ["numbers of others go", "VM 4711 is locked", "VM {n} is locked"],
        ["users and tokens go", "deevnet@pve!pulumi=b1946ac9-2c4f-4c5e-9d2c-7a3c1f2e4d5a may not", "{user} may not"],
        ["IPv6 goes", "fd00:20::1/64 and 2001:db8::5054:ff:fe12:3456", "{address} and {address}"],
        ["what no keyboard has goes", "ünïcode 漢字 \u0007", "{word} {word} {sign}"],
    ])("%s", (_, text, is) => {
        expect(form(text)).toBe(is);
    });

    // Whatever a site calls its things: words that are in no message of a machine, and so not in the record either.
    const name = fc
        .stringMatching(/^[a-zA-Z0-9_-]{3,20}$|^\p{L}{3,12}$/u)
        .filter((text) => (text.match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []).some((word) => !DISGUISE.isPublic(word)));
    const octet = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(octet, octet, octet, octet).map((all) => all.join("."));
    const mac = fc.tuple(octet, octet, octet, octet, octet, octet).map((all) => {
        return all.map((one) => one.toString(16).padStart(2, "0")).join(":");
    });
    const host = fc.tuple(name, name, fc.constantFrom("net", "lan", "example")).map((all) => all.join("."));
    const secret = fc.oneof(fc.uuid(), fc.base64String({ minLength: 24, maxLength: 60 }));
    const sensitive = fc.oneof(name, address, fc.ipV6(), mac, host, secret);
    /** Whether a text stands there for itself: a short name may be the end of a word of the report's own. */
    const holds = (within: string, text: string) =>
        new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(text)}(?![\\p{L}\\p{N}_])`, "u").test(within);
    const around = fc.constantFrom("", "value ", "VM ", "'", "(", "no such ", "=", "/", "\n");

    test("holds no address, name or secret of what it was made of, wherever that stands in an answer", () => {
        fc.assert(
            fc.property(fc.array(fc.tuple(around, sensitive), { minLength: 1, maxLength: 6 }), (parts) => {
                const text = parts.map((pair) => pair.join("")).join(" ");
                const answer = { errors: { [text]: text }, rows: [{ comment: text }], message: text };
                const found = formsOf(answer, form);
                const asked: Asked = {
                    ...{ machine: "node", moment: "create", name: "settings", request: "GET /version" },
                    ...{ status: 500, forms: found },
                };
                const differences = differencesOf(RECORD, [asked]);
                const report = conformanceText({ versions: {}, compared: 1, notCompared: [], differences });
                const told = differences.flatMap((one) => [one.field, one.found]).join("\n");
                for (const [, secretly] of parts) {
                    expect([secretly, holds(told, secretly), holds(report, secretly)]).toEqual([
                        secretly,
                        false,
                        false,
                    ]);
                }
            }),
            { numRuns: 500 },
        );
    });

    test("control: a word that is in the record stays, so that a difference says something", () => {
        expect(form("invalid format - value of policy_in")).toBe("invalid format - value of policy_in");
    });
});

describe("what is compared of an answer", () => {
    const probe = (name: string) => PROBES.find((one) => one.name === name)!;
    const values = { vmid: "5901", mark: `tenant-hypervisors: ${TENANT}`, vlan: "59", parent: "re0" };

    test("is the run's own alone", () => {
        const rows = [
            { vmid: 5001, name: "api-vm01" },
            { vmid: 5901, name: "vm01", status: "running", uptime: 5 },
        ];
        expect(comparedOf(probe("list of guests"), rows, values, true)).toEqual([
            { vmid: 5901, name: "vm01", status: "running" },
        ]);
        const records = ["conformance: ntp", "conformance2: ntp", "grooveiq: ntp"].map((what) => ({
            description: `tenant-hypervisors: ${what}`,
        }));
        expect(comparedOf(probe("rules"), { rows: records }, values, true)).toEqual([records[0]]);
    });

    test("leaves out what a flat network has not, and what the template brought", () => {
        const config = {
            net0: "virtio=02:00:00:00:00:01,bridge=vmbr0",
            memory: "512",
            vmgenid: "x",
            scsi0: "a:b,size=8G",
        };
        expect(comparedOf(probe("settings"), config, values, true)).toEqual({
            ...{ memory: "512", net0: config.net0, scsi0: "any" },
        });
        expect(comparedOf(probe("settings"), config, values, false)).toEqual({ memory: "512", scsi0: "any" });
    });

    test("every probe is asked at a moment, and has a name of its own there", () => {
        const keys = PROBES.flatMap(({ at, machine, name }) =>
            at.map((moment) => keyOf({ moment, name: `${machine} ${name}` })),
        );
        expect(new Set(keys).size).toBe(keys.length);
        expect(Object.keys(RECORD)).toEqual(expect.arrayContaining(keys));
        const program = Object.keys(RECORD).filter((key) => !keys.includes(key));
        expect(program.map((key) => key.split(": ")[1])).toEqual([
            "up",
            "preview",
            "up",
            "drift of the node",
            "drift of the router",
            "up",
            "up",
            "teardown",
        ]);
    });

    test("no request of a probe adds what is enabled, or changes what it did not look up", () => {
        const writes = PROBES.filter(({ machine, at, body }) => machine === "router" && at.includes("refuse") && body);
        const added = writes.filter(({ path }) => /\/add/i.test(path)).flatMap(({ body }) => Object.values(body!));
        expect(added.length).toBeGreaterThan(4);
        for (const record of added as Record<string, string>[]) {
            expect(record["enabled"] ?? "0").toBe("0");
            expect(record["description"] ?? record["descr"]).toBe("{mark}: refused");
        }
        expect(writes.filter(({ path }) => /\/set(?!tings)/i.test(path))).toEqual([]);
        const onNode = PROBES.filter(({ machine, method }: Probe) => machine === "node" && method !== "GET");
        expect(onNode.length).toBeGreaterThan(10);
        onNode.forEach(({ path }) => expect(path).toMatch(/\/qemu\/\{vmid\}\/|^\/pools\?poolid=\{tenant\}$/));
    });
});

describe("differences", () => {
    const asked = (forms: Record<string, string>, status = 200): Asked => ({
        ...{ machine: "node", moment: "create", name: "node settings", request: "GET config", status, forms },
    });
    const known = RECORD["create: node settings"]!;

    test("another status, another type, a field that is missing and one that is new", () => {
        const { memory: _, ...rest } = known.forms;
        const found = differencesOf(RECORD, [asked({ ...rest, cores: '"1"', more: "number" }, 500)]);
        expect(found.map(({ field, expected: was, found: is }) => [field, was, is])).toEqual([
            ["status", "200", "500"],
            ["cores", "1", '"1"'],
            ["memory", '"512"', "nothing"],
            ["more", "nothing", "number"],
        ]);
    });

    test("control: the record itself has none", () => {
        expect(differencesOf(RECORD, [asked(known.forms)])).toEqual([]);
    });

    test("the report has a row for each, and says where the run stopped", () => {
        const differences = differencesOf(RECORD, [asked({ ...known.forms, tags: '"a" | "b"' })]);
        const versions = { tenants: "1.0.0", PVE: "8.4.1" };
        const text = conformanceText({
            versions,
            compared: 3,
            notCompared: ["the router"],
            stoppedAt: "tenants up",
            differences,
        });
        expect(text.split("\n")).toEqual([
            "* tenants: 1.0.0",
            "* PVE: 8.4.1",
            "* compared: 3 answers with those of the simulators",
            "* not compared: the router",
            "* stopped: `tenants up` failed, so the steps after it were not done",
            "",
            "| Where | When | Asked | Value | Expected | Here |",
            "| --- | --- | --- | --- | --- | --- |",
            '| node | made | GET config | tags | "conformance;tenant" | "a" \\| "b" |',
        ]);
    });
});

describe("the record of the simulators", () => {
    interface Line {
        readonly name: string;
        readonly path: string;
        readonly status?: number;
        readonly reason?: string;
        readonly errors?: unknown;
        readonly data?: unknown;
        readonly answer?: unknown;
        readonly withheld?: boolean;
    }
    const corpus = (file: string) =>
        readFileSync(join(resolve(__dirname, "../lab/corpus"), file), "utf8")
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as Line)
            .filter(({ withheld }) => withheld !== true);

    test.each([
        ["refuse: node memory that is no whole number", "mem x"],
        ["refuse: node no cores", "cores 0"],
        ["refuse: node more ballooning than memory", "balloon>mem"],
        ["refuse: node a VLAN that is none", "net bad tag"],
        ["refuse: node a rule at no position", "rule99"],
        ["refuse: node an ipset twice", "ipset dup"],
        ["refuse: node an ipset that holds something", "del nonempty"],
        ["teardown: node settings", "cfg gone"],
        ["teardown: node firewall options", "fw gone"],
        ["teardown: node firewall rules", "fw rules gone"],
    ])("%s is what the real PVE said (%s)", (key, name) => {
        const { status, reason, errors, data } = corpus("pve-8.4.jsonl").find((line) => line.name === name)!;
        const known = [{ pattern: "5301", as: "vmid" }, ...DISGUISE.known];
        const said = status === 200 ? data : { reason, ...(errors != null && { errors }) };
        expect({ status, forms: formsOf(said, (text) => formOf(text, { ...DISGUISE, known })) }).toEqual(RECORD[key]);
    });

    test.each([
        ["refuse: router a VLAN twice", "vlan add same tag"],
        ["refuse: router a deletion of a rule that is not there", "rule del missing"],
        ["refuse: router a request that it does not know", "filter savepoint"],
    ])("%s is what the real OPNsense said (%s)", (key, name) => {
        const { status, answer } = corpus("opnsense-26.7.2.jsonl").find((line) => line.name === name)!;
        expect({ status, forms: formsOf(answer, form) }).toEqual(RECORD[key]);
    });
});
