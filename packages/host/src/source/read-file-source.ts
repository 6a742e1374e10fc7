import { statSync } from "node:fs";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { archiveLimits } from "../archive/limits.ts";
import { startsArchive } from "../archive/starts-archive.ts";
import { readFileStart, readFileText } from "../file/read-file.ts";
import { ignore } from "../text/note.ts";
import { anyTextBytesMax, readAnyText } from "./read-any-text.ts";
import type { SourceOptions } from "./options.ts";
import { textSources } from "./text-sources.ts";

const topologyFile =
  "a Topology document, a tar of /sys and /proc, an export of hwloc, or a tool's output";

/** Reads what a path leads to, by its content and not by its name. */
export async function readPath(path: string, options: SourceOptions): Promise<Topology> {
  const isDirectory =
    !path.includes("\0") && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isDirectory || isArchive(path)) {
    const { readRecording } = await import("./read-recording.ts");
    return readRecording(path, options.note ?? ignore);
  }
  const demand = { maxBytes: anyTextBytesMax, expected: topologyFile };
  return readAnyText(readFileText(path, demand), path, options);
}

/** Reads a file as the output of one text source. */
export async function readTextFile(
  name: string,
  path: string,
  options: SourceOptions,
): Promise<Topology> {
  const { is, maxBytes } = textSources.get(name) ?? { is: topologyFile, maxBytes: anyTextBytesMax };
  return readAnyText(readFileText(path, { maxBytes, expected: is }), path, options, name);
}

function isArchive(path: string): boolean {
  const demand = { maxBytes: archiveLimits.fileBytes, expected: topologyFile };
  return startsArchive(readFileStart(path, KiB, demand));
}
