import { HttpsClient, type NoAnswerError } from "../../https/client";
import { removeProjects } from "../fixtures";
import { HttpsMachine, ownCertificate } from "../httpsServer";

const BOUNDS = { seconds: 5, bytes: 1024 };

let machine: HttpsMachine;

beforeAll(async () => {
    const certificate = ownCertificate();
    process.env["SSL_CERT_FILE"] = certificate.file;
    machine = await HttpsMachine.start(certificate);
});
afterAll(async () => {
    await machine.stop();
    removeProjects();
});
beforeEach(() => {
    machine.asked = 0;
});

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

    test("control: a read on a new one that breaks is not asked again", async () => {
        machine.answer = ({ socket }) => socket.destroy();
        const client = new HttpsClient(BOUNDS);
        const asked = client.ask({ method: "GET", url: new URL(machine.endpoint), headers: {} });
        await expect(asked).rejects.toMatchObject({ why: "broken" });
        expect(machine.asked).toBe(1);
    });
});
