import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { SimulatedRouter } from "../../lab/simulatedRouter";
import { RouterClient } from "../../router/client";
import { credentials } from "../../router/credentials";
import { interfaces } from "../../router/interfaces";
import { startRouter, useCredentials } from "./managed";

jest.setTimeout(60_000);

const SEARCH = "kea/dhcpv4/search_subnet";

describe("the client", () => {
    let router: SimulatedRouter;
    let client: RouterClient;

    beforeAll(async () => {
        router = await startRouter();
        client = clientOf();
    });
    afterAll(() => router.stop());
    afterEach(async () => {
        useCredentials(router);
        await router.clearFaults();
    });

    function clientOf(endpoint = router.ready.endpoint, timeoutSeconds = 5): RouterClient {
        return new RouterClient(
            endpoint,
            credentials(() => undefined),
            timeoutSeconds,
        );
    }

    test("lists every record, asking for all of them at once", async () => {
        await router.forgetRequests();
        expect((await client.search("interfaces/vlan_settings/searchItem")).length).toBe(17);
        const [seen] = await router.requests();
        expect(JSON.parse(seen!.body)).toMatchObject({ rowCount: -1 });
    });

    test("reads a JSON list that is served as text/html", async () => {
        const tenant = (await interfaces(client)).find(({ device }) => device === "vlan0.50");
        expect(tenant).toEqual({
            identifier: "opt8",
            device: "vlan0.50",
            enabled: true,
            address: "10.20.50.1/24",
            description: "TENANT50",
        });
    });

    test("takes a refusal with status 200 for one, with every reason in one line", async () => {
        const validations = { "subnet4.subnet": ["one", "two"], "subnet4.pools": "three" };
        await router.fail({ method: "POST", path: "/kea/dhcpv4/add_subnet", result: "failed", validations, times: 1 });
        const subnet4 = { subnet: "10.20.60.0/24", description: "tried" };
        await expect(client.add("kea/dhcpv4/add_subnet", { subnet4 })).rejects.toThrow(
            'POST kea/dhcpv4/add_subnet for "tried": the router refused it: subnet4.subnet: one; two, subnet4.pools: three. ' +
                "Mend that on the router or in the tenant's file, then run it again.",
        );
        const uuid = await client.add("kea/dhcpv4/add_subnet", { subnet4 });
        await client.delete(`kea/dhcpv4/del_subnet/${uuid}`, "tried");
    });

    test("takes an answer without the new record's uuid for a failure", async () => {
        await router.fail({ method: "POST", path: "/kea/dhcpv4/add_subnet", answer: '{"result":"saved"}', times: 1 });
        await expect(client.add("kea/dhcpv4/add_subnet", { subnet4: {} })).rejects.toThrow(
            "POST kea/dhcpv4/add_subnet: the router gave no uuid for the new record.",
        );
    });

    test("takes a record that is deleted already for deleted", async () => {
        await client.delete("kea/dhcpv4/del_subnet/00000000-0000-4000-8000-000000000000", "gone");
    });

    test.each([
        ["[]", "the answer has no rows and total"],
        ["{}", "the answer has no rows and total"],
        ['{"rows":{},"total":0}', "the answer has no rows and total"],
        ['{"rows":[]}', "the answer has no rows and total"],
        ['{"rows":[{"uuid":"1"}],"total":2}', "1 of 2 records came back"],
        ["null", "the answer has no rows and total"],
        ["", "the answer is no JSON"],
    ])("a search answered with %s is an error, not an empty router", async (answer, says) => {
        await router.fail({ method: "POST", path: `/${SEARCH}`, answer, times: 1 });
        await expect(client.search(SEARCH)).rejects.toThrow(`POST ${SEARCH}: ${says}`);
        expect((await client.search(SEARCH)).length).toBe(3);
    });

    test("a router with no record of a kind is one", async () => {
        await router.fail({ method: "POST", path: `/${SEARCH}`, answer: '{"rows":[],"total":0}', times: 1 });
        expect(await client.search(SEARCH)).toEqual([]);
    });

    test.each([
        [{ OPNSENSE_API_KEY: "" }, "OPNSENSE_API_KEY is not set"],
        [{ OPNSENSE_API_KEY: "", OPNSENSE_API_SECRET: "" }, "OPNSENSE_API_KEY and OPNSENSE_API_SECRET are not set"],
    ])("credentials that are missing are named: %j", (environment, says) => {
        Object.assign(process.env, environment);
        expect(() => credentials(() => undefined)).toThrow(says);
    });

    test("credentials come from the environment first, then from the stack's configuration", () => {
        const configured = (key: string) => `configured ${key}`;
        expect(credentials(configured)).toEqual({ key: router.ready.apiKey, secret: router.ready.apiSecret });
        process.env["OPNSENSE_API_KEY"] = "";
        delete process.env["OPNSENSE_API_SECRET"];
        expect(credentials(configured)).toEqual({
            key: "configured tenant-hypervisors:routerApiKey",
            secret: "configured tenant-hypervisors:routerApiSecret",
        });
    });

    test("a router that cannot be reached is told by host and port", async () => {
        await expect(clientOf("https://127.0.0.1:9").search(SEARCH)).rejects.toThrow(
            `POST ${SEARCH}: 127.0.0.1 port 9 cannot be reached (ECONNREFUSED): check coreRouter's endpoint, and the network.`,
        );
        await expect(clientOf("https://router.invalid").search(SEARCH)).rejects.toThrow(
            /router\.invalid port 443 cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
        );
    });

    test("a host that takes the connection and says nothing is given up after the time", async () => {
        const silent = await listen();
        const { port } = silent.address() as AddressInfo;
        await expect(clientOf(`https://127.0.0.1:${port}`, 0.3).search(SEARCH)).rejects.toThrow(
            `no answer from 127.0.0.1 port ${port} within 0.3 s`,
        );
        silent.close();
    });

    test("a certificate for another name is refused, and one for this name is not", async () => {
        const { port } = new URL(router.ready.endpoint);
        for (const [host, says] of [
            ["127.0.0.1", undefined],
            [
                "127.0.0.2",
                /the certificate of 127\.0\.0\.2 port \d+ was refused, since it is for other names .*endpoint a name that stands in it/,
            ],
        ] as const) {
            const proxy = await listen(host, (socket) => {
                const beyond = connect(Number(port), "127.0.0.1").on("error", () => socket.destroy());
                socket.pipe(beyond).pipe(socket);
            });
            const asked = clientOf(`https://${host}:${(proxy.address() as AddressInfo).port}`).search(SEARCH);
            await (says === undefined ? expect(asked).resolves.toHaveLength(3) : expect(asked).rejects.toThrow(says));
            proxy.close();
        }
    });

    test("an SSL_CERT_FILE that is not there is told", async () => {
        process.env["SSL_CERT_FILE"] = "/nowhere/ca.pem";
        await expect(clientOf().search(SEARCH)).rejects.toThrow(
            /^SSL_CERT_FILE: \/nowhere\/ca\.pem cannot be read \(ENOENT\): let it name a file with the certificates/,
        );
    });

    test.each(["http://127.0.0.1", "core-rt02", ""])("%j is refused as an endpoint", (endpoint) => {
        expect(() => clientOf(endpoint)).toThrow(/is no address of a router, such as https:/);
    });

    test("OPNSENSE_API_TIMEOUT must be a number", () => {
        process.env["OPNSENSE_API_TIMEOUT"] = "soon";
        expect(() => new RouterClient(router.ready.endpoint, { key: "k", secret: "s" })).toThrow(
            "OPNSENSE_API_TIMEOUT: soon is no number of seconds, such as 60",
        );
    });
});

/** A server that does with a connection what it is told; by default it never says anything. */
function listen(host = "127.0.0.1", handle: (socket: Socket) => unknown = () => undefined): Promise<Server> {
    return new Promise((resolve) => {
        const server = createServer((socket) => {
            socket.on("error", () => undefined);
            handle(socket);
        });
        server.listen(0, host, () => resolve(server));
    });
}
