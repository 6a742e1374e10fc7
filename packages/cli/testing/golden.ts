/** The path of a golden file: the expected output of a test. `vitest run -u` writes it anew. */
export function golden(name: string): string {
  return new URL(`golden/${name}`, import.meta.url).pathname;
}
