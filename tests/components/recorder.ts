import * as pulumi from "@pulumi/pulumi";

/** One resource as the program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
}

/** What the mocked node lists as its templates. */
export interface ListedTemplate {
    readonly vmId: number;
    readonly name: string;
}

/**
 * Puts Pulumi's mocks in place, which record every resource that the program registers. A call of any function but the
 * template lookup throws, so that a new lookup cannot slip in unseen.
 */
export async function record(templates: readonly ListedTemplate[], stack = "dvntm") {
    const registered: Registered[] = [];
    const calls: { token: string; inputs: Record<string, unknown> }[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs, id }) => {
                const recorded = inputs as Record<string, unknown>;
                registered.push({ type, name, inputs: recorded });
                return { id: id || `${name}-id`, state: { ...recorded, ...computed(type, recorded) } };
            },
            call: ({ token, inputs }) => {
                if (token !== "proxmoxve:index/getVmsLegacy:getVmsLegacy") {
                    throw new Error(`the program called ${token}, which no test knows`);
                }
                calls.push({ token, inputs: inputs as Record<string, unknown> });
                return { vms: templates, id: "lookup" };
            },
        },
        "tenant-hypervisors",
        stack,
        false,
    );
    return { registered, calls };
}

/** What the provider computes: the node gives a NIC its MAC. */
function computed(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
    if (type !== "proxmoxve:index/vmLegacy:VmLegacy") {
        return {};
    }
    const devices = inputs["networkDevices"] as Record<string, unknown>[];
    return { networkDevices: devices.map((device) => ({ ...device, macAddress: "BC:24:11:00:50:01" })) };
}

/** Waits until everything that the program began is registered. */
export async function settled<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
    const result = await new Promise<pulumi.Unwrap<T>>((resolve) => {
        pulumi.output(value).apply((known) => resolve(known));
    });
    await new Promise((resolve) => setImmediate(resolve));
    return result;
}
