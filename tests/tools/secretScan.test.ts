import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretScan } from "../../lab/secretScan";

const SECRET = "correct-horse-battery-staple";

function scanFor(secret: string): SecretScan {
    const scan = new SecretScan();
    scan.add(secret);
    return scan;
}

test("a secret that was said is told, by place and not by value", () => {
    const scan = scanFor(SECRET);
    scan.output("nothing here", "the first run");
    expect(() => scan.expectNothing()).not.toThrow();
    scan.output(`password: ${SECRET}`, "the second run");
    expect(() => scan.expectNothing()).toThrow(
        /^secrets in plain text:\nthe second run holds a secret of 28 characters/,
    );
    expect(() => scan.expectNothing()).not.toThrow(SECRET);
});

test("each line of a private key counts, but not those that all keys have", () => {
    const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    const scan = scanFor(key);
    scan.output("-----BEGIN OPENSSH PRIVATE KEY-----", "a public text");
    expect(() => scan.expectNothing()).not.toThrow();
    scan.output("key b3BlbnNzaC1rZXktdjEAAAAA", "a run");
    expect(() => scan.expectNothing()).toThrow("a run holds");
});

test("a secret in a file below a folder is told", () => {
    const folder = mkdtempSync(join(tmpdir(), "secret-scan-"));
    try {
        writeFileSync(join(folder, "state.json"), JSON.stringify({ password: SECRET }));
        const scan = scanFor(SECRET);
        scan.files(folder);
        expect(() => scan.expectNothing()).toThrow(join(folder, "state.json"));
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
});

test("a secret in a command line is told", async () => {
    const scan = scanFor(SECRET);
    const unwatch = scan.watchProcesses();
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()", SECRET], {
        stdio: ["pipe", "ignore", "ignore"],
    });
    const seen = () => {
        try {
            scan.expectNothing();
            return false;
        } catch {
            return true;
        }
    };
    for (let waited = 0; waited < 10_000 && !seen(); waited += 50) {
        await new Promise((later) => setTimeout(later, 50));
    }
    const ended = once(child, "exit");
    child.stdin.end();
    await ended;
    unwatch();
    expect(() => scan.expectNothing()).toThrow("the process list holds");
});
