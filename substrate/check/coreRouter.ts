import { faultAt, type CheckedTenant } from "../../definitions/places";
import type { SubstrateDefinition } from "../../definitions/definitions";
import type { Fault } from "../../definitions/faults";
import type { Source } from "../../definitions/yaml";
import { sourceFault } from "../collectionSource";

/** Checks that the core router's mode has what it needs, and that the tenants can do with it. */
export function checkCoreRouter(
    stack: Source,
    { coreRouter }: SubstrateDefinition,
    tenants: readonly CheckedTenant[],
): Fault[] {
    const { mode, endpoint, collection } = coreRouter;
    if (mode === "none") {
        return tenants.flatMap(checkFlat);
    }
    const wrong = collection && sourceFault(collection);
    return [
        ...(mode === "api" && endpoint === undefined ? [noEndpoint(stack)] : []),
        ...(wrong === undefined ? [] : [faultAt(stack, ["coreRouter", "collection"], wrong)]),
    ];
}

function noEndpoint(stack: Source): Fault {
    const message =
        "endpoint is missing, and mode api writes to the router; for example endpoint: " +
        "https://core-rt02.dvntm.deevnet.net/. Or set mode: export, which writes nothing";
    return faultAt(stack, ["coreRouter"], message);
}

/** On a flat network the tenant's subnet does not exist: a VM with an address of it would reach nothing, and no rule would match. */
function checkFlat(tenant: CheckedTenant): Fault[] {
    const { vms, isolate } = tenant.value;
    return [
        ...(isolate ? [faultAt(tenant, ["isolate"], noSegment)] : []),
        ...vms.flatMap((vm, i) => (vm.address === "fixed" ? [faultAt(tenant, ["vms", i, "address"], noSubnet)] : [])),
    ];
}

const noSegment =
    "VMs are kept from each other by the subnet of the tenant's VLAN, which this substrate does not have (coreRouter.mode: none). " +
    "Leave it out, or use mode export or api";

const noSubnet =
    "fixed addresses are of the tenant's VLAN, which this substrate does not have (coreRouter.mode: none). " +
    "Use address: dhcp, or mode export or api";
