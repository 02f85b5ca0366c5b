import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { killProcess } from "../../lab/processes";
import { describeWithHost, HOST_TIMEOUT_MS, HostLab } from "./hostLab";
import { HostRun } from "./hostRun";

jest.setTimeout(HOST_TIMEOUT_MS);

const SUDOERS = "etc/sudoers.d/010_a_autoprov-nopasswd";
const STATE = "etc/pve/state.json";
const PAYLOADS = "var/lib/deevnet/baseline";
/** Files that a look at the host reads. */
const LOOKED_AT = "sys/block/nvme0n1/removable";

async function until(condition: () => boolean): Promise<void> {
    for (const started = Date.now(); !condition();) {
        if (Date.now() - started > HOST_TIMEOUT_MS / 2) {
            throw new Error(`it never came to this: ${String(condition)}`);
        }
        await new Promise((later) => setTimeout(later, 50));
    }
}

/**
 * One host that is interrupted again and again: each run must get over what the one before left, up to where it is
 * interrupted itself, and the last one to the end. What Pulumi and its providers do about it is shown by ups, what is about
 * the host alone by the same run past Pulumi.
 */
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
    const installs = runs(/^\/usr\/bin\/dpkg .*--(unpack|configure)/);
    const exists = (path: string) => () => existsSync(join(site.host.root, path));
    const sent = () =>
        exists(PAYLOADS)() && readdirSync(join(site.host.root, PAYLOADS)).some((name) => name.endsWith(".tar"));

    /** Blows to a run that has not ended; with `ended` it is told whether it has. */
    type Way = (ended: () => boolean, run?: HostRun) => Promise<void>;
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
    const leave: Way = async (_, run) => {
        run!.leave();
        await Promise.resolve();
    };
    const powerOff: Way = async () => site.host.powerOff();
    /** As the kernel does it to a host without memory: one program is killed, with nothing said to the others. */
    const killOnHost =
        (pattern: RegExp): Way =>
        async () => {
            const found = site.host.processes().filter(({ command }) => pattern.test(command));
            expect(found.length).toBeGreaterThan(0);
            found.forEach(({ pid }) => killProcess(pid));
            await Promise.resolve();
        };

    /** Interrupts an up at a moment, in one of the ways. */
    async function interruptUp(moment: () => boolean, way: Way): Promise<void> {
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

    /** Interrupts a run past Pulumi; nothing of it works on, or holds what the next one needs. */
    async function interruptRun(moment: () => boolean, way: Way): Promise<void> {
        const run = await HostRun.begin(site);
        await until(() => run.ended !== undefined || moment());
        expect(run.ended).toBeUndefined();
        await way(() => run.ended !== undefined, run);
        expect((await run.whenEnded()).code).not.toBe(0);
        if (way === powerOff) {
            await site.host.boot();
        }
        const working = runs(/ansible|runner\.py/);
        await until(() => !working());
        expectSound();
    }

    /** Whoever may log in may use sudo, the packages are whole, and nobody holds a lock. */
    function expectSound(): void {
        expect(site.host.inside("visudo -c > /dev/null && echo valid")).toBe("valid\n");
        expect(
            site.host.inside("dpkg --audit; flock -n /var/lib/deevnet true && flock -n /etc/pve true && echo free"),
        ).toBe("free\n");
    }

    test("CLI killed while the host is looked at: nothing was changed on it", async () => {
        // The look waits there until it is killed, and goes on then, since the program waits for its end.
        site.host.inside(`rm /${LOOKED_AT} && mkfifo /${LOOKED_AT}`);
        const written = () => site.host.files().filter((line) => !line.startsWith(LOOKED_AT));
        const files = written();
        await interruptUp(runs(new RegExp(`^cat /${LOOKED_AT}`)), async (ended) => {
            await killCli(ended);
            site.host.inside(`timeout 60 sh -c 'echo 0 > /${LOOKED_AT}'`);
        });
        expect(site.host.sessions()).toBe(1);
        expect(written()).toEqual(files);
        site.host.inside(`rm /${LOOKED_AT}`);
        site.host.write(LOOKED_AT, "0\n");
    });

    test("host rebooted while packages are installed", async () => {
        await interruptUp(installs, powerOff);
        expect(site.host.inside("dpkg-query -W -f '${db:Status-Status}' ansible-core || true")).not.toBe("installed");
    });

    test("the next run mends the packages; SSH cut when the payload comes", async () => {
        await interruptUp(sent, cut);
        expectSound();
        expect(site.host.inside("su - root -c 'command -v sudo ansible-playbook'")).toMatch(
            /sudo\n.*ansible-playbook\n/,
        );
    });

    test("CLI killed while packages are installed, on a host that was installed anew", async () => {
        await site.host.restore("fresh");
        site.revise("anew");
        await interruptUp(installs, killCli);
    });

    test("the next run waits for them; host rebooted when the payload comes", async () => {
        await interruptUp(sent, powerOff);
        expectSound();
    });

    test.each<[string, () => () => boolean, Way]>([
        ["SSH cut when Ansible begins", () => runs(/ansible-playbook/), cut],
        ["program gone when Ansible begins", () => runs(/ansible-playbook/), leave],
        ["host rebooted when the sudoers drop-in is written", () => exists(SUDOERS), powerOff],
        ["SSH cut when the sudoers drop-in is written", () => exists(SUDOERS), cut],
        ["Ansible killed when the sudoers drop-in is written", () => exists(SUDOERS), killOnHost(/ansible-playbook/)],
        ["the runner killed when the sudoers drop-in is written", () => exists(SUDOERS), killOnHost(/runner\.py/)],
    ])("%s", async (_, moment, way) => {
        rmSync(join(site.host.root, SUDOERS), { force: true });
        await interruptRun(moment(), way);
    });

    test("CLI killed when the bridge is changed", async () => {
        expect(exists(STATE)()).toBe(false);
        await interruptUp(exists(STATE), killCli);
    });

    test("after all of them the next run makes the host as declared, and there is no drift", async () => {
        await site.lab.recover();
        await site.lab.up();
        expect(site.host.read(SUDOERS)).toBe("a_autoprov ALL=(ALL) NOPASSWD: ALL\n");
        expect(site.host.inside("stat -c %a /etc/sudoers.d/*").split("\n").slice(0, -1)).toEqual(["440", "440"]);
        expectSound();
        expect(JSON.parse(site.host.read(STATE))).toMatchObject({
            network: { vmbr0: { bridge_vlan_aware: 1, cidr: "10.20.99.22/24", gateway: "10.20.99.1" } },
            storages: { images: { path: "/srv/images" } },
        });
        expect(site.host.read("sys/class/net/vmbr0/bridge/vlan_filtering")).toBe("1\n");
        site.expectTidy();
        const { exitCode, stdout } = await site.lab.workspace.command("drift", "dvntm");
        expect([stdout, exitCode]).toEqual(["dvntm: no drift\n", 0]);
    });
});
