import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dump } from "js-yaml";
import { checkCollection } from "../../commands/shared/collectionCheck";
import { parseYaml } from "../../definitions/yaml";
import { readCollection } from "../../router/export/collection/read";
import { understood } from "../../router/export/collection/understood";
import { routerVars } from "../../router/export/routerVars";
import { givenVars } from "../../router/export/zones";
import { project, removeProjects } from "../fixtures";
import { definitionOf, nameOf, substrateOf } from "../pure/paths";

/** A run of a role is one of a real Ansible, of some dozen calls each in a process of its own. */
jest.setTimeout(300_000);
afterAll(removeProjects);

const SITE = {
    deevnet_vlans: {
        management: { vlan_id: 99, subnet: "10.20.99.0/24", gateway: "10.20.99.1" },
        trusted: { vlan_id: 10, subnet: "10.20.10.0/24", gateway: "10.20.10.1" },
        platform: { vlan_id: 25, subnet: "10.20.25.0/24", gateway: "10.20.25.1" },
    },
    firewall_zone_policies: [{ from_zone: "trusted", to_zone: "platform" }],
    firewall_internet_zones: [],
};

/** A substrate whose one tenant opens one way into a part of management. */
const substrate = substrateOf([
    definitionOf(50, [{ to: "10.20.99.95/32", protocol: "tcp", ports: "80", why: "artifact server" }]),
]);

/** A collection of the tests with other text in place of some of its own. */
function collection(name: "early" | "later", ...edits: readonly (readonly [string | RegExp, string])[]) {
    const collections = project({});
    const folder = join(collections, "ansible_collections", "lab", `router_${name}`);
    mkdirSync(folder, { recursive: true });
    cpSync(resolve(__dirname, "..", "collections", name), folder, { recursive: true });
    const tasks = join(folder, "roles/router_rules/tasks/main.yml");
    for (const [now, then] of edits) {
        const text = readFileSync(tasks, "utf8");
        expect(text.replace(now, then)).not.toBe(text);
        writeFileSync(tasks, text.replace(now, then));
    }
    return { collections, understood: understood(readCollection(folder, name), name)! };
}

const GIVEN = [parseYaml("vars.yml", dump(SITE), "ansible")];

/** Checks a collection with the variables that the later one is given. */
async function check({ collections, understood: own }: ReturnType<typeof collection>) {
    const faultOf = (tenant: string, index: number, message: string) => ({
        file: tenant,
        path: String(index),
        message,
    });
    const known = { understood: collection("later").understood, source: "later" };
    const { variables } = routerVars(substrate, { given: GIVEN, collection: known, faultOf });
    const site = givenVars(substrate, GIVEN).value;
    return checkCollection(substrate, { collections, collection: own, site, variables });
}

test("the later collection makes what is declared, and leaves the site's own rules", async () => {
    expect(await check(collection("later"))).toEqual({ worse: [], closed: [] });
});

test("the early one deletes the site's rules and opens nothing: it finds no zone", async () => {
    const { worse, closed } = await check(collection("early"));
    expect(worse).toEqual([
        "a rule of the site is gone: ansible: anti-lockout HTTPS management",
        "a rule of the site is gone: ansible: anti-lockout SSH management",
        "a rule of the site is gone: ansible: trusted -> platform",
    ]);
    expect(closed.join("\n")).toMatch(/tcp 80 to management \(10\.20\.99\.95\)/);
});

test("one that reads no network and no port of a policy opens more than is declared", async () => {
    const wider = collection(
        "later",
        ["item['destination_net'] | default(deevnet_vlans[item.to_zone].subnet)", "deevnet_vlans[item.to_zone].subnet"],
        ["item.get('destination_port', '')", "''"],
    );
    expect((await check(wider)).worse).toEqual([
        expect.stringMatching(
            new RegExp(
                `^${nameOf(50)}: rule .*artifact server.*there is opens tcp to router .*, management \\(in part\\)$`,
            ),
        ),
    ]);
});
