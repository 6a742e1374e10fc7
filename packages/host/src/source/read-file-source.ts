import { statSync } from "node:fs";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { compressionOf } from "../archive/expand.ts";
import { archiveLimits } from "../archive/limits.ts";
import { readFileStart, readFileText } from "../file/read-file.ts";
import { xmlLimits } from "../xml/read-xml.ts";
import type { SourceOptions } from "./read-source.ts";

const topologyFile = "a Topology document, an export of hwloc, or a tar of /sys and /proc";

/** What a path leads to, by what is there and not by its name. */
export async function readPath(path: string, options: SourceOptions): Promise<Topology> {
  const isDirectory =
    !path.includes("\0") && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const kind = isDirectory ? "recording" : kindOf(path);
  switch (kind) {
    case "recording": {
      const { readRecording } = await import("./read-recording.ts");
      return readRecording(path);
    }
    case "xml":
      return readHwlocFile(path);
    case "document": {
      const demand = { maxBytes: documentBytesMax, expected: topologyFile };
      return checkedTopology(options.parseTopology(readFileText(path, demand), path), path);
    }
  }
}

/** The machine in an XML export of hwloc. */
export async function readHwlocFile(path: string): Promise<Topology> {
  const demand = {
    maxBytes: xmlLimits.bytes,
    expected: "an XML export of hwloc (lstopo FILE.xml)",
  };
  const text = readFileText(path, demand);
  const { readHwloc } = await import("../hwloc/read-hwloc.ts");
  return readHwloc(text, path);
}

/** A machine with a thousand PCI functions takes one. */
const documentBytesMax = 16 * MiB;

function kindOf(path: string): "recording" | "xml" | "document" {
  const demand = { maxBytes: archiveLimits.fileBytes, expected: topologyFile };
  const start = readFileStart(path, 512, demand);
  if (compressionOf(start) !== null) return "recording";
  const text = new TextDecoder("latin1").decode(start);
  // POSIX and GNU tar alike have their name here in the first header.
  if (text.startsWith("ustar", 257)) return "recording";
  return /^(\xEF\xBB\xBF)?\s*</.test(text) ? "xml" : "document";
}
