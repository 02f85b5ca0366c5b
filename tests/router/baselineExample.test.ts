import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { extract } from "tar";
import { offlineFaults } from "../../host/collections/client";
import { pack } from "../../host/payload/read";
import {
    baselineOf,
    build,
    collection,
    emptyProject,
    HOST,
    KEY,
    project,
    put,
    removeWorkshop,
    ROOT,
    run,
    site,
} from "./workshop";

/** The archive is built, and what is sent is read, by the real Ansible. */
jest.setTimeout(300_000);
afterAll(removeWorkshop);

describe("the example of a baseline, as its page has it", () => {
    /** Text of the page's example; its keys of SSH are cut short there. */
    const example = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)]
        .filter((page) => page.endsWith(".md"))
        .flatMap((page) => [...readFileSync(join(ROOT, page), "utf8").matchAll(/^ *```yaml\n([^]*?)^ *```$/gm)])
        .map(([, text]) => dedent(text!))
        .find((text) => /^baseline:/m.test(text) && /collections:/.test(text))!
        .replaceAll("AAAAC3Nz...", KEY.split(" ")[1]!);

    beforeAll(() => {
        emptyProject();
        const builder = "namespace: deevnet\nname: builder\nversion: 1.0.0\ndependencies: {ansible.posix: '>=1.5.0'}\n";
        collection("ansible-collection-deevnet.builder", builder, {
            "playbooks/site.yml":
                "- hosts: workstations\n  roles: [workstation]\n- hosts: hypervisors\n  roles: [node]\n",
            "roles/workstation/tasks/main.yml":
                "- name: The desk\n  ansible.posix.acl: {path: /srv, entity: a, etype: user, state: present}\n",
            "roles/node/tasks/main.yml":
                "- name: Names\n  ansible.builtin.copy: {dest: /etc/hosts, content: '{{ site_names }}', mode: '0644'}\n",
        });
        collection("posix", "namespace: ansible\nname: posix\nversion: 1.5.4\n", {
            "plugins/modules/acl.py": "from ansible.module_utils.basic import AnsibleModule\n",
        });
        build("posix");
        put("ansible-inventory-deevnet/dvntm/hosts.yml", "hypervisors: {hosts: {hv01: {}, hv02: {}}}\n");
        put("ansible-inventory-deevnet/dvntm/host_vars/hv02.yml", "site_names: of the site\n");
        put("ansible-inventory-deevnet/dvntm/group_vars/all/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
    });

    test("is loaded and sent whole, and a real Ansible finds all that its playbook needs in it", async () => {
        const baseline = baselineOf(example);
        expect(await offlineFaults(project, baseline)).toEqual([]);
        const { file } = await pack(project, baseline);
        const there = join(site, HOST);
        mkdirSync(there);
        await extract({ file: join(project, file), cwd: there });
        const inventory = ["--inventory", join(there, "inventory/hosts.yml"), "--limit", "hv02"];
        const hosts = run("ansible-playbook", ...inventory, "--list-hosts", baseline.playbook!);
        expect(hosts).toMatch(/play #2 \(hypervisors\)[^]*hosts \(1\):\n +hv02/);
        expect(run("ansible-playbook", ...inventory, "--list-tasks", baseline.playbook!)).toMatch(/node : Names/);
    });

    test("control: without a line of its collections it is refused with what is missing", async () => {
        const without = example.replace(/^.*ansible-posix.*\n/m, "");
        expect(without).not.toBe(example);
        const faults = await offlineFaults(project, baselineOf(without));
        expect(faults).toEqual([
            "deevnet.builder 1.0.0 (../ansible-collection-deevnet.builder) depends on ansible.posix >=1.5.0, which is not among " +
                "baseline.collections; add it there",
            "roles/workstation/tasks/main.yml:1 uses ansible.posix.acl, and ansible.posix is not among baseline.collections; add it there",
        ]);
        await expect(pack(project, baselineOf(without))).rejects.toThrow(faults!.join("\n"));
    });

    test("control: with all seven parts the program's own, the hosts file is named before the host is asked", async () => {
        const all = example.replace(/^ *own:.*\n/m, "");
        expect(await offlineFaults(project, baselineOf(all))).toEqual([
            expect.stringMatching(
                /^roles\/node\/tasks\/main\.yml:1 "Names" writes \/etc\/hosts, and so does the program's own role/,
            ),
        ]);
    });
});

/** Text of an example without what all of its lines are indented by, and without its first comment. */
function dedent(text: string): string {
    const depth = /^ */.exec(text)![0].length;
    return text.replace(new RegExp(`^ {${depth}}`, "gm"), "").replace(/^#.*\n/, "");
}
