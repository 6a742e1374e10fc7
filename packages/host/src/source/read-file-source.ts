import { statSync } from "node:fs";
import { KiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { compressionOf } from "../archive/expand.ts";
import { archiveLimits } from "../archive/limits.ts";
import { readFileStart, readFileText } from "../file/read-file.ts";
import type { SourceOptions } from "./read-source.ts";
import { recognizeText } from "./recognize-text.ts";
import { readTextFile, textSources } from "./text-sources.ts";

const topologyFile =
  "a Topology document, a tar of /sys and /proc, an export of hwloc, or a tool's output";

/** What a path leads to, by what is there and not by its name. */
export async function readPath(path: string, options: SourceOptions): Promise<Topology> {
  const isDirectory =
    !path.includes("\0") && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const kind = isDirectory ? "recording" : kindOf(path);
  if (kind === "recording") {
    const { readRecording } = await import("./read-recording.ts");
    return readRecording(path, options.note ?? (() => {}));
  }
  const source = textSources.get(kind);
  if (source !== undefined) return readTextFile(source, path);
  const demand = { maxBytes: documentBytesMax, expected: topologyFile };
  return checkedTopology(await options.parseTopology(readFileText(path, demand), path), path);
}

/** A machine with a thousand PCI functions takes one. */
const documentBytesMax = 16 * MiB;

/** What tools print about themselves comes first; lists of devices may come late. */
const startBytes = 64 * KiB;

function kindOf(path: string): string {
  const demand = { maxBytes: archiveLimits.fileBytes, expected: topologyFile };
  const start = readFileStart(path, startBytes, demand);
  if (compressionOf(start) !== null) return "recording";
  const text = new TextDecoder("latin1").decode(start);
  // POSIX and GNU tar alike have their name here in the first header.
  if (text.startsWith("ustar", 257)) return "recording";
  const known = recognizeText(text);
  // What is XML and of no known root is most likely an export of hwloc's that is damaged.
  return known ?? (/^(\xEF\xBB\xBF)?\s{0,1000}</.test(text) ? "hwloc" : "document");
}
