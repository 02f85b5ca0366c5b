import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { writeText } from "../../commands/cli/files";
import { answer, complain, note, speak, tell } from "../../commands/cli/terminal";
import { DefinitionError } from "../../definitions/faults";
import { escaped, inOneLine, keepSecret, MASK, masked, printed, printedJson } from "../../definitions/printed";
import { Refusal, shown } from "../../definitions/refusal";
import { parseHostFacts } from "../../host/facts";
import { secretsOf } from "../../host/secrets";
import { credentials } from "../../router/credentials";
import { RefusedError } from "../../router/errors";
import { PartialError } from "../../router/provider";

jest.setTimeout(60_000);

const EVIL = "\u001b]0;owned\u0007\u001b[2J\r\u009b31m\u202egnp.exe";
const WRITTEN = "\\u001b]0;owned\\u0007\\u001b[2J\\u000d\\u009b31m\\u202egnp.exe";
/** All that steers a terminal, but line ends and tabs. */
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

const KEPT = { ...process.env };
afterEach(() => {
    process.env = { ...KEPT };
    speak({ json: false, quiet: false });
    jest.restoreAllMocks();
});

/** All that a work prints. */
function printedBy(work: () => void): string {
    const lines: string[] = [];
    for (const way of ["log", "error"] as const) {
        jest.spyOn(console, way).mockImplementation((...parts: unknown[]) => void lines.push(parts.join(" ")));
    }
    work();
    return lines.join("\n");
}

describe("control characters", () => {
    test("are written out, and all else stays", () => {
        expect(escaped(EVIL)).toBe(WRITTEN);
        expect(escaped("Grüße,\n\t日本 🙂 → |")).toBe("Grüße,\n\t日本 🙂 → |");
        expect(escaped("\u{e0041}")).toBe("\\udb40\\udc41");
    });

    test("of no text are left", () => {
        fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => expect(escaped(text)).not.toMatch(STEERS)));
    });

    test("in JSON are the same value for who parses it", () => {
        expect(printedJson({ found: EVIL })).not.toMatch(STEERS);
        expect(JSON.parse(printedJson({ found: EVIL, list: [1, null] }))).toEqual({ found: EVIL, list: [1, null] });
    });

    test.each<[string, Error]>([
        ["a refusal", new Refusal(`PVE said ${EVIL}`)],
        ["the router's refusal of a write", new RefusedError("POST x", { name: [EVIL, "b\nstate: unchanged"] })],
        ["a failure of the router's provider", new PartialError(EVIL, "id", {})],
        ["a file's name", new DefinitionError([{ file: `tenants/dvntm/${EVIL}\nx.yaml`, path: "", message: "wrong" }])],
        ["a host's facts", thrownBy(() => parseHostFacts(EVIL))],
    ])("of %s are written out", (_, { message }) => {
        expect(message).not.toMatch(STEERS);
        expect(message).toMatch(/\\u001b|\\\\u001b/);
        expect(message).not.toContain("\n");
    });

    test("are written out in all that a command prints", () => {
        const out = printedBy(() => {
            [tell, note, complain].forEach((say) => say(EVIL));
            answer({}, () => EVIL);
            speak({ json: true, quiet: false });
            answer({ found: EVIL });
        });
        expect(out.split("owned")).toHaveLength(6);
        expect(out).not.toMatch(STEERS);
    });

    test("a line end of others is none of ours", () => {
        expect(inOneLine("a\nb")).toBe("a\\nb");
    });
});

function thrownBy(work: () => unknown): Error {
    try {
        work();
    } catch (error) {
        return new Refusal((error as Error).message);
    }
    throw new Error("nothing was thrown");
}

describe("secrets", () => {
    const SECRET = "0b8fa1c2-1111-2222-3333-444455556666";

    test("of the environment are masked, but the token's name", () => {
        process.env["PROXMOX_VE_API_TOKEN"] = `deevnet@pve!pulumi=${SECRET}`;
        process.env["PULUMI_CONFIG_PASSPHRASE"] = "kept by one person=";
        expect(masked(`deevnet@pve!pulumi=${SECRET} kept by one person=`)).toBe(`deevnet@pve!pulumi=${MASK} ${MASK}`);
        expect(new Refusal(`401 ${SECRET}`).message).toBe(`401 ${MASK}`);
    });

    test("control: what nobody knows for a secret stays, and so does a word that a short passphrase is", () => {
        process.env["PULUMI_CONFIG_PASSPHRASE"] = "simulated";
        expect(printed(`a simulated node: ${SECRET}`)).toBe(`a simulated node: ${SECRET}`);
    });

    test("of the stack's configuration are masked once they were read", () => {
        const key =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----";
        const variables = { admin: { password: 'pa"ss' }, pins: [493817], flag: true, none: null, short: "abc" };
        secretsOf({ "baseline:privateKey": key, "baseline:variables": JSON.stringify(variables) });
        credentials((name) => (name.endsWith("Secret") ? "routers-own" : "key"));
        const text = `pa"ss ${JSON.stringify('pa"ss')} 493817 b3BlbnNzaC1rZXktdjEAAAAABG5vbmU routers-own true abc`;
        expect(masked(text)).toBe(`${MASK} "${MASK}" ${MASK} ${MASK} ${MASK} true abc`);
    });

    test("are masked in every form that they stand in", () => {
        const secret = "s3cr3t with+signs&\nand a second line of it";
        keepSecret(secret);
        const forms = [
            secret,
            JSON.stringify(secret),
            encodeURIComponent(secret),
            Buffer.from(secret).toString("base64"),
        ];
        for (const form of [...forms, "  and a second line of it"]) {
            expect(masked(`<${form}>`)).not.toMatch(/s3cr3t|second|czNjcjN0/);
        }
    });

    test("are masked before a text is cut", () => {
        keepSecret("secret-of-twenty-four-ch");
        expect(shown(`${"x".repeat(50)}secret-of-twenty-four-ch`)).toBe(`${"x".repeat(50)}${MASK}`);
    });

    test("are masked in what a command prints and writes", () => {
        keepSecret("printed-secret");
        const folder = mkdtempSync(join(tmpdir(), "printed-"));
        const out = printedBy(() => {
            [tell, note, complain].forEach((say) => say("printed-secret"));
            answer({}, () => "printed-secret");
            speak({ json: true, quiet: false });
            answer({ found: ["printed-secret"] });
        });
        writeText(join(folder, "page"), "<p>printed-secret</p>");
        expect(out).toBe([MASK, MASK, MASK, MASK, `{"found":["${MASK}"]}`].join("\n"));
        expect(readFileSync(join(folder, "page"), "utf8")).toBe(`<p>${MASK}</p>`);
        rmSync(folder, { recursive: true });
    });
});
