import type { Field, Section } from "../fields";
import { deviceName } from "../inventory";
import type { RouterVlan } from "../recordTypes";

export const VLANS: Section = {
    service: "vlan",
    record: "vlan",
    endpoint: (verb) => `interfaces/vlan_settings/${verb}Item`,
};

/** A VLAN with the name of its device, as vlan0.50. */
export const vlanFields: readonly Field<RouterVlan & { readonly device: string }>[] = [
    { field: "if", declared: ({ parent }) => parent },
    { field: "tag", declared: ({ tag }) => String(tag) },
    { field: "descr", declared: ({ description }) => description },
    { field: "vlanif", declared: ({ device }) => device, normalise: deviceName },
];
