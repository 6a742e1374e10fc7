/** The path of a file that holds what a test must find again; `vitest run -u` writes it anew. */
export function golden(name: string): string {
  return new URL(`golden/${name}`, import.meta.url).pathname;
}
