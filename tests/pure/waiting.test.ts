import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { machinesOf, watch } from "../../commands/cli/watch";
import { proxyFor } from "../../https/proxy";
import { preflight } from "../../node/preflight";
import { endOrphans } from "../../state/orphans/read";
import { loadSubstrate } from "../../substrate/load";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import { HttpsMachine, ownCertificate } from "../httpsServer";

jest.setTimeout(60_000);

const KEPT = { ...process.env };
let silent: Server;
let alive: HttpsMachine;

beforeAll(async () => {
    // The system takes the connection for it, as it does for a program that stands still.
    silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    alive = await HttpsMachine.start(ownCertificate());
});
afterAll(async () => {
    silent.close();
    await alive.stop();
    removeProjects();
});
afterEach(() => void (process.env = { ...KEPT }));

function portOf(server: Server): number {
    return (server.address() as AddressInfo).port;
}

function substrateWith(stack = STACK) {
    const root = project({ "Pulumi.dvntm.yaml": stack, "tenants/dvntm/grooveiq.yaml": smallTenant("grooveiq", 50) });
    return loadSubstrate({ root, substrate: "dvntm" });
}

describe("what a run waits for", () => {
    /** All that is said of a machine until something holds, and how often the run was ended. */
    async function watched(endpoint: string, answer: number, until: (ended: number) => boolean) {
        const told: string[] = [];
        const spy = jest.spyOn(console, "error").mockImplementation((line?: unknown) => void told.push(String(line)));
        let ended = 0;
        const stop = watch([{ name: "hv02", endpoint }], () => void ended++, { every: 0.1, answer, limit: 0.4 });
        while (!until(ended)) {
            await delay(50);
        }
        await delay(300);
        stop();
        spy.mockRestore();
        return { told, ended };
    }

    test("is said by the machine's name, and the run is ended, once, when its time is over", async () => {
        const endpoint = `https://127.0.0.1:${portOf(silent)}/`;
        const { told, ended } = await watched(endpoint, 0.1, (times) => times > 0);
        expect(told[0]).toMatch(
            /^waiting for hv02 \(https:\/\/127\.0\.0\.1:\d+\/\), which has not answered for \d+ s$/,
        );
        expect(told.at(-1)).toBe(
            "hv02 has not answered for 0.4 s: the run is ended; see whether it is up, and run it again",
        );
        expect(ended).toBe(1);
    });

    test("control: of a machine that answers nothing is said, also where its certificate is refused", async () => {
        expect(await watched(alive.endpoint, 30, () => alive.connected > 2)).toEqual({ told: [], ended: 0 });
        expect(alive.asked).toBe(0);
    });

    test("are the nodes, and the router where the stack writes to it", () => {
        const names = (stack: string) => machinesOf(substrateWith(stack)).map(({ name }) => name);
        const router = (mode: string) =>
            `${STACK}  tenant-hypervisors:coreRouter:\n    mode: ${mode}\n    endpoint: https://core-rt02.dvntm.deevnet.net/\n`;
        expect(names(router("api"))).toEqual(["hv02", "the core router"]);
        expect(names(router("export"))).toEqual(["hv02"]);
        expect(names(STACK.replace("active", "planned"))).toEqual([]);
    });
});

describe("a proxy", () => {
    const NODE = "https://hv02.dvntm.deevnet.net:8006/";
    const PROXY = { HTTPS_PROXY: "http://proxy.deevnet.net:3128" };

    test.each<[string, string, NodeJS.ProcessEnv, boolean]>([
        ["a node", NODE, PROXY, true],
        ["a node, in lower case", NODE, { https_proxy: "proxy.deevnet.net:3128" }, true],
        ["none is set", NODE, { HTTP_PROXY: "http://proxy.deevnet.net:3128" }, false],
        ["the loopback", "https://127.0.0.1:8006/", PROXY, false],
        ["localhost", "https://localhost:8006/", PROXY, false],
        ["the host is spared", NODE, { ...PROXY, NO_PROXY: "a.net, hv02.dvntm.deevnet.net" }, false],
        ["its zone is spared", NODE, { ...PROXY, no_proxy: ".deevnet.net" }, false],
        ["its zone is spared without a dot", NODE, { ...PROXY, NO_PROXY: "deevnet.net" }, false],
        ["another zone is spared", NODE, { ...PROXY, NO_PROXY: "net.deevnet,eevnet.net" }, true],
        ["another port is spared", NODE, { ...PROXY, NO_PROXY: "deevnet.net:443" }, true],
        ["its port is spared", NODE, { ...PROXY, NO_PROXY: "deevnet.net:8006" }, false],
        ["all is spared", NODE, { ...PROXY, NO_PROXY: "*" }, false],
        ["its network is spared", "https://10.20.99.22:8006/", { ...PROXY, NO_PROXY: "10.20.0.0/16" }, false],
        ["another network is spared", "https://10.20.99.22:8006/", { ...PROXY, NO_PROXY: "10.10.0.0/16" }, true],
    ])("%s", (_, endpoint, environment, asks) => {
        expect(proxyFor(endpoint, environment) !== undefined).toBe(asks);
    });

    test("that leads nowhere is told before anything is asked of the node", async () => {
        process.env["PROXMOX_VE_API_TOKEN"] = "deevnet@pve!pulumi=0b8fa1c2-1111-2222-3333-444455556666";
        process.env["HTTPS_PROXY"] = "http://somebody:password@127.0.0.1:9";
        process.env["NO_PROXY"] = process.env["no_proxy"] = "";
        expect(await preflight(substrateWith())).toEqual([
            "hv02: HTTPS_PROXY leads the provider to the proxy 127.0.0.1:9, which takes no connection: unset it, or add " +
                "hv02.dvntm.deevnet.net to NO_PROXY",
        ]);
    });

    test("control: past one that takes connections the node itself is asked", async () => {
        process.env["PROXMOX_VE_API_TOKEN"] = "deevnet@pve!pulumi=0b8fa1c2-1111-2222-3333-444455556666";
        process.env["HTTPS_PROXY"] = `http://127.0.0.1:${portOf(silent)}`;
        process.env["NO_PROXY"] = process.env["no_proxy"] = "";
        await expect(
            preflight(substrateWith(STACK.replace("hv02.dvntm.deevnet.net:8006", "hv02.invalid"))),
        ).rejects.toThrow("https://hv02.invalid/ cannot be asked");
    });
});

describe("plugins of a Pulumi CLI that was killed", () => {
    const started: ChildProcess[] = [];
    afterEach(() => started.splice(0).forEach((child) => child.kill("SIGKILL")));

    /** A process that looks as a plugin does, and works in a folder. */
    async function plugin(folder: string, file: string, engine: number): Promise<ChildProcess> {
        const child = spawn("node", [join(folder, file), `127.0.0.1:${engine}`], { cwd: folder, stdio: "pipe" });
        started.push(child);
        await once(child.stdout, "data");
        return child;
    }

    test("are ended, and no others: of an engine that lives, of another folder, or of no plugin's name", async () => {
        const script = 'console.log("here"); setTimeout(() => undefined, 60_000);';
        const names = ["pulumi-resource-proxmoxve", "pulumi-language-nodejs", "policy/pack", "somebody.js", "pack"];
        const files = Object.fromEntries(names.map((name) => [name, script]));
        const [own, other] = [project(files), project(files)];
        const gone = 9;
        const orphans = [
            await plugin(own, "pulumi-resource-proxmoxve", gone),
            await plugin(own, "pulumi-language-nodejs", gone),
            await plugin(own, "policy/pack", gone),
        ];
        const others = [
            await plugin(own, "pulumi-resource-proxmoxve", portOf(silent)),
            await plugin(other, "pulumi-resource-proxmoxve", gone),
            await plugin(own, "somebody.js", gone),
            await plugin(own, "pack", gone),
        ];
        const exits = orphans.map((child) => once(child, "exit"));
        expect(endOrphans(own).sort()).toEqual(
            orphans
                .map(({ pid, spawnargs }) => [pid, spawnargs[1]!.split("/").at(-1)])
                .map(([pid, name]) => `process ${pid} (${name}), left by a run that was killed, is ended`)
                .sort(),
        );
        await Promise.all(exits);
        expect(others.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([null, null, null, null]);
        expect(endOrphans(own)).toEqual([]);
    });
});
