import type { NodeClient } from "../../node/client";
import { isOnNode } from "../../node/repair/creations";
import { RULES } from "../../state/deployment";

/** A node with as many rules around VM 5001. */
function withRules(count: number) {
    const client = {
        get: (path: string) =>
            Promise.resolve(path === "/nodes/pve2/qemu/5001/firewall/rules" ? Array(count).fill({}) : []),
    };
    return new Map([["pve2", client as unknown as NodeClient]]);
}

test.each([
    [3, true],
    // The VM would be taken for one that stands behind its firewall, and started.
    [2, false],
    [0, false],
])("of a creation of three rules %i on the node are all of them: %s", async (count, made) => {
    const inputs = { nodeName: "pve2", vmId: 5001, rules: [{}, {}, {}] };
    expect(await isOnNode(withRules(count), { urn: "urn", type: RULES, inputs })).toBe(made);
});
