/**
 * Ends the program when nobody reads its output any more, as after the CLI was killed. Pulumi's own runtime writes the
 * error of such a write to the same output, and would go on so for ever, with all of a core and ever more memory. Loaded
 * first, since a CLI may be killed while the program is still loading.
 */
for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => process.exit(1));
}
