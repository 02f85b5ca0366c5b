import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { vlansText, vmidOf } from "../../substrate/plan";
import { PLAN } from "../fixtures";

const ROOT = resolve(__dirname, "../..");

/** Text and number of a program, with the line that it stands in. */
interface Literal {
    readonly value: string;
    readonly kind: "text" | "number";
    readonly line: number;
    /** Code around it, without comments, as far as the line goes. */
    readonly code: string;
}

/** Segments of the default plan, but for words that are PVE's, too. */
const SEGMENTS = PLAN.segments.map(({ name }) => name).filter((name) => !["guest", "storage"].includes(name));
const VLANS = [...PLAN.vlans, ...PLAN.segments.map(({ vlan }) => vlan!)].map(String);

/** Words around what a person may type, which is of any lab. */
const EXAMPLE = /such as |is not as |^tenants [a-z]/;

/** Kinds of constants of one lab, and what is found of them. */
const KINDS: Readonly<Record<string, (literal: Literal) => boolean>> = {
    "an address of a deevnet site": ({ value }) => !EXAMPLE.test(value) && /\b10\.(10|20)\.(\d|$)/.test(value),
    "the name of a deevnet site": ({ value, kind }) =>
        kind === "text" && /^(\S*\bdvntm?\.deevnet\.net|dvntm?)$/.test(value),
    "a segment of the deevnet sites": ({ value, kind }) =>
        kind === "text" && (SEGMENTS.includes(value) || /\b(iot|iot_backend|iot_vendor)\b/.test(value)),
    "a VMID of the deevnet sites": ({ value }) => /^5[0-9](0[1-9]|1\d)$/.test(value),
    "a VLAN of the deevnet sites": ({ value, kind, code }) =>
        kind === "number" && /vlan/i.test(code) && VLANS.includes(value),
    "a host of a /24": ({ value, kind }) => kind === "text" && /^(254|\.(100|200))$/.test(value),
    "the length of a /24": ({ value, kind }) => kind === "text" && /(^|[^0-9.])\/24$|^\.?\d*\/24$/.test(value),
};

/** Literals of a TypeScript file. */
function literalsOf(text: string): Literal[] {
    const source = ts.createSourceFile("x.ts", text, ts.ScriptTarget.Latest, true);
    const lines = text.split("\n").map((line) => line.replace(/\/\/ .*$|^\s*\/?\*.*$/, ""));
    const found: Literal[] = [];
    const visit = (node: ts.Node): void => {
        const isText =
            ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
        if ((isText || ts.isNumericLiteral(node)) && !ts.isImportDeclaration(node.parent)) {
            const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
            const kind = isText ? "text" : "number";
            found.push({ value: node.text, kind, line: line + 1, code: lines[line]! });
        }
        ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
}

/** Literals of a Python file, but its comments and doc strings. */
function pythonLiterals(text: string): Literal[] {
    const bare = text.replace(/"""[^]*?"""/g, (doc) => doc.replace(/[^\n]/g, " "));
    return bare.split("\n").flatMap((whole, i) => {
        const code = whole.replace(/(^|\s)#.*$/, "");
        const texts = [...code.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, a, b]) => [a ?? b!, "text"] as const);
        const numbers = [...code.replace(/'[^']*'|"[^"]*"/g, "").matchAll(/\b\d+\b/g)].map(
            ([n]) => [n, "number"] as const,
        );
        return [...texts, ...numbers].map(([value, kind]) => ({ value, kind, line: i + 1, code }));
    });
}

/** Constants of one lab in a file's text, as `line: kind: constant`. */
export function constantsIn(file: string, text: string): string[] {
    const literals = file.endsWith(".py") ? pythonLiterals(text) : literalsOf(text);
    return literals.flatMap((literal) =>
        Object.entries(KINDS)
            .filter(([, is]) => is(literal))
            .map(([kind]) => `${file}:${literal.line}: ${kind}: ${literal.value}`),
    );
}

/** Constants of one lab in what a schema asks for or says, as `file path: constant`; examples and defaults are of any lab. */
export function constantsInSchema(file: string, schema: unknown, path = ""): string[] {
    if (typeof schema !== "object" || schema === null) {
        return [];
    }
    return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
        const at = `${path}/${key}`;
        if (["examples", "default"].includes(key)) {
            return [];
        }
        const bound = ["minimum", "maximum", "const"].includes(key) && BOUNDS.includes(value as number);
        const words = ["description", "pattern", "enum"].includes(key) ? String(value).replace(SUCH, "") : "";
        return bound || IN_WORDS.test(words)
            ? [`${file} ${at}: ${JSON.stringify(value)}`]
            : constantsInSchema(file, value, at);
    });
}

/** First and last VLAN and VMID of the default plan. */
const BOUNDS = [
    PLAN.vlans[0],
    PLAN.vlans.at(-1),
    vmidOf(PLAN, PLAN.vlans[0]!, 1),
    vmidOf(PLAN, PLAN.vlans.at(-1)!, 99),
];
const IN_WORDS = new RegExp(
    `\\b(${[...SEGMENTS, "dvntm?", vlansText(PLAN)].join("|")})\\b|\\b10\\\\?\\.(10|20)\\\\?\\.`,
);
const SUCH = /\b(such as|as) [^ ,)]+/g;

/** Schemas by their files. */
export function schemas(): Readonly<Record<string, unknown>> {
    const folder = join(ROOT, "schemas");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".json"));
    return Object.fromEntries(
        files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), "utf8")) as unknown]),
    );
}

/** Programs of some rooms, generated ones left out. */
export function programsOf(rooms: readonly string[]): Readonly<Record<string, string>> {
    const files = rooms.flatMap((room) =>
        readdirSync(join(ROOT, room), { recursive: true, encoding: "utf8" })
            .filter((file) => /\.(ts|py)$/.test(file) && !file.includes("__pycache__"))
            .map((file) => join(room, file)),
    );
    return Object.fromEntries(
        files
            .filter((file) => file !== "definitions/definitions.ts")
            .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
    );
}
