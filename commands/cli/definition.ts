import type { Need } from "../../tools/needs";
/** Where help lists a command. */
export const GROUPS = ["daily", "look", "set up", "lab"] as const;
export type Group = (typeof GROUPS)[number];

/** Kind of an argument's or option's value: how it is checked, and what completion offers. */
export type Kind = "substrate" | "tenant" | "vm" | "file" | "folder" | "number" | "text";

/** An argument of a command, by its place. */
export interface ArgumentDefinition {
    readonly name: string;
    readonly kind: Kind;
    /** Description for help, in a few words. */
    readonly says: string;
    readonly optional?: boolean;
    /** Of the last one, that it may stand more than once. */
    readonly several?: boolean;
    readonly choices?: readonly string[];
}

/** An option of a command, by its name without dashes. */
export interface OptionDefinition {
    readonly says: string;
    /** Placeholder of its value in help; an option without it is a switch. */
    readonly value?: string;
    /** Of what kind the value is; text where it is not said. */
    readonly kind?: Kind;
    readonly choices?: readonly string[];
    /** Of a number, the least and the most that it may be. */
    readonly bounds?: readonly [least: number, most: number];
    readonly default?: string;
    /** Whether it may stand more than once; its values are a list then, none where it does not stand. */
    readonly several?: true;
}

export type Options = Readonly<Record<string, OptionDefinition>>;

/** Options of a command as they were given. */
export type Values<O extends Options> = {
    readonly [K in keyof O]: O[K] extends { value: string; several: true }
        ? readonly string[]
        : O[K] extends { value: string }
          ? O[K] extends { default: string }
              ? string
              : string | undefined
          : boolean;
};

/** One run of a command. */
export interface Request<O extends Options = Options> {
    /** The arguments by their names; one that is optional and was not given is missing. */
    readonly args: Readonly<Record<string, string>>;
    /** Further values of a last argument that may stand several times. */
    readonly more: readonly string[];
    readonly options: Values<O>;
    /** Words after `--`, for Pulumi. */
    readonly further: readonly string[];
    readonly json: boolean;
    readonly quiet: boolean;
    readonly color: boolean;
}

/** Everything that there is to know of a command: help, completion, the checks of its parameters and the tests go by it. */
export interface CommandDefinition<O extends Options = Options> {
    readonly name: string;
    readonly group: Group;
    /** One line for the list of all commands. */
    readonly summary: string;
    /** Longer description: effects, and all that is read, written and changed. */
    readonly details: string;
    readonly arguments: readonly ArgumentDefinition[];
    readonly options: O;
    /** Schema of what `--json` prints, a file of schemas/output/; a command without it has no `--json`. */
    readonly output?: string;
    /** Whether what stands after `--` is handed to Pulumi. */
    readonly further?: boolean;
    readonly needs: readonly Need[];
    /** Whether it writes to nodes itself, and the same command again settles what one that was ended left. */
    readonly writes?: true;
    /** A call as somebody types it. */
    readonly example: string;
    /** Meanings of exit codes that differ from the contract's own words (exit.ts). */
    readonly exits: Readonly<Partial<Record<0 | 1 | 2, string>>>;
    /** Does it. @returns the exit code, where it is not 0. */
    run(request: Request<O>): Promise<number | void> | number | void;
}

/** A command's definition, with the types of its options in what it runs with. */
export function defineCommand<const O extends Options>(definition: CommandDefinition<O>): CommandDefinition {
    return definition;
}

export const SUBSTRATE: ArgumentDefinition = {
    name: "substrate",
    kind: "substrate",
    says: "site of which there is a Pulumi.<substrate>.yaml",
};

export const TENANT: ArgumentDefinition = { name: "tenant", kind: "tenant", says: "name of a tenant" };

/** Options of what Pulumi runs in the stack. */
export const POLICY = {
    says: "off runs without the policy pack (docs/policy.md)",
    value: "on|off",
    choices: ["on", "off"],
    default: "on",
} as const;

/** Options of every command. */
export const COMMON: Options = {
    quiet: { says: "nothing but what was asked for, and errors" },
    "no-color": { says: "no colours; so does NO_COLOR" },
    help: { says: "all about the command" },
};

export const JSON_OPTION: OptionDefinition = { says: "print JSON alone, as its schema in schemas/output/ says" };

/** Every option that a command takes. */
export function optionsOf(definition: CommandDefinition): Options {
    return { ...definition.options, ...(definition.output !== undefined && { json: JSON_OPTION }), ...COMMON };
}
