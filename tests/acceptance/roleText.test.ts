import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { labEnvironment } from "../../lab/environment";
import { LAB_PYTHON } from "../../lab/venv";
import { loadSubstrate } from "../../substrate/load";
import { grantsOf, pveumCommands, TOKEN, USER } from "../../substrate/role";
import { project, removeProjects, smallTenant, STACK } from "../fixtures";
import { RUN_TIMEOUT_MS } from "./lab";

jest.setTimeout(RUN_TIMEOUT_MS);

/** The text in a root shell, whose pveum is that of the lab's host and knows the privileges of one version alone. */
describe("the text of tenants role, pasted", () => {
    const [SOURCE, CALLS] = [resolve(__dirname, "../../lab/host/pve.py"), join(__dirname, "pveumCalls.py")];
    /** One Python for all calls of a shell. */
    const PVEUM = `coproc PVE { $CALLS; }
pveum() {
    local code said IFS=$'\\x1f'
    echo "$*" >&"\${PVE[1]}"
    IFS=$'\\t' read -r code said <&"\${PVE[0]}"
    [ -z "$said" ] || printf '%b\\n' "$said" >&2
    return "$code"
}`;
    let folder: string;

    beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "pveum-"))));
    afterAll(() => {
        rmSync(folder, { recursive: true });
        removeProjects();
    });

    const asking = "    agent: {wait: true}\n    startup: {order: 1}\n    cpu: custom-own\n";
    const substrate = loadSubstrate({
        root: project({
            "Pulumi.dvntm.yaml": STACK.replace(/^( +)bridge: /m, "$1taskLog: true\n$&"),
            "tenants/dvntm/grooveiq.yaml": `${smallTenant("grooveiq", 50)}${asking}`,
        }),
        substrate: "dvntm",
    });
    /** Grants for a version, or for both. */
    const grantsFor = (pve?: string) => grantsOf(substrate, substrate.hypervisors[0]!, pve);

    /** A shell of a fresh node of a version: what pveum says of a text, and what it holds then. */
    function shell(version: string) {
        const state = join(mkdtempSync(join(folder, "node-")), "state.json");
        writeFileSync(state, JSON.stringify({ version, users: { "root@pam": { tokens: [] } } }));
        return (lines: readonly string[]) => {
            const env = { ...labEnvironment(), CALLS: [LAB_PYTHON, ...[CALLS, SOURCE, state]].join(" ") };
            const { stderr } = spawnSync("bash", { input: `${PVEUM}\n${lines.join("\n")}\n`, env, encoding: "utf8" });
            const { roles, acl } = JSON.parse(readFileSync(state, "utf8")) as {
                roles: Record<string, string[]>;
                acl: { path: string; roleid: string; ugid: string; propagate: number }[];
            };
            return { stderr, roles, acl };
        };
    }

    const rolesOf = (pve: string) =>
        Object.fromEntries(grantsFor(pve).map(({ role, privileges }) => [role, [...privileges].sort()]));

    test.each([
        ["8.4.1", "9.2.11", "VM.Monitor", "VM.GuestAgent.Audit"],
        ["9.2.11", "8.4.1", "VM.GuestAgent.Audit", "VM.Monitor"],
    ])("PVE %s takes its own, refuses a privilege of PVE %s, and of both keeps its own", (pve, other, own, others) => {
        const node = shell(pve);
        const taken = node(pveumCommands(grantsFor(pve)));
        expect(taken).toMatchObject({ stderr: "", roles: rolesOf(pve) });
        expect(taken.roles["DeevnetAgent"]).toEqual([own]);
        const both = [USER, TOKEN];
        expect(taken.acl.map(({ path, roleid, ugid, propagate }) => [path, roleid, ugid, propagate])).toEqual(
            grantsFor(pve).flatMap(({ path, role, propagate }) =>
                both.map((ugid) => [path, role, ugid, Number(propagate)]),
            ),
        );
        const again = node(pveumCommands(grantsFor(pve)));
        expect(again.roles).toEqual(taken.roles);
        expect(again.stderr).toMatch(
            /^create user failed: .* already exists\n400 .*\ntokenid: Token already exists\.\n$/,
        );

        const refused = shell(pve)(pveumCommands(grantsFor(other)));
        expect(refused.stderr).toBe(`invalid privilege '${others}'\n`);
        expect(refused.roles["DeevnetAgent"]).toEqual([]);

        const kept = shell(pve)(pveumCommands(grantsFor()));
        expect(kept.stderr).toBe(`invalid privilege '${others}'\n`);
        expect(kept.roles["DeevnetAgent"]).toEqual([own]);
    });
});
