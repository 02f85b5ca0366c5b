import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { sparing } from "../../state/spared";

const ROOT = resolve(__dirname, "../..");

/** Names of the modules that a run loaded are printed, then what the program gives. */
const PROGRAM = `
    require("./start/typescript");
    const { said } = require("./said.ts");
    console.log(JSON.stringify({ said: said(), compiler: Object.keys(require.cache).some((file) => file.includes("@swc/core/index")) }));
`;

interface Run {
    readonly said: string;
    /** Whether the compiler was loaded. */
    readonly compiler: boolean;
}

let root: string;

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "start-"));
    cpSync(join(ROOT, "start"), join(root, "start"), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    write("word.ts", 'export const word: string = "one";\n');
    write("said.ts", 'import { word } from "./word";\n\nexport function said(): string {\n    return word;\n}\n');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
    writeFileSync(join(root, file), text);
}

function node(program: string) {
    return spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
}

function run(): Run {
    const { stdout, stderr } = node(PROGRAM);
    expect(stderr).toBe("");
    return JSON.parse(stdout) as Run;
}

const COMPILED = ".compiled/word.ts.js";

test("the first run compiles, and the next one does not load the compiler", () => {
    expect(run()).toEqual({ said: "one", compiler: true });
    expect(run()).toEqual({ said: "one", compiler: false });
});

test("an edit counts at once, even where neither size nor time of the file tell of it", () => {
    run();
    const { atime, mtime } = statSync(join(root, "word.ts"));
    write("word.ts", 'export const word: string = "two";\n');
    utimesSync(join(root, "word.ts"), atime, mtime);
    expect(run()).toEqual({ said: "two", compiler: true });
    expect(run()).toEqual({ said: "two", compiler: false });
});

test.each([
    ["cut off", (code: string) => code.slice(0, -20)],
    ["empty", () => ""],
    ["changed by hand", (code: string) => code.replace('"one"', '"six"')],
    ["another source's", (code: string) => code.replace(/^\/\/ \S+/, "// 0")],
])("what was kept and is %s is made anew", (_name, damage) => {
    run();
    const whole = readFileSync(join(root, COMPILED), "utf8");
    write(COMPILED, damage(whole));
    expect(readFileSync(join(root, COMPILED), "utf8")).not.toBe(whole);
    expect(run()).toEqual({ said: "one", compiler: true });
    expect(readFileSync(join(root, COMPILED), "utf8")).toBe(whole);
});

test("where nothing can be kept, the program runs all the same", () => {
    write(".compiled", "a file, not a folder");
    expect(run()).toEqual({ said: "one", compiler: true });
    expect(run()).toEqual({ said: "one", compiler: true });
});

test("a stack trace has the lines of the source", () => {
    write(
        "word.ts",
        "interface Long {\n    word: string;\n}\n\nconst none = undefined as unknown as Long;\nexport const { word } = none;\n",
    );
    expect(node(PROGRAM).stderr).toMatch(/word\.ts:6:/);
});

test.each([
    ["@npmcli/arborist", "typeof new module.Arborist({ path: '.' }).loadActual === 'function'"],
    ["typescript", "/^5/.test(module.version) && module.SyntaxKind.NumericLiteral > 0"],
    ["@pulumi/pulumi/automation", "typeof module.LocalWorkspace.create === 'function'"],
    ["normalize-package-data", "(module.default(data), data._id === 'one@1.0.0')"],
    ["@opentelemetry/sdk-trace-node", "class extends module.NodeTracerProvider {}.name === ''"],
    ["@opentelemetry/resources", "module.defaultResource().attributes['telemetry.sdk.language'] === 'nodejs'"],
])("%s, which Pulumi's SDK loads, is put off, and there for whoever uses it", (name, uses) => {
    const loads = (after: string) =>
        node(`
            require("./start/deferred");
            const pulumi = require("@pulumi/pulumi");
            const { createRequire } = require("node:module");
            const load = createRequire(require.resolve("@pulumi/pulumi"));
            const data = { name: "one", version: "1.0.0" };
            const { exports: module } = require.cache[load.resolve("${name}")];
            console.log(${after}, require.cache[load.resolve("${name}")].exports !== module);
        `).stdout.trim();
    expect(loads("true")).toBe("true false");
    expect(loads(uses)).toBe("true true");
});

test("a run that is traced makes its spans, although what traces was put off", () => {
    const spans = (before: string) => {
        const { stdout, stderr } = node(`
            ${before}
            const tracing = require("@pulumi/pulumi/cmd/run/tracing");
            const before = tracing.newSpan("one").isRecording();
            tracing.start("http://127.0.0.1:9/api/v2/spans");
            console.log(before, tracing.newSpan("two").isRecording());
            process.exit();
        `);
        expect(stderr).toBe("");
        return stdout.trim();
    };
    expect(spans('require("./start/preload")')).toBe("false true");
    expect(spans("")).toBe("false true");
});

test("no resource has a stack in the state, and any other stack is whole", () => {
    const stackOf = (before: string) =>
        node(`
            ${before}
            const { Resource } = require("@pulumi/pulumi");
            const deep = (depth) => (depth > 0 ? deep(depth - 1) : [Resource.callsites().length > 0, new Error("x").stack.includes("deep")]);
            console.log(...deep(9));
        `).stdout.trim();
    expect(stackOf('require("source-map-support/register");')).toBe("true true");
    expect(stackOf('require("./start/typescript"); require("./start/stacks");')).toBe("false true");
});

test("a promise has a stack where somebody asks which of them never end", () => {
    const stackOf = (variables: Readonly<Record<string, string>>) => {
        const program = `
            require("./start/typescript");
            require("./start/stacks");
            require("./start/promises");
            const { debuggablePromise, promiseDebugString } = require("@pulumi/pulumi/runtime/debuggable");
            const declaring = () => Promise.resolve();
            const one = declaring();
            (function asked() { void debuggablePromise(one, "one"); })();
            console.log(/at asked/.test(promiseDebugString(one)), new Error("x").stack.includes("at "));
        `;
        const env = { ...process.env, ...variables };
        return spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8", env }).stdout.trim();
    };
    expect(stackOf({})).toBe("false true");
    expect(stackOf({ PULUMI_DEBUG_PROMISE_LEAKS: "true" })).toBe("true true");
});

test.each([
    [["up", "--stack", "dvntm", "--yes"], ""],
    [["up", "--stack", "dvntm", "--debug"], "debug: [runtime] one\n"],
    [["preview", "-d"], "debug: [runtime] one\n"],
    [["up", "--logtostderr", "-v=9"], "debug: [runtime] one\n"],
])("of %j the SDK's debug messages are %j", (words, messages) => {
    process.env["PULUMI_BACKEND_URL"] = "file:///nowhere";
    const env = { ...process.env, ...sparing("dvntm", words) };
    delete process.env["PULUMI_BACKEND_URL"];
    const program = `
        require("./start/messages");
        require("@pulumi/pulumi/runtime/settings").excessiveDebugOutput = true;
        void require("@pulumi/pulumi/log").debug("one");
    `;
    const { stdout } = spawnSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8", env });
    expect(stdout).toBe(messages);
});

test("no run waits for V8's debugger, which is there for whoever sends a function", () => {
    const asked = (before: string) =>
        node(`
            const { Session } = require("node:inspector");
            const post = Session.prototype.post;
            const asked = [];
            Session.prototype.post = function (method, ...given) { asked.push(method); return post.call(this, method, ...given); };
            ${before}
            const { runtime } = require("@pulumi/pulumi");
            (async () => {
                await require("@pulumi/pulumi/runtime/closure/v8Hooks").isInitializedAsync();
                const waited = asked.includes("Debugger.enable");
                const word = "sent";
                const { text } = await runtime.serializeFunction(() => word);
                console.log(waited, asked.includes("Debugger.enable"), text.includes('"sent"'));
            })();
        `).stdout.trim();
    expect(asked("")).toBe("true true true");
    expect(asked('require("./start/preload");')).toBe("false true true");
});

test("a short run is not optimized, which costs more than it gives", () => {
    const optimized = (before: string) => {
        const program = `${before} const often = (n) => n % 7; for (let n = 0, sum = 0; n < 1e5; n++) sum += often(n);`;
        const { stdout } = spawnSync(process.execPath, ["--trace-opt", "-e", program], { cwd: root, encoding: "utf8" });
        // V8 may take the loop or what it calls, as whichever comes first.
        return /^\[(marking|compiling method) /m.test(stdout);
    };
    expect(optimized("")).toBe(true);
    expect(optimized('require("./start/brief");')).toBe(false);
});
