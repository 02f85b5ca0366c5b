import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { labSite } from "../../lab/site";
import { listSubstrates } from "../../definitions/read";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects } from "../fixtures";
import { EXAMPLES, exampleFolder } from "../examples";

afterAll(removeProjects);

const ROOT = resolve(__dirname, "../..");

test("each folder of examples is one of them, with a page of its own", () => {
    expect(readdirSync(join(ROOT, "examples")).sort()).toEqual([...EXAMPLES]);
    for (const name of EXAMPLES) {
        expect(readdirSync(exampleFolder(name)).sort()).toEqual([`Pulumi.${name}.yaml`, "README.md", "tenants"]);
        expect(listSubstrates(exampleFolder(name))).toEqual([name]);
        const text = readFileSync(join(exampleFolder(name), "README.md"), "utf8");
        expect(text).toContain(
            `cp -r examples/${name}/Pulumi.${name}.yaml examples/${name}/tenants .\ntenants validate ${name}`,
        );
    }
});

describe.each(EXAMPLES)("%s", (name) => {
    const substrate = loadSubstrate({ root: exampleFolder(name), substrate: name });

    test("is right as it stands, and nothing of it is a deevnet site's", () => {
        expect(substrate.status).toBe("active");
        expect(substrate.missing).toEqual([]);
        expect(JSON.stringify(substrate)).not.toMatch(/deevnet|dvnt|\b10\.(10|20)\./);
    });

    test("every file names a schema that is there once the folder is copied", () => {
        const folder = join(exampleFolder(name), "tenants", name);
        const files = readdirSync(folder);
        expect(files).toHaveLength(substrate.tenants.length);
        for (const file of files) {
            const [, schema] = /\$schema=(\S+)/.exec(readFileSync(join(folder, file), "utf8"))!;
            expect(existsSync(resolve(ROOT, "tenants", name, schema!))).toBe(true);
        }
    });
});

test("copied beside the deevnet sites each of them is right, as their pages say", () => {
    const root = project({});
    cpSync(join(ROOT, "lab/definitions"), root, { recursive: true });
    for (const name of EXAMPLES) {
        [`Pulumi.${name}.yaml`, "tenants"].forEach((part) =>
            cpSync(join(exampleFolder(name), part), join(root, part), { recursive: true }),
        );
    }
    expect(listSubstrates(root)).toEqual(["dvnt", "dvntm", ...EXAMPLES]);
    for (const substrate of listSubstrates(root)) {
        expect(loadSubstrate({ root, substrate }).elsewhere).toHaveLength(EXAMPLES.length + 1);
    }
});

test("a flat network, a home lab of two tenants, and a class room of thirty tenants of one VM each", () => {
    const shapes = EXAMPLES.map((name) => {
        const { tenants, plan, coreRouter } = loadSubstrate({ root: exampleFolder(name), substrate: name });
        const cidrs = tenants.map(({ segment }) => segment.subnet.cidr);
        return [
            coreRouter.mode,
            tenants.length,
            tenants.flatMap(({ vms }) => vms).length,
            cidrs[0],
            plan.segments.length,
        ];
    });
    expect(shapes).toEqual([
        ["none", 2, 3, "192.168.178.0/24", 0],
        ["api", 2, 4, "192.168.100.0/24", 3],
        ["export", 30, 30, "172.20.1.0/28", 4],
    ]);
});

describe("the site that simulated machines start with", () => {
    const siteOf = (root: string, substrate: string) => labSite(loadSubstrate({ root, substrate }));

    test("is that of the plan", () => {
        const { node, router } = siteOf(exampleFolder("home"), "home");
        expect(node).toEqual({
            node: "pve",
            host: "pve.home.lab.internal",
            address: "192.168.1.22/24",
            gateway: "192.168.1.1",
            templates: ["debian-server-44-1.9", "debian-server-44-1.10"],
            other_vlan: 20,
        });
        expect(router).toMatchObject({ hostname: "opnsense", domain: "home.lab.internal", parent: "igb1" });
        expect(router.segments.map(({ name, vlan, address, pool }) => [name, vlan, address, pool])).toEqual([
            ["lan", 0, "192.168.1.1/24", ["192.168.1.100", "192.168.1.199"]],
            ["nas", 20, "192.168.20.1/24", undefined],
            ["visitors", 30, "192.168.30.1/24", ["192.168.30.50", "192.168.30.250"]],
        ]);
        expect(Object.entries(router.tenants)).toHaveLength(20);
        expect(router.tenants[119]).toBe("192.168.119.1/24");
    });

    test("a flat network's router has nothing of tenants", () => {
        expect(siteOf(exampleFolder("flat"), "flat").router).toMatchObject({ segments: [], tenants: {} });
    });

    test("without one the simulated router's is what the lab's dvntm has by the default plan", () => {
        const { router } = siteOf(join(ROOT, "lab/definitions"), "dvntm");
        const own = JSON.parse(readFileSync(join(ROOT, "lab/simrouter/dvntm.json"), "utf8")) as typeof router;
        const addresses = ({ segments }: typeof router) =>
            segments.map(({ name, vlan, address }) => `${name} ${vlan} ${address}`).sort();
        expect(addresses(own)).toEqual(addresses(router));
        expect(own).toMatchObject({ domain: router.domain, parent: router.parent, tenants: router.tenants });
    });
});
