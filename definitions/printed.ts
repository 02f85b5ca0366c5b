/** Stands where a secret stood. */
export const MASK = "[secret]";

/** Variable with a token of PVE: user@realm!name=secret, of which the name is none. */
const TOKEN = "PROXMOX_VE_API_TOKEN";

/** Variables of the environment that hold secrets of a run. */
const SECRET_VARIABLES = [TOKEN, "OPNSENSE_API_SECRET", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"];

/** A shorter value of the environment would be found in words that have nothing to do with it. */
const LEAST_OF_ENVIRONMENT = 12;

/** The same of a value that somebody has declared a secret: nobody reads much less than this for a word. */
const LEAST_DECLARED = 4;

/** A line of a secret that has several, such as a private key, counts for itself from this length. */
const LEAST_LINE = 16;

/** Secrets that the process has come to know beside those of its environment. */
const known = new Set<string>();

/**
 * Has a value masked from now on, in whatever is printed or written: its texts, where it is a list or a mapping, and its lines,
 * where a text has several.
 */
export function keepSecret(value: unknown): void {
    if (typeof value === "object" && value !== null) {
        Object.values(value).forEach(keepSecret);
    } else if (
        (typeof value === "string" || typeof value === "number") &&
        String(value).trim().length >= LEAST_DECLARED
    ) {
        known.add(String(value).trim());
    }
}

/** A text without any secret that is known, in whatever form it stands there. */
export function masked(text: string): string {
    const secrets = [...known, ...secretsIn(process.env, LEAST_OF_ENVIRONMENT).map(({ secret }) => secret)].flatMap(
        formsOf,
    );
    // The longest first: one may be part of another.
    return secrets.sort((a, b) => b.length - a.length).reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
}

/** Secrets of a run in an environment, by the variable that holds each. */
export function secretsIn(environment: NodeJS.ProcessEnv, least: number): { name: string; secret: string }[] {
    return SECRET_VARIABLES.map((name) => {
        const value = environment[name] ?? "";
        return { name, secret: name === TOKEN ? value.slice(value.indexOf("=") + 1) : value };
    }).filter(({ secret }) => secret.length >= least);
}

/** A secret as it is, and as it stands in JSON, in a URL, in a header, and line by line. */
function formsOf(secret: string): string[] {
    const lines = secret.split("\n").filter((line) => line.length >= LEAST_LINE);
    const encoded = [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    return [...new Set([secret, ...encoded, Buffer.from(secret).toString("base64"), ...lines])];
}

/** All that a terminal takes for a command or does not show, but line ends and tabs (Unicode's Cc, Cf, Zl and Zp). */
const CONTROL = /[^\P{Cc}\n\t]|\p{Cf}|\p{Zl}|\p{Zp}/gu;

/** A text with its control characters written out: what others wrote must not steer a terminal. */
export function escaped(text: string): string {
    return text.replace(CONTROL, (character) => character.split("").map(writtenOut).join(""));
}

function writtenOut(unit: string): string {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** A text as it may be printed: without secrets, and without what steers a terminal. */
export function printed(text: string): string {
    return escaped(masked(text));
}

/** The same in one line: what others wrote must not look like a line of ours. */
export function inOneLine(text: string): string {
    return printed(text).replaceAll("\n", "\\n");
}

/** A value as JSON that may be printed: the same value for who parses it, but for its secrets. */
export function printedJson(value: unknown): string {
    const told = (_: string, part: unknown) => (typeof part === "string" ? masked(part) : part);
    return escaped(JSON.stringify(value, told));
}
