import { readFileSync } from "node:fs";

/** Public key of the automation user in the tests. */
export const AUTOMATION_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0XwM2bGzG8Q0gq0mU8rO6eJ4m2s3p5x7w9y1A3B5C7";
/** A variable that nobody may see. */
export const SECRET = "correct-horse-battery-staple";

/** Lines of the stack file below hypervisors.hv02 that declare a baseline. */
export function baselineText(more = ""): string {
    const resolver = /^nameserver (\S+)/m.exec(readFileSync("/etc/resolv.conf", "utf8"))![1]!;
    return `      baseline:
        address: 10.20.99.22
        # The lab host uses this machine's network, and so its resolver.
        resolver: ${resolver}
        wait: 5
        automation:
          keys: [${AUTOMATION_KEY}]
        storages:
          - {id: images, type: dir, path: /srv/images, content: [images, iso]}
${more}`;
}
