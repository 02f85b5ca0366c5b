interface Change<T> {
    readonly first: T;
    readonly then: T;
}

interface RuleRow {
    readonly attribute: string;
    readonly rule: {
        readonly resource: string;
        readonly vmid: Change<string>;
        readonly comment: Change<string>;
        readonly values: Change<Readonly<Record<string, unknown>>>;
        /** Fields of PUT rules/{pos}; none deletes the rule. */
        readonly byHand?: Readonly<Record<string, string>>;
        readonly shown: RegExp;
    };
}

function same<T>(value: T): Change<T> {
    return { first: value, then: value };
}

/** Where `isolate`, and each key of an allowance, stands in a VM's firewall. */
export const RULES: readonly RuleRow[] = [
    {
        attribute: "isolate",
        rule: {
            resource: "matrix-vm02-rules",
            vmid: same("5202"),
            comment: { first: "own segment", then: "isolate" },
            values: { first: { type: "in", action: "ACCEPT" }, then: { type: "out", action: "DROP" } },
            byHand: { action: "ACCEPT" },
            shown: /action\s*: "DROP" => "ACCEPT"/,
        },
    },
    {
        attribute: "allow[].to",
        rule: {
            resource: "matrix-vm01-rules",
            vmid: { first: "5101", then: "5201" },
            comment: same("grooveiq: row to"),
            values: same({ dport: "1001" }),
            shown: /row to/,
        },
    },
    {
        attribute: "allow[].protocol",
        rule: {
            resource: "vintronics-web-vm01-rules",
            vmid: same("5101"),
            comment: same("grooveiq: row protocol"),
            values: { first: { proto: "tcp" }, then: { proto: "udp" } },
            byHand: { proto: "tcp" },
            shown: /proto\s*: "udp" => "tcp"/,
        },
    },
    {
        attribute: "allow[].ports",
        rule: {
            resource: "vintronics-web-vm01-rules",
            vmid: same("5101"),
            comment: same("grooveiq: row ports"),
            values: { first: { dport: "1003" }, then: { dport: "1013" } },
            byHand: { dport: "1:9999" },
            shown: /dport\s*: "1013" => "1:9999"/,
        },
    },
    {
        attribute: "allow[].why",
        rule: {
            resource: "vintronics-web-vm01-rules",
            vmid: same("5101"),
            comment: { first: "grooveiq: row why", then: "grooveiq: row other" },
            values: same({ dport: "1004" }),
            byHand: { comment: "by hand" },
            shown: /comment\s*: "grooveiq: row other" => "by hand"/,
        },
    },
];
