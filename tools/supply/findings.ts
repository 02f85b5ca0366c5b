/** A known weakness in a version that is pinned. */
export interface Finding {
    /** Where the version is pinned: `npm`, `Go`, `Python`. */
    readonly ecosystem: string;
    readonly package: string;
    readonly version: string;
    /** Its name in the database that knows it: `GHSA-...`, `GO-...`, `PYSEC-...`. */
    readonly id: string;
    readonly title: string;
    /** First version without it; empty where there is none yet, or it is not told. */
    readonly fixed: string;
}

/** A finding that a person decided to let stand. */
export interface Exception {
    readonly id: string;
    readonly why: string;
    /** Day after which it counts no more, as `2027-01-31`. */
    readonly until: string;
}

/** Verdict of a run of the audit. */
export interface Verdict {
    /** Findings that nobody explained. */
    readonly open: readonly Finding[];
    /** Findings that are let stand, with why. */
    readonly explained: readonly { readonly finding: Finding; readonly exception: Exception }[];
    /** Exceptions that are over, or that no finding needs any more, in words. */
    readonly stale: readonly string[];
}

/**
 * Holds findings against exceptions.
 *
 * @param today as `2026-11-25`.
 * @param complete whether every source could tell; else an exception without a finding is not called unneeded.
 */
export function judge(
    findings: readonly Finding[],
    exceptions: readonly Exception[],
    today: string,
    complete: boolean,
): Verdict {
    const valid = new Map(exceptions.filter(({ until }) => until >= today).map((one) => [one.id, one]));
    const explained = findings.flatMap((finding) => {
        const exception = valid.get(finding.id);
        return exception === undefined ? [] : [{ finding, exception }];
    });
    const found = new Set(findings.map(({ id }) => id));
    const over = exceptions.filter(({ until }) => until < today);
    const unneeded = complete ? [...valid.values()].filter(({ id }) => !found.has(id)) : [];
    return {
        open: findings.filter(({ id }) => !valid.has(id)),
        explained,
        stale: [
            ...over.map(({ id, until }) => `the exception for ${id} is over since ${until}: look at it again`),
            ...unneeded.map(({ id }) => `nothing has ${id} any more: take its exception away`),
        ],
    };
}

/** Output of `npm audit --json`. */
interface NpmReport {
    readonly message?: string;
    readonly vulnerabilities?: Readonly<Record<string, { readonly name: string; readonly via: readonly unknown[] }>>;
}

interface NpmAdvisory {
    readonly url: string;
    readonly title: string;
    readonly range: string;
    readonly name: string;
}

/** @throws Error with npm's own words where it could not ask its registry. */
export function findingsOfNpm(printed: string): Finding[] {
    const { message, vulnerabilities } = JSON.parse(printed) as NpmReport;
    if (vulnerabilities === undefined) {
        throw new Error(message ?? "npm audit gave no report");
    }
    const advisories = Object.values(vulnerabilities)
        .flatMap(({ via }) => via)
        // Where it is a text, it names a package of the same report.
        .filter((via): via is NpmAdvisory => typeof via === "object");
    return advisories.map(({ url, title, range, name }) => ({
        ecosystem: "npm",
        package: name,
        version: range,
        id: url.split("/").at(-1)!,
        title,
        fixed: "",
    }));
}

/** A line of what `govulncheck -format json` prints. */
interface GoMessage {
    readonly osv?: { readonly id: string; readonly summary?: string };
    readonly finding?: {
        readonly osv: string;
        readonly fixed_version?: string;
        readonly trace: readonly { readonly module: string; readonly version?: string; readonly package?: string }[];
    };
}

/** Each weakness once, where the program holds a package that has it; a module of which it uses other packages does not count. */
export function findingsOfGo(printed: string): Finding[] {
    const messages = objectsIn(printed) as GoMessage[];
    const titles = new Map(messages.flatMap(({ osv }) => (osv ? [[osv.id, osv.summary ?? ""] as const] : [])));
    const found = new Map<string, Finding>();
    for (const { finding } of messages) {
        const at = finding?.trace[0];
        if (finding !== undefined && at?.package !== undefined) {
            found.set(`${finding.osv} ${at.module}`, {
                ecosystem: "Go",
                package: at.module,
                version: at.version ?? "",
                id: finding.osv,
                title: titles.get(finding.osv) ?? "",
                fixed: finding.fixed_version ?? "",
            });
        }
    }
    return [...found.values()];
}

/** Objects of JSON that Go's programs print one after the other, each over several lines that end with a lone brace. */
export function objectsIn(printed: string): unknown[] {
    return printed
        .split(/^(?<=\}\n)(?=\{)/m)
        .filter((text) => text.trim() !== "")
        .map((text) => JSON.parse(text) as unknown);
}

/** Output of `pip-audit -f json`. */
interface PipReport {
    readonly dependencies: readonly {
        readonly name: string;
        readonly version?: string;
        readonly skip_reason?: string;
        readonly vulns?: readonly {
            readonly id: string;
            readonly fix_versions: readonly string[];
            readonly description?: string;
        }[];
    }[];
}

/** @throws Error where a package was skipped, since nothing is known of it then. */
export function findingsOfPython(printed: string): Finding[] {
    const { dependencies } = JSON.parse(printed) as PipReport;
    const skipped = dependencies.filter(({ skip_reason }) => skip_reason !== undefined);
    if (skipped.length > 0) {
        throw new Error(`${skipped.length} of ${dependencies.length} packages: ${skipped[0]!.skip_reason}`);
    }
    return dependencies.flatMap(({ name, version = "", vulns = [] }) =>
        vulns.map(({ id, fix_versions, description = "" }) => ({
            ecosystem: "Python",
            package: name,
            version,
            id,
            title: description.split("\n")[0]!,
            fixed: fix_versions.join(", "),
        })),
    );
}
