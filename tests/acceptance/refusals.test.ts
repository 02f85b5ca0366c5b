import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PASSPHRASE } from "../../lab/keys";
import { Workspace } from "../../lab/workspace";
import { expectedOf, putBroken } from "../broken";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** Faults of three of a tenant's files, and one of a stack file: tests/pure/broken.test.ts has every one that is broken. */
const BY_RUN = ["many-faults-in-three-files", "stack-router-mode"];

describe("definitions that are wrong", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        // These files lose the line that names the key service.
        lab = await AcceptanceLab.start(undefined, PASSPHRASE);
        lab.withoutVintronics();
    });
    afterAll(() => lab.stop());
    beforeEach(() => lab.node.forgetRequests());

    /** That a run is told the same as an offline command is tests/pure/broken.test.ts's; here that it ends so. */
    describe("up names every fault by file and line, without a stack trace, and asks nothing of the node", () => {
        const kept = ["tenants/dvntm", "Pulumi.dvntm.yaml"];
        const path = (name: string) => join(lab.workspace.root, name);
        // Beside tenants/, below which nothing else may stand.
        const aside = (name: string) => join(lab.workspace.root, ".aside", name);

        beforeAll(() => kept.forEach((name) => cpSync(path(name), aside(name), { recursive: true })));
        afterEach(() =>
            kept.forEach((name) => {
                rmSync(path(name), { recursive: true });
                cpSync(aside(name), path(name), { recursive: true });
            }),
        );

        test.each(BY_RUN)("%s", async (name) => {
            putBroken(name, lab.workspace.root);
            const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
            expect(exitCode).not.toBe(0);
            expectedOf(name).forEach((line) => expect(output).toContain(line));
            expect(output).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
            expect(await lab.node.requests()).toEqual([]);
        });
    });

    test("a key that is missing from the stack file is the CLI's own refusal", async () => {
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("tenant-hypervisors:status: active", "a:status: active"));
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain("Stack 'dvntm' is missing configuration value 'status'");
        expect(await lab.node.requests()).toEqual([]);
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("a:status: active", "tenant-hypervisors:status: active"));
    });

    test("VMs that would never get an address, on a node whose firewall is that of nftables, with what turns it off", async () => {
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace(/^( +)bridge: /m, "$1taskLog: true\n$&"));
        await lab.grantRole();
        const options = "/nodes/pve2/firewall/options";
        await lab.node.byHand("PUT", options, { nftables: "1" });
        const before = (await lab.state()).vms;
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain(
            "VM 5001 would ask by DHCP, and never get an address: node pve2 runs PVE's firewall of nftables",
        );
        const [, path, value] = /pvesh set (\S+) --nftables (\d)/.exec(output)!;
        await lab.node.byHand("PUT", path!, { nftables: value! });
        expect(await lab.node.byHand("GET", options)).toMatchObject({ nftables: 0 });
        expect((await lab.state()).vms).toEqual(before);
    });

    test("control: the same definitions without the faults do send requests", async () => {
        await lab.succeed("preview");
        expect((await lab.node.requests()).length).toBeGreaterThan(0);
    });

    test("a template prefix that matches nothing is one error naming node, prefix and what is there", async () => {
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("prefix: fedora-server-", "prefix: debian-"));
        const { exitCode, output } = await lab.workspace.pulumi(["preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain(
            "node pve2 has no template whose name begins with debian-; " +
                "there is fedora-server-44-1.9 (100), fedora-server-44-1.10 (103).",
        );
        expect(output).not.toMatch(/^\s+at .*\.[jt]s:\d+/m);
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("prefix: debian-", "prefix: fedora-server-"));
    });

    test("of two newest templates of one version that made last is taken, and refused where it cannot be cloned", async () => {
        await lab.node.byHand("POST", "/nodes/pve2/qemu", { vmid: "121", name: "fedora-server-44-1.10" });
        await lab.node.byHand("POST", "/nodes/pve2/qemu/121/template");
        const before = await lab.state();
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain("template fedora-server-44-1.10 (121) on node pve2 has no disk scsi0");
        expect((await lab.state()).vms).toEqual(before.vms);
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/121");
        await lab.succeed("destroy", "--yes", "--skip-preview");
    });

    test("a wrong token is refused, and told without the token", async () => {
        const token = `${lab.node.ready.apiToken.split("=")[0]}=00000000-1111-2222-3333-444444444444`;
        const { exitCode, output } = await lab.workspace.pulumi(["preview"], { PROXMOX_VE_API_TOKEN: token });
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(/401/);
        expect(output).not.toContain("444444444444");
    });

    test("a certificate that nobody vouches for is refused", async () => {
        const { exitCode, output } = await lab.workspace.pulumi(["preview"], { SSL_CERT_FILE: "/dev/null" });
        expect(exitCode).not.toBe(0);
        expect(output).toMatch(
            /cannot be asked \(self-signed certificate\); SSL_CERT_FILE names the certificate of the authority/,
        );
    });
});

describe("a node that is not the substrate's", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        lab.withoutVintronics();
    });
    afterAll(() => lab.stop());

    /** Question of make before each run that changes something. */
    async function check() {
        const { exitCode, output } = await lab.workspace.command("role", "--check", "dvntm");
        return [exitCode, output];
    }

    test("control: its own node is not refused", async () => {
        expect(await check()).toEqual([0, ""]);
    });

    test("a node of another name is refused by up, and before it", async () => {
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("node: pve2", "node: pve3"));
        const { endpoint } = lab.node.ready;
        const refused = `hv02: ${endpoint} is node pve2, not pve3: correct hypervisors.hv02.endpoint or hypervisors.hv02.node`;
        expect(await check()).toEqual([1, `${refused}\n`]);
        const { exitCode, output } = await lab.workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain(refused);
        expect((await lab.node.requests()).filter(({ method }) => method !== "GET")).toEqual([]);
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("node: pve3", "node: pve2"));
    });

    test("a member of a cluster is refused", async () => {
        await lab.node.set({ members: ["pve3"] });
        expect(await check()).toEqual([
            1,
            expect.stringMatching(
                /is a cluster of pve2, pve3, and a tenant hypervisor stands alone: is this dvntm's node\?/,
            ),
        ]);
        await lab.node.set({ members: [] });
    });

    test("a node with an address of another substrate's site is refused", async () => {
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace(/site: "?20"?/, "site: 21"));
        const other = "config:\n  tenant-hypervisors:site: 20\n";
        writeFileSync(join(lab.workspace.root, "Pulumi.dvnt.yaml"), other);
        expect(await check()).toEqual([
            1,
            expect.stringMatching(
                /^hv02: node pve2 at \S+ has 10\.20\.99\.22\/24 on vmbr0, an address of dvnt \(10\.20\.0\.0\/16\), and dvntm is 10\.21/,
            ),
        ]);
        // Control: a site that no other substrate has is nobody's.
        rmSync(join(lab.workspace.root, "Pulumi.dvnt.yaml"));
        expect(await check()).toEqual([0, ""]);
    });
});

describe("a planned substrate", () => {
    let workspace: Workspace;

    beforeAll(async () => {
        workspace = await Workspace.create("dvnt");
    });
    afterAll(() => workspace.remove());

    test("preview shows the plan without any host", async () => {
        const { exitCode, output } = await workspace.pulumi(["preview"]);
        expect(output).toMatch(/VmLegacy grooveiq-api-vm01-vm create/);
        expect(output).toMatch(/fqdn\s*: "api-vm01\.grooveiq\.dvnt\.deevnet\.net"/);
        expect(exitCode).toBe(0);
    });

    test("up is refused in one line that says what is missing", async () => {
        const { exitCode, output } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
        expect(exitCode).not.toBe(0);
        expect(output).toContain(
            "Pulumi.dvnt.yaml status: dvnt is planned and cannot be brought up; missing: " +
                "hardware of hv02 (memory, storage, threads), " +
                "hypervisor hv02 (PVE node pve2, installed and reachable). " +
                "When known, add them and set status: active",
        );
    });
});
