let tell = (line: string): void => console.error(line);

/** Has what a run waits for told in another way than on standard error. */
export function onWait(told: (line: string) => void): void {
    tell = told;
}

/** Says what a run waits for. */
export function tellWait(line: string): void {
    tell(line);
}
