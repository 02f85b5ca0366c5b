import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { judge, type Exception, type Finding } from "../../tools/supply/findings";

// The first run here builds govulncheck and makes a Python environment.
jest.setTimeout(600_000);

const ROOT = resolve(__dirname, "../..");
const NPM_ID = "GHSA-xxxx-test-0001";
const GO_ID = "GO-2026-0001";
const PYTHON_ID = "PYSEC-2026-1";

let folder: string;
let registry: Server;
/** Knowledge of the registries, by the path that is asked. */
let answers: Record<string, unknown>;

beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "supply-"));
    registry = createServer((request, response) => {
        request.resume().on("end", () => {
            const answer = answers[decodeURIComponent(request.url!)];
            response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
            response.end(JSON.stringify(answer ?? {}));
        });
    });
    await new Promise<void>((listening) => registry.listen(0, "127.0.0.1", listening));
});
afterAll(() => {
    registry.close();
    rmSync(folder, { recursive: true, force: true });
});

const url = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;

/** Databases that know nothing of what is pinned. */
function knowNothing(): void {
    answers = { "/-/npm/v1/security/advisories/bulk": {}, "/osv": {} };
    goDatabase([]);
}

/** Databases that know one weakness each, of a package that is pinned. */
function knowOneEach(): void {
    const package_ = "fastest-levenshtein";
    const advisory = {
        id: 1,
        url: `https://github.com/advisories/${NPM_ID}`,
        title: "measures wrongly",
        severity: "high",
        vulnerable_versions: "<99.0.0",
    };
    answers = {
        "/-/npm/v1/security/advisories/bulk": { [package_]: [advisory] },
        [`/${package_}`]: { name: package_, versions: { "1.0.16": { name: package_, version: "1.0.16" } } },
        "/osv": {
            vulns: [
                {
                    id: PYTHON_ID,
                    modified: "2026-01-01T00:00:00Z",
                    published: "2026-01-01T00:00:00Z",
                    details: "parses wrongly",
                    affected: [
                        {
                            package: { name: "ansible-core", ecosystem: "PyPI" },
                            ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "99.0" }] }],
                        },
                    ],
                },
            ],
        },
    };
    goDatabase([GO_ID]);
}

/** A database in the format of vuln.go.dev, about a package that the CLI and the plugins hold. */
function goDatabase(ids: readonly string[]): void {
    const modified = "2026-01-01T00:00:00Z";
    const write = (path: string, value: unknown) => {
        mkdirSync(join(folder, "go", path, ".."), { recursive: true });
        writeFileSync(join(folder, "go", path), JSON.stringify(value));
    };
    const module = { path: "google.golang.org/grpc", vulns: ids.map((id) => ({ id, modified, fixed: "99.0.0" })) };
    write("index/db.json", { modified });
    write("index/modules.json", ids.length === 0 ? [] : [module]);
    write(
        "index/vulns.json",
        ids.map((id) => ({ id, modified })),
    );
    for (const id of ids) {
        const affected = {
            package: { name: module.path, ecosystem: "Go" },
            ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "99.0.0" }] }],
            ecosystem_specific: { imports: [{ path: module.path }] },
        };
        write(`ID/${id}.json`, { id, modified, published: modified, summary: "calls wrongly", affected: [affected] });
    }
}

/** Exceptions for these, as a file of them has them. */
function explaining(ids: readonly string[]): string {
    return ids.map((id) => `- { id: ${id}, why: not called, until: 2999-12-31 }\n`).join("");
}

interface Ended {
    readonly exitCode: number | null;
    readonly output: string;
}

/** Runs the audit as make does, asking what listens here; without exceptions, the committed ones. */
function audit(exceptions?: string): Promise<Ended> {
    const file = join(folder, "exceptions.yaml");
    writeFileSync(file, exceptions ?? readFileSync(join(ROOT, "tools/supply/exceptions.yaml")));
    return runs(["tools/supply/audit.ts"], {
        AUDIT_EXCEPTIONS: file,
        GOVULNDB: `file://${join(folder, "go")}`,
        PIP_AUDIT_VULNERABILITY_SERVICE: "osv",
        PIP_AUDIT_OSV_URL: `${url()}/osv`,
    });
}

/** Runs a program of the project whose npm asks what listens here. */
function runs(program: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const npm = { npm_config_registry: url(), npm_config_fetch_retries: "0" };
    const child = spawn(process.execPath, ["--require", "./start/typescript", ...program], {
        cwd: ROOT,
        env: { ...process.env, ...npm, ...environment },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    return new Promise((done) => child.on("close", (exitCode) => done({ exitCode, output })));
}

describe("make audit", () => {
    // Each run of it takes as long as a look into every program that is built here, so there are as few as tell its ends apart.
    test("names each weakness with where it is fixed, lets stand what is explained, and ends with 2 for the others", async () => {
        knowOneEach();
        const { exitCode, output } = await audit(explaining([NPM_ID, "GO-2020-1"]));
        const explained = `npm fastest-levenshtein \\S+: ${NPM_ID} measures wrongly\n    let stand until 2999-12-31: not called`;
        expect(output).toMatch(new RegExp(`^${explained}$`, "m"));
        expect(output).toMatch(new RegExp(`^Go google.golang.org/grpc \\S+: ${GO_ID} calls wrongly \\(fixed in `, "m"));
        expect(output).toMatch(new RegExp(`^Python ansible-core 2\\S+: ${PYTHON_ID} parses wrongly`, "m"));
        // What nobody explained is not let stand.
        expect(output.match(/let stand/g)).toHaveLength(1);
        expect(output).toContain("nothing has GO-2020-1 any more");
        expect(exitCode).toBe(2);
    });

    test("ends with 0 where nothing is known, and where all is explained", async () => {
        knowOneEach();
        answers["/-/npm/v1/security/advisories/bulk"] = {};
        const { exitCode, output } = await audit(explaining([GO_ID, PYTHON_ID]));
        expect(output).toMatch(/^npm: nothing known$[^]*^Go: \d+ found$[^]*^Python: \d+ found$/m);
        expect(output).toMatch(/GO-2026-0001 calls wrongly .*\n    let stand until 2999-12-31: not called$/m);
        expect(output).toMatch(/PYSEC-2026-1 parses wrongly .*\n    let stand until 2999-12-31: not called$/m);
        expect(exitCode).toBe(0);
    });

    test("ends with 1 where a source cannot tell, and tells of the others", async () => {
        knowNothing();
        delete answers["/-/npm/v1/security/advisories/bulk"];
        const { exitCode, output } = await audit();
        expect(output).toMatch(/^npm: it could not be told: .+$[^]*^Go: nothing known$[^]*^Python: nothing known$/m);
        expect(exitCode).toBe(1);
    });

    test("a file of exceptions that is none is refused", async () => {
        const { exitCode, output } = await audit("- { id: GO-1 }\n");
        expect(output).toMatch(/exceptions\.yaml: exceptions\/0 must have required property 'why'/);
        expect(exitCode).toBe(1);
    });
});

describe("an exception", () => {
    const finding: Finding = { ecosystem: "Go", package: "p", version: "v1", id: "GO-1", title: "t", fixed: "" };
    const exception: Exception = { id: "GO-1", why: "not called", until: "2026-11-25" };

    test("counts on its last day and not after it", () => {
        expect(judge([finding], [exception], "2026-11-25", true)).toMatchObject({ open: [], stale: [] });
        const after = judge([finding], [exception], "2026-11-26", true);
        expect(after.open).toEqual([finding]);
        expect(after.stale).toEqual(["the exception for GO-1 is over since 2026-11-25: look at it again"]);
    });

    test("for each of them leaves nothing open, and none for one of them leaves that", () => {
        const other = { ...finding, id: "GO-2" };
        const both = [exception, { ...exception, id: "GO-2" }];
        const { open, explained, stale } = judge([finding, other], both, "2026-11-25", true);
        expect([open, explained.map((one) => one.finding), stale]).toEqual([[], [finding, other], []]);
        expect(judge([finding, other], [exception], "2026-11-25", true)).toMatchObject({ open: [other], stale: [] });
        expect(judge([], [], "2026-11-25", true)).toEqual({ open: [], explained: [], stale: [] });
    });

    test("is not called unneeded where a source could not tell", () => {
        expect(judge([], [exception], "2026-11-25", false).stale).toEqual([]);
        expect(judge([], [exception], "2026-11-25", true).stale).toHaveLength(1);
    });
});

describe("make sbom", () => {
    /** One of each kind, of Go the smallest: those of the other modules take a minute of processor time, and are made in the same way. */
    const bills = ["npm", "go-tools-supply", "python-lab"];

    test("there is a bill for each lock file of the project", async () => {
        const files = execFileSync("git", ["ls-files", "-z", ":(glob)**/go.mod", ":(glob)**/requirements.txt"], {
            cwd: ROOT,
            encoding: "utf8",
        });
        const { exitCode, output } = await runs(["tools/supply/sbom.ts", join(folder, "none"), "other"]);
        const told = /^other: no such bill; there are (.*)$/m.exec(output)?.[1]?.split(", ");
        const named = (path: string) =>
            `${path.endsWith("go.mod") ? "go" : "python"}-${dirname(path).replaceAll("/", "-")}`;
        expect(told?.sort()).toEqual(["npm", ...files.split("\0").filter(Boolean).map(named)].sort());
        expect(exitCode).toBe(1);
    });

    test("a bill is a CycloneDX file with what its lock file pins", async () => {
        const { exitCode } = await runs(["tools/supply/sbom.ts", join(folder, "sbom"), ...bills]);
        expect(exitCode).toBe(0);
        expect(readdirSync(join(folder, "sbom")).sort()).toEqual(bills.map((name) => `${name}.cdx.json`).sort());
        const versionIn = (file: string, name: string) => {
            const { bomFormat, components } = JSON.parse(
                readFileSync(join(folder, "sbom", `${file}.cdx.json`), "utf8"),
            ) as { bomFormat: string; components: { name: string; group?: string; version: string }[] };
            expect(bomFormat).toBe("CycloneDX");
            return components.find((one) => [one.group, one.name].filter(Boolean).join("/") === name)?.version;
        };
        expect(versionIn("npm", "@pulumi/pulumi") ?? versionIn("npm", "pulumi")).toBe("3.259.0");
        expect(versionIn("go-tools-supply", "golang.org/x/vuln")).toBe("v1.9.0");
        expect(versionIn("go-tools-supply", "github.com/CycloneDX/cyclonedx-gomod")).toBe("v1.10.0");
        expect(versionIn("python-lab", "fakepve")).toBe("0.5.0");
    });
});

describe("make upgrade", () => {
    /** Registries in which every npm package has one version: the pinned one, but for those named here. */
    function offer(newest: Readonly<Record<string, string>>): void {
        const { dependencies, devDependencies } = JSON.parse(
            readFileSync(join(ROOT, "package.json"), "utf8"),
        ) as Record<"dependencies" | "devDependencies", Record<string, string>>;
        const packument = ([name, pinned]: [string, string]): [string, unknown] => {
            const latest = newest[name] ?? pinned;
            const versions = Object.fromEntries([pinned, latest].map((version) => [version, { name, version }]));
            return [`/${name}`, { name, "dist-tags": { latest }, versions }];
        };
        answers = Object.fromEntries(Object.entries({ ...dependencies, ...devDependencies }).map(packument));
    }

    test("lists what is newer, not what is older, and tells which registry could not tell", async () => {
        offer({ ajv: "99.0.0", prettier: "1.0.0" });
        const { exitCode, output } = await runs(["tools/supply/upgrade.ts"], {
            GOPROXY: "http://127.0.0.1:1",
            PIP_NO_INDEX: "1",
        });
        expect(output).toMatch(/^package\.json +ajv +8\.\S+ +99\.0\.0$/m);
        expect(output).not.toContain("prettier");
        expect(output).toMatch(/^tools\/cli \S+: it could not be told: .*refused/m);
        expect(exitCode).toBe(1);
    });
});
