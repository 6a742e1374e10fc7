import { textSources } from "./text-sources.ts";

/** The parts of a source: what stands before its first colon, and what after it. */
export function splitSource(source: string): { readonly prefix: string; readonly rest: string } {
  const colon = source.indexOf(":");
  return { prefix: source.slice(0, Math.max(0, colon)), rest: source.slice(colon + 1) };
}

/** The prefixes after which a path stands. */
export const pathPrefixes: ReadonlySet<string> = new Set(["sysfs", ...textSources.keys()]);

/** Whether a source without one of the prefixes looks too much like a path to be anything else. */
export function isPath(source: string, prefix: string): boolean {
  return !/^[a-z0-9-]*$/i.test(prefix === "" ? source : prefix);
}
