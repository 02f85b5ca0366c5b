/**
 * Places beside tenants and the site's segments, as reachability, map and proof name them: the gateway's services, the
 * router's other addresses, and where nobody of the site is.
 */
export const GATEWAY = "gateway";
export const ROUTER = "router";
export const INTERNET = "internet";
export const ELSEWHERE = "elsewhere";

/** All of them: names that mean this on every substrate. */
export const PLACES: readonly string[] = [ELSEWHERE, GATEWAY, INTERNET, ROUTER];
