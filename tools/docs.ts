/** Checks the pages: what `make docs` runs, and `make lint` with it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { load } from "js-yaml";
import { linkFaults } from "./docs/links";
import { proseFaults, type Word } from "./docs/prose";
import { sentenceFaults } from "./docs/sentences";

const ROOT = resolve(__dirname, "..");
const LIST = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];

function main(): void {
    const files = execFileSync("git", LIST, { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean);
    const pages = files.filter((file) => file.endsWith(".md") && !file.startsWith("tests/"));
    const texts = new Map(pages.map((page) => [page, readFileSync(join(ROOT, page), "utf8")]));
    const words = load(readFileSync(join(__dirname, "docs", "words.yaml"), "utf8")) as Word[];
    const faults = [
        ...linkFaults(texts, files),
        // A changelog says what was then, in the words of then.
        ...[...texts]
            .filter(([page]) => page !== "CHANGELOG.md")
            .flatMap(([page, text]) => [...proseFaults(page, text, words), ...sentenceFaults(page, text)]),
    ];
    faults.forEach((fault) => console.error(fault));
    console.log(`${pages.length} pages, ${faults.length} faults`);
    process.exitCode = faults.length > 0 ? 1 : 0;
}

main();
