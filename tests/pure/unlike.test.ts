import type { NodeClient } from "../../node/client";
import { unlikeOnNodes } from "../../node/repair/unlike";
import { OPTIONS, VM, type StateResource } from "../../state/deployment";
import type { Substrate } from "../../substrate/substrate";

const SUBSTRATE = { hypervisors: [{ node: "pve2" }] } as unknown as Substrate;

/** A node with VM 5001, and what it says of it. */
function withVm(status: string, options: object, config: object = {}) {
    const answers: Readonly<Record<string, unknown>> = {
        "/cluster/resources?type=vm": [{ type: "qemu", vmid: 5001, node: "pve2", name: "api-vm01", status }],
        "/nodes/pve2/qemu/5001/config": config,
        "/nodes/pve2/qemu/5001/firewall/options": options,
    };
    const client = { get: (path: string) => Promise.resolve(answers[path]) };
    return new Map([["pve2", client as unknown as NodeClient]]);
}

const outputs = { nodeName: "pve2", vmId: 5001 };
const vm: StateResource = { urn: "vm", type: VM, id: "5001", outputs };
const firewall: StateResource = { urn: "firewall", type: OPTIONS, outputs };
const unwalled = async (status: string, options: object, state: readonly StateResource[]) => [
    ...(await unlikeOnNodes(withVm(status, options), SUBSTRATE, state)).unwalled,
];

test.each([
    ["one that the state has", [vm, firewall], ["5001"]],
    // A run that was killed while it made the VM anew: what it had of the firewall went with the VM before.
    ["one that the state lost, but for its firewall", [firewall], ["5001"]],
    ["one of whose firewall the state has nothing", [vm], []],
])("a stopped VM without a firewall on its node, %s", async (_, state, found) => {
    expect(await unwalled("stopped", {}, state)).toEqual(found);
});

test("control: neither one that has it, nor one that runs", async () => {
    expect(await unwalled("stopped", { enable: 1 }, [firewall])).toEqual([]);
    expect(await unwalled("running", {}, [vm, firewall])).toEqual([]);
});

test("a VM that PVE protects, which the state does not know", async () => {
    const guarded = async (state: StateResource) => [
        ...(await unlikeOnNodes(withVm("running", {}, { protection: 1 }), SUBSTRATE, [state])).guarded,
    ];
    expect(await guarded(vm)).toEqual(["5001"]);
    expect(await guarded({ ...vm, outputs: { ...outputs, protection: true } })).toEqual([]);
});
