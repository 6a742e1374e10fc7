import { readLines } from "../text/read-lines.ts";

/** A line that NCCL or RCCL logged, without what stands before its message. */
export interface LogLine {
  /** The host that wrote it; empty where the line does not say. */
  readonly host: string;
  /** Host, process and thread: the lines of one of these are in order, whatever lies between. */
  readonly writer: string;
  readonly message: string;
}

/** A GPU in the list of devices that nccl-tests prints above the log. */
export interface ListedGpu {
  readonly host: string;
  /** `0000:81:00`. */
  readonly bus: string;
  readonly name: string;
}

/** What the lines of a log are. */
export interface Log {
  readonly lines: readonly LogLine[];
  readonly gpus: readonly ListedGpu[];
}

/**
 * Finds the lines of NCCL in a log, `host:pid:tid [device] NCCL INFO message`, whatever else stands
 * before or between them. People cut the beginning off, so lines that start with the message count
 * too where the message is one of the topology's.
 */
export function readLog(text: string, where: string): Log {
  const lines: LogLine[] = [];
  const gpus: ListedGpu[] = [];
  for (const line of readLines(text, where)) {
    const listed = listedGpu.exec(line);
    if (listed !== null) {
      const [, host = "", bus = "", name = ""] = listed;
      gpus.push({ host, bus, name: name.trim() });
      continue;
    }
    const at = line.indexOf(marker);
    const bare = at < 0 && topologyLine.test(line);
    if (at < 0 && !bare) continue;
    const before = at < 0 ? null : writer.exec(line.slice(Math.max(0, at - writerMax), at));
    const [, host = "", process = "", thread = ""] = before ?? [];
    const message = at < 0 ? line : line.slice(at + marker.length);
    lines.push({
      host,
      writer: `${host}:${process}:${thread}`,
      message: message.slice(0, messageMax),
    });
  }
  return { lines, gpus };
}

/** RCCL writes the same. */
const marker = "NCCL INFO ";
/** `host1:101855:101885 [0] `; a pod's or a rank's name may stand before it. */
const writer = /([\w.-]{1,253}):(\d{1,10}):(\d{1,10}) \[-?\d{1,6}\] $/;
const writerMax = 300;
/** Every level of the tree is indented by at least twelve blanks, and no bus has 256 levels. */
const messageMax = 4096;

const topologyLine =
  /^(?:=== System : max|CPU\/[0-9a-fA-F-]{1,40} \(| {0,4000}\+ [A-Z0-9]{2,5}\[\d)/;

/** `#  Rank  0 Group  0 Pid 101855 on       host1 device  0 [0000:81:00] NVIDIA A100-PCIE-40GB` */
const listedGpu =
  /^#? {1,8}Rank {1,8}\d{1,7} [^\n]{0,80}\bon {1,20}([\w.-]{1,253}) device {1,8}\d{1,4} \[(?:0x)?([0-9a-fA-F:.]{2,16})\] ([^\n]{1,120})$/;
