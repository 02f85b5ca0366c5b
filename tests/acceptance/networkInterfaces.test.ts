import type { NodeState } from "../../lab/expect";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const CONFIG = "/nodes/pve2/qemu/5001/config";
const STORAGE = "{segment: storage, address: 10.20.20.50}";
const OWN = "{address: 10.20.50.60}";

interface Firewall {
    readonly options: Readonly<Record<string, unknown>>;
    readonly ipset: Readonly<Record<string, readonly { cidr: string }[]>>;
    readonly rules: readonly { type: string; action: string; iface?: string }[];
}

/** VM 5001 gets a NIC in a segment of the site and one in its own; each test goes on from the one before. */
describe("further NICs", () => {
    let lab: AcceptanceLab;
    let found: NodeState;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        lab.withoutVintronics();
        await lab.grantRole();
        found = await lab.state();
        const opened = "[{segment: storage, to: [grooveiq], hosts: 50-59}]";
        const block = `config:\n  tenant-hypervisors:network:\n    opened: ${opened}\n`;
        lab.edit("Pulumi.dvntm.yaml", (text) => text.replace("config:\n", block));
    });
    afterAll(() => lab.stop());

    /** Brings 5001 up with these NICs beside its first, and 5002 with none. */
    async function declare(...nics: readonly string[]): Promise<void> {
        const first = `{name: nas-vm01, instance: 1, address: fixed, networkInterfaces: [${nics.join(", ")}]}`;
        lab.edit(
            "tenants/dvntm/grooveiq.yaml",
            () => `name: grooveiq\nvlan: 50\nvms:\n  - ${first}\n  - {name: api-vm01, instance: 2}\n`,
        );
        await lab.node.forgetRequests();
        await lab.up();
        await lab.succeed("preview", "--expect-no-changes");
    }

    async function vm() {
        const { vms, firewall } = await lab.state();
        const wall = (firewall.guests as Record<string, Firewall>)["5001"]!;
        const { config, pending, status } = vms["5001"]!;
        const sets = Object.entries(wall.ipset).map(([name, entries]) =>
            [name, ...entries.map(({ cidr }) => cidr)].join(" "),
        );
        return { config: config as Record<string, string>, pending, status, sets: sets.sort(), wall };
    }

    const drift = async () => {
        const { exitCode, output } = await lab.workspace.command("drift", "dvntm");
        return { exitCode, output };
    };

    const SETS = ["ipfilter-net0 10.20.50.10", "ipfilter-net1 10.20.20.50", "ipfilter-net2 10.20.50.60"];

    test("are made with VLAN, address, set and rules of their own, and the next preview is empty", async () => {
        await declare(STORAGE, OWN);
        const { config, status, sets, wall } = await vm();
        expect(status).toBe("running");
        expect(config["net0"]).toMatch(/bridge=vmbr0,firewall=1,tag=50$/);
        expect(config["net1"]).toMatch(/^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0,firewall=1,tag=20$/);
        expect(config["net2"]).toMatch(/^virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0,firewall=1,tag=50$/);
        expect(config).toMatchObject({ ipconfig1: "ip=10.20.20.50/24", ipconfig2: "ip=10.20.50.60/24" });
        expect(sets).toEqual(SETS);
        expect(wall.options).toMatchObject({ enable: 1, policy_in: "DROP", ipfilter: 1, macfilter: 1 });
        const of = (nic: string) =>
            wall.rules.filter(({ iface }) => iface === nic).map(({ type, action }) => `${type} ${action}`);
        const inward = Array(3).fill("in ACCEPT");
        expect(["net0", "net1", "net2"].map(of)).toEqual([
            inward,
            ["out DROP", "out DROP", "out ACCEPT", "out DROP"],
            inward,
        ]);
        expect(await lab.nakedStarts()).toEqual([]);
        expect(await drift()).toEqual({ exitCode: 0, output: expect.stringMatching(/no drift/i) as string });
        // Control: the other VM of the tenant has one NIC, and rules for each.
        const other = (await lab.state()).vms["5002"]!.config;
        expect(Object.keys(other).filter((key) => /^(net|ipconfig)[1-9]/.test(key))).toEqual([]);
    });

    test("that were changed by hand are told, and an up makes them as declared", async () => {
        const before = (await vm()).config;
        const net1 = before["net1"]!.replace("tag=20", "tag=51").replace(",firewall=1", "");
        await lab.node.byHand("PUT", CONFIG, { net1, net3: "virtio,bridge=vmbr0,tag=51", ipconfig3: "ip=dhcp" });
        await lab.node.byHand("DELETE", "/nodes/pve2/qemu/5001/firewall/ipset/ipfilter-net2/10.20.50.60");
        const { exitCode, output } = await drift();
        expect(exitCode).toBe(2);
        expect(output).toMatch(/VM 5001 nas-vm01: net1: vlanId +20 +51/);
        expect(output).toMatch(/VM 5001 nas-vm01: net1: firewall/);
        expect(output).toMatch(/VM 5001 nas-vm01: net3 +none/);
        expect(output).toMatch(/10\.20\.50\.60/);
        await declare(STORAGE, OWN);
        const { config, sets } = await vm();
        expect(config).toMatchObject({ net1: before["net1"], net2: before["net2"] });
        expect(config).not.toHaveProperty("net3");
        expect(config).not.toHaveProperty("ipconfig3");
        expect(sets).toEqual(SETS);
    });

    test("are taken out in place: the others keep their MACs, and nothing of one is left", async () => {
        const before = (await vm()).config;
        await declare(STORAGE);
        const { config, sets, pending } = await vm();
        expect(config).toMatchObject({ net0: before["net0"], net1: before["net1"], smbios1: before["smbios1"] });
        expect(
            Object.keys(config)
                .filter((key) => /^(net|ipconfig)\d/.test(key))
                .sort(),
        ).toEqual([...["ipconfig0", "ipconfig1", "net0", "net1"]]);
        expect(pending).toEqual({});
        expect(sets).toEqual(SETS.slice(0, 2));
        await declare();
        const without = await vm();
        expect(without.config).toMatchObject({ net0: before["net0"], smbios1: before["smbios1"] });
        expect(without.config).not.toHaveProperty("net1");
        expect(without.config).not.toHaveProperty("ipconfig1");
        expect(without.sets).toEqual(SETS.slice(0, 1));
        expect(without.wall.rules.filter(({ iface }) => iface !== undefined)).toEqual([]);
        expect(await drift()).toEqual({ exitCode: 0, output: expect.stringMatching(/no drift/i) as string });
    });

    test("are added to a VM that runs, and go with it: a teardown leaves nothing", async () => {
        const before = (await vm()).config;
        await declare(STORAGE);
        const { config, status } = await vm();
        expect(status).toBe("running");
        expect(config).toMatchObject({
            net0: before["net0"],
            smbios1: before["smbios1"],
            ipconfig1: "ip=10.20.20.50/24",
        });
        expect(config["net1"]).toMatch(/tag=20$/);
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });
});
