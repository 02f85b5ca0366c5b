/**
 * The part of a Vault server that Pulumi asks for a stack's key: its transit engine, which encrypts and decrypts by a key that it
 * keeps (https://developer.hashicorp.com/vault/api-docs/secret/transit, "Encrypt data" and "Decrypt data"). It listens on the Unix
 * socket that it is told, for whoever has its token, says so on its standard output, and ends with its standard input.
 */
const { createCipheriv, createDecipheriv, randomBytes } = require("node:crypto");
const { createServer } = require("node:http");

const [, , socket, token] = process.argv;
const key = randomBytes(32);

const ENGINE = {
    encrypt({ plaintext }) {
        const nonce = randomBytes(12);
        const cipher = createCipheriv("aes-256-gcm", key, nonce);
        const sealed = [cipher.update(Buffer.from(plaintext, "base64")), cipher.final()];
        return { ciphertext: `vault:v1:${Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString("base64")}` };
    },
    decrypt({ ciphertext }) {
        const sealed = Buffer.from(ciphertext.replace("vault:v1:", ""), "base64");
        const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12));
        decipher.setAuthTag(sealed.subarray(12, 28));
        const plain = [decipher.update(sealed.subarray(28)), decipher.final()];
        return { plaintext: Buffer.concat(plain).toString("base64") };
    },
};

/** Status and answer; what is encrypted by another key is refused as Vault does. */
function answer(path, presented, body) {
    if (presented !== token) {
        return [403, { errors: ["permission denied"] }];
    }
    const [, does] = /^\/v1\/transit\/(encrypt|decrypt)\/[\w-]+$/.exec(path) ?? [];
    if (does === undefined) {
        return [404, { errors: [] }];
    }
    try {
        return [200, { data: ENGINE[does](JSON.parse(body)) }];
    } catch (error) {
        return [400, { errors: [error.message] }];
    }
}

const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) {
        body += chunk;
    }
    const [status, told] = answer(request.url, request.headers["x-vault-token"], body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(told));
});
server.listen(socket, () => console.log("ready"));
process.stdin.resume().on("end", () => process.exit(0));
