import { isIPv4 } from "node:net";
import { liesIn, networkOf, enclosingNetwork } from "../substrate/network";

/** A proxy by which other programs of a run ask a machine. */
export interface Proxy {
    /** Variable that names it. */
    readonly variable: string;
    readonly url: URL;
}

/**
 * The proxy by which Pulumi's provider, a Go program, asks an https endpoint; undefined where it asks the machine itself. Our own
 * client takes none. As httpproxy.Config.ProxyFunc of golang.org/x/net has it: never for the loopback, and not for what
 * NO_PROXY names.
 */
export function proxyFor(endpoint: string, environment: NodeJS.ProcessEnv): Proxy | undefined {
    const variable = ["HTTPS_PROXY", "https_proxy"].find((name) => environment[name]);
    const { hostname, port } = new URL(endpoint);
    if (variable === undefined || isLoopback(hostname)) {
        return undefined;
    }
    const spared = (environment["NO_PROXY"] || environment["no_proxy"] || "").split(",").map((one) => one.trim());
    if (spared.some((one) => names(one.toLowerCase(), hostname.toLowerCase(), port || "443"))) {
        return undefined;
    }
    const written = environment[variable]!;
    const url = written.includes("://") ? written : `http://${written}`;
    return URL.canParse(url) ? { variable, url: new URL(url) } : undefined;
}

function isLoopback(host: string): boolean {
    return host === "localhost" || liesIn(`${host}/32`, [networkOf("127.0.0.0/8")]);
}

/** Whether an entry of NO_PROXY names a host: itself or a zone above it, all, or its network. */
function names(entry: string, host: string, port: string): boolean {
    const [, name = "", ownPort] = /^(.*?)(?::([0-9]+))?$/.exec(entry) ?? [];
    if (name === "*") {
        return true;
    }
    if (name === "" || (ownPort !== undefined && ownPort !== port)) {
        return false;
    }
    if (isIPv4(host)) {
        const network = enclosingNetwork(name);
        return name === host || (network !== undefined && liesIn(`${host}/32`, [network]));
    }
    return name.startsWith(".") ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}
