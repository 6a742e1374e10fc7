import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { readArchive } from "./read-archive.ts";

const folder = scratchFolder();

test.each([
  ["zip", "PK\u0003\u0004", /zip archive.*not read/, /unpack it/],
  ["7z", "7z\u00bc\u00af\u0027\u001c", /7z/, /unpack it/],
  ["cpio", "070701", /cpio/, /unpack it/],
  ["lz4", "\u0004\u0022\u004d\u0018", /lz4/, /lz4 -d/],
  ["Z", "\u001f\u009d", /compress/, /gzip -d/],
  ["lzma", "\u005d\u0000\u0000", /lzma/, /xz --format=lzma/],
])(
  "an archive in the format %s is refused by its name, with a remedy",
  async (name, start, is, helps) => {
    const path = join(folder, `host.${name}`);
    writeFileSync(path, Buffer.from(start + "x".repeat(600), "latin1"));
    const refusal = await codedError("archive-malformed", () => readArchive(path));
    expect(refusal.message).toMatch(is);
    expect(refusal.remedy).toMatch(helps);
  },
);
