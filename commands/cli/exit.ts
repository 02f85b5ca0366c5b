/** How a command ends: one contract for all of them. */
export const EXIT = {
    /** It did what it says. */
    done: 0,
    /** It could not, for a reason that it says. */
    failed: 1,
    /** It looked, and found differences. */
    differences: 2,
    /** It was called wrongly, and touched nothing: EX_USAGE of sysexits.h. */
    usage: 64,
    /** Somebody ended it, as Ctrl-C does: 128 and the number of SIGINT. */
    interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Exit codes of the Pulumi CLI as they are here (pkg/cmd/pulumi/cmd/exit_codes.go at 3.259.0): 2 is a wrong call, 7 says
 * that there are changes where none were expected.
 */
export function exitOfPulumi(code: number): ExitCode {
    switch (code) {
        case 0:
            return EXIT.done;
        case 2:
            return EXIT.usage;
        case 7:
            return EXIT.differences;
        default:
            return EXIT.failed;
    }
}
