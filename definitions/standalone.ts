/**
 * Wishes that a standalone hypervisor cannot fulfil, by the key that a person would ask for it with. The site's hypervisors are
 * never clustered: two nodes have no quorum to speak of, and local storage is simpler and faster.
 */
const reasons: Readonly<Record<string, string>> = {
    ha: "there is no HA: the hypervisor stands alone, and VMs do not migrate when it fails",
    cluster: "there is no cluster: each hypervisor is independent, so there is no quorum to lose",
    migrate: "there is no migration: a VM stays on its hypervisor; name another with the tenant's hypervisor",
    node: "a VM has no node of its own: the tenant's hypervisor says where its VMs run",
    storage: "there is no shared storage: disks lie on the hypervisor's own datastore",
    replication: "there is no replication: there is no second node and no shared storage to replicate to",
};

/** Other spellings of the same wishes. */
const synonyms: Readonly<Record<string, string>> = {
    haGroup: "ha",
    haGroups: "ha",
    highAvailability: "ha",
    failover: "ha",
    clusterName: "cluster",
    quorum: "cluster",
    migration: "migrate",
    liveMigration: "migrate",
    targetNode: "node",
    nodeName: "node",
    sharedStorage: "storage",
    shared: "storage",
    nfs: "storage",
    ceph: "storage",
    replicate: "replication",
};

/** Why a key is refused on a standalone hypervisor; undefined for a key that asks for nothing of the kind. */
export function standaloneReason(key: string): string | undefined {
    return reasons[synonyms[key] ?? key];
}
