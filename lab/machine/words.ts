/** Groups the words of one option, so that it reads as one. */
export const words = (...all: readonly string[]): readonly string[] => all;
