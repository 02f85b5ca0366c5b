import { join } from "node:path";
import { list } from "tar";
import type { CollectionDefinition } from "../../definitions/definitions";
import { offlineFaults, withCollection } from "../../host/collections/client";
import { pack } from "../../host/payload/read";
import { readCollection } from "../../router/export/collection/read";
import { understood } from "../../router/export/collection/understood";
import type { Baseline } from "../../substrate/substrate";
import { Galaxy } from "./galaxy";
import {
    baselineOf,
    build,
    collection,
    emptyProject,
    KEY,
    project,
    removeWorkshop,
    ROOT,
    run,
    site,
    workshopEnvironment,
} from "./workshop";

/** Each fetch and build is one of the real ansible-galaxy or git. */
jest.setTimeout(300_000);

const KEPT = { ...process.env };
let galaxy: Galaxy;

beforeAll(async () => {
    galaxy = await Galaxy.start();
});
afterAll(async () => {
    await galaxy.stop();
    removeWorkshop();
});
beforeEach(() => {
    emptyProject();
    process.env = { ...workshopEnvironment(), ANSIBLE_GALAXY_SERVER: galaxy.url };
});
afterEach(() => void (process.env = { ...KEPT }));

/** A baseline with a collection that depends on another one, which comes from somewhere. */
function withNames(names: CollectionDefinition): Baseline {
    const collections = JSON.stringify([{ source: "../builder" }, names]);
    return baselineOf(
        `ssh: {host: hv02.dvntm.deevnet.net, hostKey: ${KEY}}\nbaseline:\n  address: 10.20.99.22\n  automation: {keys: [${KEY}]}\n` +
            `  playbook: lab.builder.site\n  own: [access]\n  collections: ${collections}\n`,
    );
}

/** Paths in what a host is sent. */
async function sent(baseline: Baseline): Promise<string[]> {
    const paths: string[] = [];
    const { file } = await pack(project, baseline);
    await list({ file: join(project, file), onReadEntry: ({ path }) => void paths.push(path) });
    return paths;
}

describe("a collection that another one depends on", () => {
    const KINDS: Record<string, CollectionDefinition> = {
        "a folder": { source: "../names" },
        "an archive": { source: "../lab-names-1.10.0.tar.gz" },
        "a git repository": { source: "file://REPOSITORY", version: "v1.10.0" },
        "Galaxy's name": { source: "lab.names", version: "1.10.0" },
    };
    const ofKind = (kind: string) => {
        const { source, ...rest } = KINDS[kind]!;
        return { source: source.replace("REPOSITORY", join(site, "names")), ...rest };
    };

    beforeAll(() => {
        collection(
            "builder",
            "namespace: lab\nname: builder\nversion: 1.0.0\ndependencies: {lab.names: '>=1.2.0,<2'}\n",
            {
                "playbooks/site.yml": "- hosts: hypervisors\n  roles: [lab.names.hosts]\n",
            },
        );
        collection("names", "namespace: lab\nname: names\nversion: 1.10.0\n", {
            "roles/hosts/tasks/main.yml": "- name: Names\n  ansible.builtin.copy: {dest: /etc/hosts, content: x}\n",
        });
        const git = (...args: readonly string[]) =>
            run("git", "-C", join(site, "names"), "-c", "user.name=lab", "-c", "user.email=lab@lab.internal", ...args);
        git("init", "--quiet");
        git("add", ".");
        git("commit", "--quiet", "--message", "All");
        git("tag", "v1.10.0");
        galaxy.add("lab.names", "1.10.0", build("names"));
    });

    test.each(Object.keys(KINDS))("from %s is sent to the host, and known offline from then on", async (kind) => {
        const baseline = withNames(ofKind(kind));
        const fetches = kind === "a git repository" || kind === "Galaxy's name";
        expect(await offlineFaults(project, baseline)).toEqual(fetches ? undefined : []);
        expect(await sent(baseline)).toEqual(
            expect.arrayContaining([
                "collections/ansible_collections/lab/builder/playbooks/site.yml",
                "collections/ansible_collections/lab/names/roles/hosts/tasks/main.yml",
            ]),
        );
        const asked = galaxy.asked.length;
        expect(await offlineFaults(project, baseline)).toEqual([]);
        await pack(project, baseline);
        expect(galaxy.asked).toHaveLength(asked);
        // Its text is read: the role writes the hosts file, which is the program's own, too, where nothing is left to it.
        const whole = { ...baseline, role: { ...baseline.role, own: ["access", "hosts"] as const } };
        expect(await offlineFaults(project, whole as unknown as Baseline)).toEqual([
            expect.stringMatching(
                /^roles\/hosts\/tasks\/main\.yml:1 "Names" writes \/etc\/hosts, .* baseline\.own: \[access\]$/,
            ),
        ]);
    });

    test("without it, it is named with the range; Galaxy is asked for no dependency", async () => {
        collection("again", "namespace: lab\nname: again\nversion: 1.0.0\ndependencies: {lab.names: '>=2'}\n", {});
        galaxy.add("lab.again", "1.0.0", build("again"));
        const baseline = withNames({ source: "lab.again", version: "1.0.0" });
        const asked = galaxy.asked.length;
        await expect(pack(project, baseline)).rejects.toThrow(
            "lab.again 1.0.0 (lab.again) depends on lab.names >=2, which is not among baseline.collections; add it there",
        );
        expect(galaxy.asked.slice(asked).filter((url) => url.includes("names"))).toEqual([]);
        // Control: it was asked for the other.
        expect(galaxy.asked.slice(asked).join(" ")).toContain("lab/again");
    });

    test("a version that there is not, an archive that is not as the server told, and no ansible-galaxy are told; nothing is kept", async () => {
        const wanted = (version: string) => pack(project, withNames({ source: "lab.names", version }));
        await expect(wanted("1.11.0")).rejects.toThrow(
            /^collection lab\.names: ansible-galaxy collection failed: .*lab\.names:1\.11\.0/s,
        );
        galaxy.tampers = true;
        await expect(wanted("1.10.0")).rejects.toThrow(/Mismatch artifact hash/);
        galaxy.tampers = false;
        const path = process.env["PATH"];
        process.env["PATH"] = site;
        await expect(wanted("1.10.0")).rejects.toThrow(
            /^collection lab\.names: ansible-galaxy fetches it, and is not on PATH: install ansible-core, or give an archive/,
        );
        process.env["PATH"] = path;
        // Control: nothing of those is left in its place.
        expect(await sent(withNames({ source: "lab.names", version: "1.10.0" }))).not.toEqual([]);
    });

    test("a name of Galaxy without a version is a folder's, and told as what it may be", async () => {
        await expect(pack(project, withNames({ source: "lab.names" }))).rejects.toThrow(
            /there is no such file or folder \(.*lab\.names\); Galaxy's needs a version, such as version: 1\.5\.4$/,
        );
    });
});

test("the router's collection comes from Galaxy, too", async () => {
    galaxy.add("lab.router_later", "2.0.0", build(join(ROOT, "tests/collections/later")));
    const label = await withCollection(
        project,
        { source: "lab.router_later", version: "2.0.0" },
        (folder) => understood(readCollection(folder, "galaxy"), "galaxy")?.label,
    );
    expect(label).toBe("lab.router_later 2.0.0 (galaxy)");
});
