import { exportStack, importState } from "../../state/client";
import { withOrigin } from "../../state/origin";
import type { Brought } from "../../state/recorded";
import type { Substrate, WorkloadVm } from "../../substrate/substrate";
import type { Request } from "../cli/definition";
import { runPulumi, type PulumiRun } from "../cli/pulumi";
import { tell } from "../cli/terminal";
import { recoverStack } from "./recovery";

/**
 * Has the state know VMs that came back, and brings them alone up: their firewall first, then they start.
 *
 * @param origins what VMs have from the template that they were once cloned from, by VMID, where that is not the one of the state.
 */
export async function bringUpReturned(
    request: Request,
    substrate: Substrate,
    vms: readonly WorkloadVm[],
    origins: ReadonlyMap<number, Brought> = new Map(),
): Promise<PulumiRun> {
    const { notes } = await recoverStack(substrate);
    notes.forEach((line) => tell(`recover: ${line}`));
    if (origins.size > 0) {
        const exported = exportStack(substrate.name);
        const deployment = [...origins].reduce(
            (state, [vmid, origin]) => withOrigin(state, vmid, origin),
            exported.deployment,
        );
        importState(substrate.name, { ...exported, deployment });
    }
    const flags = ["--stack", substrate.name, "--yes", "--skip-preview", "--suppress-outputs"];
    return runPulumi(request, substrate, "up", ...flags, ...vms.flatMap(targetsOf));
}

/** The VM with its component and its firewall, as Pulumi selects resources: none of another VM's, and nothing on the router. */
function targetsOf({ tenant, name }: WorkloadVm): string[] {
    const component = `**:TenantVm::${tenant}-${name}`;
    const parts = ["vm", "ipfilter", "firewall", "rules"].map((part) => `**:TenantVm$**::${tenant}-${name}-${part}`);
    return [component, ...parts].flatMap((urn) => ["--target", urn]);
}
