import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabHost } from "./labHost";
import type { Workspace } from "./workspace";

/** Public key of the automation user on the lab host. */
export const AUTOMATION_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0XwM2bGzG8Q0gq0mU8rO6eJ4m2s3p5x7w9y1A3B5C7";

/**
 * Has a workspace of dvntm configure the lab host: its way and key, and a baseline in the stack file.
 *
 * @param more further lines of the baseline, each ended.
 */
export async function declareBaseline(workspace: Workspace, host: LabHost, more = ""): Promise<void> {
    const file = join(workspace.root, `Pulumi.${workspace.stack}.yaml`);
    writeFileSync(file, withBaseline(readFileSync(file, "utf8"), host, more));
    await workspace.setSecret("baseline:privateKey", host.privateKey);
}

/** The text of a stack file with the way to the lab host and a baseline; without the key, which is a secret. */
export function withBaseline(text: string, host: LabHost, more = ""): string {
    return text
        .replace(/ssh:\n {8}host: .*/, `ssh:\n        host: ${host.host}`)
        .replace(/( {8}host: .*)/, `$1\n        port: ${host.port}\n        hostKey: ${host.hostKey}`)
        .replace(/(?= {6}bridge: )/, baselineText(more));
}

function baselineText(more: string): string {
    // The lab host uses this machine's network, and so its resolver.
    const resolver = /^nameserver (\S+)/m.exec(readFileSync("/etc/resolv.conf", "utf8"))![1]!;
    return `      baseline:
        address: 10.20.99.22
        resolver: ${resolver}
        wait: 30
        automation:
          keys: [${AUTOMATION_KEY}]
        storages:
          - {id: images, type: dir, path: /srv/images, content: [images, iso]}
${more}`;
}
