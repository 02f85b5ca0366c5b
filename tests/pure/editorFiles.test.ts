import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import Ajv2020 from "ajv/dist/2020";
import { load } from "js-yaml";
import { coerce, gte } from "semver";
import stackFile from "../../schemas/stackFile.schema.json";
import substrate from "../../schemas/substrate.schema.json";
import { SECRET_KEYS } from "../../definitions/stackFile";
import { filesOfProject } from "../acceptance/runbooks/pages";

const ROOT = resolve(__dirname, "..", "..");

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const { "yaml.schemas": SCHEMAS } = JSON.parse(read(".vscode/settings.json")) as {
    "yaml.schemas": Record<string, string[]>;
};

/** Whether a glob of one folder after another, with stars in names, is of a file. */
function matches(glob: string, file: string): boolean {
    return new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`).test(file);
}

test("every definition of the project has its schema by its place, and nothing else has one", () => {
    const globs = Object.entries(SCHEMAS);
    const found = filesOfProject().flatMap((file) =>
        globs.flatMap(([schema, of]) => (of.some((glob) => matches(glob, file)) ? [[file, schema] as const] : [])),
    );
    const committed = ["Pulumi.dvnt.yaml", "Pulumi.dvntm.yaml", "tenants/dvnt/grooveiq.yaml"];
    expect(found.map(([file]) => file)).toEqual(expect.arrayContaining(committed));
    for (const [file, schema] of found) {
        expect([file, schema]).toEqual([
            file,
            `./schemas/${file.startsWith("Pulumi.") ? "stackFile" : "tenant"}.schema.json`,
        ]);
        expect(file).toMatch(/^(Pulumi\.[a-z0-9-]+\.yaml|tenants\/[^/]+\/[^/]+\.ya?ml)$/);
    }
});

test("docs/editor.md has the same globs for Neovim", () => {
    const lua = /```lua\n([^]*?)```/.exec(read("docs/editor.md"))![1]!;
    for (const [schema, globs] of Object.entries(SCHEMAS)) {
        expect(lua).toContain(`["${schema}"] = { ${globs.map((glob) => `"${glob}"`).join(", ")} }`);
    }
});

describe("the schema of a stack file", () => {
    const ajv = new Ajv2020({ strict: false });
    ajv.addSchema(substrate);
    const validate = ajv.compile(stackFile);
    const stack = () => load(read("Pulumi.dvntm.yaml")) as { config: Record<string, unknown> };

    test("has every key of the substrate's, and the router's secret ones, which are encrypted", () => {
        const keys = [...Object.keys(substrate.properties), ...SECRET_KEYS].map((key) => `tenant-hypervisors:${key}`);
        expect(Object.keys(stackFile.properties.config.properties)).toEqual(keys);
        const withKey = (value: unknown) => ({
            config: { ...stack().config, "tenant-hypervisors:routerApiKey": value },
        });
        expect([{ secure: "v1:AAAA" }, "AAAA"].map((value) => validate(withKey(value)))).toEqual([true, false]);
    });

    test("takes the committed stack files and the examples'", () => {
        const files = filesOfProject().filter((file) => /^(examples\/[a-z]+\/)?Pulumi\.[a-z0-9-]+\.yaml$/.test(file));
        expect(files.length).toBeGreaterThan(4);
        const refused = files.flatMap((file) => (validate(load(read(file))) ? [] : [[file, validate.errors]]));
        expect(refused).toEqual([]);
    });

    test("refuses a key that nobody knows, and one that is wrong", () => {
        const slip = stack();
        slip.config["tenant-hypervisors:sitte"] = 20;
        expect(validate(slip)).toBe(false);
        const wrong = stack();
        wrong.config["tenant-hypervisors:status"] = "ready";
        expect(validate(wrong)).toBe(false);
        // Control: what is Pulumi's own or the baseline's may be there.
        const secret = stack();
        secret.config["baseline:privateKey"] = { secure: "v1:abc" };
        expect(validate(secret)).toBe(true);
    });
});

test("the development container has what the README asks for, begins with a target of make, and has tenants on PATH", () => {
    const container = JSON.parse(read(".devcontainer/devcontainer.json")) as {
        readonly image: string;
        readonly features: Record<string, { readonly version: string }>;
        readonly postCreateCommand: string;
        readonly remoteEnv: { readonly PATH: string };
    };
    const least = (name: string) => new RegExp(`^\\| ${name} \\| ([\\d.]+) \\|`, "m").exec(read("README.md"))![1]!;
    const feature = (name: string) =>
        Object.entries(container.features).find(([address]) => address.includes(`/${name}:`))![1].version;
    const reaches = (has: string, needed: string) => gte(coerce(has)!, coerce(needed)!);
    const held = {
        node: reaches(/:(\d+)-/.exec(container.image)![1]!, least("Node.js")),
        go: reaches(feature("go"), least("Go")),
        python: reaches(feature("python"), least("Python with venv")),
        // Control: one that is too old.
        old: reaches("18", least("Node.js")),
    };
    expect(held).toEqual({ node: true, go: true, python: true, old: false });
    const [make, target] = container.postCreateCommand.split(" ");
    expect([make, read("Makefile")]).toEqual(["make", expect.stringMatching(new RegExp(`^${target!}: .*## `, "m"))]);
    expect(container.remoteEnv.PATH).toContain("${containerWorkspaceFolder}/bin");
});
