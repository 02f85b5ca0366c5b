import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DriftRow } from "../../report/row";
import type { StackOutputs } from "../../substrate/outputs";
import { hostDebian } from "../../tools/labSystem";
import { outputFaults } from "../outputsSchema";
import { describeWithHost, HOST_TIMEOUT_MS, HostLab, SECRET } from "./hostLab";
import { checkHost } from "../../host/facts";
import { hostFacts } from "../../host/run";
import { HostRun, hypervisorOf } from "./hostRun";

jest.setTimeout(HOST_TIMEOUT_MS);

const ROOT = join(__dirname, "..", "..");

/** Resources of a baseline, each with what an up did to it. */
function stepsIn(output: string): Record<string, string> {
    const steps = output.matchAll(/hv02-baseline-(\w+) (created|updated|replaced|deleted)\b/g);
    return Object.fromEntries([...steps].map(([, name, done]) => [name!, done!]));
}

/** The host's PVE, and its enterprise source once it is off: DEBIAN=13 has it be of PVE 9.2 on Debian 13. */
const [PVE, ENTERPRISE] =
    hostDebian() === "13"
        ? (["9.2.11", { form: "sources", off: /^Enabled: (no|false)$/m }] as const)
        : (["8.4.1", { form: "list", off: /^# deb https:\/\/enterprise/ }] as const);

const ALL = ["ansible", "apply", "payload", "reachable"];
const all = (done: string) => Object.fromEntries(ALL.map((name) => [name, done]));

describeWithHost("the baseline of a fresh host", () => {
    let site: HostLab;
    beforeAll(async () => {
        site = await HostLab.start();
    });
    afterAll(async () => site.stop());

    const drift = async () => {
        const { exitCode, stdout } = await site.lab.workspace.command("drift", "--json", "dvntm");
        const rows = (JSON.parse(stdout) as { drift: DriftRow[] }).drift.filter(({ where }) => where === "host hv02");
        return { exitCode, rows };
    };

    const changeByHand = () => {
        site.host.write("etc/demo-word", "tampered");
        site.host.write("sys/class/net/vmbr0/bridge/vlan_filtering", "0\n");
    };

    /** Words of apt about its sources that it should not say. */
    const doubled = () => site.host.inside("apt-get indextargets 2>&1 >/dev/null | grep -c configured || true").trim();

    /** The package sources of PVE 9 on Debian 13: each once, and each with its keyring. */
    const expectTrixie = () => {
        expect(doubled()).toBe("0");
        const asked = site.host.inside('apt-get update --print-uris | cut -d "\'" -f 2 | grep /InRelease');
        expect(asked.trim().split("\n").sort()).toEqual([
            "http://deb.debian.org/debian/dists/trixie-updates/InRelease",
            "http://deb.debian.org/debian/dists/trixie/InRelease",
            "http://download.proxmox.com/debian/pve/dists/trixie/InRelease",
            "http://security.debian.org/debian-security/dists/trixie-security/InRelease",
        ]);
        const keyrings = site.host.inside(
            "grep -h Signed-By /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/proxmox.sources | sort -u",
        );
        expect(keyrings).toBe(
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n" +
                "Signed-By: /usr/share/keyrings/proxmox-archive-keyring.gpg\n",
        );
    };

    test("a file that a collection's role owns, too, is named before the first run, and before the host is asked anything, with what to leave out", async () => {
        const own = "own: [automation, access, resolver, sources, bridge, storages]";
        const sessions = site.host.sessions();
        site.setStack(own, "own: [automation, access, hosts, resolver, sources, bridge, storages]");
        const { output } = await site.fail();
        expect(output).toContain(
            "roles/hosts/tasks/main.yml:1 \"The site's names\" writes /etc/hosts, and so does the program's own role (hosts)",
        );
        expect(output).toContain(`baseline.${own}`);
        expect(site.host.sessions()).toBe(sessions);
        site.setStack("own: [automation, access, hosts, resolver,", "own: [automation, access, resolver,");
    });

    test("the first up configures it, and VMs wait for it", async () => {
        expect(site.host.inside("command -v sudo ansible-playbook || echo neither")).toBe("neither\n");
        expect(await drift()).toMatchObject({
            exitCode: 2,
            rows: [{ what: "baseline", found: "it was never applied" }],
        });
        const { output } = await site.lab.up();
        expect(stepsIn(output)).toEqual(all("created"));
        expect(output.indexOf("hv02-baseline-apply created")).toBeLessThan(
            output.indexOf("grooveiq-api-vm01-vm creating"),
        );
        site.expectConfigured("one");
        const sudoers = statSync(join(site.host.root, "etc/sudoers.d/010_a_autoprov-nopasswd"));
        expect(sudoers.mode & 0o777).toBe(0o440);
        expect(site.host.inside("su a_autoprov -c 'sudo -n id -un' 2>/dev/null")).toBe("root\n");
        expect(site.host.read(`etc/apt/sources.list.d/pve-enterprise.${ENTERPRISE.form}`)).toMatch(ENTERPRISE.off);
        if (hostDebian() === "13") {
            expectTrixie();
        }
        expect(output).toMatch(new RegExp(`pve +: "${PVE.replaceAll(".", "\\.")}"`));
        expect(output).toContain("memoryMiB     : 31952");
        const outputs = JSON.parse((await site.lab.succeed("stack", "output", "--json")).stdout) as StackOutputs;
        expect(outputFaults(outputs)).toEqual([]);
        expect(outputs.hosts["hv02"]).toMatchObject({ memoryMiB: 31952, pve: PVE });
    });

    test("the second up changes nothing and opens no SSH session, nor does a changed connection", async () => {
        const [sessions, files] = [site.host.sessions(), site.host.files()];
        site.setStack("wait: 30", "wait: 29");
        const { output } = await site.lab.succeed("up", "--yes", "--skip-preview", "--expect-no-changes");
        expect(stepsIn(output)).toEqual({});
        expect(site.host.sessions()).toBe(sessions);
        expect(site.host.files()).toEqual(files);
        expect(await drift()).toEqual({ exitCode: 0, rows: [] });
    });

    test("drift names each task that would change, and writes neither on the host nor in the state", async () => {
        changeByHand();
        const [files, state] = [site.host.files(), (await site.lab.succeed("stack", "export")).stdout];
        const { exitCode, rows } = await drift();
        expect(exitCode).toBe(2);
        expect(rows.map(({ what }) => what)).toEqual([
            "tenant_hypervisor : The network is as PVE has it",
            "A word of the stack file",
        ]);
        expect(rows[0]!.found).toBe("would run: pvesh set /nodes/pve2/network");
        expect(rows[1]!.found).toMatch(/-tampered\n.*\n?\+one/);
        expect(site.host.files()).toEqual(files);
        expect((await site.lab.succeed("stack", "export")).stdout).toBe(state);
    });

    test("a changed variable runs all of it again; a broken task fails with Ansible's reason", async () => {
        expect(site.host.read("etc/demo-secret")).toBe(SECRET);
        // A secret alone is a change, too.
        await site.lab.workspace.setSecret("baseline:variables", JSON.stringify({ demo_secret: `${SECRET}-2` }));
        site.setStack("demo_word: one", "demo_word: three\n          demo_broken: true");
        const { output } = await site.fail();
        expect(stepsIn(output)).toEqual({ reachable: "updated", ansible: "updated", payload: "updated" });
        expect(output).toContain("TASK FAILED: A task that breaks\n");
        expect(output).toContain("broken on purpose");
        expect(output).toContain("The host is configured in part; the next run goes on from there.");
        expect(site.host.read("etc/demo-word")).toBe("three");
    });

    test("taken back, the next up makes the host whole again in place, also what was changed by hand; no VM is touched", async () => {
        changeByHand();
        const before = (await site.lab.state()).vms;
        site.setStack(/demo_word: three\n +demo_broken: true/, "demo_word: one");
        expect(stepsIn((await site.lab.up()).output)).toEqual(all("updated"));
        site.expectConfigured("one");
        expect((await site.lab.state()).vms).toEqual(before);
        expect(site.host.read("etc/demo-secret")).toBe(`${SECRET}-2`);
        expect(site.host.log()).not.toContain(SECRET);
    });

    test("a playbook without a play for hypervisors fails instead of passing", async () => {
        const run = await HostRun.begin(site, { playbooks: [{ name: "lab.demo.others" }] });
        const { code, stderr } = await run.whenEnded();
        expect(code).toBe(1);
        expect(stderr).toContain(
            "lab.demo.others: no play of it matched hv02 (group hypervisors), so nothing was applied",
        );
    });

    // One of Debian 13 is past it.
    (hostDebian() === "13" ? describe.skip : describe)("upgraded in place to PVE 9 on Debian 13", () => {
        const AGENT = [
            { role: "DeevnetAgent", path: "/pool", propagate: true, privileges: ["VM.Monitor"], before: "9.0" },
            { role: "DeevnetAgent", path: "/pool", propagate: true, privileges: ["VM.GuestAgent.Audit"], since: "9.0" },
        ];
        /** A run with the grants of a definition that waits for the guest agent: its exit code and what it says. */
        const run = async (change: object = {}) => {
            const { role } = hypervisorOf(site).baseline!;
            const access = { ...(role["access"] as object), grants: AGENT };
            const begun = await HostRun.begin(site, {
                variables: { tenant_hypervisor: { ...role, access } },
                secret: [],
                playbooks: [{ name: "baseline.yml" }],
                ...change,
            });
            return begun.whenEnded();
        };
        const roles = () =>
            JSON.parse(site.host.inside("pvesh get /access/roles")) as { roleid: string; privs: string }[];
        const privileges = () => roles().find(({ roleid }) => roleid === "DeevnetAgent")?.privs;

        test("the role that PVE empties gets its version's privilege, and no package source stands twice", async () => {
            expect(await run()).toEqual({ code: 0, stderr: "" });
            expect(privileges()).toBe("VM.Monitor");
            site.host.upgrade();
            expect(privileges()).toBe("");
            expect(Number(doubled())).toBeGreaterThan(0);
            expect(checkHost(hypervisorOf(site), await hostFacts(ROOT, hypervisorOf(site), site.host))).toEqual([]);
            expect(await run({ check: true })).toMatchObject({ code: 2 });
            expect(await run()).toEqual({ code: 0, stderr: "" });
            expect(privileges()).toBe("VM.GuestAgent.Audit");
            expectTrixie();
        });

        test("a second run changes nothing, and a source that somebody adds once more is told", async () => {
            expect(await run({ check: true })).toEqual({ code: 0, stderr: "" });
            const again = "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie\nComponents: main\n";
            site.host.write("etc/apt/sources.list.d/mine.sources", again);
            const { code, stderr } = await run();
            expect([code, stderr]).toEqual([1, expect.stringMatching(/No source stands twice[^]*take it out there/)]);
            rmSync(join(site.host.root, "etc/apt/sources.list.d/mine.sources"));
        });
    });

    test("destroy leaves the host configured, and says so", async () => {
        const [sessions, files] = [site.host.sessions(), site.host.files()];
        const { output } = await site.lab.workspace.command(
            "destroy",
            "dvntm",
            "--yes",
            "dvntm",
            "--",
            "--skip-preview",
        );
        expect(output).toMatch(/hv02-baseline-apply deleted .*\[retain\]/);
        expect(output).toMatch(/^hv02: the host 127\.0\.0\.1 stays configured: a baseline is never undone\.$/m);
        expect(site.host.sessions()).toBe(sessions);
        expect(site.host.files()).toEqual(files);
        site.expectConfigured("one");
    });
});
