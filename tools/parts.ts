import { resolve } from "node:path";

/** Folder of what is built here, first on PATH wherever the project calls Pulumi; git ignores it. */
export const BIN = resolve(__dirname, "..", ".tools", "bin");

/** One program that a run of Pulumi, or of the lab, needs, in the one version that the project is tested with. */
export interface Part {
    readonly binary: string;
    readonly version: string;
    /** Folder with the go.mod to build in, relative to tools/. */
    readonly module: string;
    /** Go package to build. */
    readonly package: string;
    readonly ldflags: string;
    /** Where the CLI downloads a plugin from, unless from Pulumi's own releases. */
    readonly server?: string;
    /** How the same part is recognised where it is on the machine already. */
    readonly kind: "cli" | "language-host" | "plugin" | "server";
}

const CLI_VERSION = "3.259.0";

export const cli: Part = {
    binary: "pulumi",
    version: CLI_VERSION,
    module: "cli",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${CLI_VERSION}`,
    kind: "cli",
};

export const parts: readonly Part[] = [
    cli,
    {
        binary: "pulumi-language-nodejs",
        version: CLI_VERSION,
        module: ".",
        package: "./pulumi-language-nodejs",
        ldflags: "-s -w",
        kind: "language-host",
    },
    {
        binary: "pulumi-resource-proxmoxve",
        version: "8.6.0",
        module: ".",
        package: "./pulumi-resource-proxmoxve",
        ldflags: "-s -w",
        kind: "plugin",
        // As the npm package says it: pulumi.server in its package.json.
        server: "github://api.github.com/muhlba91/pulumi-proxmoxve",
    },
    {
        binary: "pulumi-resource-command",
        version: "1.2.1",
        module: ".",
        package: "./pulumi-resource-command",
        ldflags: "-s -w",
        kind: "plugin",
    },
    {
        // The S3 server that the lab keeps states on.
        binary: "versitygw",
        version: "1.8.0",
        module: "object-store",
        package: "github.com/versity/versitygw/cmd/versitygw",
        ldflags: "-s -w -X main.Version=v1.8.0",
        kind: "server",
    },
];
