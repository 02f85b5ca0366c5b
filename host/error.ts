import { Refusal } from "../definitions/refusal";

/** A host that cannot be asked, or what it failed at; the message names host and port, and holds no secret. */
export class HostError extends Refusal {}
