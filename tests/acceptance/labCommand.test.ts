import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import schema from "../../schemas/output/lab.schema.json";
import type { RunningLab } from "../../lab/session/folder";
import { SimulatedRouter } from "../../lab/simulatedRouter";
import { processesOf } from "../../lab/processes";
import { exampleFolder } from "../examples";
import { pathOfPerson, Runbook } from "./runbooks/runbook";

jest.setTimeout(300_000);

const PERSON = { ...process.env, PATH: pathOfPerson() };

let runbook: Runbook;
const started: ChildProcess[] = [];
beforeAll(() => void (runbook = new Runbook({})));
afterAll(() => {
    started.forEach((one) => one.exitCode === null && one.kill("SIGTERM"));
    runbook.remove();
});

/** Starts a lab in the clone, as a script does: without a terminal; waits until it says that it is ready, or ended. */
async function start(...options: readonly string[]): Promise<{ child: ChildProcess; running: Record<string, string> }> {
    const child = spawn(runbook.path("bin/tenants"), ["lab", "--json", ...options], {
        cwd: runbook.home,
        env: PERSON,
        stdio: ["ignore", "pipe", "inherit"],
    });
    started.push(child);
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return { child, running: (JSON.parse(line.toString()) as { running: Record<string, string> }).running };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(child, "exit");
    child.kill(signal);
    return ((await ended) as [number | null])[0];
}

function tenants(...args: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(runbook.path("bin/tenants"), args, { encoding: "utf8", env: PERSON });
    return { status, stdout, stderr };
}

/** A variable that a shell has once it sourced .lab/env. */
function sourced(name: string, shell = "bash"): string {
    const script = `. '${runbook.path(".lab/env")}'; printf %s "$${name}"`;
    return spawnSync(shell, ["-c", script], { encoding: "utf8" }).stdout;
}

test("ports, secrets and what was made are the same after a restart; a second lab beside it is refused", async () => {
    const first = await start();
    const env = readFileSync(runbook.path(".lab/env"), "utf8");
    const authorities = readFileSync(runbook.path(".lab/ca.pem"), "utf8");
    expect(["env", "ca.pem", "settings.json", "running.json"].map((file) => modeOf(file))).toEqual(
        Array(4).fill(0o600),
    );
    expect(modeOf("")).toBe(0o700);
    expect(sourced("TENANTS_PROJECT")).toBe(runbook.path(".lab/project"));
    expect(sourced("TENANTS_PROJECT", "sh")).toBe(runbook.path(".lab/project"));

    const second = tenants("lab");
    expect([second.status, second.stdout]).toEqual([1, ""]);
    expect(second.stderr).toMatch(new RegExp(`^a lab runs already, as process ${first.running["pid"]} since `));

    expect(tenants("lab", "edit", "vm", "110", "memory=777")).toMatchObject({ status: 0 });
    const unknown = tenants("lab", "edit", "vm", "110", "memroy=777");
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining("memroy: property is not defined")]);
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);
    for (const args of [["status"], ["edit", "vm", "110", "name=by-hand", "cores=3"]]) {
        const { stdout } = tenants("lab", ...args, "--json");
        expect([stdout, validate(JSON.parse(stdout))]).toEqual([stdout, true]);
    }

    expect(await end(first.child, "SIGTERM")).toBe(130);
    expect(processesOf(runbook.path(".lab"))).toEqual([]);
    expect(tenants("lab", "status", "--json")).toMatchObject({ status: 1, stdout: '{"running":null}\n' });
    expect(tenants("lab", "delete", "vm", "110")).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^no lab runs/) as string,
    });

    const again = await start();
    expect(readFileSync(runbook.path(".lab/env"), "utf8")).toBe(env);
    expect(readFileSync(runbook.path(".lab/ca.pem"), "utf8")).toBe(authorities);
    // What was set by hand before is what it has now: to set it again to what it was not is no news to PVE.
    const config = readFileSync(runbook.path(".lab/node/state.json"), "utf8");
    expect(config).toContain('"777"');
    expect(await end(again.child, "SIGINT")).toBe(130);
});

test("a port that is taken is told with who has it; --fresh begins anew on others", async () => {
    const { ports } = JSON.parse(readFileSync(runbook.path(".lab/settings.json"), "utf8")) as {
        ports: { node: number };
    };
    const server = createServer().listen(ports.node, "127.0.0.1");
    await once(server, "listening");
    // A process of its own asks: this one answers connections meanwhile.
    const child = spawn(runbook.path("bin/tenants"), ["lab"], { env: PERSON, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(said).toMatch(
        new RegExp(`^port ${ports.node} of the simulated node is taken by process ${process.pid} \\(`),
    );
    const before = sourced("PROXMOX_VE_API_TOKEN");
    const fresh = await start("--fresh");
    expect(fresh.running["node"]).not.toContain(`:${ports.node}/`);
    expect(sourced("PROXMOX_VE_API_TOKEN")).not.toBe(before);
    server.close();
    expect(await end(fresh.child, "SIGINT")).toBe(130);
});

test("--from begins with another folder's site; a lab that began with others is refused", async () => {
    const home = exampleFolder("home");
    expect(tenants("lab", "--from", home)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
            /^the lab that is kept in \.lab began with the lab's own definitions, not with /,
        ) as string,
    });
    const { child } = await start("--fresh", "--from", home);
    const lab = JSON.parse(readFileSync(runbook.path(".lab/running.json"), "utf8")) as RunningLab;
    expect([lab.substrate, lab.node.node]).toEqual(["home", "pve"]);
    const { interfaces } = await SimulatedRouter.at(lab.router).state();
    expect(interfaces).toMatchObject({ lan: { addr4: "192.168.1.1/24" }, opt3: { addr4: "192.168.100.1/24" } });
    expect(readFileSync(runbook.path(".lab/project/Pulumi.home.yaml"), "utf8")).toContain(lab.router.endpoint);
    expect(existsSync(runbook.path(".lab/project/tenants/home/media.yaml"))).toBe(true);
    expect(await end(child, "SIGINT")).toBe(130);
});

test("a project that is gone is told; control: without the variable the program's own definitions count", () => {
    const validate = (project: string) =>
        spawnSync(runbook.path("bin/tenants"), ["validate", "dvntm"], {
            encoding: "utf8",
            env: { ...PERSON, TENANTS_PROJECT: project },
        });
    expect(existsSync(join(runbook.home, "gone"))).toBe(false);
    const { status, stderr } = validate(join(runbook.home, "gone"));
    expect([status, stderr]).toEqual([1, expect.stringContaining("has no Pulumi.yaml: start `tenants lab`")]);
    expect(validate("").status).toBe(0);
});

function modeOf(file: string): number {
    return statSync(join(runbook.path(".lab"), file)).mode & 0o777;
}
