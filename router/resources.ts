import * as pulumi from "@pulumi/pulumi";
import type { RouterRules as RulesRecord } from "../firewall/rules";
import { handlerOf, PROVIDER } from "../state/dynamicResource";
import type * as records from "./recordTypes";
import type { Announced } from "./run";

/**
 * The resources of one tenant on the core router, as Pulumi dynamic resources: one of each kind a tenant, with one queue of writes.
 */

/** Each value may be an output; what is known only after a VM is there is left to `up`. */
type Inputs<T> = { readonly [K in keyof T]: pulumi.Input<T[K]> };

/** Inputs of every one of them beside its records. */
export interface RouterTarget {
    /** Address of the router, such as https://core-rt02.dvntm.deevnet.net. */
    readonly endpoint: pulumi.Input<string>;
    /** Every description of the records begins with OWNER_PREFIX and this name. */
    readonly tenant: pulumi.Input<string>;
    /** Everything that the program declares on the router, so that all of it is made active at once; in no state. */
    readonly run?: Announced;
}

/** On what interface the records are: the output `interface` of the tenant's RouterVlan, such as opt8. */
interface OnInterface {
    readonly interface: pulumi.Input<string>;
}

export type RouterVlanArgs = RouterTarget & Inputs<records.RouterVlan>;
export type RouterDhcpArgs = RouterTarget & OnInterface & Inputs<records.RouterDhcp>;
export type RouterNamesArgs = RouterTarget & Inputs<records.RouterNames>;
export type RouterRulesArgs = RouterTarget & OnInterface & Inputs<RulesRecord>;

abstract class RouterResource extends pulumi.CustomResource {
    /** Name of each record, by the uuid that the router gave it. */
    declare readonly uuids: pulumi.Output<Readonly<Record<string, string>>>;

    /**
     * @param outputs names of what the resource gives back beside its inputs.
     */
    protected constructor(
        kind: string,
        name: string,
        args: object,
        outputs: readonly string[],
        opts?: pulumi.CustomResourceOptions,
    ) {
        const type = `pulumi-nodejs:dynamic/router:${new.target.name}`;
        const unknown = Object.fromEntries(["uuids", "unapplied", ...outputs].map((output) => [output, undefined]));
        super(
            type,
            name,
            { ...unknown, ...args, [PROVIDER]: handlerOf("./router/provider.ts", `kinds.${kind}`) },
            opts,
        );
    }
}

/**
 * A VLAN device on the router's LAN parent. One that is there already, made in the one-time step, is used and stays; the
 * interface that carries it must have been assigned by a person, with the address `gatewayCidr`.
 */
export class RouterVlan extends RouterResource {
    /** Identifier of the interface that carries the VLAN, such as opt8. */
    declare readonly interface: pulumi.Output<string>;

    constructor(name: string, args: RouterVlanArgs, opts?: pulumi.CustomResourceOptions) {
        super("vlan", name, args, ["interface", "created"], opts);
    }
}

/** A Kea subnet with its pool, options and reservations. */
export class RouterDhcp extends RouterResource {
    constructor(name: string, args: RouterDhcpArgs, opts?: pulumi.CustomResourceOptions) {
        super("dhcp", name, args, ["served"], opts);
    }
}

/** Unbound host overrides with their aliases. */
export class RouterNames extends RouterResource {
    constructor(name: string, args: RouterNamesArgs, opts?: pulumi.CustomResourceOptions) {
        super("names", name, args, [], opts);
    }
}

/** The filter rules on the interface of a tenant's VLAN. */
export class RouterRules extends RouterResource {
    constructor(name: string, args: RouterRulesArgs, opts?: pulumi.CustomResourceOptions) {
        super("rules", name, args, ["closes"], opts);
    }
}
