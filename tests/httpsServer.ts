import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { project, removeProjects } from "./fixtures";

/** A certificate for 127.0.0.1 that nobody has signed, and its key: made anew, since a key in the repository would be a secret of no one. */
export function ownCertificate(): { readonly cert: string; readonly key: string; readonly file: string } {
    const folder = project({});
    const [key, file] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const form = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", [...form, ...subject, "-keyout", key, "-out", file], { stdio: "pipe" });
    return { cert: readFileSync(file, "utf8"), key: readFileSync(key, "utf8"), file };
}

/** Has a machine for all tests of a file, whose certificate SSL_CERT_FILE names and of which nothing is asked when a test begins. */
export function useMachine(started: (machine: HttpsMachine) => void): void {
    let machine: HttpsMachine;
    let certificate: ReturnType<typeof ownCertificate>;
    beforeAll(async () => {
        certificate = ownCertificate();
        machine = await HttpsMachine.start(certificate);
        started(machine);
    });
    beforeEach(() => {
        process.env["SSL_CERT_FILE"] = certificate.file;
        machine.asked = 0;
    });
    afterAll(async () => {
        await machine.stop();
        removeProjects();
    });
}

/** A machine that answers by HTTPS on the loopback as a test says. */
export class HttpsMachine {
    /** Its way with the next request. */
    answer: RequestListener = (_, response) => response.end();
    /** How many requests came, and how many connections. */
    asked = 0;
    connected = 0;

    private constructor(private readonly server: Server) {}

    static async start({ cert, key }: { readonly cert: string; readonly key: string }): Promise<HttpsMachine> {
        // It closes no idle connection by itself while a test runs.
        const server = createServer({ cert, key, keepAliveTimeout: 3_600_000 });
        const machine = new HttpsMachine(server);
        server.on("connection", () => machine.connected++);
        server.on("request", (request, response) => {
            machine.asked++;
            machine.answer(request, response);
        });
        await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
        return machine;
    }

    get endpoint(): string {
        return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    }

    stop(): Promise<unknown> {
        this.server.closeAllConnections();
        return new Promise((stopped) => this.server.close(stopped));
    }
}
