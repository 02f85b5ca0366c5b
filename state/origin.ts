import { TENANT_VM, vmidOf, type Deployment } from "./deployment";
import { broughtIn, type Brought } from "./recorded";

/**
 * A state in which a VM has another origin than the one that it was last made with, since a backup from before stands in its place.
 * The words that it was made by stay: another one would have the next run make it anew.
 */
export function withOrigin(deployment: Deployment, vmid: number, origin: Brought): Deployment {
    const resources = (deployment.resources ?? []).map((resource) => {
        if (resource.type !== TENANT_VM || vmidOf(resource) !== vmid) {
            return resource;
        }
        const {
            clonedFrom: _,
            template: __,
            ostype: ___,
            diskOptions: ____,
            firmware: _____,
            ...others
        } = resource.outputs ?? {};
        return { ...resource, outputs: { ...others, ...broughtIn(origin) } };
    });
    return { ...deployment, resources };
}
