import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";

const ROOT = resolve(__dirname, "..", "..");

test.each([
    ["up", "--suppress-o", "--suppress-outputs"],
    ["refresh", "--preview-o", "--preview-only"],
])("ARGS of %s completes to the flags of the CLI itself", (target, typed, flag) => {
    const line = `make ${target} SUBSTRATE=dvntm ARGS=${typed}`;
    const script = [
        `source '${join(ROOT, "completion", "make.bash")}'`,
        'COMP_LINE=$1; COMP_POINT=${#1}; __tenant_hypervisors make; printf "%s\\n" "${COMPREPLY[@]}"',
    ].join("\n");
    const offered = execFileSync("bash", ["--norc", "-c", script, "bash", line], { cwd: ROOT, encoding: "utf8" });
    expect(offered.trim()).toBe(flag);
});
