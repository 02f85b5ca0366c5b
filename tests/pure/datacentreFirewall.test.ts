import { resolve } from "node:path";
import { firewallWarning } from "../../node/datacentreFirewall";
import { loadSubstrate } from "../../substrate/load";

const dvntm = loadSubstrate({ root: resolve(__dirname, "..", ".."), substrate: "dvntm" });
const hv02 = dvntm.hypervisors[0]!;

test("a datacentre firewall that is off is told, with what does not count and how to turn it on with a way back", () => {
    const warning = firewallWarning(dvntm, hv02, { datacentreFirewall: false })!;
    expect(warning).toMatch(/^hv02: PVE's datacentre firewall is off, so no firewall around a VM on node pve2 counts/);
    // pve-firewall 5.1.2, src/PVE/Firewall.pm:2933-2940.
    expect(warning).toContain("it lets in TCP 8006, 22, 3128, 5900-5999 and 60000-60050 from the node's own network");
    expect(warning).toContain("ping, too");
    const commands = warning.split("\n").map((line) => line.trim());
    const back = commands.indexOf(
        "systemd-run --on-active=2min --unit=firewall-off pvesh set /cluster/firewall/options --enable 0",
    );
    expect(back).toBeGreaterThan(-1);
    expect(commands[back + 1]).toBe("pvesh set /cluster/firewall/options --enable 1");
});

test("one that is on is not, nor one of a hypervisor without VMs", () => {
    expect(firewallWarning(dvntm, hv02, { datacentreFirewall: true })).toBeUndefined();
    expect(firewallWarning(dvntm, { ...hv02, name: "hv03" }, { datacentreFirewall: false })).toBeUndefined();
});
