import { deviceSettings } from "../../substrate/devices";
import { removeProjects, SMALL_GUEST, smallTenant } from "../fixtures";
import { TEMPLATE } from "../pure/checkedNode";
import { BEFORE, declared, named, substrateOf } from "./declared";

// A slow machine asks how far a clone is meanwhile, which the mock answers with an error that the run passes over.
jest.mock("../../node/client", () => ({ NodeError: Error, connect: () => ({ close: () => undefined }) }));
jest.mock("../../node/start", () => ({ isWalled: () => true, startWalled: () => Promise.resolve() }));

afterAll(removeProjects);

const DEVICES = "    devices: [{ pci: gpu0, primary: true }, { usb: zigbee }, { pci: nic, rombar: false }]\n";

async function made(lines: string, there = false) {
    const substrate = substrateOf({ grooveiq: `${smallTenant("grooveiq", 50)}${lines}` });
    const more = { templates: new Map([[103, TEMPLATE]]) };
    const { registered } = await declared(substrate, there ? [SMALL_GUEST] : [], there ? BEFORE : undefined, more);
    const { hostpcis, usbs } = named(registered, "grooveiq-api-vm01-vm");
    return { vm: substrate.tenants[0]!.vms[0]!, hostpcis, usbs };
}

test.each([false, true])(
    "a VM has the devices of its file, each in its place, when it is made and later: %p",
    async (there) => {
        const { vm, hostpcis, usbs } = await made(DEVICES, there);
        expect(hostpcis).toEqual([
            { device: "hostpci0", mapping: "gpu0", pcie: false, rombar: true, xvga: true },
            { device: "hostpci1", mapping: "nic", pcie: false, rombar: false, xvga: false },
        ]);
        expect(usbs).toEqual([{ mapping: "zigbee", usb3: false }]);
        // Drift expects what the provider writes.
        expect(deviceSettings(vm.devices)).toEqual({
            hostpci0: "mapping=gpu0,pcie=0,rombar=1,x-vga=1",
            hostpci1: "mapping=nic,pcie=0,rombar=0,x-vga=0",
            usb0: "mapping=zigbee",
        });
    },
);

test("one without any says nothing of devices, so that those of earlier releases stay as they are", async () => {
    const { hostpcis, usbs } = await made("", true);
    expect([hostpcis, usbs]).toEqual([undefined, undefined]);
});
