import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import tenantSchema from "../../schemas/tenant.schema.json";
import type * as rpc from "vscode-jsonrpc/lib/node/main";

// Its types are not found under its public name by our module resolution, and its code only under that name.
const { createMessageConnection } = jest.requireActual<typeof rpc>("vscode-jsonrpc/node");

const ROOT = resolve(__dirname, "..", "..");
const SERVER = resolve(ROOT, "node_modules/yaml-language-server/bin/yaml-language-server");
const FILE = "tenants/dvntm/grooveiq.yaml";

interface Diagnostic {
    readonly message: string;
    readonly range: { readonly start: { readonly line: number } };
}

jest.setTimeout(60_000);

/** The real yaml-language-server over LSP, as an editor starts it: it knows of our schemas by the modeline alone. */
describe("a tenant file in an editor", () => {
    let server: ChildProcess;
    let editor: rpc.MessageConnection;
    const uri = pathToFileURL(resolve(ROOT, FILE)).href;
    const text = readFileSync(resolve(ROOT, FILE), "utf8");
    let version = 0;
    let heard: (diagnostics: Diagnostic[]) => void = () => undefined;

    beforeAll(async () => {
        server = spawn(process.execPath, [SERVER, "--stdio"], { stdio: ["pipe", "pipe", "ignore"] });
        editor = createMessageConnection(server.stdout!, server.stdin!);
        const settings = { validate: true, completion: true, hover: true, schemaStore: { enable: false } };
        editor.onRequest("workspace/configuration", ({ items }: { items: { section: string }[] }) =>
            items.map(({ section }) => (section === "yaml" ? settings : null)),
        );
        editor.onRequest("client/registerCapability", () => null);
        editor.onNotification("textDocument/publishDiagnostics", (params: { diagnostics: Diagnostic[] }) =>
            heard(params.diagnostics),
        );
        editor.listen();
        const rootUri = pathToFileURL(ROOT).href;
        await editor.sendRequest("initialize", {
            processId: process.pid,
            rootUri,
            workspaceFolders: [{ uri: rootUri, name: "tenants" }],
            capabilities: { workspace: { configuration: true, workspaceFolders: true } },
        });
        await editor.sendNotification("initialized", {});
        await editor.sendNotification("workspace/didChangeConfiguration", { settings: { yaml: settings } });
    });
    afterAll(async () => {
        await editor.sendRequest("shutdown");
        await editor.sendNotification("exit");
        editor.dispose();
    });

    /** Shows a text in the editor and gives back what the server says of it. */
    async function diagnose(shown: string): Promise<Diagnostic[]> {
        const answer = new Promise<Diagnostic[]>((done) => (heard = done));
        version++;
        await (version === 1
            ? editor.sendNotification("textDocument/didOpen", {
                  textDocument: { uri, languageId: "yaml", version, text: shown },
              })
            : editor.sendNotification("textDocument/didChange", {
                  textDocument: { uri, version },
                  contentChanges: [{ text: shown }],
              }));
        return answer;
    }

    const lineOf = (shown: string, part: string) => shown.split("\n").findIndex((line) => line.includes(part));

    test("a file without a fault has none", async () => {
        expect(await diagnose(text)).toEqual([]);
    });

    test("a wrong unit is told in the words of tenants validate, on its line", async () => {
        const wrong = text.replace("memory: 4GiB", "memory: 4GB");
        const diagnostics = await diagnose(wrong);
        expect(diagnostics.map(({ message }) => message)).toEqual([
            expect.stringContaining("a whole number of MiB or GiB, such as 512MiB or 4GiB"),
        ]);
        expect(diagnostics[0]!.range.start.line).toBe(lineOf(wrong, "4GB"));
    });

    test("an unknown key is marked", async () => {
        const wrong = text.replace("memory: 4GiB", "memroy: 4GiB");
        const diagnostics = await diagnose(wrong);
        expect(diagnostics.map(({ range }) => range.start.line)).toEqual([lineOf(wrong, "memroy")]);
        expect(diagnostics[0]!.message).toMatch(/memroy is not allowed/);
    });

    test("keys are completed, with what they mean", async () => {
        const shown = `${text}    \n`;
        await diagnose(shown);
        const position = { line: shown.split("\n").length - 2, character: 4 };
        const { items } = await editor.sendRequest<{ items: { label: string; documentation?: unknown }[] }>(
            "textDocument/completion",
            { textDocument: { uri }, position },
        );
        // What the last VM has already is not offered again.
        const { properties } = tenantSchema.$defs.vm;
        const had = ["aliases", "cores", "disk", "instance", "memory", "name"];
        const left = Object.keys(properties).filter((key) => !had.includes(key));
        expect(items.map(({ label }) => label).sort()).toEqual(left.sort());
        expect(JSON.stringify(items.find(({ label }) => label === "address"))).toContain("through cloud-init");
    });
});
