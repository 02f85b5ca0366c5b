import * as pulumi from "@pulumi/pulumi";

/** One resource as the program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
}

/**
 * Puts Pulumi's mocks in place, which record every resource that the program registers. A call of any function throws, so
 * that a lookup cannot slip in unseen. A VM takes a moment to make, so that how many are made at once shows.
 *
 * Registrations of a program before it are waited for: these mocks know none of its resources, and would refuse it.
 */
export async function record(stack = "dvntm", preview = false) {
    await (pulumi.runtime as unknown as Draining).waitForRPCs();
    const registered: Registered[] = [];
    last = registered;
    let making = 0;
    let most = 0;
    await pulumi.runtime.setMocks(
        {
            newResource: async ({ type, name, inputs, id }) => {
                const recorded = inputs as Record<string, unknown>;
                registered.push({ type, name, inputs: recorded });
                if (type === "proxmoxve:index/vmLegacy:VmLegacy") {
                    most = Math.max(most, ++making);
                    await new Promise((made) => setTimeout(made, 5));
                    making--;
                }
                return { id: id || `${name}-id`, state: { ...recorded, ...computed(type, recorded) } };
            },
            call: ({ token }) => {
                throw new Error(`the program called ${token}, which no test knows`);
            },
        },
        "tenant-hypervisors",
        stack,
        preview,
    );
    return { registered, mostAtOnce: () => most };
}

/** Parts of the SDK's runtime that its types leave out (runtime/settings.ts, `@internal`). */
interface Draining {
    /** Waits until nothing that was told the engine lacks its answer. */
    waitForRPCs(): Promise<void>;
}

let last: readonly Registered[] = [];

/** Resources that the program which runs now has registered so far. */
export function lastRegistered(): readonly Registered[] {
    return last;
}

/** Outputs that the provider computes: the node gives a NIC its MAC. */
function computed(type: string, inputs: Record<string, unknown>): Record<string, unknown> {
    if (type !== "proxmoxve:index/vmLegacy:VmLegacy") {
        return {};
    }
    const devices = inputs["networkDevices"] as Record<string, unknown>[];
    return { networkDevices: devices.map((device) => ({ macAddress: "BC:24:11:00:50:01", ...device })) };
}

/** Waits until everything that the program began is registered. */
export async function settled<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
    const result = await new Promise<pulumi.Unwrap<T>>((resolve) => {
        pulumi.output(value).apply((known) => resolve(known));
    });
    await new Promise((resolve) => setImmediate(resolve));
    return result;
}
