import { rmSync } from "node:fs";
import { join } from "node:path";
import { guests, type NodeState } from "../../lab/expect";
import type { StackOutputs } from "../../substrate/outputs";
import { crashesPublishedPlugin } from "../crashingTypes";
import { outputFaults } from "../outputsSchema";
import { AcceptanceLab, NOT_OURS, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** PVE's switch for every firewall of the datacentre, which is the node alone here. */
const DATACENTRE = "/cluster/firewall/options";

/** One life of a substrate: each test goes on where the one before it ended, as a person does. */
describe("dvntm, from the first up to destroy", () => {
    let lab: AcceptanceLab;
    let found: NodeState;
    const pve = "/nodes/pve2/qemu";

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        // The one file whose runs keep the log of the CLI, in which a secret may not stand either.
        lab.workspace.keepLog();
        found = await lab.state();
        lab.fixAddress();
    });
    afterAll(() => lab.stop());

    test("up clones the newest template for every VM of both tenants, and starts them", async () => {
        await lab.node.forgetRequests();
        await lab.up();
        const { vms, pools } = await lab.state();
        expect(Object.keys(vms).sort()).toEqual([...NOT_OURS, "5001", "5002", "5101", "5102", "5103"].sort());
        expect(pools).toEqual({
            grooveiq: { comment: "IoT backend", storages: [], vmids: [5001, 5002] },
            vintronics: { comment: "Electronics shop", storages: [], vmids: [5101, 5102, 5103] },
        });
        const clones = (await lab.node.requests()).filter(({ path }) => path.endsWith("/clone"));
        expect(clones.map(({ path, status }) => `${path} ${status}`)).toEqual(
            Array(5).fill("/api2/json/nodes/pve2/qemu/103/clone 200"),
        );
    });

    test("a VM has the size, VLAN, names and firewall that its definition says", async () => {
        const { vms, storages, firewall } = await lab.state();
        const { config, status, name } = vms["5002"]!;
        expect({ name, status }).toEqual({ name: "db-vm01", status: "running" });
        expect(config).toMatchObject({
            cores: "2",
            memory: "4096",
            onboot: "1",
            tags: "grooveiq;tenant",
            ipconfig0: "gw=10.20.50.1,ip=10.20.50.11/24",
            searchdomain: "grooveiq.dvntm.deevnet.net",
            ciupgrade: "0",
        });
        expect(config["net0"]).toMatch(/^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0,firewall=1,tag=50$/);
        expect(config["scsi0"]).toMatch(/^local-lvm:vm-5002-disk-0,.*size=64G/);
        expect(storages["local-lvm"]!.volumes["vm-5002-disk-0"]).toBe(64 * 1024 ** 3);
        expect(firewall.guests["5002"]).toMatchObject({ options: { enable: 1, policy_in: "DROP", macfilter: 1 } });
        expect(vms["5001"]!.config["ipconfig0"]).toBe("ip=dhcp");
    });

    test("a VM with a fixed address may send from no other, and had the address before its firewall was on", async () => {
        expect(await lab.filterOf("5002")).toEqual({ on: true, addresses: ["10.20.50.11"] });
        expect(await lab.filterOf("5001")).toEqual({ on: false });
        const writes = (await lab.firewallWrites("5002")).filter((write) => !write.endsWith(" rules"));
        expect(writes).toEqual(["POST ipset", "POST ipset/ipfilter-net0", "PUT options"]);
    });

    test("the outputs list every VM and segment", async () => {
        const { stdout } = await lab.succeed("stack", "output", "--json");
        const outputs = JSON.parse(stdout) as StackOutputs;
        expect(outputFaults(outputs)).toEqual([]);
        const { vms, segments } = outputs;
        const { vms: onNode } = await lab.state();
        const nic = onNode["5001"]!.config["net0"]!;
        expect(vms[0]).toEqual({
            tenant: "grooveiq",
            name: "api-vm01",
            vmid: 5001,
            mac: /virtio=([^,]+)/.exec(nic)![1]!.toLowerCase(),
            vlan: 50,
            subnet: "10.20.50.0/24",
            reserved: "10.20.50.200",
            fqdn: "api-vm01.grooveiq.dvntm.deevnet.net",
            aliases: ["api.grooveiq.dvntm.deevnet.net"],
        });
        expect(vms.map(({ vmid }) => vmid)).toEqual([5001, 5002, 5101, 5102, 5103]);
        expect(vms.map(({ address }) => address ?? "dhcp")).toEqual(["dhcp", "10.20.50.11", "dhcp", "dhcp", "dhcp"]);
        expect(segments.map(({ tenant, gateway, dhcpPool }) => [tenant, gateway, dhcpPool])).toEqual([
            ["grooveiq", "10.20.50.1", "10.20.50.100-10.20.50.200"],
            ["vintronics", "10.20.51.1", "10.20.51.100-10.20.51.200"],
        ]);
    });

    test("the tree shows each VM below its tenant", async () => {
        const { stdout } = await lab.succeed("stack");
        const levels = [...stdout.matchAll(/^ {4}([ │├└─]+)deevnet:tenant:(Tenant|TenantVm) +(\S+)$/gm)];
        const tree = levels.map(([, indent, type, name]) => `${indent!.length / 3} ${type} ${name}`);
        const tenants = tree
            .join("\n")
            .split(/^1 Tenant /m)
            .slice(1);
        expect(
            tenants
                .map((tenant) => tenant.trimEnd().split("\n"))
                .map(([name, ...vms]) => [name, ...vms.sort()])
                .sort(),
        ).toEqual([
            ["grooveiq", "2 TenantVm grooveiq-api-vm01", "2 TenantVm grooveiq-db-vm01"],
            [
                "vintronics",
                "2 TenantVm vintronics-db-vm01",
                "2 TenantVm vintronics-web-vm01",
                "2 TenantVm vintronics-web-vm02",
            ],
        ]);
    });

    test("no registered type crashes the published plugin, and the state holds no token", async () => {
        const { stdout } = await lab.succeed("stack", "export", "--show-secrets");
        const { deployment } = JSON.parse(stdout) as { deployment: { resources: { type: string }[] } };
        const types = deployment.resources.map(({ type }) => type);
        expect(types.filter(crashesPublishedPlugin)).toEqual([]);
        expect(types).toContain("proxmoxve:index/vmLegacy:VmLegacy");
        const secret = lab.node.ready.apiToken.split("=")[1]!;
        expect(stdout).not.toContain(secret);
    });

    test("a second preview finds nothing to change, nor does it where a template was rebuilt", async () => {
        await lab.node.byHand("POST", pve, { vmid: "120", name: "fedora-server-44-1.11", memory: "4096" });
        await lab.node.byHand("POST", `${pve}/120/template`);
        const { output } = await lab.succeed("preview", "--expect-no-changes");
        expect(output).toMatch(/29 unchanged/);
        expect(output).not.toContain("datacentre firewall");
        await lab.node.byHand("DELETE", `${pve}/120`);
    });

    test("control: a preview after an edit finds exactly that, and tells of a datacentre firewall that is off", async () => {
        await lab.node.byHand("PUT", DATACENTRE, { enable: "0" });
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("cores: 2", "cores: 3"));
        const { exitCode, output } = await lab.workspace.pulumi(["preview", "--diff", "--expect-no-changes"]);
        expect(exitCode).toBe(7);
        expect(output).toMatch(/~ cores: 2 => 3/);
        expect(output).toMatch(/~ 1 to update\s+28 unchanged/);
        expect(output.match(/hv02: PVE's datacentre firewall is off/g)).toHaveLength(1);
        expect(output).toMatch(/^ +pvesh set \/cluster\/firewall\/options --enable 1$/m);
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) => text.replace("cores: 3", "cores: 2"));
    });

    test("a refresh names what was changed by hand, and changes nothing", async () => {
        await lab.node.byHand("PUT", `${pve}/5001/config`, { memory: "1024" });
        await lab.node.deleteByHand(5102);
        await lab.node.byHand("POST", `${pve}/5002/firewall/ipset/ipfilter-net0`, { cidr: "10.20.50.99" });
        const before = await lab.state();
        const exported = (await lab.succeed("stack", "export")).stdout;
        const { exitCode, output } = await lab.workspace.pulumi([
            ..."refresh --preview-only --diff --expect-no-changes".split(" "),
        ]);
        expect(exitCode).toBe(7);
        expect(output).toMatch(/grooveiq-api-vm01-vm[^]*?dedicated: 4096 => 1024/);
        expect(output).toMatch(/- proxmoxve:index\/vmLegacy[^]*?\[id=5102\]/);
        expect(output).toMatch(/grooveiq-db-vm01-ipfilter[^]*?"10\.20\.50\.99"/);
        expect(await lab.state()).toEqual(before);
        expect((await lab.succeed("stack", "export")).stdout).toBe(exported);
    });

    test("up repairs it all: the same VMID, name and firewall; the datacentre firewall it leaves off", async () => {
        const { output } = await lab.up();
        // The CLI shows a warning as it comes, and once more in the end.
        const told = output.slice(output.indexOf("Diagnostics:"));
        expect(told.match(/hv02: PVE's datacentre firewall is off/g)).toHaveLength(1);
        expect(await lab.node.byHand("GET", DATACENTRE)).toMatchObject({ enable: 0 });
        await lab.node.byHand("PUT", DATACENTRE, { enable: "1" });
        expect(await lab.filterOf("5002")).toEqual({ on: true, addresses: ["10.20.50.11"] });
        const { vms, firewall } = await lab.state();
        expect(vms["5001"]!.pending["memory"] ?? vms["5001"]!.config["memory"]).toBe("4096");
        expect(vms["5102"]).toMatchObject({ name: "web-vm02", status: "running" });
        expect(firewall.guests["5102"]).toEqual(firewall.guests["5101"]);
        await lab.succeed("preview", "--expect-no-changes");
    });

    test("teardown of one tenant asks nothing of the node about another's VMs but to read them", async () => {
        const before = await lab.state();
        rmSync(join(lab.workspace.root, "tenants/dvntm/vintronics.yaml"));
        await lab.node.forgetRequests();
        await lab.up();
        const after = await lab.state();
        const staying = [...NOT_OURS, "5001", "5002"];
        expect(Object.keys(after.vms).sort()).toEqual([...staying].sort());
        expect(guests(after, staying)).toEqual(guests(before, staying));
        expect(Object.keys(after.pools)).toEqual(["grooveiq"]);
        const writes = (await lab.node.requests()).filter(({ method }) => method !== "GET");
        expect(writes.length).toBeGreaterThan(0);
        expect(writes.map(({ path }) => path).filter((path) => !/qemu\/510[123]\b|pools/.test(path))).toEqual([]);
    });

    test("destroy takes away a VM that is gone already, and leaves the node as it was found", async () => {
        await lab.node.deleteByHand(5002);
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
        expect(await lab.resources()).toEqual([]);
    });
});
