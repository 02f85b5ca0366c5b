import { declareBaseline } from "./baseline";
import { expectSame, expectThat, UnexpectedError } from "./expect";
import type { LabHost } from "./labHost";
import type { Workspace } from "./workspace";

/** Configures the fresh host, together with the tenants that are there. */
export async function configureHost(host: LabHost, workspace: Workspace): Promise<string> {
    await declareBaseline(workspace, host);
    const { exitCode, output } = await workspace.pulumi(["up", "--yes", "--skip-preview"]);
    if (exitCode !== 0) {
        throw new UnexpectedError(`pulumi ended with ${exitCode}:\n${output}`);
    }
    expectSame(
        "what the automation user may do",
        host.inside("su a_autoprov -c 'sudo -n id -un' 2>/dev/null"),
        "root\n",
    );
    expectSame("VLAN filtering of vmbr0", host.read("sys/class/net/vmbr0/bridge/vlan_filtering"), "1\n");
    const sessions = host.sessions();
    expectSame(
        "preview of a configured host",
        (await workspace.pulumi(["preview", "--expect-no-changes"])).exitCode,
        0,
    );
    expectSame("SSH sessions of that preview", host.sessions(), sessions);
    return "Ansible, automation user, package sources, bridge and storages are there; a second look needs no SSH";
}

/** Changes the host by hand, and has the drift found. */
export async function findHostDrift(host: LabHost, workspace: Workspace): Promise<string> {
    host.write("etc/sudoers.d/010_a_autoprov-nopasswd", "a_autoprov ALL=(ALL) ALL\n", 0o440);
    const before = host.files();
    const { exitCode, output } = await workspace.command("drift", workspace.stack);
    expectSame("exit code of the host's drift", exitCode, 2);
    expectThat("the drift names the task", output.includes("It may do all without a password"));
    expectSame("host after a check", host.files(), before);
    return "found by Ansible's own check, task and difference, and nothing written";
}
