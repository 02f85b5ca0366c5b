import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { labSite } from "../../lab/site";
import { listSubstrates } from "../../definitions/read";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects } from "../fixtures";
import { routerVars } from "../../router/export/routerVars";
import { EXAMPLES, exampleFolder, SITES, type Example } from "../examples";
import { fail, LATER } from "./routerVars";

afterAll(removeProjects);

const ROOT = resolve(__dirname, "../..");

test.each(Object.entries(EXAMPLES))(
    "the folder %s has a page of its own that says how it is taken",
    (folder, names) => {
        const root = exampleFolder(folder as Example);
        const stacks = names.map((name) => `Pulumi.${name}.yaml`);
        expect(readdirSync(root).sort()).toEqual([...stacks, "README.md", "tenants"]);
        expect(listSubstrates(root)).toEqual(names);
        const from = [...stacks, "tenants"].map((one) => `examples/${folder}/${one}`).join(" ");
        expect(readFileSync(join(root, "README.md"), "utf8")).toContain(
            `cp -r ${from} .\n${names.map((name) => `tenants validate ${name}\n`).join("")}`,
        );
    },
);

test("each folder below examples/ is one of them", () => {
    expect(readdirSync(join(ROOT, "examples")).sort()).toEqual(Object.keys(EXAMPLES));
});

describe.each(SITES)("%s: %s", (folder, name) => {
    const substrate = loadSubstrate({ root: exampleFolder(folder), substrate: name });

    test("is right as it stands, and nothing but of the example deevnet is a deevnet site's", () => {
        expect(substrate.status).toBe("active");
        expect(substrate.missing).toEqual([]);
        const deevnet = /deevnet|dvnt|\b10\.(10|20)\./.test(JSON.stringify(substrate));
        expect(deevnet).toBe(folder === "deevnet");
    });

    test("every file names a schema that is there once the folder is copied", () => {
        const tenants = join(exampleFolder(folder), "tenants", name);
        const files = readdirSync(tenants);
        expect(files).toHaveLength(substrate.tenants.length);
        for (const file of files) {
            const [, schema] = /\$schema=(\S+)/.exec(readFileSync(join(tenants, file), "utf8"))!;
            expect(existsSync(resolve(ROOT, "tenants", name, schema!))).toBe(true);
        }
    });
});

test("copied beside the project's own sites each of them is right, as their pages say", () => {
    const root = project({});
    cpSync(join(ROOT, "lab/definitions"), root, { recursive: true });
    const others = Object.keys(EXAMPLES).filter((folder) => folder !== "deevnet");
    others.forEach((folder) => cpSync(exampleFolder(folder as Example), root, { recursive: true }));
    expect(listSubstrates(root)).toEqual(["dvnt", "dvntm", ...others]);
    for (const substrate of listSubstrates(root)) {
        expect(loadSubstrate({ root, substrate }).elsewhere).toHaveLength(others.length + 1);
    }
});

test("the deevnet sites by their later names take the place of the earlier ones", () => {
    const root = project({});
    cpSync(exampleFolder("deevnet"), root, { recursive: true });
    const sites = listSubstrates(root).map((substrate) => {
        const { elsewhere, zone, plan } = loadSubstrate({ root, substrate });
        return [substrate, zone, plan.site, elsewhere.map(({ name }) => name)];
    });
    expect(sites).toEqual([
        ["home", "home.deevnet.net", 10, ["mobile"]],
        ["mobile", "mobile.deevnet.net", 20, ["home"]],
    ]);
});

test("the deevnet sites, a flat network, a home lab of two tenants, and a class room of thirty tenants of one VM each", () => {
    const shapes = SITES.map(([folder, name]) => {
        const { tenants, plan, coreRouter } = loadSubstrate({ root: exampleFolder(folder), substrate: name });
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
        ["api", 1, 1, "10.10.52.0/24", 9],
        ["export", 1, 2, "10.20.52.0/24", 9],
        ["none", 2, 3, "192.168.178.0/24", 0],
        ["api", 2, 4, "192.168.100.0/24", 3],
        ["export", 30, 30, "172.20.1.0/28", 4],
    ]);
});

describe("the deevnet site mobile", () => {
    const substrate = loadSubstrate({ root: exampleFolder("deevnet"), substrate: "mobile" });

    test("has host names of 13 characters, which are the nodes' own, and the VMIDs of its band", () => {
        expect(substrate.hypervisors.map(({ name, node, ssh }) => [name, node, ssh.host])).toEqual([
            ["dv02hyp002p02", "dv02hyp002p02", "dv02hyp002p02.mobile.deevnet.net"],
        ]);
        expect(substrate.tenants[0]!.vms.map(({ vmid, name }) => [vmid, name])).toEqual([
            [2081, "web-vm01"],
            [2082, "db-vm01"],
        ]);
    });

    test("has a segment tenant_transit on VLAN 50: no tenant's, a zone of the router, and a place that a tenant may name", () => {
        const variables = routerVars(substrate, {
            given: [],
            faultOf: () => fail("no fault"),
            collection: LATER,
        }).variables;
        expect(variables.deevnet_vlans["tenant_transit"]).toMatchObject({
            vlan_id: 50,
            subnet: "10.20.50.0/24",
            gateway: "10.20.50.1",
        });
        const [mine] = Object.entries(variables.deevnet_vlans).find(([, { vlan_id }]) => vlan_id === 52)!;
        expect(variables.firewall_zone_policies.filter(({ to_zone }) => to_zone === "tenant_transit")).toEqual([
            { from_zone: "management", to_zone: "tenant_transit", action: "pass" },
            expect.objectContaining({ from_zone: mine, action: "pass", protocol: "TCP", destination_port: "443" }),
        ]);
        // Control: of a tenant there is no such VLAN.
        const root = project({});
        cpSync(exampleFolder("deevnet"), root, { recursive: true });
        const file = join(root, "tenants/mobile/tdemo.yaml");
        writeFileSync(file, readFileSync(file, "utf8").replace("vlan: 52", "vlan: 50"));
        expect(() => loadSubstrate({ root, substrate: "mobile" })).toThrow(/tdemo\.yaml:4 vlan: 50 .*allowed: 52-59/);
    });
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
