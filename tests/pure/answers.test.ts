import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HttpsClient, NoAnswerError } from "../../https/client";
import { onWait } from "../../https/waiting";
import { dataIn } from "../../node/answers";
import { NodeClient } from "../../node/client";
import { RouterClient } from "../../router/client";
import { interfaces } from "../../router/interfaces";
import { useMachine, type HttpsMachine } from "../httpsServer";

jest.setTimeout(60_000);

const TOKEN = "deevnet@pve!pulumi=0b8fa1c2-1111-2222-3333-444455556666";

let machine: HttpsMachine;
useMachine((started) => (machine = started));

function answering(status: number, body: string, headers: Record<string, string> = {}): void {
    machine.answer = (_, response) => response.writeHead(status, headers).end(body);
}

/** Message of what is refused; it is a person's: one line, without the token. */
async function refusal(asked: Promise<unknown>): Promise<string> {
    const error = await asked.then(
        () => new Error("it was taken"),
        (reason: Error) => reason,
    );
    expect(error.message).not.toMatch(/\n|SyntaxError|TypeError|at .*\.ts/);
    expect(error.message).not.toContain("444455556666");
    return error.message;
}

/** Asks as the node's client does. */
function askNode<T>(ask: (client: NodeClient) => Promise<T>): Promise<T> {
    const client = new NodeClient("hv02", machine.endpoint, TOKEN);
    return ask(client).finally(() => client.close());
}

/** Asks with bounds that a test can wait for. */
function ask(bounds: { seconds?: number; bytes?: number; patience?: number } = {}) {
    const client = new HttpsClient({ seconds: 5, bytes: 1024 ** 2, ...bounds });
    return client.ask({ method: "GET", url: new URL(machine.endpoint), headers: { Authorization: TOKEN } });
}

describe("a node's answers", () => {
    const GUESTS = "/cluster/resources?type=vm";

    test("control: one as PVE gives it is taken", async () => {
        answering(200, JSON.stringify({ data: [{ vmid: 5001, node: "pve2", type: "qemu", tags: null, other: null }] }));
        expect(await askNode((client) => client.get(GUESTS))).toEqual([{ vmid: 5001, node: "pve2", type: "qemu" }]);
    });

    test.each<[string, string]>([
        ["", "it is empty"],
        ["{", "it is no JSON: {"],
        ["<html><h1>Login</h1></html>", "it is no JSON: <html><h1>Login</h1></html>"],
        ["null", "it has no data: null"],
        ["[]", "it has no data: []"],
        ['"data"', 'it has no data: "data"'],
        ['{"data":null}', "data must be array, and is null"],
        ['{"data":"none"}', 'data must be array, and is "none"'],
        ['{"data":[null]}', "data[0] must be object, and is nothing"],
        ['{"data":[{"vmid":"5001","node":"pve2","type":"qemu"}]}', 'data[0].vmid must be integer, and is "5001"'],
        [
            '{"data":[{"vmid":5001,"type":"qemu"}]}',
            'data[0] must have required property \'node\', and is {"vmid":5001,"type":"qemu"}',
        ],
    ])("%s with status 200 is refused: method, path, what came, and what may be the cause", async (body, says) => {
        answering(200, body);
        expect(await refusal(askNode((client) => client.get(GUESTS)))).toBe(
            `hv02: GET ${GUESTS} was answered, but not as PVE's API does: ${says}. Does ${machine.endpoint} lead to ` +
                "pveproxy itself, and to no proxy, web page or other service?",
        );
    });

    test.each([
        ["/nodes/pve2/qemu/5001/config", '{"data":{"net0":{}}}'],
        ["/nodes/pve2/qemu/5001/status/current", '{"data":{"status":1}}'],
        ["/nodes/pve2/storage/local-lvm/content", '{"data":[{"volid":7}]}'],
        ["/nodes/pve2/network", '{"data":{}}'],
        ["/access/permissions", '{"data":[]}'],
        ["/pools?poolid=grooveiq", '{"data":[{"poolid":"grooveiq","members":7}]}'],
        ["/a/path/that/nobody/knows", '{"data":null}'],
    ])("%s: %s is refused", async (path, body) => {
        answering(200, body);
        expect(await refusal(askNode((client) => client.get(path)))).toMatch(/not as PVE's API does: data/);
    });

    test("a deletion that begins no task is refused, and one that says nothing is not", async () => {
        answering(200, '{"data":null}');
        expect(await refusal(askNode((client) => client.delete("/nodes/pve2/qemu/5001?purge=1")))).toMatch(
            /data must be string, and is null/,
        );
        expect(await askNode((client) => client.delete("/pools?poolid=grooveiq"))).toBeNull();
    });

    test("every answer of a real node in the recorded corpus is taken", () => {
        const lines = readFileSync(join(__dirname, "../lab/corpus/pve-8.4.jsonl"), "utf8").trim().split("\n");
        const answers = lines.map((line) => JSON.parse(line) as Recorded).filter(({ status }) => status === 200);
        // The corpus has a task's end in the place of its id.
        const ended = (data: unknown) => (data === "TASK OK" ? "UPID:pve2:" : data);
        answers.forEach(({ method, path, data }) => {
            dataIn(method, path.replace("/api2/json", ""), JSON.stringify({ data: ended(data) }));
        });
        expect(answers.length).toBeGreaterThan(50);
    });
});

interface Recorded {
    readonly method: string;
    readonly path: string;
    readonly status?: number;
    readonly data?: unknown;
}

describe("a router's answers", () => {
    function router(): RouterClient {
        return new RouterClient(machine.endpoint, { key: "key", secret: "444455556666" }, 5);
    }

    test.each<[string, string]>([
        ['{"rows":[null],"total":1}', "the answer has a record without uuid"],
        ['{"rows":["a"],"total":1}', "the answer has a record without uuid"],
        ['{"rows":[{"uuid":7}],"total":1}', "the answer has a record without uuid"],
        ["<html>", "the answer is no JSON"],
        ["null", "the answer has no rows and total"],
    ])("a search answered with %s is refused", async (body, says) => {
        answering(200, body);
        const path = "kea/dhcpv4/search_subnet";
        expect(await refusal(router().search(path))).toContain(`POST ${path}: ${says}`);
    });

    // Found by tests/pure/fuzzAnswers.test.ts: it ended in a RangeError where the router's addresses were asked for.
    test("an interface with an address that is none is refused", async () => {
        answering(
            200,
            JSON.stringify([{ identifier: "opt8", device: "vlan0.50", enabled: true, addr4: "\u001b[2J/24" }]),
        );
        expect(await refusal(interfaces(router()))).toContain("the address of opt8 is");
        answering(200, JSON.stringify([{ identifier: "wan", device: "re1", enabled: true, addr4: "192.0.2.7/24" }]));
        expect(await interfaces(router())).toHaveLength(1);
    });

    test("a redirect is told as what it is", async () => {
        answering(302, "", { Location: "/ui/login" });
        expect(await refusal(router().search("kea/dhcpv4/search_subnet"))).toMatch(
            /is no API of OPNsense \(it answers 302 and leads to \/ui\/login, which is not followed\)/,
        );
    });
});

describe("a certificate for other names", () => {
    const elsewhere = () => machine.endpoint.replace("127.0.0.1", "localhost");

    test("is told of a node with the names that PVE's own has", async () => {
        answering(200, '{"data":{"version":"8.4.1"}}');
        const client = new NodeClient("hv02", elsewhere(), TOKEN);
        expect(await refusal(client.get("/version").finally(() => client.close()))).toMatch(
            /^hv02: https:\/\/localhost:\d+\/ cannot be asked \(.*localhost.*127\.0\.0\.1.*\); the node's certificate is for other names: write one of them as endpoint/,
        );
        expect(machine.asked).toBe(0);
        // Control: by a name that stands in it, it is asked.
        expect(await askNode((one) => one.get("/version"))).toEqual({ version: "8.4.1" });
    });

    test("is told of the router", async () => {
        const client = new RouterClient(elsewhere(), { key: "key", secret: "444455556666" }, 5);
        expect(await refusal(client.search("kea/dhcpv4/search_subnet"))).toMatch(
            /the certificate of localhost port \d+ was refused, since it is for other names .*: write as coreRouter's endpoint a name that stands in it/,
        );
    });
});

describe("the client", () => {
    test("control: a certificate of a known authority is taken", async () => {
        answering(200, "yes");
        expect((await ask()).text).toBe("yes");
    });

    test("one of an unknown authority is refused, also where NODE_TLS_REJECT_UNAUTHORIZED says otherwise", async () => {
        answering(200, "yes");
        delete process.env["SSL_CERT_FILE"];
        process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
        try {
            await expect(ask()).rejects.toMatchObject({ why: "certificate" });
        } finally {
            delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
        }
        expect(machine.asked).toBe(0);
    });

    test.each([
        ["another machine", "https://127.0.0.2:9/"],
        ["http", "http://127.0.0.1:9/"],
        ["another path", "/elsewhere"],
    ])("a redirect to %s is not followed", async (_, location) => {
        answering(307, "", { Location: location });
        await expect(ask()).rejects.toMatchObject({
            why: "redirected",
            message: expect.stringContaining(location) as string,
        });
        expect(machine.asked).toBe(1);
    });

    test("an answer of one byte now and then ends with the time for all of it", async () => {
        machine.answer = (_, response) => drip(response, 50);
        await expect(ask({ seconds: 0.4 })).rejects.toEqual(new NoAnswerError("late", "no answer within 0.4 s"));
    });

    test("none at all ends with the time, also where the garbage was collected meanwhile", async () => {
        machine.answer = () => undefined;
        const given = expect(ask({ seconds: 0.4 })).rejects.toEqual(
            new NoAnswerError("late", "no answer within 0.4 s"),
        );
        setFlagsFromString("--expose-gc");
        const collect = runInNewContext("gc") as () => void;
        for (let time = 0; time < 5; time++) {
            collect();
            await new Promise((soon) => setTimeout(soon, 20));
        }
        await given;
    });

    test("an answer without end is given up at its size", async () => {
        machine.answer = (_, response) => flood(response);
        await expect(ask()).rejects.toEqual(new NoAnswerError("broken", "the answer is larger than 1 MiB"));
    });

    test("an answer that is cut off is none", async () => {
        machine.answer = (_, response) => {
            response.writeHead(200, { "Content-Length": "100" }).write("half", () => response.socket?.destroy());
        };
        await expect(ask()).rejects.toMatchObject({ why: "broken" });
    });

    test("what is waited for is said, once, and nothing where the answer comes", async () => {
        const told: string[] = [];
        onWait((line) => told.push(line));
        machine.answer = (_, response) => drip(response, 50);
        await expect(ask({ seconds: 0.5, patience: 0.1 })).rejects.toMatchObject({ why: "late" });
        const host = new URL(machine.endpoint).host;
        const waits = `waiting for ${host}: GET / has had no answer for 0.1 s, and is given up after 0.5 s`;
        expect(told).toEqual([waits]);
        answering(200, "yes");
        await ask({ patience: 1 });
        await new Promise((later) => setTimeout(later, 1100));
        expect(told).toEqual([waits]);
    });
});

/** Writes a byte every so many milliseconds, for ever. */
function drip(response: ServerResponse, everyMs: number): void {
    const timer = setInterval(() => response.write(" "), everyMs);
    response.on("close", () => clearInterval(timer));
}

/** Writes as fast as it is read, for ever. */
function flood(response: ServerResponse): void {
    const block = Buffer.alloc(64 * 1024, " ");
    const write = () => {
        while (!response.destroyed && response.write(block));
    };
    response.on("drain", write).on("error", () => undefined);
    write();
}
