/** A program that breaks each rule of the policy pack once, at the resource that its name tells; mended, it breaks none. */
import * as command from "@pulumi/command";
import * as proxmoxve from "@muhlba91/pulumi-proxmoxve";
import * as pulumi from "@pulumi/pulumi";

const MENDED = false;

const { endpoint } = new pulumi.Config().requireObject<Record<string, { endpoint: string }>>("hypervisors")["hv02"]!;
const provider = new proxmoxve.Provider("hv02", { endpoint });
new proxmoxve.Provider("unverified", { endpoint, insecure: !MENDED });

interface Changes {
    readonly vlanId?: number;
    readonly datastoreId?: string;
    readonly dedicated?: number;
}

function vm(name: string, vmId: number, { vlanId = 50, datastoreId = "local-lvm", dedicated = 512 }: Changes) {
    return new proxmoxve.VmLegacy(
        name,
        {
            vmId,
            nodeName: "pve2",
            poolId: "grooveiq",
            cpu: { cores: 1 },
            memory: { dedicated },
            disks: [{ interface: "scsi0", datastoreId, size: 8 }],
            networkDevices: [{ bridge: "vmbr0", vlanId, firewall: true }],
        },
        { provider },
    );
}

vm("other-vlan", 5002, MENDED ? {} : { vlanId: 51 });
vm("other-storage", 5003, MENDED ? {} : { datastoreId: "nfs" });
vm("large-vm", 5004, MENDED ? {} : { dedicated: 64 * 1024 });

new proxmoxve.firewall.OptionsLegacy(
    "open-firewall",
    { nodeName: "pve2", vmId: 5004, enabled: MENDED, inputPolicy: "DROP", macfilter: true },
    { provider },
);
if (!MENDED) {
    new proxmoxve.RoleLegacy("other-type", { roleId: "Other", privileges: ["VM.Audit"] }, { provider });
}

const connection = { host: "127.0.0.1", user: "root" };
const password = "not-to-be-" + "shown";
new command.remote.Command("plain-secret", {
    connection,
    create: "true",
    environment: { LAB_PASSWORD: MENDED ? pulumi.secret(password) : password },
});
const token = process.env["PROXMOX_VE_API_TOKEN"]!;
new command.remote.Command("token-in-input", { connection, create: "true", stdin: MENDED ? "" : pulumi.secret(token) });
