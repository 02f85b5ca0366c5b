/** A real server that states are kept in, on loopback only, gone when this process ends. */
export interface StateBackend {
    /** Variables with which Pulumi keeps its states there. */
    readonly environment: Readonly<Record<string, string>>;
    /** Ends the server in the middle of what it does, as a machine that loses its power, and starts it again. */
    restart(): Promise<void>;
    stop(): Promise<void>;
}
