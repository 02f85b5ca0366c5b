import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withBaseline } from "../../../lab/baseline";
import type { NodeState } from "../../../lab/expect";
import { LabHost } from "../../../lab/labHost";
import { SimulatedNode } from "../../../lab/simulatedNode";
import { SimulatedRouter } from "../../../lab/simulatedRouter";
import { interfaceOf } from "../../router/managed";
import { describeWithHost } from "../hostLab";
import { grantsIn } from "../../../lab/pveum";
import { reach } from "./lab";
import { Runbook } from "./runbook";

jest.setTimeout(600_000);

const PAGE = "docs/first-substrate.md";
const ROTATE = "docs/rotate.md";
const STACK = "Pulumi.dvntm.yaml";
const VLANS = [50, 51, 52, 53, 54, 55, 56, 57, 58, 59];

describeWithHost(`${PAGE}, ${ROTATE}`, () => {
    let node: SimulatedNode;
    let router: SimulatedRouter;
    let host: LabHost;
    let runbook: Runbook;

    const environment = () => join(runbook.home, "dvntm.env");

    /** Sets a variable of the environment's file, as a person with an editor does. */
    function fillIn(name: string, value: string): void {
        runbook.edit(environment(), (text) =>
            text.replace(new RegExp(`^(?:# )?export ${name}=.*$`, "m"), `export ${name}='${value}'`),
        );
    }

    /** A new secret of a token or key, of which no run may show anything. */
    function newSecret(): string {
        const secret = randomBytes(20).toString("hex");
        runbook.addSecret(secret);
        return secret;
    }

    const vms = async () => ((await node.state()) as NodeState).vms;

    beforeAll(async () => {
        node = await SimulatedNode.start();
        router = await SimulatedRouter.start({ assigned: false });
        host = await LabHost.start();
        runbook = new Runbook({});
        reach(runbook, node, "dvntm");
        [node.ready.apiToken.split("=")[1]!, router.ready.apiSecret].forEach((secret) => runbook.addSecret(secret));
        await node.set({ grants: [] });
        runbook.open("docs/first-substrate.md");
        runbook.open("docs/rotate.md");
    });
    afterAll(async () => {
        runbook.remove();
        await host.remove();
        await router.stop();
        await node.stop();
    });

    test("the stack file, the tools, token and environment", async () => {
        expect((await runbook.next(PAGE, "export PATH")).output).toMatch(/no faults/);
        await node.set({ grants: grantsIn((await runbook.next(PAGE, "tenants role")).stdout) });
        await runbook.next(PAGE, "cp env.example");
        fillIn("PROXMOX_VE_API_TOKEN", node.ready.apiToken);
        fillIn("PULUMI_CONFIG_PASSPHRASE", "a passphrase");
        fillIn("SSL_CERT_FILE", node.ready.caFile);
        const { output } = await runbook.next(PAGE, ". ~/dvntm.env");
        expect(output).toMatch(/grooveiq-api-vm01-vm +create/);
        expect(output).not.toMatch(/lacks/);
    });

    test("the baseline is declared, and root's key put into the configuration", async () => {
        const more = "        revision: first\n";
        runbook.edit(STACK, (text) => withBaseline(text, host, more));
        mkdirSync(join(runbook.home, ".ssh"), { mode: 0o700 });
        writeFileSync(join(runbook.home, ".ssh/deevnet_ed25519"), host.privateKey, { mode: 0o600 });
        runbook.addSecret(host.privateKey);
        await runbook.next(PAGE, "pulumi config set");
        expect(readFileSync(runbook.path(STACK), "utf8")).toMatch(/baseline:privateKey:\n +secure: v1:/);
    });

    test("the router: a VLAN that is not assigned is told", async () => {
        const both = [node.ready.caFile, router.ready.caFile].map((file) => readFileSync(file, "utf8")).join("");
        writeFileSync(join(runbook.home, "authorities.pem"), both);
        fillIn("OPNSENSE_API_KEY", router.ready.apiKey);
        fillIn("OPNSENSE_API_SECRET", router.ready.apiSecret);
        fillIn("SSL_CERT_FILE", join(runbook.home, "authorities.pem"));
        const declared = `mode: api\n    endpoint: ${router.ready.endpoint}\n    vlanParent: re0`;
        runbook.edit(STACK, (text) => text.replace("mode: export", declared));
        await expect(runbook.first(". ~/dvntm.env\ntenants up dvntm")).rejects.toThrow(
            /vlan0\.50[^]*10\.20\.50\.1\/24/,
        );
        const made = Object.values((await router.state()).saved["vlan"]!).map(({ tag }) => tag);
        for (const vlan of VLANS.filter((tag) => !made.includes(String(tag)))) {
            const device = { if: "re0", tag: String(vlan), vlanif: `vlan0.${vlan}`, descr: "tenant segment" };
            await router.byHand("interfaces/vlan_settings/addItem", { vlan: device });
        }
        await router.byHand("interfaces/vlan_settings/reconfigure");
        for (const vlan of VLANS) {
            await router.assign(interfaceOf(vlan), `vlan0.${vlan}`, `10.20.${vlan}.1/24`);
        }
        await runbook.next(PAGE, ". ~/dvntm.env");
    });

    test("up: the baseline, then the tenants on node and router, and nothing differs", async () => {
        await runbook.next(PAGE, "tenants up");
        expect(host.read("etc/sudoers.d/010_a_autoprov-nopasswd")).toContain("a_autoprov");
        expect(host.read("sys/class/net/vmbr0/bridge/vlan_filtering")).toBe("1\n");
        expect(Object.keys(await vms())).toHaveLength(3 + 5);
        const { active } = await router.state();
        const scopes = Object.values(active["subnet4"]!).map(({ subnet }) => subnet);
        expect(scopes).toEqual(expect.arrayContaining(["10.20.50.0/24", "10.20.51.0/24"]));
        expect((await runbook.next(PAGE, "tenants preview")).output).toMatch(/no drift/);
    });

    test("rotate the hypervisor's token", async () => {
        const before = await vms();
        const secret = newSecret();
        await node.set({ secret, grants: [] });
        await expect(runbook.first("tenants up dvntm")).rejects.toThrow(/401/);
        await node.set({ grants: grantsIn((await runbook.next(ROTATE, "tenants role")).stdout) });
        fillIn("PROXMOX_VE_API_TOKEN", `deevnet@pve!pulumi=${secret}`);
        await runbook.next(ROTATE, ". ~/dvntm.env");
        expect(await vms()).toEqual(before);
    });

    test("rotate the core router's key", async () => {
        const secret = newSecret();
        await router.set({ secret });
        await expect(runbook.first("tenants drift dvntm")).rejects.toThrow(/401/);
        fillIn("OPNSENSE_API_SECRET", secret);
        expect((await runbook.next(ROTATE, ". ~/dvntm.env")).output).toMatch(/no drift/);
    });

    test("rotate root's SSH key", async () => {
        await runbook.next(ROTATE, "ssh-keygen");
        const key = (name: string) => readFileSync(join(runbook.home, ".ssh", name), "utf8");
        runbook.addSecret(key("deevnet_ed25519.new"));
        host.write(
            "root/.ssh/authorized_keys",
            `${host.read("root/.ssh/authorized_keys")}\n${key("deevnet_ed25519.new.pub")}`,
            0o600,
        );
        expect((await runbook.next(ROTATE, "pulumi config set")).output).toMatch(/dvntm: no drift/);
        host.write("root/.ssh/authorized_keys", key("deevnet_ed25519.new.pub"), 0o600);
        expect((await runbook.next(ROTATE, "mv ~/.ssh")).output).toMatch(/dvntm: no drift/);
    });

    test("the host's key: another one is refused, and one that is declared runs no baseline", async () => {
        await runbook.first("ssh-keygen -q -t ed25519 -N '' -C '' -f ~/host");
        const key = (name: string) => readFileSync(join(runbook.home, name), "utf8");
        host.write("etc/ssh/ssh_host_ed25519_key", key("host"), 0o600);
        await host.reboot();
        await expect(runbook.first("tenants drift dvntm")).rejects.toThrow(/host key/i);
        runbook.edit(STACK, (text) => text.replace(host.hostKey, key("host.pub").trim()));
        const { output } = await runbook.next(ROTATE, "tenants drift");
        expect(output).toMatch(/dvntm: no drift/);
        expect(output).not.toMatch(/baseline-\w+ +(created|updated|replaced)/);
    });

    test("rotate the passphrase: the old one opens nothing any more", async () => {
        await runbook.next(ROTATE, "(umask 077; openssl rand");
        await expect(runbook.first("tenants preview dvntm")).rejects.toThrow(/incorrect passphrase/);
        const passphrase = readFileSync(join(runbook.home, "dvntm.passphrase"), "utf8").trim();
        runbook.addSecret(passphrase);
        fillIn("PULUMI_CONFIG_PASSPHRASE", passphrase);
        await runbook.next(ROTATE, ". ~/dvntm.env");
        fillIn("PULUMI_CONFIG_PASSPHRASE", "");
        await expect(runbook.first(". ~/dvntm.env\ntenants preview dvntm")).rejects.toThrow(
            /PULUMI_CONFIG_PASSPHRASE is empty, [^]*openssl rand -base64 32/,
        );
        runbook.expectDone();
    });
});
