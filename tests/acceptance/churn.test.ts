import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodeState } from "../../lab/expect";
import { AcceptanceLab, NOT_OURS, RUN_TIMEOUT_MS } from "./lab";
import { blocksIn, readPage } from "./runbooks/pages";

jest.setTimeout(RUN_TIMEOUT_MS);

const OVER = "expires: 2026-01-31\n";

function fileOf(tenant: string): string {
    return `tenants/dvntm/${tenant}.yaml`;
}

function textOf(tenant: string, vlan: number, vms: readonly string[]): string {
    const text = vms.map((lines, index) => `  - name: vm0${index + 1}\n    instance: ${index + 1}\n${lines}`);
    return `name: ${tenant}\nvlan: ${vlan}\nvms:\n${text.join("")}`;
}

const SMALL = "    memory: 512MiB\n    cores: 1\n";

/** Requests that would change the node, but for those about VMs and pools of some tenants. */
async function writesBeside(lab: AcceptanceLab, own: RegExp): Promise<string[]> {
    const writes = (await lab.node.requests()).filter(({ method }) => method !== "GET");
    return writes.map(({ method, path }) => `${method} ${path}`).filter((line) => !own.test(line));
}

const PAGE = "docs/churn.md";

describe("tenants that end", () => {
    let lab: AcceptanceLab;
    const commands = blocksIn(readPage(PAGE)).filter(
        ({ language, byHand }) => language === "sh" && byHand === undefined,
    );
    const expectDone = () => expect(commands).toEqual([]);
    /** Runs the next block of the page. */
    const next = (begins: string) => {
        const { text } = commands.shift()!;
        expect(text).toMatch(new RegExp(`^${begins}`));
        return lab.workspace.shell(`PATH="$PWD/bin:$PATH"; ${text}`);
    };

    beforeAll(async () => {
        lab = await AcceptanceLab.startWithRouter();
        for (const name of ["grooveiq", "vintronics"]) {
            rmSync(join(lab.workspace.root, fileOf(name)));
        }
        const write = (name: string, text: string) => writeFileSync(join(lab.workspace.root, fileOf(name)), text);
        write("sandbox", textOf("sandbox", 50, [SMALL]));
        write("lasting", textOf("lasting", 51, [SMALL, SMALL]));
        write("aged", `${textOf("aged", 52, [SMALL])}expires: 7d\n`);
        await lab.up();
    });
    afterAll(() => lab.stop());

    const reap = (...more: string[]) => lab.workspace.command("reap", "dvntm", ...more);
    const vmids = async () => Object.keys((await lab.state()).vms).filter((vmid) => !NOT_OURS.includes(vmid));

    /** Everything on the node of some VMs. */
    async function held(of: readonly string[]): Promise<unknown> {
        const { vms, firewall } = (await lab.state()) as NodeState & { firewall: { guests: Record<string, unknown> } };
        return of.map((vmid) => [vms[vmid], firewall.guests[vmid]]);
    }

    test("before anything is over nothing goes, and what was made is written down", async () => {
        expect(await reap("--yes=dvntm")).toMatchObject({
            exitCode: 0,
            output: expect.stringMatching(/nothing of dvntm is over/) as string,
        });
        const { stdout, exitCode } = await lab.workspace.command("expiring", "dvntm", "--json");
        const [aged, ...others] = JSON.parse(stdout) as Record<string, unknown>[];
        expect([exitCode, others]).toEqual([0, []]);
        expect(aged).toMatchObject({ tenant: "aged", expires: "7d", standing: "soon" });
        const ends = new Date(String(aged!["ends"])).getTime();
        expect(ends - Date.now()).toBeGreaterThan(6.9 * 24 * 3600_000);
        expect(ends - Date.now()).toBeLessThan(7 * 24 * 3600_000);
        expect((await lab.workspace.command("expiring", "dvntm", "--within", "7")).exitCode).toBe(2);
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("a tenant and a VM that are over stay until they are reaped, and each run says so", async () => {
        lab.edit(fileOf("sandbox"), (text) => text + OVER);
        lab.edit(fileOf("lasting"), (text) => `${text}    ${OVER}`);
        const { output } = await lab.succeed("preview", "--expect-no-changes");
        expect(output).toMatch(
            /sandbox: it is over since the end of 2026-01-31 \(UTC\)[^]*stays until `tenants reap dvntm`/,
        );
        const { exitCode, output: table } = await next("tenants expiring dvntm");
        expect([exitCode, table]).toEqual([
            2,
            expect.stringMatching(/lasting +vm02 +the end of 2026-01-31 \(UTC\) +OVER/),
        ]);
    });

    test("without its name, with a wrong clock or a tenant that is kept, nothing is touched", async () => {
        await lab.node.forgetRequests();
        expect((await reap()).exitCode).toBe(64);
        expect((await reap("--yes=dvnt")).exitCode).toBe(64);
        await lab.node.set({ clock_ahead: -3600 });
        const wrong = await reap("--yes=dvntm");
        await lab.node.set({ clock_ahead: 0 });
        expect([wrong.exitCode, wrong.output]).toEqual([
            1,
            expect.stringMatching(
                /nothing is reaped, since a clock is wrong: the clock of node pve2 is 60 minutes behind/,
            ),
        ]);
        expect(await writesBeside(lab, /^$/)).toEqual([]);
        expect(await vmids()).toEqual(["5001", "5101", "5102", "5201"]);
    });

    test("what is kept is named and stays, and the rest goes: one VM, and nothing of the others", async () => {
        lab.edit(fileOf("sandbox"), (text) => `${text}keep: true\n`);
        await lab.node.forgetRequests();
        const before = await held(["5001", "5101", "5201"]);
        const { exitCode, output, stdout } = await reap("--yes=dvntm", "--json");
        expect(output).toMatch(/sandbox is not reaped: its file has keep: true \(sandbox\); set it to false/);
        expect(output).toMatch(/lasting\/vm02: released \(1 VM, 1 disk, 32GiB\)/);
        expect(output).toMatch(/no up makes it again: take it out of tenants\/dvntm\/lasting\.yaml/);
        expect([exitCode, JSON.parse(stdout)]).toEqual([
            1,
            {
                substrate: "dvntm",
                reaped: [{ tenant: "lasting", vm: "vm02", clean: true }],
                refused: [{ tenant: "sandbox", why: [expect.stringMatching(/keep: true/)] }],
            },
        ]);
        expect(await vmids()).toEqual(["5001", "5101", "5201"]);
        expect(await held(["5001", "5101", "5201"])).toEqual(before);
        expect(await writesBeside(lab, /\/qemu\/5102(\/|$|\?)/)).toEqual([]);
        // Control: seen as another VM's, they would be told.
        expect((await writesBeside(lab, /\/qemu\/5101(\/|$|\?)/)).length).toBeGreaterThan(1);
        lab.edit(fileOf("sandbox"), (text) => text.replace("keep: true\n", ""));
    });

    test("an up does not make it again, and takes its name from the router", async () => {
        const names = async () => JSON.stringify(await lab.resources());
        expect(await names()).toMatch(/vm02\.lasting|"vm02"/);
        const { output } = await lab.up();
        expect(output).toMatch(
            /lasting\/vm02: it is over since [^]*is not made: take it out of tenants\/dvntm\/lasting\.yaml/,
        );
        expect(await vmids()).toEqual(["5001", "5101", "5201"]);
        expect(await names()).not.toMatch(/vm02\.lasting|"vm02"/);
        await lab.succeed("preview", "--expect-no-changes");
        expect((await lab.workspace.command("drift", "dvntm")).output).toMatch(/no drift/);
    });

    test("systemd takes the units of the page, whose command is the one that runs", async () => {
        const page = readPage(PAGE);
        const unit = (title: string) => page.split(`# ${title}\n`)[1]!.split("\n```")[0]!;
        const folder = mkdtempSync(join(tmpdir(), "units-"));
        const units = ["tenant-reap@.service", "tenant-reap@.timer"].map((name) => {
            const text = unit(name)
                .replaceAll("/opt/tenant-hypervisors", lab.workspace.root)
                .replace("User=deevnet\n", "");
            writeFileSync(join(folder, name), text);
            return join(folder, name.replace("@", "@dvntm"));
        });
        if (existsSync("/usr/bin/systemd-analyze")) {
            const { exitCode, output } = await lab.workspace.shell(`systemd-analyze verify ${units.join(" ")}`);
            expect([exitCode, output]).toEqual([0, ""]);
        }
        const service = readFileSync(join(folder, "tenant-reap@.service"), "utf8");
        expect(service).toMatch(/^ExecStart=\S+\/bin\/tenants reap %i --yes=%i$/m);
        rmSync(folder, { recursive: true });
    });

    test("a whole tenant goes with all it has, the others equal to the byte; and no up makes it again", async () => {
        await lab.node.forgetRequests();
        const before = await held(["5101", "5201"]);
        const { exitCode, output } = await next("tenants reap dvntm");
        expect(output).toMatch(/verified: nothing of sandbox is left on the node or the router/);
        expect(exitCode).toBe(0);
        expect(await held(["5101", "5201"])).toEqual(before);
        expect(await writesBeside(lab, /\/qemu\/5001(\/|$|\?)|pools\?poolid=sandbox/)).toEqual([]);
        await lab.succeed("up", "--yes", "--skip-preview", "--expect-no-changes");
        expect(await vmids()).toEqual(["5101", "5201"]);
        // Control: a later day makes it again.
        lab.edit(fileOf("sandbox"), (text) => text.replace(OVER, "expires: 2099-01-31\n"));
        await lab.up();
        expect(await vmids()).toEqual(["5001", "5101", "5201"]);
    });

    describe("rotated onto a newer template", () => {
        const NEWEST = "fedora-server-44-1.11";
        const rotate = (...more: string[]) => lab.workspace.command("rotate", "dvntm", ...more);
        /** Identity of each VM's clone, which another one has not. */
        const clones = async () => {
            const { vms } = await lab.state();
            return ["5001", "5101", "5201"].map((vmid) => vms[vmid]?.config["smbios1"]);
        };
        const standings = async () => {
            const { stdout, output, exitCode } = await rotate("--list", "--json");
            expect([output, stdout]).toEqual([output, expect.stringMatching(/^{/)]);
            const told = JSON.parse(stdout) as { standings: { vmid: number; stands: string; template?: string }[] };
            return [exitCode, ...told.standings.map(({ vmid, stands }) => `${vmid} ${stands}`)];
        };
        const agentOf5101 = "/nodes/pve2/qemu/5101/agent/network-get-interfaces";
        let first: unknown[];

        beforeAll(async () => {
            for (const tenant of ["sandbox", "lasting", "aged"]) {
                lab.edit(fileOf(tenant), (text) => `${text}health: { agent: true, timeout: 3 }\n`);
            }
            await lab.node.set({ agents_answer: true });
            lab.edit("Pulumi.dvntm.yaml", (text) => text.replace(/^( +)datastore: .*$/m, "$&\n$1backup: local"));
            await lab.grantRole();
            expect(await standings()).toEqual([0, "5001 newest", "5101 newest", "5201 newest"]);
            const pve = "/nodes/pve2/qemu";
            await lab.node.byHand("POST", `${pve}/103/clone`, { newid: "121", name: NEWEST, full: "1" });
            await lab.node.byHand("POST", `${pve}/121/template`);
            first = await clones();
        });

        test("a newer template replaces nothing, and the list says who stands on an older one", async () => {
            expect(await standings()).toEqual([2, "5001 older", "5101 older", "5201 older"]);
            await lab.succeed("preview", "--expect-no-changes");
            expect((await next("tenants rotate dvntm --list")).output).toMatch(
                /lasting +vm01 +5101 +fedora-server-44-1\.10 \(103\) +fedora-server-44-1\.11 \(121\) +OLDER/,
            );
            const drift = await lab.workspace.command("drift", "dvntm");
            expect([drift.exitCode, drift.stdout]).toEqual([
                0,
                expect.stringMatching(
                    /no drift[^]*\n {2}lasting\/vm01: stands on fedora-server-44-1\.10; the newest is fedora-server-44-1\.11/,
                ),
            ]);
        });

        test("with --backup, one whose gate stays closed is back on what it was, and no other is touched", async () => {
            const fault = { status: 500, message: "QEMU guest agent is not running" };
            await lab.node.fail({ method: "GET", path: agentOf5101.replace("5101", "5001"), ...fault });
            const { exitCode, output, stdout } = await rotate("sandbox", "--backup", "--yes=sandbox", "--json");
            await lab.node.clearFaults();
            expect([exitCode, output]).toEqual([
                1,
                expect.stringMatching(/sandbox\/vm01 is not healthy: .*; it is back on what it was/),
            ]);
            expect(JSON.parse(stdout)).toMatchObject({ rotated: [], failed: [{ name: "sandbox/vm01", back: true }] });
            expect(await clones()).toEqual(first);
            expect(await lab.nakedStarts()).toEqual([]);
            expect(await standings()).toEqual([2, "5001 older", "5101 older", "5201 older"]);
            await lab.succeed("preview", "--expect-no-changes");
        });

        test("one whose gate stays closed ends it: the one before is new, the one behind untouched", async () => {
            await lab.node.fail({
                method: "GET",
                path: agentOf5101,
                status: 500,
                message: "QEMU guest agent is not running",
            });
            const { exitCode, output } = await next("tenants rotate dvntm --yes");
            expectDone();
            expect(output).toMatch(/lasting\/vm01 is not healthy: its guest agent told no address within 3 s/);
            expect(output).toMatch(/aged\/vm01 is left as it is/);
            expect(exitCode).toBe(1);
            const then = await clones();
            expect(then.map((clone, index) => clone === first[index])).toEqual([false, false, true]);
            expect(await standings()).toEqual([2, "5001 newest", "5101 newest", "5201 older"]);
            await lab.succeed("preview", "--expect-no-changes");

            // Called again, it waits for that one first.
            expect((await rotate("--yes=dvntm")).exitCode).toBe(1);
            expect(await clones()).toEqual(then);
        });

        test("it goes on where it stopped, also with a VM that a killed run deleted and did not make", async () => {
            await lab.node.clearFaults();
            const then = await clones();
            await lab.node.deleteByHand(5201);
            const { exitCode, output, stdout } = await rotate("--yes=dvntm", "--json");
            expect([exitCode, output]).toEqual([0, expect.not.stringMatching(/is not healthy/)]);
            expect(JSON.parse(stdout)).toMatchObject({ rotated: ["aged/vm01"], failed: [], left: [] });
            const now = await clones();
            expect(now.slice(0, 2)).toEqual(then.slice(0, 2));
            expect(now[2]).toEqual(expect.stringMatching(/uuid=/));
            expect(now[2]).not.toBe(first[2]);
            expect(await standings()).toEqual([0, "5001 newest", "5101 newest", "5201 newest"]);
            await lab.succeed("preview", "--expect-no-changes");
            expect((await rotate("--yes=dvntm")).output).toMatch(/every VM stands on the newest template/);
        });
    });
});
