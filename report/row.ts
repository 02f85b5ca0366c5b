import type { Finding } from "../substrate/findings";

/** A finding in words, beside what it is about: how a person and a program read it. */
export interface DriftRow extends Pick<
    Finding,
    "place" | "subject" | "field" | "vmid" | "definedAt" | "since" | "who"
> {
    /** Tenant that it concerns; empty for what is no tenant's. */
    readonly tenant: string;
    /** Where it is: `node pve2`, `router`. */
    readonly where: string;
    /** Subject and field, as `VM 5001 api-vm01: memory`. */
    readonly what: string;
    /** NOTHING for what is in no file. */
    readonly declared: string;
    /** NOTHING for what is gone. */
    readonly found: string;
    /** The command that settles it, or what to do by hand. */
    readonly settle: string;
}

/** A VM that stands on an older template than the newest: no drift, since no up rebuilds it. */
export interface OlderTemplate {
    readonly tenant: string;
    readonly vm: string;
    readonly vmid: number;
    /** Template that it was cloned from; missing where that is gone. */
    readonly template?: string;
    readonly newest: string;
}

/** The words of a finding that depend on what it is about. */
export type Words = Pick<DriftRow, "what" | "declared" | "found" | "settle">;

/** Stands for what is not there. */
export const NOTHING = "none";
