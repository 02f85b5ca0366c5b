import { constantsIn, constantsInSchema, programsOf, schemas } from "./labConstants";

const ROOMS =
    "definitions substrate firewall state https node router host components report proof policy commands lab start".split(
        " ",
    );

/** Files that are about the lab's own substrate, dvntm, and why they may say its constants. */
const ALLOWED: Readonly<Record<string, string>> = {
    "substrate/deevnet.ts": "part of the default plan",
    "lab/definitions.ts": "names the lab's own substrate",
    "lab/simnode/site.py": "the place of the node of the lab's own substrate",
    "lab/baseline.ts": "the lab host is hv02 of the lab's own substrate",
    "lab/siteRouter.ts": "the zone that the deevnet.net collection itself keeps open, by its name",
    "lab/host/pve.py": "the lab host is hv02 of the lab's own substrate",
    "lab/soak/byHand.ts": "edits of the lab's own substrate",
    "lab/soak/doors.ts": "edits of the lab's own substrate",
    "lab/soak/others.ts": "edits of the lab's own substrate",
    "lab/soak/tenants.ts": "edits of the lab's own substrate",
};

const programs = programsOf(ROOMS);
const found = Object.entries(programs).flatMap(([file, text]) => constantsIn(file, text));

test("no constant of one lab stands in code", () => {
    expect(Object.keys(programs).length).toBeGreaterThan(300);
    expect(found.filter((one) => ALLOWED[one.split(":")[0]!] === undefined)).toEqual([]);
});

test("no schema asks for one lab's, or speaks of it", () => {
    const all = Object.entries(schemas());
    expect(all.length).toBeGreaterThan(20);
    expect(all.flatMap(([file, schema]) => constantsInSchema(file, schema))).toEqual([]);
});

test("each file that may have some has one", () => {
    const files = new Set(found.map((one) => one.split(":")[0]!));
    expect(Object.keys(ALLOWED).filter((file) => !files.has(file))).toEqual([]);
});

describe("control: what stood in code is found", () => {
    test.each([
        ["a VLAN", "const SPARE_VLAN = 59;", "a VLAN of the deevnet sites: 59"],
        [
            "VLANs by a sum",
            "const VLANS = Array.from({ length: 9 }, (_, i) => 50 + i);",
            "a VLAN of the deevnet sites: 50",
        ],
        ["a segment", 'const OUTSIDE = { to: "iot_backend" };', "a segment of the deevnet sites: iot_backend"],
        [
            "a segment that is compared",
            'all.find(({ name }) => name === "platform");',
            "a segment of the deevnet sites: platform",
        ],
        ["an address", 'const PLACES = ["10.10.50.10"];', "an address of a deevnet site: 10.10.50.10"],
        ["an address by parts", "const a = `10.20.${vlan}.10`;", "an address of a deevnet site: 10.20."],
        ["a VMID", 'expectSame("5102", name);', "a VMID of the deevnet sites: 5102"],
        ["a VMID as a number", "node.deleteByHand(5102);", "a VMID of the deevnet sites: 5102"],
        ["a host of a /24", 'address.replace(/\\d+$/, "254");', "a host of a /24: 254"],
        ["a length", "const a = `${address}/24`;", "the length of a /24: /24"],
        ["a substrate", 'const TRUSTED = ["dvntm"];', "the name of a deevnet site: dvntm"],
        [
            "a host's name",
            'new URL("https://hv02.dvntm.deevnet.net");',
            "the name of a deevnet site: https://hv02.dvntm.deevnet.net",
        ],
    ])("%s", (_, text, kind) => {
        expect(constantsIn("x.ts", text)).toEqual([`x.ts:1: ${kind}`]);
    });

    test("in a schema: bounds and words", () => {
        const vlan = { minimum: 50, maximum: 59, examples: [50] };
        const vmid = { minimum: 5001, maximum: 999_999_999 };
        const to = { description: "A segment (trusted, iot)", pattern: "^10\\.20\\.[0-9]+$" };
        const fine = { minimum: 1, maximum: 4094, description: "A segment, as iot_backend", default: "50-59" };
        expect(constantsInSchema("x", { properties: { vlan, vmid, to, fine } })).toEqual([
            "x /properties/vlan/minimum: 50",
            "x /properties/vlan/maximum: 59",
            "x /properties/vmid/minimum: 5001",
            'x /properties/to/description: "A segment (trusted, iot)"',
            expect.stringContaining("x /properties/to/pattern"),
        ]);
    });

    test("in Python, too", () => {
        const text =
            "TENANT_VLANS = range(50, 60)\nCORE = {'iot': 30}\nADDRESS = '10.20.99.1'\nmachine.ip(f'{address}/24')\n";
        expect(constantsIn("x.py", text)).toEqual([
            "x.py:1: a VLAN of the deevnet sites: 50",
            "x.py:2: a segment of the deevnet sites: iot",
            "x.py:3: an address of a deevnet site: 10.20.99.1",
            "x.py:4: the length of a /24: {address}/24",
        ]);
    });

    test("comments, imports, and words of an example are none", () => {
        const texts = [
            '// such as 10.20.50.1 on "platform"',
            '/** As dvntm: "dvntm". */',
            'import a from "platform";',
            'const said = "is no address, such as 10.20.50.1";',
            "const MOST = 5432, LATER = 50;",
            'const cidr = "192.168.7.0/24";',
        ];
        expect(texts.flatMap((text) => constantsIn("x.ts", text))).toEqual([]);
        expect(constantsIn("x.py", '"""As 10.20.99.1."""\nA = 1  # 10.20.99.1\n')).toEqual([]);
    });
});
