import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { SimulatedNode } from "../../lab/simulatedNode";

const PAGE = join(resolve(__dirname, "../.."), "docs/template.md");

/** The image that the page's commands import, and the least size that a cloud image has. */
export const IMAGE = { "/var/lib/vz/images/fedora.qcow2": 5 * 1024 ** 3 };

/** Call of the API that a command of qm is, by its name (qemu-server 9.2.6, src/PVE/CLI/qm.pm:1358). */
const CALLS: Readonly<Record<string, (vm: string) => readonly [method: string, path: string]>> = {
    create: () => ["POST", ""],
    set: (vm) => ["PUT", `/${vm}/config`],
    template: (vm) => ["POST", `/${vm}/template`],
};

/**
 * Runs the `qm` commands of docs/template.md on a simulated node, as root.
 *
 * @param images bytes of the images that lie on the node, by their paths.
 * @returns the commands, as the page has them.
 */
export async function makeTemplateByHand(
    node: SimulatedNode,
    images: Readonly<Record<string, number>>,
): Promise<string[]> {
    await node.set({ images });
    const lines = readFileSync(PAGE, "utf8").match(/^qm .*$/gm) ?? [];
    for (const line of lines) {
        const [, name, vmid, ...rest] = line.split(" ");
        const fields: Record<string, string> = name === "create" ? { vmid: vmid! } : {};
        for (let at = 0; at < rest.length; at += 2) {
            fields[rest[at]!.replace(/^--/, "")] = rest[at + 1]!;
        }
        const [method, path] = CALLS[name!]!(vmid!);
        await node.byHand(method, `/nodes/${node.ready.node}/qemu${path}`, fields);
    }
    return lines;
}
