import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";
import type { Hypervisor, Substrate } from "../model/substrate";
import { newestTemplate, type Template } from "../model/template";
import { refusal } from "./refusal";

/** A hypervisor as components use it: what the model says of it, its provider, and the template that new VMs clone. */
export interface ConnectedHypervisor {
    readonly model: Hypervisor;
    readonly provider: proxmoxve.Provider;
    /** VMID of the newest template of the configured prefix; unknown while the substrate is only planned. */
    readonly templateVmid: pulumi.Output<number>;
}

/** Never accepted by a node: lets the provider start where there is no node yet, in the preview of a planned substrate. */
const PLANNED_TOKEN = "planned@pve!none=00000000-0000-0000-0000-000000000000";

/**
 * Connects to a hypervisor. The API token comes from the environment (PROXMOX_VE_API_TOKEN) and stays out of the state,
 * so that a rotated token is used by refresh and destroy at once; TLS is verified.
 *
 * The template is looked up once per run, however many VMs there are. A prefix that matches nothing, or two newest that
 * are equal, ends the run with one error.
 */
export function connect(substrate: Substrate, model: Hypervisor): ConnectedHypervisor {
    const planned = substrate.status === "planned";
    const provider = new proxmoxve.Provider(model.name, {
        endpoint: model.endpoint,
        insecure: false,
        ...(planned && { apiToken: PLANNED_TOKEN }),
    });
    return { model, provider, templateVmid: planned ? unknownVmid() : findTemplate(model, provider) };
}

function findTemplate(model: Hypervisor, provider: proxmoxve.Provider): pulumi.Output<number> {
    const listed = proxmoxve.getVmsLegacyOutput(
        { nodeName: model.node, filters: [{ name: "template", values: ["true"] }] },
        { provider },
    );
    return listed.vms.apply((vms) =>
        choose(
            vms.map(({ vmId, name }) => ({ vmid: vmId, name })),
            model,
        ),
    );
}

function choose(templates: readonly Template[], model: Hypervisor): number {
    try {
        return newestTemplate(templates, model.templatePrefix, model.node).vmid;
    } catch (error) {
        throw error instanceof RangeError ? refusal(error.message) : error;
    }
}

function unknownVmid(): pulumi.Output<number> {
    return pulumi.output(pulumi.unknown as unknown as number);
}
