import { listField } from "../../../substrate/findings";
import { DRIVE, NIC } from "./settings";

/**
 * Fields of findings by PVE's settings: the provider's own paths where it has them, so that a preview and the node's own
 * settings name a thing alike.
 */
const FIELDS: Readonly<Record<string, string>> = {
    ...{ cores: "cpu.cores", sockets: "cpu.sockets", cpu: "cpu.type", numa: "cpu.numa", memory: "memory.dedicated" },
    ...{ balloon: "memory.floating", onboot: "onBoot", ostype: "operatingSystem.type", scsihw: "scsiHardware" },
    ...{ nameserver: "initialization.dns.servers", searchdomain: "initialization.dns.domain" },
    ...{ ipconfig0: "initialization.ipConfigs", ciuser: "initialization.userAccount.username" },
    ...{ sshkeys: "initialization.userAccount.keys", cipassword: "initialization.userAccount.password" },
    ...{ boot: "bootOrders", tablet: "tabletDevice", keyboard: "keyboardLayout", citype: "initialization.type" },
    ...{ ciupgrade: "initialization.upgrade", affinity: "cpu.affinity", cpulimit: "cpu.limit", cpuunits: "cpu.units" },
    ...{ vcpus: "cpu.hotplugged", hugepages: "memory.hugepages", keephugepages: "memory.keepHugepages" },
};

/** Properties of NICs by PVE's names, as the provider has them. */
const OF_NIC: Readonly<Record<string, string>> = {
    ...{ tag: "vlanId", macaddr: "macAddress", link_down: "disconnected", rate: "rateLimit" },
};

/** Properties of drives by PVE's names, as the provider has them; of a volume only its storage is declared. */
const OF_DRIVE: Readonly<Record<string, string>> = { file: "datastoreId" };

/** Field of a setting, or of a property of a NIC or a drive. */
export function fieldOf(key: string, property?: string): string {
    if (NIC.test(key)) {
        return element("networkDevices", key, property && (OF_NIC[property] ?? property));
    }
    if (DRIVE.test(key)) {
        return element("disks", key, property && (OF_DRIVE[property] ?? property));
    }
    return FIELDS[key] ?? key;
}

function element(list: string, name: string, property: string | undefined): string {
    return listField({ list, element: name, ...(property !== undefined && { property }) });
}

/** Provider's property that a setting is a part of, where the setting has a name of its own in findings. */
const TOPS: Readonly<Record<string, string>> = {
    ...{ serial: "serialDevices", usb: "usbs", hostpci: "hostpcis", numa: "numas", rng: "rngs", audio: "audioDevice" },
    ...{
        ipconfig: "initialization",
        args: "kvmArguments",
        hookscript: "hookScriptFileId",
        smbios: "smbios",
        cicustom: "initialization",
    },
};

/** Provider's property that a setting is a part of, such as networkDevices. */
export function topOf(key: string): string {
    return TOPS[key.replace(/\d+$/, "")] ?? /^[^.[]+/.exec(fieldOf(key))![0];
}
