import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeWithHost, HostLab } from "./hostLab";
import { RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const PATIENCE_MS = 120_000;
const SUDOERS = "etc/sudoers.d/010_a_autoprov-nopasswd";
const STATE = "etc/pve/state.json";
const PAYLOADS = "var/lib/deevnet/baseline";

async function until(condition: () => boolean): Promise<void> {
    for (const started = Date.now(); !condition();) {
        if (Date.now() - started > PATIENCE_MS) {
            throw new Error(`it never came to this: ${String(condition)}`);
        }
        await new Promise((later) => setTimeout(later, 5));
    }
}

describeWithHost("a run that is interrupted", () => {
    let site: HostLab;
    beforeAll(async () => {
        site = await HostLab.start();
        // The program's own playbook is enough here, and quicker.
        site.setStack(/ {8}collections:[^]*demo_word: one\n/, "");
        await site.host.powerOff();
        site.host.save("fresh");
        await site.host.boot();
    });
    afterAll(async () => site.stop());

    const runs = (pattern: RegExp) => () => site.host.processes().some(({ command }) => pattern.test(command));
    const exists = (path: string) => () => existsSync(join(site.host.root, path));
    const sent = () =>
        exists(PAYLOADS)() && readdirSync(join(site.host.root, PAYLOADS)).some((name) => name.endsWith(".tar"));

    type Way = (ended: () => boolean) => Promise<void>;
    const killCli: Way = async () => {
        site.lab.workspace.kill();
        await Promise.resolve();
    };
    /** Until the run gives up: it may be between two connections now. */
    const cut: Way = async (ended) => {
        await until(() => {
            site.host.cutConnections();
            return ended();
        });
    };
    const powerOff: Way = async () => site.host.powerOff();

    /** Interrupts an up at a moment, in one of the ways. */
    async function interrupt(moment: () => boolean, way: Way): Promise<void> {
        await site.lab.recover();
        let told: string | undefined;
        const run = site.lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        void run.then(({ output }) => (told = output));
        await until(() => told !== undefined || moment());
        expect(told).toBeUndefined();
        await way(() => told !== undefined);
        expect((await run).exitCode).not.toBe(0);
        await site.lab.expectNobodyLeft();
        if (way === powerOff) {
            await site.host.boot();
        }
    }

    /** What make up does, and what must be true after it. */
    async function converge(): Promise<void> {
        await site.lab.recover();
        await site.lab.up();
        expect(site.host.read(SUDOERS)).toBe("a_autoprov ALL=(ALL) NOPASSWD: ALL\n");
        expect(
            site.host.inside("visudo -c > /dev/null && stat -c %a /etc/sudoers.d/*").split("\n").slice(0, -1),
        ).toEqual(["440", "440"]);
        expect(
            site.host.inside("dpkg --audit; flock -n /var/lib/deevnet true && flock -n /etc/pve true && echo free"),
        ).toBe("free\n");
        expect(JSON.parse(site.host.read(STATE))).toMatchObject({
            network: { vmbr0: { bridge_vlan_aware: 1, cidr: "10.20.99.22/24", gateway: "10.20.99.1" } },
            storages: { images: { path: "/srv/images" } },
        });
        expect(site.host.read("sys/class/net/vmbr0/bridge/vlan_filtering")).toBe("1\n");
        site.expectTidy();
    }

    test("CLI killed while the host is looked at: nothing was changed on it", async () => {
        const files = site.host.files();
        await interrupt(() => site.host.sessions() > 0, killCli);
        expect(site.host.files()).toEqual(files);
    });

    test("host rebooted while packages are installed", async () => {
        await interrupt(runs(/^\/usr\/bin\/dpkg .*--(unpack|configure)/), powerOff);
        await converge();
    });

    test("CLI killed while packages are installed, on a host that was installed anew", async () => {
        await site.host.restore("fresh");
        site.revise("anew");
        await interrupt(runs(/^\/usr\/bin\/dpkg .*--(unpack|configure)/), killCli);
        await converge();
    });

    test.each<[string, () => () => boolean, Way]>([
        ["SSH cut when the payload comes", () => sent, cut],
        ["host rebooted when the payload comes", () => sent, powerOff],
        ["SSH cut when Ansible begins", () => runs(/ansible-playbook/), cut],
        ["CLI killed when Ansible begins", () => runs(/ansible-playbook/), killCli],
        ["host rebooted when the sudoers drop-in is written", () => exists(SUDOERS), powerOff],
        ["SSH cut when the sudoers drop-in is written", () => exists(SUDOERS), cut],
        ["CLI killed when the bridge is changed", () => exists(STATE), killCli],
    ])("%s", async (name, moment, way) => {
        for (const path of [SUDOERS, STATE, PAYLOADS]) {
            rmSync(join(site.host.root, path), { recursive: true, force: true });
        }
        site.host.write("sys/class/net/vmbr0/bridge/vlan_filtering", "0\n");
        site.revise(name.replaceAll(" ", "-").slice(0, 40));
        await interrupt(moment(), way);
        await converge();
    });

    test("after all of them there is no drift", async () => {
        const { exitCode, stdout } = await site.lab.workspace.command("drift", "dvntm");
        expect([stdout, exitCode]).toEqual(["dvntm: no drift\n", 0]);
    });
});
