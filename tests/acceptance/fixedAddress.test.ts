import type { NodeState } from "../../lab/expect";
import { AcceptanceLab, RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

const FIXED = { "5002": "10.20.50.11" };

/** One VM whose address is fixed, given back and fixed again, rebuilt in between: each test goes on from the one before. */
describe("a VM with a fixed address", () => {
    let lab: AcceptanceLab;
    let found: NodeState;

    beforeAll(async () => {
        lab = await AcceptanceLab.start();
        found = await lab.state();
    });
    afterAll(() => lab.stop());

    /** Gives the VM further lines in place of those it had, brings it up, and gives back its configuration on the node. */
    async function declare(...lines: string[]): Promise<Readonly<Record<string, string>>> {
        lab.edit("tenants/dvntm/grooveiq.yaml", (text) =>
            text.replace(/instance: 2\n[^]*/, ["instance: 2", ...lines, ""].join("\n    ")).trimEnd(),
        );
        await lab.node.forgetRequests();
        await lab.up();
        return (await lab.state()).vms["5002"]!.config;
    }

    async function settled(fixed: Readonly<Record<string, string>> = {}): Promise<void> {
        await lab.expectSettled(["5001", "5002", "5101", "5102", "5103"], fixed);
    }

    test("is made with it, the gateway and the segment's resolver", async () => {
        expect(await declare("address: fixed")).toMatchObject({
            ipconfig0: "gw=10.20.50.1,ip=10.20.50.11/24",
            nameserver: "10.20.50.1",
        });
        await settled(FIXED);
    });

    test("is rebuilt with it: its address filter goes before it, and is made anew", async () => {
        const before = (await lab.state()).vms["5002"]!.config;
        const after = await declare("address: fixed", "rebuild: once");
        expect(after["smbios1"]).not.toBe(before["smbios1"]);
        expect(after["ipconfig0"]).toBe(before["ipconfig0"]);
        const writes = (await lab.node.requests()).filter(({ method, path }) => method !== "GET" && /5002/.test(path));
        const at = (method: string, end: RegExp) =>
            writes.findIndex((write) => write.method === method && end.test(write.path));
        expect(at("DELETE", /firewall\/ipset\/ipfilter-net0$/)).toBeGreaterThanOrEqual(0);
        expect(at("DELETE", /firewall\/ipset\/ipfilter-net0$/)).toBeLessThan(at("DELETE", /qemu\/5002\/\?/));
        await settled(FIXED);
    });

    test("goes back to DHCP: no gateway stays in its configuration, and no filter around it", async () => {
        expect((await declare("rebuild: once"))["ipconfig0"]).toBe("ip=dhcp");
        await settled();
    });

    test("is rebuilt into a fixed address, and out of it again, in one run each", async () => {
        expect((await declare("address: fixed", "rebuild: twice"))["ipconfig0"]).toMatch(/ip=10\.20\.50\.11\/24/);
        await settled(FIXED);
        expect((await declare("rebuild: thrice"))["ipconfig0"]).toBe("ip=dhcp");
        await settled();
    });

    test("goes with its filter, which is around it alone", async () => {
        await declare("address: fixed", "rebuild: again");
        await settled(FIXED);
        await lab.succeed("destroy", "--yes", "--skip-preview");
        expect(await lab.state()).toEqual(found);
    });
});
