import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { loadSubstrate } from "../../substrate/load";
import { excessOf, grantsOf, lacksOf, pveumCommands, type Grant } from "../../substrate/role";
import type { Hypervisor, Substrate, WorkloadVm } from "../../substrate/substrate";

const ROOT = resolve(__dirname, "..", "..");
const TENANTS = resolve(ROOT, "bin/tenants");
const dvntm = loadSubstrate({ root: ROOT, substrate: "dvntm" });
const hv02 = dvntm.hypervisors[0]!;

/** dvntm with every VM changed, or with another hypervisor in place of hv02. */
function dvntmWith(change: Partial<WorkloadVm>, hypervisor: Hypervisor = hv02): Substrate {
    const tenants = dvntm.tenants.map((t) => ({
        ...t,
        vms: t.vms.map((vm) => ({ ...vm, datastore: hypervisor.datastore, ...change })),
    }));
    return { ...dvntm, hypervisors: [hypervisor], tenants };
}

const pathsOf = (grants: readonly Grant[]) => grants.map(({ path }) => path);

function run(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(TENANTS, args, { cwd: ROOT, encoding: "utf8" });
    return { status, stdout, stderr };
}

describe("what the token must hold", () => {
    test("only on the hypervisor's own datastore and bridge, and on every VM neither power nor guest", () => {
        const other = { ...hv02, datastore: "nvme", bridge: "vmbr1" };
        expect(pathsOf(grantsOf(dvntmWith({}, other), other))).toEqual([
            "/vms",
            "/pool",
            "/storage/nvme",
            "/sdn/zones/localnetwork/vmbr1",
            "/",
        ]);
        const onAllVms = grantsOf(dvntm, hv02).filter(({ path }) => path === "/vms");
        expect(onAllVms.flatMap(({ privileges }) => privileges)).toEqual([
            "VM.Allocate",
            "VM.Audit",
            "VM.Clone",
            "VM.Config.Disk",
        ]);
    });

    test("on each further datastore that a disk lies on, and on no other", () => {
        const extraDisks = [{ interface: "scsi1", sizeGiB: 8, datastore: "bulk" }];
        const other = { ...hv02, datastores: { fast: 500, bulk: 4000, unused: 100 } };
        const paths = pathsOf(grantsOf(dvntmWith({ datastore: "fast", extraDisks }, other), other));
        const onStorages = (all: readonly string[]) => all.filter((path) => path.startsWith("/storage/"));
        expect(onStorages(paths)).toEqual(["/storage/local-lvm", "/storage/fast", "/storage/bulk"]);
        expect(onStorages(pathsOf(grantsOf(dvntm, other)))).toEqual(["/storage/local-lvm"]);
    });

    test("a start order asks for Sys.Modify on / alone, on the hypervisor whose VMs have one and no other", () => {
        const asking = dvntmWith({ startup: { order: 1 } });
        const last = grantsOf(asking, hv02).at(-1);
        expect(last).toMatchObject({ path: "/", propagate: false, privileges: ["Sys.Modify"] });
        const modifying = (grants: readonly Grant[]) =>
            grants.filter(({ privileges }) => privileges.includes("Sys.Modify"));
        expect(modifying(grantsOf(asking, { ...hv02, name: "hv03" }))).toEqual([]);
        expect(modifying(grantsOf(dvntm, hv02))).toEqual([]);
    });

    test("without one, / is for reading alone, and not below it", () => {
        const [onRoot, ...others] = grantsOf(dvntm, hv02).filter(({ path }) => path === "/");
        expect(onRoot).toMatchObject({ propagate: false, privileges: ["Sys.Audit"] });
        expect(others).toEqual([]);
    });

    test("a storage for backups and the task log ask for theirs, where the stack file says so", () => {
        const asked = (change: Partial<Hypervisor>) =>
            grantsOf(dvntm, { ...hv02, ...change }).flatMap(({ path, privileges }) =>
                privileges.map((name) => `${name} ${path}`),
            );
        const plain = asked({});
        const more = (change: Partial<Hypervisor>) => asked(change).filter((grant) => !plain.includes(grant));
        expect(more({ backup: "local" })).toEqual(["VM.Backup /pool", "Datastore.AllocateSpace /storage/local"]);
        expect(more({ taskLog: true })).toEqual(["Sys.Audit /nodes/pve2"]);
    });

    const agent = (wait: boolean) => ({ enabled: true, wait, timeoutSeconds: 5 });

    test.each([
        ["8.4.1", ["VM.Monitor /pool"]],
        ["9.0.3", ["VM.GuestAgent.Audit /pool"]],
        ["9.2.11", ["VM.GuestAgent.Audit /pool"]],
        ["10.0", ["VM.GuestAgent.Audit /pool"]],
    ])("waiting for the guest agent asks on PVE %s for %j, having it does not", (pve, expected) => {
        const asked = (wait: boolean) =>
            grantsOf(dvntmWith({ agent: agent(wait) }), hv02, pve)
                .filter(({ when }) => when === "agent.wait")
                .flatMap(({ path, privileges }) => privileges.map((name) => `${name} ${path}`));
        expect([asked(true), asked(false)]).toEqual([expected, []]);
    });

    test("the same grant names the key that asks for it", () => {
        const health = { agent: true, timeoutSeconds: 5 };
        const asked = (more: Partial<WorkloadVm>) =>
            grantsOf(dvntmWith({ agent: agent(false), ...more }), hv02, "8.4.1")
                .filter(({ role }) => role === "DeevnetAgent")
                .map(({ when }) => when);
        expect(asked({ health })).toEqual(["health.agent"]);
        expect(asked({ agent: agent(true) })).toEqual(["agent.wait"]);
        expect(asked({ agent: agent(true), health })).toEqual(["agent.wait and health.agent"]);
        expect(asked({})).toEqual([]);
    });

    test.each([
        ["8.4.1", ["Sys.Audit /nodes"]],
        ["9.2.11", ["Sys.Audit /nodes", "Mapping.Use /mapping/cpu"]],
    ])("a CPU type of the node's own asks on PVE %s for %j", (pve, expected) => {
        const asked = grantsOf(dvntmWith({ cpuType: "custom-own" }), hv02, pve).filter(({ when }) => when === "cpu");
        expect(asked.flatMap(({ path, privileges }) => privileges.map((name) => `${name} ${path}`))).toEqual(expected);
    });

    test("only before PVE 9 does waiting for the agent let the token into guests, which each run says", () => {
        const reaches = (pve: string) =>
            grantsOf(dvntmWith({ agent: agent(true) }), hv02, pve).flatMap((grant) => grant.reaches ?? []);
        expect(reaches("8.4.1")).toEqual([expect.stringContaining("run commands")]);
        expect(reaches("9.2.11")).toEqual([]);
    });
});

describe("what is lacking", () => {
    const grant = (path: string, propagate = true): Grant[] => [
        { role: "R", path, propagate, privileges: ["A", "B"], why: "" },
    ];

    test.each([
        ["nothing is held", {}, ["A", "B"]],
        ["it is held on the path", { "/vms": { A: 1, B: 1 } }, []],
        ["one of two is held", { "/vms": { A: 1 } }, ["B"]],
        ["it is held on / and below", { "/": { A: 1, B: 1 } }, []],
        ["it is held on / alone", { "/": { A: 0, B: 1 } }, ["A"]],
        ["it is held on the path alone, and VMs are below it", { "/vms": { A: 0, B: 1 } }, ["A"]],
        ["an entry on the path replaces the one on /", { "/": { A: 1, B: 1 }, "/vms": { B: 1 } }, ["A"]],
        ["it is held elsewhere", { "/vms2": { A: 1, B: 1 }, "/vms/100": { A: 1, B: 1 } }, ["A", "B"]],
    ])("on /vms where %s", (_, held, lacking) => {
        expect(lacksOf(grant("/vms"), held)).toEqual(lacking.map((privilege) => ({ privilege, path: "/vms" })));
    });

    test("on / where it is asked for on / alone, held there alone is enough", () => {
        expect(lacksOf(grant("/", false), { "/": { A: 0, B: 1 } })).toEqual([]);
        expect(lacksOf(grant("/", false), { "/vms": { A: 1, B: 1 } })).toHaveLength(2);
    });
});

describe("what is held beyond the grants", () => {
    const grants = grantsOf(dvntm, hv02);
    const needed = Object.fromEntries(
        grants.map(({ path, propagate, privileges }) => [
            path,
            Object.fromEntries(privileges.map((privilege) => [privilege, Number(propagate)])),
        ]),
    );
    const told = (more: Record<string, Record<string, number>>) =>
        excessOf(grants, { ...needed, ...more }).map(({ path, privileges }) => `${path}: ${privileges.join(" ")}`);

    test("is nothing with the grants alone, also by what a pool gives on its VMs", () => {
        const inPool = { ...needed["/vms"], "VM.PowerMgmt": 0, "VM.Config.CPU": 0 };
        expect(told({})).toEqual([]);
        expect(told({ "/vms/5001": inPool, "/storage": {}, "/pool/grooveiq": needed["/pool"]! })).toEqual([]);
    });

    test.each<[string, Record<string, Record<string, number>>, string[]]>([
        ["a privilege that nothing asks for", { "/vms": { ...needed["/vms"], "VM.Console": 1 } }, ["/vms: VM.Console"]],
        ["what a start order asked for once", { "/": { "Sys.Audit": 0, "Sys.Modify": 0 } }, ["/: Sys.Modify"]],
        [
            "a grant on a wider path, told there alone",
            { "/": { "VM.Audit": 1 }, "/nodes": { "VM.Audit": 1 } },
            ["/: VM.Audit"],
        ],
        ["a guest of others, by a path of its own", { "/vms/110": { "VM.PowerMgmt": 1 } }, ["/vms/110: VM.PowerMgmt"]],
        ["users and their tokens", { "/access": { "User.Modify": 1 } }, ["/access: User.Modify"]],
    ])("%s", (_, more, expected) => {
        expect(told(more)).toEqual(expected);
    });
});

describe("tenants role", () => {
    test("prints the commands for each hypervisor, or the same as JSON", () => {
        const text = run("role", "dvntm");
        expect(text).toMatchObject({ status: 0, stderr: "" });
        const commands = pveumCommands(grantsOf(dvntm, hv02));
        expect(text.stdout).toBe(["# dvntm hv02: as root on node pve2, PVE 8.4 or 9.2", ...commands, ""].join("\n"));
        const json = JSON.parse(run("role", "--json", "dvntm").stdout) as object;
        expect(json).toMatchObject({ hypervisors: [{ name: "hv02", node: "pve2", grants: grantsOf(dvntm, hv02) }] });
    });

    test("--pve prints those of a version, and refuses what is none", () => {
        expect(run("role", "dvntm", "--pve", "9.2").stdout).toMatch(/^# dvntm hv02: as root on node pve2, PVE 9\.2\n/);
        expect(run("role", "dvntm", "--pve", "nine")).toMatchObject({
            status: 64,
            stderr: expect.stringContaining("--pve: nine is no version of PVE, such as 8.4 or 9.2") as unknown,
        });
    });

    test("of what differs by the version it says for which each is", () => {
        const text = pveumCommands(
            grantsOf(dvntmWith({ agent: { enabled: true, wait: true, timeoutSeconds: 5 } }), hv02),
        );
        expect(text.filter((line) => line.includes("agent.wait; "))).toEqual([
            "# /pool: asking the guest agent for a VM's addresses; asked for by a definition with agent.wait; before PVE 9.0",
            "# /pool: asking the guest agent for a VM's addresses, and nothing else of it; asked for by a definition with " +
                "agent.wait; from PVE 9.0 on",
        ]);
    });

    test("--check says which file of SSL_CERT_FILE it cannot read, and what to do", () => {
        const { status, stderr } = spawnSync(TENANTS, ["role", "--check", "dvntm"], {
            cwd: ROOT,
            encoding: "utf8",
            env: { ...process.env, PROXMOX_VE_API_TOKEN: "a@pve!b=c", SSL_CERT_FILE: "/nowhere/ca.pem" },
        });
        expect([status, stderr]).toEqual([
            1,
            expect.stringMatching(
                /^SSL_CERT_FILE: \/nowhere\/ca\.pem cannot be read \(ENOENT\): let it name a file.*\n$/,
            ),
        ]);
    });

    test("prints no secret, and root is asked for nothing but user, token, roles and grants", () => {
        const kinds = pveumCommands(grantsOf(dvntmWith({ startup: { order: 1 } }), hv02))
            .filter((line) => !line.startsWith("#"))
            .flatMap((line) => line.split("; "))
            .map((command) => command.split(" ").slice(0, 3).join(" "));
        expect(new Set(kinds)).toEqual(
            new Set(["pveum user add", "pveum user token", "pveum role add", "pveum role modify", "pveum acl modify"]),
        );
    });

    test("says how guests of others are put out of reach, and how far a start order reaches, in comments alone", () => {
        const text = pveumCommands(grantsOf(dvntm, hv02)).join("\n");
        expect(text).toContain(
            "#   pveum acl modify /vms/<vmid> --roles DeevnetOthers --users deevnet@pve --tokens 'deevnet@pve!pulumi'",
        );
        expect(text).not.toContain("turn its firewall off");
        const asking = pveumCommands(grantsOf(dvntmWith({ startup: { order: 1 } }), hv02)).join("\n");
        expect(asking).toMatch(/^# It lets the token .* turn its firewall off with every wall of the tenants/m);
    });

    test("docs/token.md shows lines that are printed", () => {
        const shown = readFileSync(resolve(ROOT, "docs/token.md"), "utf8").match(/^ +pveum .*$/gm)!;
        const printed = pveumCommands(grantsOf(dvntm, hv02));
        expect(shown.length).toBeGreaterThan(2);
        expect(shown.filter((line) => !printed.includes(line.trim()))).toEqual([]);
    });
});
