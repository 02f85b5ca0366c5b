import { request } from "node:http";
import { connect } from "node:net";

/** Seconds that one question may take. */
const PATIENCE_SECONDS = 5;

/** Whether a port of an address takes connections; it is let go at once. */
export function answersTcp(address: string, port: number): Promise<boolean> {
    return new Promise((done) => {
        const socket = connect({ host: address, port, timeout: PATIENCE_SECONDS * 1000 });
        const end = (answers: boolean) => {
            socket.destroy();
            done(answers);
        };
        socket.once("connect", () => end(true));
        socket.once("timeout", () => end(false));
        socket.once("error", () => end(false));
    });
}

/** Whether a page is answered with a status of 200 to 399; no redirect is followed, and nothing of it is read. */
export function answersHttp(address: string, { port, path }: { readonly port: number; readonly path: string }) {
    return new Promise<boolean>((done) => {
        const signal = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
        const call = request({ host: address, port, path, agent: false, signal }, (response) => {
            const { statusCode = 0 } = response;
            response.destroy();
            done(statusCode >= 200 && statusCode < 400);
        });
        call.on("error", () => done(false));
        call.end();
    });
}
