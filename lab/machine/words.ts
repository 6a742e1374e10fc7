/** Words of a command line that belong together, so that each option is seen as one. */
export const words = (...all: readonly string[]): readonly string[] => all;
