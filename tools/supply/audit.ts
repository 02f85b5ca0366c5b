/** Checks every pinned version of npm, Go and Python for known weaknesses: what `make audit` runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { load } from "js-yaml";
import { parts } from "../parts";
import { findingsOfGo, findingsOfNpm, findingsOfPython, judge, type Exception, type Finding } from "./findings";
import { builtHere, govulncheck, printedBy, python, REQUIREMENTS, ROOT } from "./programs";

const HELP = `usage: make audit
Asks npm's registry (npm audit), Go's database of weaknesses (govulncheck, on the programs that were built here) and PyPI
(pip-audit) about every version that is pinned. tools/supply/exceptions.yaml lets a finding stand, with why and until when.
Exit 0: nothing, or every finding is explained; 2: findings, or exceptions that are over; 1: a source could not tell.`;

const FOUND = 2;
const UNTOLD = 1;

/** npm and pip-audit end with 1 where they found something, as where they failed: their report tells which. */
const WHAT_IT_FOUND = { fine: [0, 1] };

/** A source of findings. */
interface Source {
    readonly name: string;
    readonly ask: () => Promise<Finding[]>;
}

const SOURCES: readonly Source[] = [
    { name: "npm", ask: async () => findingsOfNpm(await printedBy("npm", ["audit", "--json"], WHAT_IT_FOUND)) },
    {
        name: "Go",
        ask: async () => {
            const program = await govulncheck();
            const findings: Finding[] = [];
            // One after the other: each takes every core, and a gigabyte for the CLI.
            for (const file of builtHere(parts)) {
                const args = ["-mode=binary", "-format=json", ...databaseOfGo(), file];
                findings.push(...findingsOfGo(await printedBy(program, args)));
            }
            return findings;
        },
    },
    {
        name: "Python",
        ask: async () => {
            const args = ["--disable-pip", "--require-hashes", "--format=json", "--progress-spinner=off"];
            const program = await python("pip-audit");
            const reports = REQUIREMENTS.map((file) =>
                printedBy(program, [...args, "--requirement", join(ROOT, file)], WHAT_IT_FOUND),
            );
            return (await Promise.all(reports)).flatMap(findingsOfPython);
        },
    },
];

/** govulncheck takes another database, such as a mirror, by a flag alone. */
function databaseOfGo(): string[] {
    const url = process.env["GOVULNDB"];
    return url === undefined ? [] : [`-db=${url}`];
}

async function main(): Promise<void> {
    if (process.argv.includes("--help")) {
        console.log(HELP);
        return;
    }
    const exceptions = exceptionsIn(process.env["AUDIT_EXCEPTIONS"] ?? join(__dirname, "exceptions.yaml"));
    const findings: Finding[] = [];
    let untold = 0;
    // They ask side by side, and are told in their order.
    const asked = SOURCES.map(({ name, ask }) => ({ name, answer: ask() }));
    await Promise.allSettled(asked.map(({ answer }) => answer));
    for (const { name, answer } of asked) {
        try {
            const found = await answer;
            console.log(`${name}: ${found.length === 0 ? "nothing known" : `${found.length} found`}`);
            findings.push(...found);
        } catch (error) {
            untold++;
            console.log(`${name}: it could not be told: ${(error as Error).message}`);
        }
    }
    const verdict = judge(findings, exceptions, new Date().toISOString().slice(0, 10), untold === 0);
    verdict.open.forEach((finding) => console.log(lineOf(finding)));
    verdict.explained.forEach(({ finding, exception }) =>
        console.log(`${lineOf(finding)}\n    let stand until ${exception.until}: ${exception.why}`),
    );
    verdict.stale.forEach((line) => console.log(line));
    process.exitCode = untold > 0 ? UNTOLD : verdict.open.length + verdict.stale.length > 0 ? FOUND : 0;
}

function lineOf({ ecosystem, package: name, version, id, title, fixed }: Finding): string {
    return `${ecosystem} ${name} ${version}: ${id} ${title}${fixed === "" ? "" : ` (fixed in ${fixed})`}`;
}

/** @throws Error where the file is not a list of exceptions, with what is wrong. */
function exceptionsIn(file: string): Exception[] {
    const text = { type: "string", minLength: 1 };
    const day = { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$" };
    const ajv = new Ajv({ allErrors: true });
    const check = ajv.compile<Exception[]>({
        type: "array",
        items: {
            type: "object",
            properties: { id: text, why: text, until: day },
            required: ["id", "why", "until"],
            additionalProperties: false,
        },
    });
    const exceptions = load(readFileSync(file, "utf8"));
    if (!check(exceptions)) {
        throw new Error(`${file}: ${ajv.errorsText(check.errors, { dataVar: "exceptions" })}`);
    }
    return exceptions;
}

main().catch((error: unknown) => {
    console.error((error as Error).message);
    process.exitCode = UNTOLD;
});
