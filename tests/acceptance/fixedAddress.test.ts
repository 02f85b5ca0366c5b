import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** A VM's further lines in its definition. */
interface Lines {
    readonly address?: "fixed";
    readonly rebuild?: string;
}

const ADDRESS = { "5001": "10.20.50.10", "5002": "10.20.50.11", "5003": "10.20.50.12" };

/** Three VMs whose addresses are fixed, given back and fixed again, with rebuilds: each test goes on from the one before. */
describe("VMs with a fixed address", () => {
    let lab: AcceptanceLab;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
    });
    afterAll(() => lab.stop());

    /** Brings VMs 5001, 5002 and 5003 up with these lines; gives back what the node was asked to change. */
    async function declare(...vms: readonly Lines[]): Promise<{ method: string; path: string }[]> {
        const text = vms.map((lines, at) => `  - ${JSON.stringify({ name: `vm${at}`, instance: at + 1, ...lines })}\n`);
        const file = join(lab.workspace.root, "tenants/dvntm/grooveiq.yaml");
        writeFileSync(file, `name: grooveiq\nvlan: 50\nvms:\n${text.join("")}`);
        await lab.node.forgetRequests();
        await lab.up();
        return (await lab.node.requests()).filter(({ method }) => method !== "GET");
    }

    async function made(...fixed: readonly (keyof typeof ADDRESS)[]): Promise<void> {
        const vmids = ["5001", "5002", "5003", "5101", "5102", "5103"];
        await lab.expectMade(vmids, Object.fromEntries(fixed.map((vmid) => [vmid, ADDRESS[vmid]])));
    }

    const configs = async () =>
        Object.entries((await lab.state()).vms).map(([vmid, { config }]) => [vmid, config] as const);
    const config = async (vmid: string) => new Map(await configs()).get(vmid)!;

    test("are made with it, the gateway and the segment's resolver", async () => {
        await declare({ address: "fixed" }, {}, { address: "fixed" });
        expect(await config("5001")).toMatchObject({
            ipconfig0: "gw=10.20.50.1,ip=10.20.50.10/24",
            nameserver: "10.20.50.1",
        });
        expect((await config("5002"))["ipconfig0"]).toBe("ip=dhcp");
        await made("5001", "5003");
    });

    test("are rebuilt with it, and into it: the address filter goes before its VM, and is made anew", async () => {
        const before = new Map(await configs());
        const rebuilt = { address: "fixed", rebuild: "once" } as const;
        const writes = await declare(rebuilt, rebuilt, { address: "fixed" });
        for (const vmid of ["5001", "5002"]) {
            expect((await config(vmid))["smbios1"]).not.toBe(before.get(vmid)!["smbios1"]);
        }
        expect((await config("5001"))["ipconfig0"]).toBe(before.get("5001")!["ipconfig0"]);
        expect((await config("5002"))["ipconfig0"]).toMatch(/ip=10\.20\.50\.11\/24/);
        const at = (method: string, end: RegExp) =>
            writes.findIndex((write) => write.method === method && end.test(write.path));
        expect(at("DELETE", /5001\/firewall\/ipset\/ipfilter-net0$/)).toBeGreaterThanOrEqual(0);
        expect(at("DELETE", /5001\/firewall\/ipset\/ipfilter-net0$/)).toBeLessThan(at("DELETE", /qemu\/5001\/\?/));
        // Control: of the one that nobody rebuilds nothing goes.
        expect(writes.filter(({ path }) => path.includes("/5003/"))).toEqual([]);
        await made("5001", "5002", "5003");
    });

    test("go back to DHCP, in place and by a rebuild: no gateway stays in the configuration, and no filter", async () => {
        const before = (await config("5001"))["smbios1"];
        await declare({ rebuild: "once" }, { rebuild: "twice" }, { address: "fixed" });
        // It may send from any address at once: the filter is off before its ipset goes.
        const one = "ipset/ipfilter-net0";
        expect(await lab.firewallWrites("5001")).toEqual(["PUT options", `DELETE ${one}/10.20.50.10`, `DELETE ${one}`]);
        expect(await config("5001")).toMatchObject({ ipconfig0: "ip=dhcp", smbios1: before });
        expect((await config("5002"))["ipconfig0"]).toBe("ip=dhcp");
        await made("5003");
        await lab.succeed("preview", "--expect-no-changes");
    });
});
