import type { Foreign } from "./foreign-text.ts";

/** Formats of files that are no text, by their first bytes, from file(1). */
const formats: readonly (readonly [name: string, start: string])[] = [
  ["a PNG image", "\u0089PNG"],
  ["a JPEG image", "\u00ff\u00d8\u00ff"],
  ["a GIF image", "GIF8"],
  ["a WebP image, a WAV or an AVI file", "RIFF"],
  ["a BMP image", "BM"],
  ["a PDF document", "%PDF-"],
  ["a PostScript document", "%!PS"],
  ["a program (ELF)", "\u007fELF"],
  ["a Windows program", "MZ"],
  ["an old document of Office", "\u00d0\u00cf\u0011\u00e0"],
  ["a database of SQLite", "SQLite format 3\0"],
  ["a profile of Nsight or another HDF5 file", "\u0089HDF"],
  ["a recording of perf", "PERFILE2"],
  ["a disk image of QEMU", "QFI\u00fb"],
  ["a journal file of systemd", "LPKSHHRH"],
];

/** What a file is that is no text; null where its first bytes do not tell. */
export function foreignFile(start: Uint8Array): Foreign | null {
  const text = Buffer.from(start.subarray(0, 32)).toString("latin1");
  const found = formats.find(([name, magic]) => text.startsWith(magic) && !isWord(name, start));
  if (found !== undefined) return { name: found[0], instead };
  // UTF-16 has zeros, and its byte order mark.
  const isWide = /^(?:\u00ff\u00fe|\u00fe\u00ff)/.test(text);
  return text.includes("\0") && !isWide ? { name: "a file of bytes and no text", instead } : null;
}

const instead =
  "give an output as text, such as that of lscpu, or record the machine with evenkeel snapshot FILE";

/** Two letters begin a text more often than an image. */
function isWord(name: string, start: Uint8Array): boolean {
  const isShort =
    name === "a BMP image" || name === "a Windows program" || name.startsWith("a WebP");
  return isShort && !start.includes(0);
}
