import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { HttpsClient, NoAnswerError } from "../../https/client";
import { useMachine, type HttpsMachine } from "../httpsServer";

const ROOT = resolve(__dirname, "../..");
const BOUNDS = { seconds: 5, bytes: 1024 };

let machine: HttpsMachine;

useMachine((started) => (machine = started));

describe("connections that the client keeps", () => {
    /** Asks in turn a machine that may close a connection at its second request. */
    async function inTurn(closes: boolean, ...asked: { method: string; reads?: boolean }[]) {
        const seen = new Map<unknown, number>();
        machine.answer = ({ socket }, response) => {
            seen.set(socket, (seen.get(socket) ?? 0) + 1);
            return closes && seen.get(socket) === 2 ? socket.destroy() : response.end("yes");
        };
        const client = new HttpsClient(BOUNDS);
        const texts: string[] = [];
        try {
            for (const { method, ...kind } of asked) {
                const answer = client.ask({ method, url: new URL(machine.endpoint), headers: {}, ...kind });
                texts.push(
                    await answer.then(
                        ({ text }) => text,
                        ({ why }: NoAnswerError) => why,
                    ),
                );
            }
        } finally {
            client.close();
        }
        return { texts, connections: seen.size, asked: machine.asked };
    }

    test("reads share one, a search by POST too", async () => {
        const asked = [{ method: "GET" }, { method: "POST", reads: true }, { method: "GET" }];
        expect(await inTurn(false, ...asked)).toEqual({ texts: ["yes", "yes", "yes"], connections: 1, asked: 3 });
    });

    test("each write has its own", async () => {
        const asked = [{ method: "GET" }, { method: "POST" }, { method: "PUT" }, { method: "DELETE" }];
        expect(await inTurn(false, ...asked)).toMatchObject({ connections: 4, asked: 4 });
    });

    test("a read on one that closes is asked once more, on a new one", async () => {
        const asked = [{ method: "GET" }, { method: "GET" }];
        expect(await inTurn(true, ...asked)).toEqual({ texts: ["yes", "yes"], connections: 2, asked: 3 });
    });

    test("another client of the same authorities goes on with them", async () => {
        await inTurn(false, { method: "GET" });
        const before = machine.connected;
        expect(await inTurn(false, { method: "GET" })).toMatchObject({ texts: ["yes"], asked: 2 });
        expect(machine.connected).toBe(before);
    });

    test("an idle one keeps no program alive", async () => {
        machine.answer = (_, response) => response.end("yes");
        const program = `const { HttpsClient } = require("./https/client");
            new HttpsClient({ seconds: 3600, bytes: 1024 })
                .ask({ method: "GET", url: new URL("${machine.endpoint}"), headers: {} })
                .then(({ text }) => console.log(text));`;
        const child = spawn(process.execPath, ["--require", "./start/typescript", "-e", program], {
            cwd: ROOT,
            env: process.env,
        });
        const said: string[] = [];
        child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
        const [code] = (await once(child, "close")) as [number];
        expect([code, said.join("")]).toEqual([0, "yes\n"]);
    });

    test("what has no answer yet is given up by the client that closes, and other clients' is not", async () => {
        const answers: (() => void)[] = [];
        machine.answer = (_, response) => answers.push(() => response.end("yes"));
        const clients = [new HttpsClient(BOUNDS), new HttpsClient(BOUNDS)];
        const asked = clients.map((client) =>
            client.ask({ method: "GET", url: new URL(machine.endpoint), headers: {} }),
        );
        while (answers.length < 2) {
            await new Promise((soon) => setImmediate(soon));
        }
        clients[0]!.close();
        await expect(asked[0]).rejects.toBeInstanceOf(NoAnswerError);
        answers.forEach((answer) => answer());
        expect((await asked[1])!.text).toBe("yes");
    });

    test("control: a read on a new one that breaks is not asked again", async () => {
        machine.answer = ({ socket }) => socket.destroy();
        // Of those of the tests before, none is among the connections of clients with another number of them.
        const client = new HttpsClient({ ...BOUNDS, connections: 1 });
        const asked = client.ask({ method: "GET", url: new URL(machine.endpoint), headers: {} });
        await expect(asked).rejects.toMatchObject({ why: "broken" });
        expect(machine.asked).toBe(1);
    });
});
