import type { RouterClient } from "./client";
import type { Writer } from "./queue";
import type { KindName } from "./run";
import type { Service } from "./services";

/** Inputs that every resource on the router is given beside its records. */
export interface Target {
    /** Address of the router, such as https://core-rt02.dvntm.deevnet.net. */
    readonly endpoint: string;
    /** Every description of the records begins with OWNER_PREFIX and this name. */
    readonly tenant: string;
}

/** Properties that a resource keeps in the state beside its inputs. */
export interface Kept {
    /** Name of each of the resource's records, by the uuid that the router gave it. */
    uuids: Record<string, string>;
    /** Services that have not taken over what was written; the next `up` makes them. */
    unapplied: Service[];
}

/** One kind of resource: how its records are read, written and deleted. */
export interface Kind<Inputs extends Target, State extends Kept> {
    readonly name: KindName;
    /** Inputs of which a change makes another resource of it. */
    readonly identity: readonly (keyof Inputs & string)[];
    /** The resource's id, from the router's point of view. */
    id(inputs: Inputs): string;
    /** The descriptions in the inputs. */
    descriptions(inputs: Inputs): readonly string[];
    /** A fault of the inputs beside that; undefined where there is none. */
    fault?(inputs: Inputs): string | undefined;
    emptyState(): State;
    /** Services that must take over what the resource has. */
    services(inputs: Inputs, state: State): readonly Service[];
    /**
     * The records as they are on the router, in the form of the inputs; undefined where nothing of the resource is left.
     *
     * @param state what is known of the resource.
     */
    read(client: RouterClient, inputs: Inputs, state: State): Promise<{ inputs: Inputs; state: State } | undefined>;
    /**
     * Writes what differs, completing what is there already.
     *
     * @param state is brought up to date as the writing goes on, so that it is true where the writing breaks off.
     */
    write(writer: Writer, inputs: Inputs, state: State): Promise<void>;
    /**
     * Checks, once what was written is active, what the API cannot bring about.
     *
     * @throws RouterError with what a person must do.
     */
    verify?(client: RouterClient, inputs: Inputs, state: State): Promise<void>;
    /** Does, once what was written is active, what has to wait for that; gives back a word about it for whoever runs this. */
    afterwards?(client: RouterClient, inputs: Inputs, state: State): Promise<string | undefined>;
    /** Deletes the resource's records; gives back a warning where something has to stay. */
    remove(writer: Writer, inputs: Inputs, state: State): Promise<string | undefined>;
}
