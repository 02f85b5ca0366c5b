import { collectionFaults, type PlacedCollection } from "../../host/collections/check";
import { isWithin } from "../../host/collections/versions";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";

afterAll(removeProjects);

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0XwM2bGzG8Q0gq0mU8rO6eJ4m2s3p5x7w9y1A3B5C7";

/** Faults of collections in a baseline with some further lines. */
function faultsOf(placed: readonly PlacedCollection[], ...more: readonly string[]): string[] {
    const lines = ["playbook: lab.site.main", "collections: [{source: site}]", ...more]
        .map((line) => `        ${line}\n`)
        .join("");
    const stack = STACK.replace("        host: ", `        hostKey: ${KEY}\n        host: `).replace(
        "      bridge: ",
        `      baseline:\n        address: 10.20.99.22\n        automation: {keys: [${KEY}]}\n${lines}      bridge: `,
    );
    const root = project({ "Pulumi.dvntm.yaml": stack, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) });
    const { hypervisors } = loadSubstrate({ root, substrate: "dvntm" });
    return collectionFaults(placed, hypervisors[0]!.baseline!);
}

function collection(
    name: string,
    files: Readonly<Record<string, string>>,
    dependencies: Readonly<Record<string, string>> = {},
    version = "1.0.0",
): PlacedCollection {
    const texts = Object.entries(files).map(([path, text]) => ({ path, text }));
    return { info: { namespace: "lab", name, version, dependencies }, source: name, files: texts };
}

const MAIN = { "playbooks/main.yml": "- hosts: hypervisors\n  roles: [node]\n" };

test("control: a playbook for hypervisors whose role writes a file of its own has none", () => {
    const task = '- name: own\n  ansible.builtin.copy: {dest: /etc/motd, content: ""}\n';
    expect(faultsOf([collection("site", { ...MAIN, "roles/node/tasks/main.yml": task })])).toEqual([]);
});

test("a dependency that is missing, or of another version, is named with its range", () => {
    const site = collection("site", MAIN, { "lab.posix": ">=1.5.0", "lab.general": ">=6,<7" });
    expect(faultsOf([site, collection("general", {}, {}, "7.0.1")])).toEqual([
        "lab.site 1.0.0 (site) depends on lab.posix >=1.5.0, which is not among baseline.collections; add it there",
        "lab.site 1.0.0 (site) depends on lab.general >=6,<7, and lab.general 7.0.1 (general) is not; take another version of it",
    ]);
    expect(faultsOf([site, collection("general", {}, {}, "6.6.2"), collection("posix", {}, {}, "1.10.0")])).toEqual([]);
});

test.each([
    ["1.10.0", ">=1.5.0", true],
    ["1.4.9", ">=1.5.0", false],
    ["1.5.0", "1.5.0", true],
    ["1.5.1", "==1.5.0", false],
    ["2.0.0", ">=1.5.0,<2.0.0", false],
    ["2.0.0-rc1", "!=1.0.0", true],
    ["0.1.0", "*", true],
])("%s in %s: %s", (version, range, is) => {
    expect(isWithin(version, range)).toBe(is);
});

test("a module of a collection that is not there is named, in whatever role the playbook has", () => {
    const files = {
        "playbooks/main.yml": "- hosts: hypervisors\n  roles: [node]\n- import_playbook: builder.yml\n",
        "playbooks/builder.yml": "- hosts: builder\n  roles: [{role: lab.site.base}]\n",
        "roles/base/tasks/main.yml":
            "- block:\n    - name: kernel\n      community.general.modprobe: {name: br_netfilter}\n",
    };
    expect(faultsOf([collection("site", files)])).toEqual([
        "roles/base/tasks/main.yml:2 uses community.general.modprobe, and community.general is not among baseline.collections; add it there",
    ]);
});

test("a playbook that is none, or has no play for a hypervisor, is told with what there is", () => {
    expect(faultsOf([collection("other", {})])).toEqual([
        "playbook lab.site.main: lab.site is not among baseline.collections; add it there",
    ]);
    expect(faultsOf([collection("site", { "playbooks/all.yml": "- hosts: all\n" })])).toEqual([
        "playbook lab.site.main: lab.site has none of that name; it has all",
    ]);
    const builder = collection("site", { "playbooks/main.yml": "- hosts: builder\n- hosts: workstations\n" });
    expect(faultsOf([builder])).toEqual([
        "lab.site.main: its plays are for builder, workstations, and none for hypervisors, so that nothing would be applied; take a " +
            "playbook that has one, or name the site's groups by baseline.inventory",
    ]);
    // Of a site's inventory any group may hold the host.
    expect(faultsOf([builder], "inventory: ../inventory")).toEqual([]);
    for (const hosts of ["all", "hypervisors:&mobile", "'{{ target }}'", "[builder, hypervisors]"]) {
        expect(faultsOf([collection("site", { "playbooks/main.yml": `- hosts: ${hosts}\n` })])).toEqual([]);
    }
});

describe("a part of the host that a collection's role owns, too", () => {
    const task = (text: string) =>
        collection("site", { ...MAIN, "roles/node/tasks/main.yml": `- name: names\n  ${text}\n` });

    test.each([
        ["hosts", "ansible.builtin.lineinfile: {path: /etc/hosts, line: a}"],
        ["resolver", "copy: {dest: /etc/resolv.conf, content: a}"],
        ["sources", "ansible.builtin.template: {src: a, dest: /etc/apt/sources.list.d/pve.list}"],
        ["bridge", "template: {src: a, dest: /etc/network/interfaces}"],
        ["automation", "copy: {dest: /home/a_autoprov/.ssh/authorized_keys, content: a}"],
    ])("%s", (part, text) => {
        const all = ["automation", "access", "hosts", "resolver", "sources", "bridge", "storages"];
        const rest = all.filter((one) => one !== part).join(", ");
        expect(faultsOf([task(text)])).toEqual([
            expect.stringMatching(/^roles\/node\/tasks\/main\.yml:1 "names" writes \/.*undo the other/),
        ]);
        expect(faultsOf([task(text)])[0]).toContain(`own role (${part})`);
        expect(faultsOf([task(text)])[0]).toContain(`baseline.own: [${rest}]`);
        expect(faultsOf([task(text)], `own: [${rest}]`)).toEqual([]);
    });

    test("controls: whoever only reads it, or has no hypervisor for it, owns nothing", () => {
        expect(faultsOf([task("ansible.builtin.slurp: {path: /etc/hosts}")])).toEqual([]);
        const files = {
            "playbooks/main.yml": "- hosts: hypervisors\n- hosts: builder\n  roles: [base]\n",
            "roles/base/tasks/main.yml": "- copy: {dest: /etc/hosts, content: a}\n",
        };
        expect(faultsOf([collection("site", files)])).toEqual([]);
    });
});
