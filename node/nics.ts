import type { Nic } from "../substrate/guestOwnership";
import type { Settings } from "./inventory";

/** Properties of a drive, a NIC or another setting that PVE writes as one text, by name. */
export type SettingProperties = Readonly<Record<string, string>>;

/**
 * Properties in a setting's text.
 *
 * @param first name of the property that may stand at the beginning without its name.
 */
export function propertiesIn(text: string | number, first: string): SettingProperties {
    const parts = String(text)
        .split(",")
        .filter((part) => part !== "")
        .map((part, index): [string, string] => {
            const at = part.indexOf("=");
            return at === -1
                ? [index === 0 ? first : part, index === 0 ? part : ""]
                : [part.slice(0, at), part.slice(at + 1)];
        });
    return Object.fromEntries(parts);
}

const NIC = /^net\d+$/;

/** NICs among the settings of a VM or a container, as far as they say in which VLANs of which bridge they are. */
export function nicsIn(config: Settings): Nic[] {
    return Object.entries(config).flatMap(([name, value = ""]) => {
        const { bridge, tag, trunks } = NIC.test(name) ? propertiesIn(value, "model") : {};
        return bridge === undefined
            ? []
            : [
                  {
                      name,
                      bridge,
                      ...(tag !== undefined && { tag: Number(tag) }),
                      ...(trunks !== undefined && { trunks }),
                  },
              ];
    });
}

/** MACs of the NICs of a VM or a container, lower case: a VM's stands behind its model, a container's is its hwaddr. */
export function macsIn(config: Settings): string[] {
    return Object.entries(config).flatMap(([name, value = ""]) =>
        NIC.test(name)
            ? Object.values(propertiesIn(value, "model"))
                  .filter((text) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text))
                  .map((mac) => mac.toLowerCase())
            : [],
    );
}

/** Addresses that a guest has by its settings: a container's NICs, or those that cloud-init gives a VM. Without their length. */
export function addressesIn(config: Settings): string[] {
    return Object.entries(config)
        .filter(([key]) => NIC.test(key) || /^ipconfig\d+$/.test(key))
        .flatMap(([, value = ""]) => propertiesIn(value, "").ip ?? [])
        .map((address) => address.split("/")[0]!)
        .filter((address) => /^[\d.]+$/.test(address));
}
