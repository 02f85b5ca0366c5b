/**
 * Resource types that end the published proxmoxve plugin (8.0 to 8.3, and until proven otherwise 8.6) with a panic on
 * create, leaving the object on the node and not in the state: muhlba91/pulumi-proxmoxve#967. Each short name crashes,
 * and so does its ...Legacy twin. Our own build of the plugin does not crash, so no green run shows that one is safe.
 */
const CRASHING = [
    "sdn/zone/vlan:Vlan",
    "sdn/zone/simple:Simple",
    "sdn/zone/qinq:Qinq",
    "sdn/zone/vxlan:Vxlan",
    "sdn/zone/evpn:Evpn",
    "sdn/vnet:Vnet",
    "sdn/fabric/ospf:Ospf",
    "sdn/fabric/openfabric:Openfabric",
    "index/vm:Vm",
    "index/vm2Legacy:Vm2Legacy",
    "cloned/vm:Vm",
    "cloned/vmLegacy:VmLegacy",
    "storage/directory:Directory",
    "storage/nfs:Nfs",
    "storage/cifs:Cifs",
    "storage/lvm:Lvm",
    "storage/lvmthin:Lvmthin",
    "storage/zfspool:Zfspool",
    "storage/pbs:Pbs",
    "index/replication:Replication",
    "backup/job:Job",
];

/** The one type whose Legacy twin is safe: the short name is the plugin framework's VM, the twin is SDKv2's. */
const SAFE_TWINS = ["index/vmLegacy:VmLegacy"];

const types = new Set(
    CRASHING.flatMap((type) => [type, type.replace(/^(.*):(.*)$/, "$1Legacy:$2Legacy")])
        .filter((type) => !SAFE_TWINS.includes(type))
        .map((type) => `proxmoxve:${type}`),
);

/** Whether registering a resource of this type ends the published plugin. */
export function crashesPublishedPlugin(type: string): boolean {
    return types.has(type);
}
