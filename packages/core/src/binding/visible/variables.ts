/** The variables of a process, or of a command to come. */
export type Variables = Readonly<Record<string, string | undefined>>;
