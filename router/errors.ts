import { Refusal } from "../definitions/refusal";

/** Something about the router that a person must see to; the message is one line that says what and, where known, what to do. */
export class RouterError extends Refusal {}

/** A request that the router does not carry out for this user (403), or has nothing for in its version (404). */
export class DeniedError extends RouterError {
    constructor(
        message: string,
        readonly status: 403 | 404,
    ) {
        super(message);
    }
}

/** A record on the router that we would have to write, and that somebody else holds. */
export class ConflictError extends RouterError {
    /**
     * @param what what we want, such as `MAC 02:de:20:50:00:01`.
     * @param kind what the holder is, such as `reservation`.
     */
    constructor(what: string, kind: string, holder: { readonly uuid: string; readonly description: string }) {
        super(
            `${what} is held by ${kind} ${JSON.stringify(holder.description)} (${holder.uuid}), which is not this tenant's: ` +
                "delete that record on the router if nobody needs it, or choose another in the tenant's file.",
        );
    }
}

/** The router refused a write, with its reasons by field. */
export class RefusedError extends RouterError {
    constructor(
        asked: string,
        readonly validations: Readonly<Record<string, unknown>>,
    ) {
        super(`${asked}: the router refused it: ${inWords(validations)}`);
    }
}

/** Validations in one line; the router gives one message of a field as text and several as a list. */
function inWords(validations: Readonly<Record<string, unknown>>): string {
    const told = Object.entries(validations).map(([field, messages]) => `${field}: ${[messages].flat().join("; ")}`);
    return told.length === 0
        ? "it gave no reason; see System > Log Files > Backend on the router, then run it again."
        : `${told.join(", ")}. Mend that on the router or in the tenant's file, then run it again.`;
}
