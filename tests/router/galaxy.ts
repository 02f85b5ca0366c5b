import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of collections in the shape of Galaxy's API v3 (ansible/ansible, lib/ansible/galaxy/api.py). */
export class Galaxy {
    readonly asked: string[] = [];
    private readonly archives = new Map<string, Buffer>();
    /** Changes what is served after its checksum was told. */
    tampers = false;

    private constructor(private readonly server: Server) {
        server.on("request", ({ url = "" }, response) => {
            this.asked.push(url);
            const body = this.answer(url);
            response.writeHead(body === undefined ? 404 : 200).end(body ?? "{}");
        });
    }

    static async start(): Promise<Galaxy> {
        const server = createServer();
        await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
        return new Galaxy(server);
    }

    stop(): Promise<unknown> {
        return new Promise((done) => this.server.close(done));
    }

    get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    }

    add(name: string, version: string, archive: string): void {
        this.archives.set(`${name.replace(".", "/")}/${version}`, readFileSync(archive));
    }

    private answer(url: string): string | Buffer | undefined {
        if (/^\/(api\/)?$/.test(url)) {
            return JSON.stringify({ available_versions: { v3: "v3/" } });
        }
        const [, of, list, version] =
            /^\/v3\/collections\/(\w+\/\w+)\/(versions\/(?:([\d.]+)\/)?)?(?:\?.*)?$/.exec(url) ?? [];
        if (of !== undefined && version === undefined) {
            const versions = [...this.archives.keys()].flatMap((key) =>
                key.startsWith(`${of}/`) ? [key.split("/")[2]!] : [],
            );
            const data = versions.map((one) => ({ version: one, href: `/v3/collections/${of}/versions/${one}/` }));
            const said = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
            return JSON.stringify(
                list === undefined ? said : { meta: { count: data.length }, links: { next: null }, data },
            );
        }
        const archive = this.archives.get(
            version === undefined ? url.replace(/^\/archives\//, "") : `${of}/${version}`,
        );
        if (archive === undefined || version === undefined) {
            return archive && this.tampers ? Buffer.concat([archive, Buffer.from("x")]) : archive;
        }
        const [namespace, name] = of!.split("/");
        return JSON.stringify({
            ...{ namespace: { name: namespace }, collection: { name }, name, version, href: url, signatures: [] },
            ...{ download_url: `${this.url}archives/${of}/${version}`, metadata: { dependencies: {} } },
            artifact: { sha256: createHash("sha256").update(archive).digest("hex") },
        });
    }
}
