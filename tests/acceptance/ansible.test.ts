import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { labEnvironment } from "../../lab/environment";
import { LAB_PYTHON } from "../../lab/venv";

const ROOT = resolve(__dirname, "..", "..");

jest.setTimeout(600_000);

/** The real Ansible on what `tenants router-vars` and `tenants inventory` write. */
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ansible-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function ansible(program: string, ...args: readonly string[]) {
    const env = {
        ...labEnvironment(),
        HOME: folder,
        ANSIBLE_HOME: join(folder, "home"),
        LC_ALL: "C.UTF-8",
        ANSIBLE_NOCOLOR: "1",
    };
    return spawnSync(join(dirname(LAB_PYTHON), program), args, { cwd: folder, encoding: "utf8", env });
}

function tenants(command: string, ...args: readonly string[]): string {
    const all = [command, "dvntm", ...args];
    return execFileSync(join(ROOT, "bin/tenants"), all, {
        cwd: ROOT,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
    });
}

/** The values of some variables as Ansible has them once it read a file, for each of some files. */
function loaded(names: readonly string[], ...files: readonly string[]): Record<string, unknown>[] {
    const results = files.map((_, n) => join(folder, `result-${n}.json`));
    const pairs = names.map((name) => `'${name}': ${name}`).join(", ");
    const plays = files.map((file, n) => ({
        hosts: "localhost",
        gather_facts: false,
        vars_files: [file],
        tasks: [{ copy: { content: `{{ {${pairs}} | to_json }}`, dest: results[n] } }],
    }));
    // JSON is YAML: Ansible reads it as a playbook.
    writeFileSync(join(folder, "play.yml"), JSON.stringify(plays));
    // The localhost that needs no inventory has the Python that Ansible itself runs on.
    const { status, stdout, stderr } = ansible("ansible-playbook", "play.yml");
    expect(status === 0 ? "" : stdout + stderr).toBe("");
    return results.map((result) => JSON.parse(readFileSync(result, "utf8")) as Record<string, unknown>);
}

/** Texts that PyYAML reads otherwise than a YAML 1.2 parser, or than the letter of YAML 1.1. */
const ODD = `odd:
  tree: yes
  mode: 0644
  y: n
  text: 'yes'
  port: "8000"
  time: 1:30
  day: 2026-01-02
  moment: 2026-01-02T00:00:00Z
  numbers: [1e3, 1.5e+3, 0o14, 0b11, 1_000, .5, 0x1F, 08, ~]
  ports: {1: uplink, 2: &server {mode: trunk}, 3: *server, 4: {<<: *server, native: 99}}
`;

describe("router-vars", () => {
    test("the file loads, and says what was written", () => {
        const file = join(folder, "vars.yml");
        tenants("router-vars", `--output=${file}`);
        const variables = JSON.parse(tenants("router-vars", "--json")) as Record<string, unknown>;
        expect(Object.keys(variables)).toHaveLength(5);
        expect(loaded(Object.keys(variables), file)).toEqual([variables]);
    });

    test("all that the given file had is there after the merge, as Ansible reads both", () => {
        const [given, file] = [join(folder, "given.yml"), join(folder, "vars.yml")];
        const text = tenants("router-vars").replace(
            "  blackhole:",
            "  lab: {vlan_id: 70, dhcp_enabled: off}\n  blackhole:",
        );
        writeFileSync(given, text + ODD);
        tenants("router-vars", `--input=${given}`, `--output=${file}`);
        const names = ["deevnet_vlans", "firewall_zone_policies", "firewall_internet_zones", "odd", "dns_domain"];
        const [before, after] = loaded(names, given, file);
        expect(before).toMatchObject({ odd: { tree: true, mode: 420, y: "n", text: "yes", port: "8000", time: 90 } });
        expect(after).toEqual(before);
    });
});

interface Listed {
    readonly _meta: { readonly hostvars: Record<string, Record<string, unknown>> };
    readonly [group: string]: { readonly hosts?: string[]; readonly children?: string[] } | object;
}

describe("inventory", () => {
    function list(inventory: string): Listed {
        const { status, stdout, stderr } = ansible("ansible-inventory", "-i", inventory, "--list");
        expect([status, stderr]).toEqual([0, ""]);
        return JSON.parse(stdout) as Listed;
    }

    test("the folder parses: a group for each tenant, and every host with its variables; printed, it is the same in one file", () => {
        const expected = JSON.parse(tenants("inventory", "--json")) as {
            tenants: { children: Record<string, { hosts: Record<string, unknown> }> };
        };
        tenants("inventory", `--output=${folder}/inventory`);
        const listed = list(join(folder, "inventory"));
        expect(listed["tenants"]).toEqual({ children: ["tenant_grooveiq", "tenant_vintronics"] });
        for (const [group, { hosts }] of Object.entries(expected.tenants.children)) {
            expect(listed[group]).toEqual({ hosts: Object.keys(hosts) });
            for (const [host, vars] of Object.entries(hosts)) {
                expect(listed._meta.hostvars[host]).toEqual(vars);
            }
        }
        expect(Object.keys(listed._meta.hostvars)).toHaveLength(5);

        writeFileSync(join(folder, "tenants.yml"), tenants("inventory"));
        expect(list(join(folder, "tenants.yml"))).toEqual(listed);
    });

    test("a VM that is gone leaves no file; a file of somebody else stays", () => {
        const hostVars = join(folder, "inventory", "host_vars");
        tenants("inventory", `--output=${folder}/inventory`);
        const files = readdirSync(hostVars);
        const [ours, theirs] = [join(hostVars, "gone-vm01.grooveiq.yml"), join(hostVars, "hv02.yml")];
        writeFileSync(ours, readFileSync(join(hostVars, files[0]!), "utf8"));
        writeFileSync(theirs, "proxmox_node: pve2\n");
        tenants("inventory", `--output=${folder}/inventory`);
        expect([existsSync(ours), existsSync(theirs)]).toEqual([false, true]);
        expect(readdirSync(hostVars)).toEqual([...files, "hv02.yml"].sort());
    });
});
