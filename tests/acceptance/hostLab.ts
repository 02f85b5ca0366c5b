import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AUTOMATION_KEY, declareBaseline } from "../../lab/baseline";
import { LabHost } from "../../lab/labHost";
import { hostMissing } from "../../tools/labSystem";
import type { CliResult } from "../../lab/workspace";
import { AcceptanceLab, CHECKPOINTS } from "./lab";

/** A case may wait for real packages and runs of a real Ansible, on a machine that does other work; none is about time. */
export const HOST_TIMEOUT_MS = 900_000;

/** A variable that nobody may see but the file that the demo collection writes it to. */
// Another one in each run: of the machine's process list, in which it is looked for, others are a part, too.
export const SECRET = `correct-horse-${randomBytes(12).toString("hex")}`;

/** Suites that need the lab host say in one line why they do not run where it cannot be. */
export function describeWithHost(name: string, suite: () => void): void {
    const missing = hostMissing();
    if (missing === undefined) {
        describe(name, suite);
    } else {
        console.log(`${name}: not run, ${missing}`);
        describe.skip(name, suite);
    }
}

/**
 * A collection of which one playbook matches hypervisors and one does not, and that depends on another one, whose role owns the
 * hosts file; and an inventory with another hypervisor and a vaulted file.
 */
const FILES: Readonly<Record<string, string>> = {
    "demo-collection/galaxy.yml":
        "namespace: lab\nname: demo\nversion: 1.0.0\nreadme: README.md\nauthors: [lab]\ndependencies: {lab.names: '>=1.2.0,<2'}\n",
    "names-collection/galaxy.yml": "namespace: lab\nname: names\nversion: 1.10.0\nreadme: README.md\nauthors: [lab]\n",
    "names-collection/roles/hosts/tasks/main.yml": `- name: The site's names
  ansible.builtin.copy:
    dest: /etc/hosts
    content: |
      127.0.0.1 localhost
      10.20.99.22 pve2.dvntm.deevnet.net pve2 hv02
      {{ demo_router }} core-rt02
    mode: "0644"
`,
    "site-inventory/hosts.yml": "hypervisors: {hosts: {hv01: {}, hv02: {}}}\n",
    "site-inventory/group_vars/hypervisors.yml": "demo_router: 10.20.99.2\nansible_connection: ssh\n",
    "site-inventory/host_vars/hv02.yml": "demo_router: 10.20.99.1\n",
    "site-inventory/group_vars/all/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n6162\n",
    "demo-collection/playbooks/site.yml": `- hosts: hypervisors
  gather_facts: false
  roles: [lab.names.hosts]
  tasks:
    - name: A word of the stack file
      ansible.builtin.copy: {dest: /etc/demo-word, content: "{{ demo_word }}", mode: "0644"}
    - name: A secret
      ansible.builtin.copy: {dest: /etc/demo-secret, content: "{{ demo_secret }}", mode: "0600"}
      no_log: true
    - name: A task that breaks
      ansible.builtin.fail: {msg: broken on purpose}
      when: demo_broken | default(false)
`,
    "demo-collection/playbooks/others.yml":
        "- hosts: builder\n  gather_facts: false\n  tasks: [{ansible.builtin.debug: {msg: never}}]\n",
};

/** The stack dvntm on a simulated node and the lab host, which is fresh, with one tenant. */
export class HostLab {
    private constructor(
        readonly lab: AcceptanceLab,
        readonly host: LabHost,
    ) {}

    static async start(): Promise<HostLab> {
        const lab = await AcceptanceLab.start(undefined, CHECKPOINTS);
        const host = await LabHost.start();
        const started = new HostLab(lab, host);
        rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
        for (const [file, text] of Object.entries(FILES)) {
            const path = join(lab.workspace.root, file);
            mkdirSync(dirname(path), { recursive: true });
            writeFileSync(path, text);
        }
        await declareBaseline(lab.workspace, host, MORE);
        await lab.workspace.setSecret("baseline:variables", JSON.stringify({ demo_secret: SECRET }));
        lab.workspace.addSecret(SECRET);
        return started;
    }

    async stop(): Promise<void> {
        await this.host.remove();
        await this.lab.stop();
    }

    /** Puts text in place of other text of the stack file, which must be there. */
    setStack(now: string | RegExp, then: string): void {
        this.lab.edit("Pulumi.dvntm.yaml", (text) => {
            const changed = text.replace(now, then);
            expect(changed).not.toBe(text);
            return changed;
        });
    }

    /** A word that has the baseline run once more. */
    revise(word: string): void {
        this.setStack(/revision: .*/, `revision: ${word}`);
    }

    /** An up that must fail. */
    async fail(): Promise<CliResult> {
        const result = await this.lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(result.exitCode).not.toBe(0);
        return result;
    }

    /** Everything that a run of the baseline declares on the host, and nothing half done. */
    expectConfigured(word: string): void {
        const { host } = this;
        expect(host.read("etc/hosts")).toContain(
            "10.20.99.22 pve2.dvntm.deevnet.net pve2 hv02\n10.20.99.1 core-rt02\n",
        );
        expect(host.read("home/a_autoprov/.ssh/authorized_keys")).toBe(`${AUTOMATION_KEY}\n`);
        expect(host.read("etc/sudoers.d/010_a_autoprov-nopasswd")).toBe("a_autoprov ALL=(ALL) NOPASSWD: ALL\n");
        expect(host.read("etc/demo-word")).toBe(word);
        expect(host.read("sys/class/net/vmbr0/bridge/vlan_filtering")).toBe("1\n");
        const state = JSON.parse(host.read("etc/pve/state.json")) as Record<string, Record<string, unknown>>;
        expect(state["network"]!["vmbr0"]).toMatchObject({
            bridge_vlan_aware: 1,
            cidr: "10.20.99.22/24",
            gateway: "10.20.99.1",
            bridge_ports: "eno1",
        });
        expect(state["storages"]!["images"]).toEqual({ type: "dir", path: "/srv/images", content: "images,iso" });
        this.expectTidy();
    }

    /** Neither a run's folder, nor a file half moved, nor a process is left on the host. */
    expectTidy(): void {
        const names = this.host.files().map((line) => line.split(" ")[0]!);
        expect(names.filter((name) => name.includes(".ansible_tmp") || name.startsWith("tmp/"))).toEqual([]);
        expect(this.host.inside("find /run -name 'deevnet-*'; ls -A /tmp")).toBe("");
        const commands = this.host.processes().map(({ command }) => command);
        expect(commands.filter((command) => /ansible|runner\.py|apt-get|dpkg/.test(command))).toEqual([]);
    }
}

/** Declarations of the tests beyond those of every baseline of the lab. */
const MORE = `        revision: first
        collections:
          - source: demo-collection
          - source: names-collection
        inventory: site-inventory
        own: [automation, access, resolver, sources, bridge, storages]
        playbook: lab.demo.site
        variables:
          demo_word: one
`;
